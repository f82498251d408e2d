"""Which passwords are taken: long ones, that nobody guesses first (after NIST SP 800-63B, section 5.1.1.2). Pure."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from hub.errors import RequestRefused

SHORTEST, LONGEST = 12, 1024
"""Characters. The longest keeps a password of megabytes from being hashed."""
FEWEST_DIFFERENT = 5
_COMMON = "common_passwords.txt"
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def checked_password(password: str, email: str) -> str:
    """The password, if it will do for that person; raises RequestRefused with how to choose a better one."""
    if len(password) < SHORTEST:
        message = f"A password has at least {SHORTEST} characters; several words do well."
        raise RequestRefused.because("password", "too_short", message)
    if len(password) > LONGEST:
        raise RequestRefused.because("password", "too_long", f"A password has at most {LONGEST} characters.")
    said = password.casefold()
    if email.casefold() in said or _bare(said) == _bare(email.partition("@")[0].casefold()):
        raise RequestRefused.because("password", "like_the_address", "Choose a password that is not the address.")
    if len(set(said)) < FEWEST_DIFFERENT or _is_common(said):
        message = "This password is among the first that are guessed; choose several words that do not belong together."
        raise RequestRefused.because("password", "too_common", message)
    return password


def _is_common(said: str) -> bool:
    """Whether it is a common one, one written several times, or one with digits and signs around it."""
    common = _common()
    once = next((said[:length] for length in range(1, len(said)) if said == _repeated(said, length)), said)
    return not common.isdisjoint({said, once, _bare(said), "".join(filter(str.isalnum, said))})


def _repeated(said: str, length: int) -> str:
    return (said[:length] * (len(said) // length + 1))[: len(said)]


def _bare(said: str) -> str:
    return _ENDS.sub("", said) or said


@cache
def _common() -> frozenset[str]:
    lines = files("hub.accounts").joinpath(_COMMON).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
