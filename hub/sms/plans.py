"""Which countries and territories count as home: those that share one numbering plan and dial each other as at home."""

from __future__ import annotations

_PLANS = (
    frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF"}),  # Arcep's plan: ten digits, no code
    frozenset({"GB", "GG", "JE", "IM"}),  # Ofcom's
    frozenset({"IT", "VA"}),
    frozenset({"FI", "AX"}),
    frozenset({"NO", "SJ"}),
    frozenset({"AU", "CC", "CX"}),
    frozenset({"MA", "EH"}),
    # Of the twenty-odd countries behind +1, only the United States' own: dear Caribbean numbers that look like a
    # neighbour's are an old trick.
    frozenset({"US", "PR", "VI", "GU", "MP", "AS"}),
)


def home_plan(country: str) -> frozenset[str]:
    """A country, and those that it dials without a calling code (ISO 3166, capitals)."""
    return next((plan for plan in _PLANS if country in plan), frozenset({country}))
