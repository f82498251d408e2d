from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.compliance.model import CustomSender, OptOut, OutsideWindow
from hub.compliance.policies import load_policies, read_book
from hub.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.compliance.policies import PolicyBook
    from hub.errors import Fault

OVERSEAS = ("GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM", "NC", "PF", "WF")


def document(**rows: dict[str, Any]) -> dict[str, Any]:
    """A small sound table: FR and a profile of it; `rows` replaces or adds countries."""
    france = {
        "name": "France",
        "calling_code": 33,
        "timezones": ["Europe/Paris"],
        "holidays": {"country": "FR"},
        "marketing": {
            "enabled": True,
            "consent": "opt-in",
            "days": [1, 2, 3, 4, 5, 6],
            "start": "08:00",
            "end": "20:00",
            "closed_on_holidays": True,
        },
        "sender": {"default": "shortcode5", "custom": "alnum"},
        "optout": {"default_sender": "reply", "custom_sender": "mention"},
    }
    return {
        "schema_version": 1,
        "defaults": {
            "outside_window": "defer",
            "max_defer_hours": 96,
            "close_margin_s": 300,
            "mention": " STOP {shortcode}",
            "link_reserve": 20,
        },
        "country": {"FR": france, **rows},
        "profile": {"late": {"extends": "FR", "marketing": {"end": "22:00"}}},
    }


def france(**tables: dict[str, Any]) -> dict[str, Any]:
    """The small table with some keys of FR's tables replaced."""
    table = document()
    row = table["country"]["FR"]
    for name, words in tables.items():
        row[name] = {**row.get(name, {}), **words}
    return table


def faults_of(
    table: dict[str, Any],
    profiles: Mapping[str, str] | None = None,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
) -> list[Fault]:
    """Everything that is wrong with a table."""
    with pytest.raises(ConfigError) as caught:
        read_book(table, profiles=profiles or {}, overrides=overrides or {})
    return list(caught.value.faults)


def test_the_shipped_table_has_every_country(book: PolicyBook) -> None:
    """Ten countries and eleven overseas rows, each under its own code and name."""
    assert set(book.countries) == {"FR", "BE", "CH", "LU", "DE", "ES", "IT", "GB", "US", "CA", *OVERSEAS}
    assert len({row.name for row in book.countries.values()}) == len(book.countries)
    assert all(row.code == region for region, row in book.countries.items())


def test_france_has_the_seed_s_window(book: PolicyBook) -> None:
    """08:00 to 20:00, Monday to Saturday, never on a holiday."""
    rule = book.countries["FR"].marketing
    assert (rule.start, rule.end, sorted(rule.days), rule.closed_on_holidays) == (
        time(8),
        time(20),
        [1, 2, 3, 4, 5, 6],
        True,
    )


@pytest.mark.parametrize("region", OVERSEAS)
def test_an_overseas_row_has_france_s_hours_in_its_own_zone(book: PolicyBook, region: str) -> None:
    """Window from FR; zone, part of the calendar, sender and opt-out of its own."""
    row, metropolitan = book.countries[region], book.countries["FR"]
    assert row.marketing == metropolitan.marketing
    assert row.timezones != metropolitan.timezones
    assert row.holidays.subdiv is not None
    assert (row.sender.custom, row.optout.default_sender) == (CustomSender.ALNUM, OptOut.LINK)


def test_north_america_is_shipped_disabled(book: PolicyBook) -> None:
    """Senders must be registered there first."""
    disabled = {region for region, row in book.countries.items() if not row.marketing.enabled}
    assert disabled == {"US", "CA"}


def test_every_part_of_a_row_says_what_it_rests_on(book: PolicyBook) -> None:
    """Window, sender and opt-out carry their evidence."""
    for row in book.countries.values():
        assert {"marketing", "sender", "optout"} <= set(row.status)


def test_an_unknown_region_has_no_policy(book: PolicyBook) -> None:
    """No row: the country is not texted."""
    assert book.get("XX") is None


