"""The plugin in a whole hub: real rules and databases, a carrier and a clock under control."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import hub_discreet
import pytest
from flask import Flask
from hub_discreet.counting import overdue, totals
from hub_discreet.rules import telling_word

from hub import CampaignRequest, Draft, InboundText, NotAuthenticated, Purpose, Recipient, RequestRefused
from hub.testing.databases import KINDS, Databases
from hub.testing.hub import make_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.testing.hub import TestHub


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases with the tables of the hub and of the plugin."""
    made = Databases(tmp_path_factory.mktemp("databases"), [hub_discreet.hub_migrations()], datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def hub(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[TestHub]:
    """A hub with the plugin, an account and two routes, on SQLite and on PostgreSQL."""
    made = make_hub(
        tmp_path,
        databases.fresh(request.param),
        bring={"discreet": hub_discreet},
        settings={
            "HUB_DISCREET_KEEP_DAYS": "30",
            "HUB_HUB_PUBLIC_URL": "https://t.example.net",
            "HUB_MESSAGES_INLINE_RECIPIENTS": "10",
            "HUB_MESSAGES_CHUNK": "4",
            "HUB_ROUTE_DISCREET_ALERTS_CONNECTOR": "carrier",
            "HUB_ROUTE_DISCREET_ALERTS_PRIORITY": "99",
        },
    )
    yield made
    made.core.close()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Votre rendez-vous est demain", None),
        ("Résultat de votre DÉPISTAGE", "DÉPISTAGE"),
        ("Votre chimiothérapie de lundi", "chimiothérapie"),
        ("Cancérologie, 2e étage", None),
        ("", None),
    ],
)
def test_whole_words_are_telling_however_they_are_written(text: str, word: str | None) -> None:
    """Capitals and accents do not matter; a part of a word does not count."""
    assert telling_word(text) == word


def test_a_text_that_says_too_much_is_blocked_with_its_reason(hub: TestHub) -> None:
    """The sender reads which word it was."""
    with pytest.raises(RequestRefused, match="biopsie") as refused:
        hub.send(text="Votre biopsie est prête")
    assert refused.value.code == "telling_word"


def test_what_is_kept_back_sent_and_settled_is_counted(hub: TestHub) -> None:
    """One number gets a telling word from its field, the other does not."""
    recipients = (Recipient("0612345678", {"info1": "Bilan"}), Recipient("0698765432", {"info1": "VIH"}))
    hub.core.accept(CampaignRequest(hub.account.id, "[info1] prêt", recipients, Purpose.ALERT))
    hub.drain()
    hub.carrier.report(hub.carrier.taken[0].id)
    assert totals(hub.core, hub.account.id) == {"delivered": 1, "kept_back": 1, "submitted": 1}


def test_a_large_campaign_is_counted_once(hub: TestHub) -> None:
    """It is told of as it grows, with its counts so far."""
    recipients = tuple(Recipient(f"06123456{n:02d}", {"info1": "Bilan"}) for n in range(10, 20))
    recipients += tuple(Recipient(f"06123457{n:02d}", {"info1": "VIH"}) for n in range(10, 15))
    hub.core.accept(CampaignRequest(hub.account.id, "[info1] prêt", recipients, Purpose.ALERT))
    while hub.core.expander.expand_next():
        pass
    assert totals(hub.core) == {"kept_back": 5}


def test_alerts_take_the_discreet_route_and_marketing_does_not(hub: TestHub) -> None:
    """Although the other route comes first."""
    chosen = [
        hub_discreet.hub_choose_route(draft=_draft(purpose), routes=("main", "discreet_alerts")) for purpose in Purpose
    ]
    assert dict(zip(Purpose, chosen, strict=True)) == {Purpose.MARKETING: None, Purpose.ALERT: "discreet_alerts"}
    hub.send()
    assert hub.core.dispatcher.due_routes() == ("discreet_alerts",)


def test_old_counts_are_cleared_out_and_late_rounds_are_reported(hub: TestHub) -> None:
    """Days beyond `keep_days` go; two days without a round is a finding."""
    hub.send()
    hub.drain()
    hub.clock.advance(days=31)
    hub.core.plugins.registry.jobs["discreet_clear_out"].run(hub.core)
    assert (totals(hub.core), overdue(hub.core)) == ({}, ())
    hub.clock.advance(days=2)
    assert [finding.where for finding in overdue(hub.core)] == ["[discreet]"]


def test_an_account_reads_its_own_counts_over_http(hub: TestHub) -> None:
    """With its API token; there is nothing to read without one."""
    hub.send()
    hub.drain()
    (build,) = hub.core.plugins.registry.blueprints
    app = Flask(__name__)
    app.register_blueprint(build(hub.core))
    app.register_error_handler(NotAuthenticated, lambda error: (str(error), 401))
    client = app.test_client()
    answer = client.get("/discreet/counts", headers={"Authorization": f"Bearer {hub.token}"})
    assert (answer.status_code, answer.json) == (200, {"submitted": 1})
    assert client.get("/discreet/counts").status_code == 401


def test_what_the_plugin_knows_of_an_account_is_told(hub: TestHub) -> None:
    """`hub account list` shows it."""
    assert hub.core.plugins.account_details(hub.core, hub.account) == {"kept_back": "0"}


def _draft(purpose: Purpose) -> Draft:
    return Draft(1, "c", "test", purpose, "+33612345678", "FR", None, "Bonjour", 1)


def write(hub: TestHub, *texts: str) -> list[str | None]:
    """A patient who was texted writes; who took each text, in their order."""
    hub.send()
    hub.drain()
    hub.core.inbox.take("carrier", [InboundText("+33612345678", "36180", text, text) for text in texts])
    hub.core.desk.work_off(hub.core)
    return [one.claimed_by for one in reversed(hub.core.texts.latest())]


def test_an_answer_that_says_read_is_taken_and_counted(hub: TestHub) -> None:
    """Whatever else a patient writes is for the practice."""
    assert write(hub, "OK !", "Je serai en retard") == ["discreet", None]
    counted = totals(hub.core, hub.account.id)
    assert (counted["read"], counted["answered"]) == (1, 2)


def test_a_patient_who_says_stop_is_counted_once(hub: TestHub) -> None:
    """However often it is said."""
    assert write(hub, "STOP", "stop") == [None, None]
    assert totals(hub.core, hub.account.id)["opted_out"] == 1


def test_patients_who_follow_links_are_counted_each_time(hub: TestHub) -> None:
    """By the day, whoever it was."""
    hub.send(text="Plan: <-short->", links=("https://plan.example/a",))
    hub.drain()
    hub.clock.advance(seconds=60)
    for _ in range(2):
        hub.follow(hub.carrier.taken[0].text)
    assert totals(hub.core, hub.account.id)["clicked"] == 2


def test_bought_credits_and_short_ones_are_counted(hub: TestHub) -> None:
    """Once for each order and each crossing."""
    hub.core.orders.validate(hub.core.orders.make(hub.account.id, 40, "BC-1").id, "marie")
    hub.core.balance_alerts.set(hub.account.id, 10_000)
    hub.core.balance_alerts.look()
    counted = totals(hub.core, hub.account.id)
    assert (counted["bought"], counted["ran_short"]) == (40, 1)


def test_an_order_is_shown_with_the_practices_till(hub: TestHub) -> None:
    """Beside every order."""
    assert [one.label for one in hub.core.plugins.registry.console_links] == ["Caisse du cabinet"]
