"""The ids of answers and of receipts, brought into one form.

Some carriers answer a text with an id in hex and report on it in decimal, or the other way round, filled up with
zeros, in capitals or not. What the store holds of an answer is its plain form: small letters, no leading zeros.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from hub_smpp.settings import MessageIdFormat

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = structlog.get_logger(__name__)

REMEMBERED = 50_000
"""Answers that are kept in mind to find out how a carrier writes its ids."""
LOOK_AGAIN_S = 1.0
"""How often another worker's memory is looked at, while nothing is known here."""
_TAIL = 8
"""Digits that tell numbers apart, however they are written: international or national."""
_HEX = re.compile("[0-9a-f]{1,32}")
_DEC = re.compile("[0-9]{1,38}")


def plain(carrier_id: str) -> str:
    """An id without what carriers add and leave out: small letters, no spaces around, no zeros before."""
    carrier_id = carrier_id.strip().lower()
    return carrier_id.lstrip("0") or carrier_id[-1:]


def from_decimal(carrier_id: str) -> str | None:
    """The hex form of an id in decimal; None where it is none."""
    carrier_id = plain(carrier_id)
    return f"{int(carrier_id):x}" if _DEC.fullmatch(carrier_id) else None


def from_hex(carrier_id: str) -> str | None:
    """The decimal form of an id in hex; None where it is none."""
    carrier_id = plain(carrier_id)
    return str(int(carrier_id, 16)) if _HEX.fullmatch(carrier_id) else None


_FORMS: dict[MessageIdFormat, Callable[[str], str | None]] = {
    MessageIdFormat.AS_IS: str.strip,
    MessageIdFormat.PLAIN: plain,
    MessageIdFormat.DEC: from_decimal,
    MessageIdFormat.HEX: from_hex,
}
"""How a receipt's id is brought into the form of its answer's."""
_DIALECTS: dict[str, Callable[[str], str | None]] = {"same": plain, "dec": from_decimal, "hex": from_hex}


@dataclass(slots=True)
class Ids:
    """How one carrier writes its ids; with `auto` it is found out, and kept in `memory` for the next process.

    It is found out by receipts of texts that were answered here: the id has to fit one of them in one form only, and
    the number that it was sent to has to be the receipt's. Until then an id is taken to be written as in the answer.
    """

    form: MessageIdFormat
    memory: Path | None = None
    dialect: str | None = None
    _look_at: float = 0.0
    _answers: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def load(self) -> None:
        """Remember what was found out before."""
        if self.form is MessageIdFormat.AUTO and self.memory is not None and self.memory.is_file():
            known = ""
            with suppress(OSError):
                known = self.memory.read_text("utf-8", "replace").strip()
            self.dialect = known if known in _DIALECTS else None

    def of_answer(self, carrier_id: str, number: str) -> str:
        """The id of an answer as the store is to hold it; `number` is where the text went."""
        if self.form is MessageIdFormat.AS_IS:
            return carrier_id.strip()
        if self.form is MessageIdFormat.AUTO and self.dialect is None:
            self._answers[plain(carrier_id)] = number[-_TAIL:]
            if len(self._answers) > REMEMBERED:
                with suppress(KeyError):  # it was just found out, in another thread
                    self._answers.popitem(last=False)
        return plain(carrier_id)

    @property
    def is_learning(self) -> bool:
        """Whether it is still to be found out."""
        return self.form is MessageIdFormat.AUTO and self.dialect is None

    def understands(self, carrier_id: str, *numbers: str) -> bool:
        """Whether the id of a receipt can be brought into the form of its answer's yet.

        Not so a first receipt that beats its answer, or whose answer another process had: it may be any of several.
        """
        if not self.is_learning:
            return True
        self._find_out(carrier_id, numbers)
        return self.dialect is not None or len({form(carrier_id) for form in _DIALECTS.values()} - {None}) == 1

    def of_receipt(self, carrier_id: str, *numbers: str) -> str:
        """The id of a receipt in the form of its answer's; `numbers` are those the receipt is from and to."""
        if not carrier_id.strip():
            return ""
        if self.form is not MessageIdFormat.AUTO:
            return _FORMS[self.form](carrier_id) or plain(carrier_id)
        if self.dialect is None:
            self._find_out(carrier_id, numbers)
        return _DIALECTS[self.dialect or "same"](carrier_id) or plain(carrier_id)

    def _find_out(self, carrier_id: str, numbers: tuple[str, ...]) -> None:
        tails = {number[-_TAIL:] for number in numbers if number}
        fitting = {
            name
            for name, form in _DIALECTS.items()
            if (one := form(carrier_id)) is not None and self._answers.get(one) in tails
        }
        if len(fitting) != 1:  # none, or an id that is the same in all forms
            self._look_again()
            return
        self.dialect = fitting.pop()
        self._answers.clear()
        log.info("ids_understood", receipts_are=self.dialect)
        if self.memory is not None:
            try:
                self.memory.parent.mkdir(parents=True, exist_ok=True)
                self.memory.write_text(f"{self.dialect}\n", "utf-8")
            except OSError as error:  # it is found out again after the next start
                log.warning("ids_not_remembered", error=str(error))

    def _look_again(self) -> None:
        """Another worker on this machine may have found out."""
        if (now := time.monotonic()) >= self._look_at:
            self._look_at = now + LOOK_AGAIN_S
            self.load()
