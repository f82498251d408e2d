"""Reads the table's document row by row, and gathers what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

from hub.compliance.forms import DefaultsForm, RowForm
from hub.compliance.layers import Layer, Rows, descent, merged, place
from hub.compliance.overrides import parse_override
from hub.compliance.row_faults import faults_of
from hub.config.words import did_you_mean
from hub.errors import Fault

if TYPE_CHECKING:
    from hub.compliance.layers import Words
    from hub.compliance.model import CountryPolicy, PolicyDefaults

SCHEMA_VERSION = 1
HEADINGS = ("schema_version", "defaults", "country", "profile")


class Reader:
    """Reads a document; `faults` grows with everything that is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def check_headings(self, document: Words) -> None:
        """Refuse a table of another version, and headings that no one reads."""
        if document.get("schema_version") != SCHEMA_VERSION:
            self._fault("schema_version", "unknown_version", f"this hub reads version {SCHEMA_VERSION}")
        for heading in document:
            if heading not in HEADINGS:
                near = did_you_mean(heading, HEADINGS)
                self._fault(heading, "unknown_key", f"there is no such heading{near}; remove it or rename it")

    def rows(self, document: Words, overrides: Mapping[str, Mapping[str, object]]) -> Rows:
        """The table's rows with their lines of descent, and the overrides that have a row."""
        countries = self._tables(document, "country")
        profiles = self._tables(document, "profile")
        for region in countries:
            if not re.fullmatch("[A-Z]{2}", region):
                self._fault(f"country.{region}", "unknown_country", "write a two-letter ISO code such as FR")
        lines, faults = descent(countries, profiles)
        self.faults += faults
        return Rows(countries, profiles, lines, self._overrides(countries, overrides))

    def chosen(self, rows: Rows, profiles: Mapping[str, str]) -> dict[str, str]:
        """The chosen profiles that exist, for countries that they can change."""
        return {region: name for region, name in profiles.items() if self._may_choose(rows, region, name)}

    def defaults(self, document: Words) -> PolicyDefaults | None:
        """The `[defaults]` of the table."""
        words = document.get("defaults", {})
        try:
            return DefaultsForm.model_validate(words).defaults()
        except ValidationError as error:
            layers = (Layer("defaults", words),) if isinstance(words, Mapping) else ()
            self.faults += faults_of(error, DefaultsForm, layers, home="defaults")
            return None

    def policy(self, rows: Rows, region: str, chosen: Mapping[str, str]) -> CountryPolicy | None:
        """One country under the chosen profiles."""
        layers = rows.layers(region, chosen)
        try:
            return RowForm.model_validate(merged(layers)).policy(region)
        except ValidationError as error:
            self.faults += faults_of(error, RowForm, layers, home=place(region, rows.countries))
            return None

    def _tables(self, document: Words, heading: str) -> dict[str, Words]:
        tables = document.get(heading, {})
        found = tables if isinstance(tables, Mapping) else {heading: tables}
        for name, words in found.items():
            if not isinstance(words, Mapping):
                self._fault(f"{heading}.{name}", "not_a_table", "write a table: [heading.NAME] and its keys")
        return {name: words for name, words in found.items() if isinstance(words, Mapping)}

    def _overrides(
        self, countries: Mapping[str, Words], overrides: Mapping[str, Mapping[str, object]]
    ) -> dict[str, Layer]:
        layers = {}
        for region, words in overrides.items():
            if region not in countries:
                self._no_such_country(region, countries)
                continue
            layers[region], faults = parse_override(region, words)
            self.faults += faults
        return layers

    def _may_choose(self, rows: Rows, region: str, profile: str) -> bool:
        where = f"compliance.{region}"
        if region not in rows.countries:
            self._no_such_country(region, rows.countries)
        elif profile not in rows.profiles:
            near = did_you_mean(profile, rows.profiles)
            known = ", ".join(sorted(rows.profiles))
            self._fault(where, "unknown_profile", f"there is no profile {profile!r}{near}; write one of {known}")
        elif (region, profile) not in rows.choices():
            self._fault(where, "profile_of_another_country", f"{profile!r} changes other countries; leave it out")
        else:
            return True
        return False

    def _no_such_country(self, region: str, countries: Mapping[str, Words]) -> None:
        near = did_you_mean(region, countries)
        self._fault(f"compliance.{region}", "unknown_country", f"the table has no row {region!r}{near}; remove it")

    def _fault(self, field: str, code: str, message: str) -> None:
        self.faults.append(Fault(field, code, message))
