"""What an account spent by country, as it is kept with its day: a small document, read and written while that is open.

Beside the day's credits of a country stand those of each ten minutes of the last hour. An hour so counted may be ten
minutes longer than sixty, never shorter.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from hub.guard.model import Spent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=10)


def spent_by_country(today: str | None, yesterday: str | None, now: datetime) -> dict[str, Spent]:
    """Credits of the last hour, and of today, by country, from the documents of today and of yesterday."""
    oldest = _step_of(now - HOUR)
    hours, whole_days = defaultdict[str, int](int), defaultdict[str, int](int)
    for document, is_today in ((today, True), (yesterday, False)):
        for country, kept in json.loads(document or "{}").items():
            whole_days[country] += kept["day"] if is_today else 0
            hours[country] += sum(credits_ for step, credits_ in kept["steps"].items() if step >= oldest)
    return {country: Spent(hours[country], whole_days[country]) for country in hours}


def with_more(document: str | None, by_country: Mapping[str, int], now: datetime) -> str:
    """The document of a day with these credits added; steps that the hour has left behind are dropped."""
    oldest, step = _step_of(now - HOUR), _step_of(now)
    book = json.loads(document or "{}")
    for country, more in by_country.items():
        kept = book.setdefault(country, {"day": 0, "steps": {}})
        kept["day"] += more
        kept["steps"][step] = kept["steps"].get(step, 0) + more
    for kept in book.values():
        kept["steps"] = {name: credits_ for name, credits_ in kept["steps"].items() if name >= oldest}
    return json.dumps(book)


def _step_of(moment: datetime) -> str:
    """The ten minutes of UTC that a moment is in: their names are in the order of time."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H}:{utc.minute - utc.minute % 10:02d}"