def test_the_defaults_are_values(book: PolicyBook) -> None:
    """Defer for at most 96 hours, stop five minutes early, keep the mention's leading blank."""
    defaults = book.defaults
    assert defaults.outside_window is OutsideWindow.DEFER
    assert (defaults.max_defer, defaults.close_margin) == (timedelta(hours=96), timedelta(minutes=5))
    assert len(defaults.mention.replace("{shortcode}", "36180")) == 16
    assert "INFO" in defaults.sender_denylist


def test_only_enabled_countries_lend_their_calling_codes(book: PolicyBook) -> None:
    """France's is there, North America's is not."""
    assert 33 in book.calling_codes
    assert 1 not in book.calling_codes


def test_an_enabled_country_lends_its_calling_code() -> None:
    """Switching the United States on in hub.ini makes +1 known."""
    assert 1 in load_policies(overrides={"US": {"enabled": "yes"}}).calling_codes


def test_a_profile_can_be_looked_at_without_being_chosen(book: PolicyBook) -> None:
    """The charter of 2026: every day, until 21:30."""
    rule = book.profile("FR-af2m-2026").marketing
    assert (sorted(rule.days), rule.end, rule.closed_on_holidays) == ([1, 2, 3, 4, 5, 6, 7], time(21, 30), False)


@pytest.mark.parametrize("look", ["profile", "under"])
def test_an_unknown_profile_is_not_found(book: PolicyBook, look: str) -> None:
    """The sentence names the one that was probably meant."""
    with pytest.raises(NotFound, match="FR-af2m-2026"):
        book.profile("FR-af2m-2062") if look == "profile" else book.under("FR", "FR-af2m-2062")


def test_a_chosen_profile_is_in_force() -> None:
    """`FR = FR-af2m-2026` changes FR's window, and nothing of its sender."""
    row = load_policies(profiles={"FR": "FR-af2m-2026"}).countries["FR"]
    assert row.marketing.end == time(21, 30)
    assert row.sender.default == "shortcode5"


def test_a_profile_of_france_holds_overseas_up_to_the_row_s_own_words() -> None:
    """RE follows FR's window, and keeps its own zone, sender and opt-out."""
    row = load_policies(profiles={"FR": "FR-af2m-2026"}).countries["RE"]
    assert row.marketing.end == time(21, 30)
    assert row.timezones == ("Indian/Reunion",)
    assert row.optout.custom_sender is OptOut.LINK


def test_a_profile_chosen_overseas_holds_there_alone() -> None:
    """RE's choice changes neither FR nor MQ."""
    countries = load_policies(profiles={"RE": "FR-af2m-2024"}).countries
    assert [countries[region].marketing.end.hour for region in ("RE", "FR", "MQ")] == [22, 20, 20]


def test_an_override_is_stronger_than_a_profile() -> None:
    """What hub.ini says of a country is the last word."""
    row = load_policies(profiles={"FR": "FR-af2m-2026"}, overrides={"FR": {"end": "19:00"}}).countries["FR"]
    assert (row.marketing.end, row.marketing.closed_on_holidays) == (time(19), False)


def test_an_override_reads_plain_strings() -> None:
    """Every key, written as hub.ini has it."""
    words = {
        "enabled": "no",
        "days": "1, 2,3",
        "start": "9:00",
        "end": "19:30",
        "closed_on_holidays": "no",
        "subdiv": "57",
        "add_holidays": "12-24, 2026-12-31",
        "remove_holidays": "05-08",
    }
    row = load_policies(overrides={"FR": words}).countries["FR"]
    assert (row.marketing.enabled, row.marketing.closed_on_holidays) == (False, False)
    assert (sorted(row.marketing.days), row.marketing.start, row.marketing.end) == ([1, 2, 3], time(9), time(19, 30))
    assert (row.holidays.subdiv, row.holidays.add, row.holidays.remove) == (
        "57",
        ("12-24", "2026-12-31"),
        ("05-08",),
    )


def test_an_override_of_france_stops_at_a_row_s_own_words() -> None:
    """Hours reach RE; its part of the holiday calendar is its own."""
    row = load_policies(overrides={"FR": {"end": "18:00", "subdiv": "57"}}).countries["RE"]
    assert (row.marketing.end, row.holidays.subdiv) == (time(18), "974")


