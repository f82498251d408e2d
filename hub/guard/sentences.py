"""Why a campaign is held, as sentences: a table by language and reason."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.guard.model import HoldReason

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGLISH = "en"
FRENCH = "fr"

_ENGLISH = {
    HoldReason.MESSAGE_COST: "A message costs {cost} credits; up to {most} go without review.",
    HoldReason.DAY_CEILING: "This costs {cost} credits, {spent} went today, and {most} a day go without review.",
    HoldReason.HOUR_CEILING: "This costs {cost} credits, {spent} went within the hour, and {most} an hour go without "
    "review.",
    HoldReason.COUNTRY_DAY: "This costs {cost} credits to {country}, {spent} went there today, and {most} a day to a "
    "foreign country go without review.",
    HoldReason.COUNTRY_HOUR: "This costs {cost} credits to {country}, {spent} went there within the hour, and {most} "
    "an hour to a foreign country go without review.",
    HoldReason.LOW_BALANCE: "It would leave {left} credits; below {least} nothing goes without review.",
    HoldReason.NUMBER_RUN: "Within an hour {count} numbers side by side were texted (one ends in {first}, one in "
    "{last}), as fraud does.",
    HoldReason.NUMBER_BLOCK: "Within an hour {count} numbers that begin with {block} were texted, as fraud does.",
}
_FRENCH = {
    HoldReason.MESSAGE_COST: "Un message coûte {cost} crédits ; jusqu'à {most}, il part sans contrôle.",
    HoldReason.DAY_CEILING: "Cet envoi coûte {cost} crédits, {spent} ont été utilisés aujourd'hui, et {most} par jour "
    "partent sans contrôle.",
    HoldReason.HOUR_CEILING: "Cet envoi coûte {cost} crédits, {spent} ont été utilisés dans l'heure, et {most} par "
    "heure partent sans contrôle.",
    HoldReason.COUNTRY_DAY: "Cet envoi coûte {cost} crédits vers le pays {country}, {spent} y ont été envoyés "
    "aujourd'hui, et {most} par jour vers un pays étranger partent sans contrôle.",
    HoldReason.COUNTRY_HOUR: "Cet envoi coûte {cost} crédits vers le pays {country}, {spent} y ont été envoyés dans "
    "l'heure, et {most} par heure vers un pays étranger partent sans contrôle.",
    HoldReason.LOW_BALANCE: "Il resterait {left} crédits ; en dessous de {least}, rien ne part sans contrôle.",
    HoldReason.NUMBER_RUN: "En une heure, {count} numéros qui se suivent ont reçu un texto (l'un finit par {first}, un "
    "autre par {last}), comme dans une fraude.",
    HoldReason.NUMBER_BLOCK: "En une heure, {count} numéros qui commencent par {block} ont reçu un texto, comme dans "
    "une fraude.",
}
SENTENCES: Mapping[str, Mapping[HoldReason, str]] = MappingProxyType({ENGLISH: _ENGLISH, FRENCH: _FRENCH})
