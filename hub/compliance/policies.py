"""The policy of every country: the table, the profiles chosen for it, and what hub.ini changes.

`load_policies` refuses a table with any fault in it, and names all of them: a window that nobody can
read must not become one that is always open.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.compliance.reading import Reader
from hub.config.words import did_you_mean
from hub.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hub.compliance.model import CountryPolicy, PolicyDefaults

NO_PROFILES: Mapping[str, str] = MappingProxyType({})
NO_OVERRIDES: Mapping[str, Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Every country that can be texted, and the profiles that an operator can choose instead.

    `countries` is by region (`FR`); `in_force` is the profile that a region follows, where it follows one;
    `profiles` is the country that each profile changes, by the profile's name.
    """

    defaults: PolicyDefaults
    countries: Mapping[str, CountryPolicy]
    in_force: Mapping[str, str]
    profiles: Mapping[str, str]
    variants: Mapping[tuple[str, str], CountryPolicy]

    def get(self, region: str) -> CountryPolicy | None:
        """The policy in force for a region; None where the hub texts no one."""
        return self.countries.get(region)

    def profile(self, name: str) -> CountryPolicy:
        """What a profile makes of the country it extends; `NotFound` where there is no such profile."""
        if name not in self.profiles:
            raise NotFound(_no_profile(f"There is no profile {name!r}", name, self.profiles))
        return self.under(self.profiles[name], name)

    def under(self, region: str, profile: str) -> CountryPolicy:
        """A country as it would be under a profile; `NotFound` where the profile is not one for it."""
        found = self.variants.get((region, profile))
        if found is None:
            choices = [name for there, name in self.variants if there == region]
            raise NotFound(_no_profile(f"There is no profile {profile!r} for {region}", profile, choices))
        return found

    @property
    def calling_codes(self) -> frozenset[int]:
        """The calling codes of the countries that may be sent marketing.

        Digits without a plus are read with these first: a code that the hub does not use would only
        turn national numbers into foreign ones.
        """
        return frozenset(row.calling_code for row in self.countries.values() if row.marketing.enabled)


def load_policies(
    *,
    profiles: Mapping[str, str] = NO_PROFILES,
    overrides: Mapping[str, Mapping[str, object]] = NO_OVERRIDES,
) -> PolicyBook:
    """The book made of `countries.toml`, the chosen `profiles` and the `[compliance.XX]` `overrides`.

    `profiles` is by region, `{"FR": "FR-af2m-2026"}`. A profile (and an override) chosen for FR also holds
    for the rows that extend FR, as FR's words do, and stops where such a row has words of its own: the
    overseas rows get the window of FR's profile, in their own zones, with their own senders and opt-out.
    Chosen for RE, a profile holds for RE alone. Overrides are stronger than profiles.

    Raises `ConfigError` with every fault of the table, the profiles and the overrides.
    """
    text = resources.files("hub.compliance").joinpath("countries.toml").read_text(encoding="utf-8")
    return read_book(tomllib.loads(text), profiles=profiles, overrides=overrides)


def read_book(
    document: Mapping[str, object],
    *,
    profiles: Mapping[str, str] = NO_PROFILES,
    overrides: Mapping[str, Mapping[str, object]] = NO_OVERRIDES,
) -> PolicyBook:
    """The same for a table that was read already. Raises `ConfigError` with every fault."""
    reader = Reader()
    reader.check_headings(document)
    rows = reader.rows(document, overrides)
    chosen = reader.chosen(rows, profiles)
    defaults = reader.defaults(document)
    countries = {
        region: policy for region in rows.sound_countries if (policy := reader.policy(rows, region, chosen)) is not None
    }
    variants = {
        (region, profile): policy
        for region, profile in rows.choices()
        if (policy := reader.policy(rows, region, {**chosen, region: profile})) is not None
    }
    if reader.faults or defaults is None:
        raise ConfigError(tuple(dict.fromkeys(reader.faults)))
    return PolicyBook(defaults, countries, rows.in_force(chosen), rows.bases(), variants)


def _no_profile(fact: str, name: str, choices: Iterable[str]) -> str:
    known = sorted(choices)
    return f"{fact}{did_you_mean(name, known)}; there is {', '.join(known) or 'none'}."
