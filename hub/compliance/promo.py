"""Whether a text that claims to be an alert reads like an advertisement: a lint, not a rule.

Carriers re-class such texts as marketing; the sender answers for the choice, so the hub only asks.
Words that alerts use too (a code at the door, a job offer, the balance of an account, the class of 2026)
give nothing away by themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.compliance.folding import compose, fold
from hub.compliance.optout import stop_instruction

if TYPE_CHECKING:
    from collections.abc import Mapping

PATTERNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "any": (
            r"(?<![%.,])-\s?\d{1,2}\s?%",
            r"\d{1,2}\s?%\s?(?:de (?:remise|reduction|rabais)|off|offerts?|korting|rabatt|nachlass|gunstiger)",
            r"black[ -]friday",
            r"cyber[ -]monday",
            r"promos?(?! (?:de )?(?:19|20)\d\d)",
            r"promotions?(?! (?:de )?(?:19|20)\d\d)(?! interne)",
            r"promo(?:tion)?[ -]?codes?",
        ),
        "fr": (
            r"soldes(?! de(?: tout)? comptes?)",
            r"(?<!votre )(?<!vos )offres?(?! d'(?:emploi|achat|embauche))(?! de (?:stage|poste|service|soin|pret)s?)",
            r"code (?:promo|avantage|reduction|remise|cadeau|privilege)s?",
            r"(?:bons?|cheques?) (?:de reduction|d'achat|plans?|cadeaux?)",
            r"(?:remises?|reductions?) (?:exceptionnelle|immediate|exclusive)s?",
            r"(?:remises?|reductions?) de \d+\s?(?:%|€|euros?|eur)",
            r"\d+\s?(?:€|euros?|eur) de (?:remise|reduction)s?",
            r"rabais",
            r"ventes? (?:privee|flash)s?",
            r"destockage",
            r"liquidation totale",
            r"braderie",
            r"prix (?:casse|mini|bas|fou|imbattable)s?",
            r"profitez",
            r"cadeaux?",
            r"livraison (?:offerte|gratuite)",
            r"(?:jeu[ -]concours|tirage au sort)",
        ),
        "en": (
            r"on sale",
            r"(?:flash|summer|winter|spring|autumn|private|clearance|final|big) sales?",
            r"sale (?:ends|starts|now on)",
            r"discounts?",
            r"(?:special|exclusive|limited|great|latest|our) offers?",
            r"offer (?:ends|valid|expires)",
            r"(?:discount|voucher) codes?",
            r"vouchers?",
            r"coupons?",
            r"save (?:up to )?[£$€]?\d+\s?%?",
            r"buy one get one",
            r"(?:best|hot|great) deals?",
            r"free gifts?",
        ),
        "nl": (
            r"kortings?(?:code|actie|bon)?s?",
            r"solden",
            r"aanbieding(?:en)?",
            r"(?:actie|voordeel)codes?",
            r"koopjes?",
            r"uitverkoop",
            r"cadeaubon(?:nen)?",
        ),
        "de": (
            r"rabatt(?:e|code|codes|aktion|aktionen)?",
            r"(?:sonder|top|tages|exklusiv)angebote?n?",
            r"(?:unser|unsere|neue|exklusive) angebote?",
            r"gutscheine?(?:code|codes)?",
            r"schnappchen",
            r"(?:aus|schluss|sommerschluss|winterschluss)verkauf",
            r"(?:aktionscode|sonderaktion)\w*",
        ),
    }
)
"""The giveaways by language, as patterns over folded text (no capitals, no accents)."""

CODE_TO_SPEND = re.compile(
    r"(?<!\w)(?i:avec le code|use code|with code|mit (?:dem )?code|met (?:de )?code) [A-Z]{3}[A-Z0-9]*(?!\w)"
)
"""A code in capitals that opens a purse; one of digits opens a door."""


def looks_promotional(text: str) -> str | None:
    """The words that give an advertisement away, as they stand in the text; None where nothing does.

    An opt-out instruction counts: alerts need none, and carriers take it for the mark of marketing.
    """
    composed = compose(text)
    found = _giveaways().search(fold(text)) or CODE_TO_SPEND.search(composed)
    return composed[found.start() : found.end()] if found else stop_instruction(text)


@lru_cache(maxsize=1)
def _giveaways() -> re.Pattern[str]:
    words = (pattern for patterns in PATTERNS.values() for pattern in patterns)
    return re.compile("|".join(rf"(?<!\w)(?:{pattern})(?!\w)" for pattern in words))
