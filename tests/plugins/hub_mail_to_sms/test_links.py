from __future__ import annotations

import pytest

from hub_mail_to_sms.links import tidy_links


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("lea@example.org<mailto:lea@example.org>", "lea@example.org"),
        ("www.example.org<http://www.example.org/>", "www.example.org"),
        ("https://example.org/x<https://example.org/x>", "https://example.org/x"),
        ("votre espace<https://example.org/espace>.", "votre espace https://example.org/espace."),
        ("Rendez-vous ici <https://example.org/rdv>", "Rendez-vous ici https://example.org/rdv"),
        ("<https://example.org/rdv>", "https://example.org/rdv"),
        ("Voir :\n<https://example.org/rdv>", "Voir :\nhttps://example.org/rdv"),
        ("Écrivez<mailto:lea@example.org>", "Écrivez lea@example.org"),
        ("[cid:image001.png@01D9EXAMPLE.A1B2C3D0]Bonjour", "Bonjour"),
        ("Bonjour\n[image: logo.png]", "Bonjour\n"),
        ("[image : logo.png]", ""),
        ("Prix < 10 €, 5 > 3, <3, [x]", "Prix < 10 €, 5 > 3, <3, [x]"),
        ("https://example.org/a?b=<c>", "https://example.org/a?b=<c>"),
    ],
)
def test_outlooks_links_are_tidied(text: str, tidy: str) -> None:
    """Addresses stand once, in the open; pictures leave nothing behind."""
    assert tidy_links(text) == tidy
