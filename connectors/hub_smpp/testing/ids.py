"""Message ids as carriers write them: the same number may look otherwise in the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ID_FORMS: dict[str, Callable[[int], str]] = {
    "dec": str,
    "dec_padded": lambda number: f"{number:010d}",
    "hex": lambda number: f"{number:x}",
    "hex_upper": lambda number: f"{number:X}",
    "hex_padded": lambda number: f"{number:08x}",
    "hex_upper_padded": lambda number: f"{number:010X}",
}
