"""What a row of the table may say: each form checks one table of it, and becomes a value of `model.py`."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from hub.compliance import calendars
from hub.compliance.model import (
    CountryPolicy,
    CustomSender,
    HolidayCalendar,
    MarketingRule,
    OptOut,
    OptOutRule,
    OutsideWindow,
    PolicyDefaults,
    SenderRule,
)
from hub.compliance.window import is_zone

FROM_NUMBER = "from-number"


def _wall_time(value: object) -> object:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value.strip()):
        hours, minutes = value.split(":")
        return time(int(hours), int(minutes))
    raise PydanticCustomError("wall_time", 'write a local time such as "08:00", at most "23:59"')


def _day_of_year(value: str) -> str:
    try:
        calendars.parse_day(value)
    except ValueError:
        raise PydanticCustomError("day_of_year", 'write a day as "12-24" or "2026-12-24"') from None
    return value


WallTime = Annotated[time, BeforeValidator(_wall_time)]
DayOfYear = Annotated[str, AfterValidator(_day_of_year)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HolidaysForm(_Form):
    """`holidays = { country, subdiv, add, remove }`."""

    country: str
    subdiv: str | None = None
    add: tuple[DayOfYear, ...] = ()
    remove: tuple[DayOfYear, ...] = ()

    @field_validator("country")
    @classmethod
    def _country_has_a_calendar(cls, country: str) -> str:
        if not calendars.is_known(country):
            raise PydanticCustomError(
                "unknown_calendar",
                "{country} has no holiday calendar: write a two-letter code such as FR",
                {"country": country},
            )
        return country

    @field_validator("subdiv")
    @classmethod
    def _subdivision_has_a_calendar(cls, subdiv: str | None, info: ValidationInfo) -> str | None:
        country = info.data.get("country")
        if subdiv and country and not calendars.is_known(country, subdiv):
            known = calendars.subdivisions(country)
            raise PydanticCustomError(
                "unknown_subdivision",
                "{subdiv} has no holiday calendar in {country}: {mend}",
                {
                    "subdiv": subdiv,
                    "country": country,
                    "mend": f"use one of {', '.join(known)}" if known else "leave it out",
                },
            )
        return subdiv or None


class MarketingForm(_Form):
    """`marketing = { enabled, consent, days, start, end, closed_on_holidays }`."""

    enabled: bool
    consent: Literal["opt-in", "soft-opt-in", "express-written", "express-or-implied"]
    days: frozenset[int]
    start: WallTime
    end: WallTime
    closed_on_holidays: bool

    @field_validator("days")
    @classmethod
    def _days_are_iso(cls, days: frozenset[int]) -> frozenset[int]:
        if not days or not days <= frozenset(range(1, 8)):
            raise PydanticCustomError(
                "iso_days",
                "name at least one day, from 1 (Monday) to 7 (Sunday); to send nothing, set enabled to no",
            )
        return days

    @field_validator("end")
    @classmethod
    def _end_is_after_start(cls, end: time, info: ValidationInfo) -> time:
        start = info.data.get("start")
        if start is not None and start >= end:
            raise PydanticCustomError(
                "start_before_end",
                "the window opens at {start} and must close later than that on the same day, not at {end}",
                {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"},
            )
        return end


class SenderForm(_Form):
    """`sender = { default, custom, max_len, ... }`."""

    default: Literal["shortcode5", "shortcode4", "platform", "numeric-registered"]
    custom: CustomSender
    default_prefix: Annotated[str, Field(pattern=r"^\d*$")] = ""
    max_len: Annotated[int, Field(ge=1, le=15)] = 11
    allow_space: bool = False
    need_letter: bool = False
    letter_first: bool = False
    case_sensitive: bool = False
    reply_default: bool = False
    reply_custom: bool = False


class OptOutForm(_Form):
    """`optout = { default_sender, custom_sender, keywords, honour_business_days, any_stop, resubscribe }`."""

    default_sender: OptOut
    custom_sender: OptOut
    keywords: tuple[str, ...] = ()
    honour_business_days: Annotated[int, Field(ge=1)] | None = None
    any_stop: bool = False
    resubscribe: tuple[str, ...] = ()


class AlertForm(_Form):
    """`alert = { optout_required }`."""

    optout_required: bool = False


class RowForm(_Form):
    """One country, after everything that it extends has been filled in."""

    name: Annotated[str, Field(min_length=1)]
    calling_code: Annotated[int, Field(ge=1, le=999)]
    timezones: tuple[str, ...]
    holidays: HolidaysForm
    marketing: MarketingForm
    sender: SenderForm
    optout: OptOutForm
    alert: AlertForm = AlertForm()
    status: dict[str, str] = Field(default_factory=dict)

    @field_validator("timezones")
    @classmethod
    def _zones_are_known(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        if zones == (FROM_NUMBER,):
            return ()
        unknown = [zone for zone in zones if not is_zone(zone)]
        if unknown or not zones:
            raise PydanticCustomError(
                "unknown_zone",
                '{found}: write zones such as "Europe/Paris", or "from-number" alone',
                {"found": f"no zone is called {', '.join(unknown)}" if unknown else "no zone is named"},
            )
        return zones

    def policy(self, code: str) -> CountryPolicy:
        """The row as the rules read it."""
        return CountryPolicy(
            code=code,
            calling_code=self.calling_code,
            timezones=self.timezones,
            holidays=HolidayCalendar(**self.holidays.model_dump()),
            marketing=MarketingRule(**self.marketing.model_dump()),
            sender=SenderRule(**self.sender.model_dump()),
            optout=OptOutRule(**self.optout.model_dump()),
            alert_optout_required=self.alert.optout_required,
            status=dict(self.status),
            name=self.name,
        )


class DefaultsForm(_Form):
    """The `[defaults]` of the table."""

    outside_window: OutsideWindow
    max_defer_hours: Annotated[int, Field(ge=1, le=24 * 31)]
    close_margin_s: Annotated[int, Field(ge=0, le=3600)]
    mention: str
    link_reserve: Annotated[int, Field(ge=0, le=160)]
    sender_denylist: tuple[str, ...] = ()

    @field_validator("mention")
    @classmethod
    def _mention_has_room_for_the_code(cls, mention: str) -> str:
        if "{shortcode}" not in mention:
            raise PydanticCustomError(
                "mention_without_shortcode",
                "write where the number goes, as {placeholder}",
                {"placeholder": "{shortcode}"},
            )
        return mention

    def defaults(self) -> PolicyDefaults:
        """The defaults as the rules read them."""
        return PolicyDefaults(**self.model_dump())
