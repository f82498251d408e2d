"""Answers "may marketing leave now, and if not, when?" in full, for the person who wonders why it waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hub.compliance.calendars import is_known, subdivisions
from hub.compliance.window import calendar_of, is_open, is_zone, local_to_utc, next_opening
from hub.config.words import did_you_mean
from hub.errors import NotFound, RequestRefused

if TYPE_CHECKING:
    from hub.compliance.model import CountryPolicy
    from hub.compliance.policies import PolicyBook


def explain_window(
    book: PolicyBook,
    *,
    country: str,
    at: datetime,
    subdivision: str | None = None,
    profile: str | None = None,
    timezone: str | None = None,
) -> dict[str, object]:
    """The window of a country at one moment, as text and truth values ready to be shown or sent.

    `country` is a region (`FR`) or the name of a profile; `profile` looks at the region as it would be under
    one. `at` is aware, or naive for the wall clock of the country (of `timezone`, else of the row's first
    zone). A `timezone` is taken for the recipient's own and is the only one asked; without it every zone of
    the row must be open.

    The keys: `policy` (as asked), `holiday_subdiv`, `timezone`, `local` (no offset), `utc`, `open`,
    `next_open_utc` and `next_open_local` (ISO 8601 with offset; None where nothing opens within 370 days),
    and `profile` where one was asked for or is in force.

    Raises `NotFound` for an unknown country or profile, `RequestRefused` for an unknown time zone or
    subdivision, and where the zone is needed and the row has none (`timezone_needed`).
    """
    policy = _policy(book, country, profile)
    _check(policy, subdivision, timezone)
    zone = timezone or next(iter(policy.timezones), None)
    moment = _moment(at, zone, country)
    zones = [timezone] if timezone else None
    opening = next_opening(policy, moment, subdivision=subdivision, zones=zones)
    answer: dict[str, object] = {
        "policy": country,
        "holiday_subdiv": calendar_of(policy, subdivision).subdiv,
        "timezone": zone,
        "local": _text(at) if at.tzinfo is None else _wall_clock(moment, zone),
        "utc": _text(moment),
        "open": is_open(policy, moment, subdivision=subdivision, zones=zones),
        "next_open_utc": _text(opening) if opening else None,
        "next_open_local": _text(opening.astimezone(ZoneInfo(zone))) if opening and zone else None,
    }
    in_force = profile or book.in_force.get(country)
    return {**answer, "profile": in_force} if in_force else answer


def _policy(book: PolicyBook, country: str, profile: str | None) -> CountryPolicy:
    if profile:
        return book.under(country, profile)
    policy = book.get(country)
    if policy is None and country in book.profiles:
        return book.profile(country)
    if policy is None:
        near = did_you_mean(country, (*book.countries, *book.profiles))
        raise NotFound(f"There is no policy for {country!r}{near}; write a country's code, or a profile's name.")
    return policy


def _check(policy: CountryPolicy, subdivision: str | None, timezone: str | None) -> None:
    if timezone and not is_zone(timezone):
        raise RequestRefused.because(
            "timezone", "unknown_zone", f"No time zone is called {timezone!r}: write one such as Europe/Paris."
        )
    if subdivision and not is_known(policy.holidays.country, subdivision):
        known = ", ".join(subdivisions(policy.holidays.country)) or "none"
        raise RequestRefused.because(
            "subdivision",
            "unknown_subdivision",
            f"{policy.holidays.country} has no holiday calendar for {subdivision!r}; there is {known}.",
        )


def _moment(at: datetime, zone: str | None, country: str) -> datetime:
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    if zone is None:
        raise RequestRefused.because(
            "timezone",
            "timezone_needed",
            f"{country} has many time zones: name the recipient's, or give the time with its offset.",
        )
    return local_to_utc(at, zone)


def _wall_clock(moment: datetime, zone: str | None) -> str | None:
    return _text(moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) if zone else None


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
