from __future__ import annotations

import pytest

from hub.compliance.promo import looks_promotional


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SOLDES d'été : -50% sur tout", "SOLDES"),
        ("Tout à \u221230 % ce week-end", "\u221230 %"),
        ("20€ de remise dès 100€ d'achat", "20€ de remise"),
        ("Profitez de nos prix", "Profitez"),
        ("Vente privée ce soir à 19h", "Vente privée"),
        ("OFFRE du jour : deux pour un", "OFFRE"),
        ("Code promo ETE", "Code promo"),
        ("-10 pour vous avec le code BIENVENUE10", "avec le code BIENVENUE10"),
        ("Une promo rien que pour vous", "promo"),
        ("Un cadeau vous attend en magasin", "cadeau"),
        ("Black Friday chez nous", "Black Friday"),
        ("20% off everything today", "20% off"),
        ("Use code WELCOME at checkout", "Use code WELCOME"),
        ("Our summer sale starts now", "summer sale"),
        ("Korting op alle jassen", "Korting"),
        ("Uw kortingscode staat klaar", "kortingscode"),
        ("Ihr Rabattcode wartet", "Rabattcode"),
        ("Schnäppchen am Samstag", "Schnäppchen"),
        ("RDV demain 9h. STOP SMS au 36180", "STOP SMS au 36180"),
    ],
)
def test_an_advertisement_gives_itself_away(text: str, words: str) -> None:
    """The words are quoted as they stand in the text."""
    assert looks_promotional(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "Votre code d\u2019accès est 4521",
        "Votre code de vérification : 123456",
        "Ouvrez la porte avec le code 12A45",
        "Entrez avec le code envoyé par SMS",
        "Your access code is 9981",
        "Votre solde est de 20 EUR",
        "Votre solde de tout compte est prêt, vos soldes de tout compte aussi",
        "Batterie à 20%, niveau entre 10-20%",
        "Remise en service du réseau demain à 8h",
        "Remise des clés à 14h",
        "Réduction de 2 voies sur l'A6",
        "Nouvelle offre d'emploi : cariste",
        "Votre offre a été acceptée par le vendeur",
        "Réunion de la promo 2026 vendredi",
        "Coupure d'eau : eau sale possible",
        "Ihr Termin ist morgen um 9 Uhr",
        "Uw afspraak is morgen om 9 uur",
        "Bus non-stop jusqu'à la gare",
        "",
    ],
)
def test_an_alert_is_left_in_peace(text: str) -> None:
    """Words that alerts use too give nothing away."""
    assert looks_promotional(text) is None
