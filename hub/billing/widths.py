"""How long what people and payment services write may be, in characters."""

from __future__ import annotations

LONGEST_REFERENCE = 64
LONGEST_PRICE = 20
LONGEST_VALIDATOR = 200
LONGEST_PAYMENT = 128
