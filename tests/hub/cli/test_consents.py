"""`hub consents`: the register, listed, added to and written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.web.resources.consents import COLUMNS

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

NINA, OMAR = "+33612345671", "+33612345672"
ADDED = ("--notice", "Oui aux offres", "--source", "website")


@pytest.fixture
def agreed(shop: CommandLine) -> CommandLine:
    """A shop that Nina agreed to, and Omar."""
    shop.json("consents", "add", "06 12 34 56 71", *ADDED, "--given-at", "2026-01-04T09:30", "--ip", "192.0.2.7")
    shop.json("consents", "add", OMAR, "--notice", "=Oui", "--source", "papier")
    return shop


def test_what_a_person_agreed_to_is_registered(agreed: CommandLine) -> None:
    """At the hub's own time, by its operator."""
    one, _ = agreed.json("consents", "list")["items"]
    assert (one["number"], one["notice"], one["source"], one["by"]) == (NINA, "Oui aux offres", "website", "operator")
    assert (one["given_at"], one["ip"], one["withdrawn_at"]) == ("2026-01-04T08:30:00+00:00", "192.0.2.7", None)


def test_the_same_again_changes_nothing(agreed: CommandLine) -> None:
    """And that is said."""
    words = ("consents", "add", NINA, *ADDED, "--given-at", "2026-01-04T09:30", "--ip", "192.0.2.7")
    assert agreed.json(*words) == {"number": NINA, "new": False}
    assert len(agreed.json("consents", "list")["items"]) == 2


def test_a_person_reads_a_table_of_those_asked_for(agreed: CommandLine) -> None:
    """Of a number, from a source, in force or not."""
    said = agreed("consents", "list", "--source", "papier").stdout
    assert ("Consents to Salon Exemple" in said, OMAR in said, NINA in said) == (True, True, False)
    assert [one["number"] for one in agreed.json("consents", "list", "--number", "0612345671")["items"]] == [NINA]
    assert agreed.json("consents", "list", "--withdrawn")["items"] == []


def test_the_register_is_written_as_a_file_that_can_be_read_again(agreed: CommandLine) -> None:
    """With the columns of the import first, and nothing that a spreadsheet would carry out."""
    first, nina, omar = agreed("consents", "export").stdout.splitlines()
    assert first.removeprefix("\ufeff").split(";")[: len(COLUMNS)] == list(COLUMNS)
    assert nina.startswith(f"{NINA};Oui aux offres;2026-01-04T08:30:00Z;website;;;192.0.2.7;marketing;operator;")
    assert omar.startswith(f"{OMAR};'=Oui;")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("abc", *ADDED), "unparsable"),
        ((NINA, *ADDED, "--given-at", "2999-01-01T00:00"), "in_the_future"),
        ((NINA, *ADDED, "--given-at", "hier"), "schedule_form"),
        ((NINA, *ADDED, "--ip", "ici"), "ip"),
        ((NINA, "--notice", " ", "--source", "website"), "consent_notice"),
    ],
)
def test_what_cannot_be_registered_is_refused(shop: CommandLine, words: tuple[str, ...], code: str) -> None:
    """With its reason."""
    assert shop.refused("consents", "add", *words)[0] == code
    assert shop.json("consents", "list")["items"] == []
