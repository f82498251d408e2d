"""What an account says of itself: which values can be kept under which name. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import fields

from hub.accounts.model import AccountSettings
from hub.errors import RequestRefused
from hub.store.storable import is_storable

LONGEST_ADDRESS = 254
"""RFC 5321, section 4.5.3.1.3 (erratum 1690 of RFC 3696)."""
LONGEST_TEXT = {"identity": 160, "auto_reply": 1000}
"""Characters: an identity goes into an answer of one segment, an answer into a text of several."""

_ADDRESS = re.compile(r"[^\s\"<>@,;:()\[\]\\]{1,64}@[^\s\"<>@,;:()\[\]\\]+\.[^\s\"<>@,;:()\[\]\\.]+")
_LANGUAGE = re.compile(r"[a-z]{2}")
_YES_OR_NO = frozenset({"require_consent"})
_FIELDS = frozenset(one.name for one in fields(AccountSettings))


def checked_value(name: str, said: object) -> str | bool:
    """A value as it is kept, be it a text, or a yes or no. Raises as `checked_setting`."""
    if isinstance(said, str) and name not in _YES_OR_NO:
        return checked_setting(name, said)
    if isinstance(said, bool) and name in _YES_OR_NO:
        return said
    raise RequestRefused.because(name, "setting_form", f"{name} is {'yes or no' if name in _YES_OR_NO else 'a text'}.")


def checked_setting(name: str, said: str) -> str:
    """The text as it is kept. Raises RequestRefused for a name that is none, and for a value that fits it not."""
    said = said.strip()
    if name in {"reply_email", "notice_email"}:
        if len(said) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(said) or not said.isprintable():
            raise RequestRefused.because(name, "not_an_address", f"{said!r} is not an e-mail address.")
    elif name == "language":
        said = said.lower()
        if not _LANGUAGE.fullmatch(said):
            raise RequestRefused.because(name, "not_a_language", "A language has two letters, as in fr or en.")
    elif name not in _FIELDS:
        raise RequestRefused.because(name, "unknown_setting", f"An account has no setting {name!r}.")
    elif not said or len(said) > LONGEST_TEXT[name] or not is_storable(said):
        raise RequestRefused.because(name, "text_form", f"Write 1 to {LONGEST_TEXT[name]} characters, or clear it.")
    return said


def settings_from(stored: str | None) -> AccountSettings:
    """What was kept; what a newer hub wrote beside it is passed over."""
    said = json.loads(stored) if stored else {}
    return AccountSettings(**{name: value for name, value in said.items() if name in _FIELDS})