def test_an_empty_subdivision_means_the_whole_country() -> None:
    """`subdiv =` takes the row's own part away."""
    assert load_policies(overrides={"RE": {"subdiv": ""}}).countries["RE"].holidays.subdiv is None


@pytest.mark.parametrize(
    ("words", "field", "code"),
    [
        ({"days": "1,8"}, "compliance.FR.days", "iso_days"),
        ({"days": ""}, "compliance.FR.days", "iso_days"),
        ({"days": "mon"}, "compliance.FR.days", "not_a_number"),
        ({"start": "8h"}, "compliance.FR.start", "wall_time"),
        ({"end": "24:00"}, "compliance.FR.end", "wall_time"),
        ({"start": "20:00"}, "compliance.FR.start", "start_before_end"),
        ({"end": "07:00"}, "compliance.FR.end", "start_before_end"),
        ({"closed_on_holidays": "maybe"}, "compliance.FR.closed_on_holidays", "not_yes_or_no"),
        ({"subdiv": "99"}, "compliance.FR.subdiv", "unknown_subdivision"),
        ({"add_holidays": "24/12"}, "compliance.FR.add_holidays", "day_of_year"),
        ({"dayz": "1"}, "compliance.FR.dayz", "unknown_key"),
    ],
)
def test_a_bad_override_is_named_where_it_was_written(words: dict[str, object], field: str, code: str) -> None:
    """The fault points at hub.ini's key, once, though eleven rows inherit it."""
    faults = faults_of(document(), overrides={"FR": words})
    assert [(fault.field, fault.code) for fault in faults] == [(field, code)]


def test_an_override_needs_a_row() -> None:
    """A country that the table lacks cannot be changed."""
    (fault,) = faults_of(document(), overrides={"FX": {"enabled": "no"}})
    assert (fault.field, fault.code) == ("compliance.FX", "unknown_country")


def test_a_mistyped_override_is_answered_with_what_was_meant() -> None:
    """`dayz` is nearly `days`."""
    (fault,) = faults_of(document(), overrides={"FR": {"dayz": "1"}})
    assert "did you mean days?" in fault.message


@pytest.mark.parametrize(
    ("tables", "field", "code"),
    [
        ({"marketing": {"days": [0, 1]}}, "country.FR.marketing.days", "iso_days"),
        ({"marketing": {"days": []}}, "country.FR.marketing.days", "iso_days"),
        ({"marketing": {"end": "08:00"}}, "country.FR.marketing.end", "start_before_end"),
        ({"marketing": {"start": 8}}, "country.FR.marketing.start", "wall_time"),
        ({"marketing": {"consent": "none"}}, "country.FR.marketing.consent", "unknown_choice"),
        ({"marketing": {"opens": "08:00"}}, "country.FR.marketing.opens", "unknown_key"),
        ({"holidays": {"country": "QQ"}}, "country.FR.holidays.country", "unknown_calendar"),
        ({"holidays": {"subdiv": "99"}}, "country.FR.holidays.subdiv", "unknown_subdivision"),
        ({"holidays": {"add": ["24-12"]}}, "country.FR.holidays.add", "day_of_year"),
        ({"sender": {"custom": "letters"}}, "country.FR.sender.custom", "unknown_choice"),
        ({"sender": {"default": "ours"}}, "country.FR.sender.default", "unknown_choice"),
        ({"optout": {"custom_sender": "phone"}}, "country.FR.optout.custom_sender", "unknown_choice"),
        ({"alert": {"optout": True}}, "country.FR.alert.optout", "unknown_key"),
    ],
)
def test_a_faulty_word_is_named_with_its_rule(tables: dict[str, dict[str, Any]], field: str, code: str) -> None:
    """Country, table, key and rule; once, though the profile inherits it."""
    assert [(fault.field, fault.code) for fault in faults_of(france(**tables))] == [(field, code)]


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("timezones", ["Europe/Nowhere"], "unknown_zone"),
        ("timezones", ["Europe"], "unknown_zone"),
        ("timezones", [], "unknown_zone"),
        ("timezones", ["from-number", "Europe/Paris"], "unknown_zone"),
        ("calling_code", "many", "not_a_number"),
        ("sender", "alnum", "not_a_table"),
        ("extends", "GB", "unknown_row"),
        ("extends", ["FR"], "unknown_row"),
        ("extends", "FR", "extends_loops"),
        ("senders", {}, "unknown_key"),
    ],
)
def test_a_faulty_key_of_a_row_is_named_with_its_rule(key: str, value: object, code: str) -> None:
    """The same for the keys that stand in no table."""
    table = document()
    table["country"]["FR"][key] = value
    faults = faults_of(table)
    assert (f"country.FR.{key}", code) in [(fault.field, fault.code) for fault in faults]


