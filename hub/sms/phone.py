"""Phone numbers: what people type, in; E.164 or a reason why not, out.

The front door of the number rooms: `phone_text` (what was typed), `phone_parse` (which number that is),
`phone_list` (several on one line) and `shorten` (for the log).
"""

from __future__ import annotations

from hub.sms.phone_list import split_numbers
from hub.sms.phone_parse import REASONS, parse_number
from hub.sms.shorten import shorten

__all__ = ["REASONS", "parse_number", "shorten", "split_numbers"]
