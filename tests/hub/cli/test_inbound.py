"""`hub inbound`, `hub optout` and `hub explain inbound`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hub import InboundText
from hub.bootstrap import build
from hub.contacts.model import SuppressionKind

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

NINA = "+33612345678"


@pytest.fixture
def written(shop: CommandLine) -> CommandLine:
    """A shop to which Nina has written: yes, and stop."""
    core = build(environ=shop.environ)
    core.inbox.take("console", [InboundText(NINA, "36180", text, text) for text in ("Oui", "STOP", "non-stop")])
    core.close()
    return shop


def test_texts_are_listed_the_latest_first(written: CommandLine) -> None:
    """In JSON with everything that is known of them."""
    items = written.json("inbound")["items"]
    assert [(one["text"], one["kind"]) for one in items] == [
        ("non-stop", "review"),
        ("STOP", "opt_out"),
        ("Oui", "text"),
    ]


def test_they_are_shown_to_people_too(written: CommandLine) -> None:
    """As a table."""
    result = written("inbound", "--account", "Salon Exemple")
    assert (result.exit_code, "STOP" in result.stdout, NINA in result.stdout) == (0, True, True)


def test_what_is_to_be_looked_at_is_found(written: CommandLine) -> None:
    """By itself."""
    assert [one["text"] for one in written.json("inbound", "--review")["items"]] == ["non-stop"]


def test_what_is_nobodys_is_found(shop: CommandLine) -> None:
    """On a hub of two accounts, neither of which has texted that number."""
    shop.json("account", "create", "--name", "Boutique", "--country", "FR")
    core = build(environ=shop.environ)
    core.inbox.take("console", [InboundText(NINA, "36180", "Bonjour ?", "1")])
    core.close()
    ((one,), of_the_shop) = (
        shop.json("inbound", *words)["items"] for words in (("--nobodys",), ("--account", "Salon Exemple"))
    )
    assert (one["text"], one["account_id"], of_the_shop) == ("Bonjour ?", None, [])


def test_as_many_are_listed_as_are_asked_for(written: CommandLine) -> None:
    """The latest of them."""
    assert [one["text"] for one in written.json("inbound", "--limit", "1")["items"]] == ["non-stop"]


def test_an_opt_out_that_came_otherwise_is_added_by_hand(written: CommandLine) -> None:
    """By telephone, or after a text that was looked at; it is there beside the others."""
    written("optout", "add", "06 12 34 56 79", "--note", "au téléphone")
    found = {one["number"]: (one["source"], one["note"]) for one in written.json("optout", "list")}
    assert (found["+33612345679"], set(found)) == (("hand", "au téléphone"), {NINA, "+33612345679"})


def test_an_opt_out_is_listed_with_its_words(written: CommandLine) -> None:
    """Whoever doubts it can read it."""
    (one,) = written.json("optout", "list")
    assert (one["number"], one["source"], one["text"]) == (NINA, "inbound", "STOP")


def test_an_opt_out_is_removed_on_a_proof_which_is_kept(written: CommandLine) -> None:
    """With who recorded it, and when."""
    written.json("optout", "remove", "Salon Exemple", "06 12 34 56 78", "--proof", "Formulaire du 4 janvier")
    (kept,) = written.json("optout", "consents")["items"]
    assert (written.json("optout", "list"), kept["notice"], kept["source"]) == ([], "Formulaire du 4 janvier", "hand")


def test_without_a_proof_it_stays(written: CommandLine) -> None:
    """Neither left out nor blank."""
    left_out = written("optout", "remove", "Salon Exemple", NINA)
    code, _ = written.refused("optout", "remove", "Salon Exemple", NINA, "--proof", " ")
    assert (left_out.exit_code, code, len(written.json("optout", "list"))) == (2, "proof_needed", 1)


def test_what_is_not_suppressed_cannot_be_removed(written: CommandLine) -> None:
    """This is said."""
    code, _ = written.refused("optout", "remove", "Salon Exemple", "0612345679", "--proof", "Formulaire")
    assert code == "not_found"


def test_a_number_that_belongs_to_somebody_again_keeps_its_opt_out(written: CommandLine) -> None:
    """Each reason is taken away by itself."""
    core = build(environ=written.environ)
    core.suppressions.add(core.accounts.find("Salon Exemple").id, NINA, SuppressionKind.UNALLOCATED, source="npai")
    core.close()
    written.json("optout", "remove", "Salon Exemple", NINA, "--unallocated", "--proof", "Nina a rappelé")
    assert [one["kind"] for one in written.json("optout", "list")] == ["opt_out"]


def test_proofs_are_shown_to_people_too(written: CommandLine) -> None:
    """As a table."""
    written("optout", "remove", "Salon Exemple", NINA, "--proof", "Formulaire du 4 janvier")
    result = written("optout", "consents")
    assert (result.exit_code, NINA in result.stdout, "Formulaire" in result.stdout) == (0, True, True)


def test_an_answer_is_explained_to_people_too(cli: CommandLine) -> None:
    """A line for each thing that is known."""
    lines = dict(line.split(maxsplit=1) for line in cli("explain", "inbound", "Stop svp").stdout.splitlines())
    assert (lines["kind"], lines["rule"], lines["matched"]) == ("opt_out", "word", "stop")


def test_an_answer_is_explained(cli: CommandLine) -> None:
    """Its kind, and the rule."""
    found = cli.json("explain", "inbound", "Merci de ne plus m'envoyer de SMS")
    assert (found["kind"], found["rule"], found["country"]) == ("opt_out", "sentence", "FR")


def test_the_country_makes_a_difference(cli: CommandLine) -> None:
    """END is a word in France."""
    kinds = [cli.json("explain", "inbound", "END", "--country", country)["kind"] for country in ("FR", "gb")]
    assert kinds == ["text", "opt_out"]


def test_many_answers_are_explained_line_by_line(cli: CommandLine) -> None:
    """Each line may name its country."""
    lines = [
        {"text": "cancel", "country": "US"},
        {"text": "cancel"},
        "arret de bus",
        {"text": "cancel", "country": "XX"},
    ]
    stdin = "".join(f"{json.dumps(one)}\n" for one in lines)
    result = cli("explain", "inbound", "--json", stdin=stdin)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one.get("kind", one.get("code")) for one in found] == ["opt_out", "text", "text", "unknown_country"]