@pytest.mark.parametrize("key", ["name", "calling_code"])
def test_a_row_never_inherits_its_identity(key: str) -> None:
    """A row below FR that forgets its name or calling code does not pass for France."""
    row = {"extends": "FR", "name": "Réunion", "calling_code": 262}
    del row[key]
    (fault,) = faults_of(document(RE=row))
    assert (fault.field, fault.code) == (f"country.RE.{key}", "missing")


def test_every_fault_is_reported() -> None:
    """Three mistakes in three places: three faults."""
    table = france(marketing={"days": [9]}, sender={"custom": "x"})
    table["defaults"]["mention"] = "STOP"
    assert {fault.field for fault in faults_of(table, profiles={"FR": "none"})} == {
        "country.FR.marketing.days",
        "country.FR.sender.custom",
        "defaults.mention",
        "compliance.FR",
    }


def test_rows_that_extend_each_other_are_a_fault() -> None:
    """GP extends RE, which extends GP."""
    rows = {"GP": {"extends": "RE"}, "RE": {"extends": "GP"}}
    assert {fault.code for fault in faults_of(document(**rows))} == {"extends_loops"}


def test_a_profile_must_extend_a_country() -> None:
    """One that extends nothing changes nobody."""
    table = document()
    table["profile"]["late"].pop("extends")
    (fault,) = faults_of(table)
    assert (fault.field, fault.code) == ("profile.late.extends", "extends_nothing")


def test_a_fault_in_a_profile_is_found_though_no_one_chose_it() -> None:
    """Profiles are checked with the table."""
    table = document()
    table["profile"]["late"]["marketing"]["end"] = "07:00"
    (fault,) = faults_of(table)
    assert (fault.field, fault.code) == ("profile.late.marketing.end", "start_before_end")


@pytest.mark.parametrize(
    ("profiles", "code"),
    [
        ({"FR": "latest"}, "unknown_profile"),
        ({"XX": "late"}, "unknown_country"),
        ({"BE": "late"}, "profile_of_another_country"),
    ],
)
def test_a_profile_must_exist_and_be_one_of_its_country(profiles: dict[str, str], code: str) -> None:
    """BE cannot follow a profile of FR."""
    table = document(BE={**document()["country"]["FR"], "name": "Belgium"})
    (fault,) = faults_of(table, profiles=profiles)
    assert fault.code == code


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"schema_version": 2}, "schema_version", "unknown_version"),
        ({"countries": {}}, "countries", "unknown_key"),
        ({"profile": {"late": 3}}, "profile.late", "not_a_table"),
        ({"profile": 3}, "profile.profile", "not_a_table"),
        ({"defaults": 3}, "defaults", "not_a_table"),
    ],
)
def test_a_table_of_another_shape_is_refused(change: dict[str, Any], field: str, code: str) -> None:
    """Another version, an unknown heading, a value where a table belongs."""
    (fault,) = faults_of({**document(), **change})
    assert (fault.field, fault.code) == (field, code)


def test_a_country_is_known_by_two_capitals() -> None:
    """`fra` is no region that a number could have."""
    table = document(fra={**document()["country"]["FR"]})
    assert ("country.fra", "unknown_country") in [(fault.field, fault.code) for fault in faults_of(table)]


def test_a_window_is_written_as_toml_s_own_time_too() -> None:
    """TOML has local times without quotes."""
    row = read_book(france(marketing={"start": time(7, 30)})).countries["FR"]
    assert row.marketing.start == time(7, 30)
