"""Texts are kept once, given to whom they answer, and their opt-outs are carried out at once; on both databases."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hub import InboundKind, InboundText, MessageState
from hub.inbound import service
from tests.hub.inbound.conftest import CODE, NINA, another_account, text_from

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker
    from tests.hub.inbound.conftest import Phones


def test_a_text_is_kept_as_it_came(phones: Phones) -> None:
    """Its number in E.164, its own form beside it."""
    phones.write("À demain 👍", "33612345678")
    (one,) = phones.kept()
    assert (one.number, one.to, one.text, one.kind, one.country) == (NINA, CODE, "À demain 👍", InboundKind.TEXT, "FR")
    assert (one.connector, one.account_id, one.done) == ("carrier", phones.hub.account.id, False)


def test_it_names_the_message_that_it_answers(phones: Phones) -> None:
    """The campaign, and the message in it."""
    campaign = text_from(phones.hub, phones.hub.account.id)
    phones.write("Oui")
    (one,) = phones.kept()
    assert (one.campaign_id, one.message_id, one.ambiguous) == (campaign, f"{campaign}-0", False)


def test_the_same_id_of_a_carrier_is_the_same_text(phones: Phones) -> None:
    """However often it is handed over, and whatever it says by then."""
    for text in ("Oui", "Oui", "Non"):
        phones.write(text, carrier_id="7")
    assert [one.text for one in phones.kept()] == ["Oui"]


def test_each_carrier_has_ids_of_its_own(phones: Phones) -> None:
    """Two carriers may count alike."""
    for carrier in ("carrier", "other"):
        phones.hub.core.inbox.take(carrier, [InboundText(NINA, CODE, "Oui", "7")])
    assert {one.connector for one in phones.kept()} == {"carrier", "other"}


def test_without_an_id_the_same_words_are_a_repeat_until_the_carrier_was_told(phones: Phones) -> None:
    """Then they are another text: a person may say yes twice."""
    for _ in range(2):
        phones.write("Oui", carrier_id=None)
    before = len(phones.kept())
    phones.hub.core.inbox.acknowledged("carrier", [InboundText(NINA, CODE, "Oui")])
    phones.write("Oui", carrier_id=None)
    assert (before, len(phones.kept())) == (1, 2)


def test_a_repeat_is_a_repeat_for_an_hour_at_most(phones: Phones) -> None:
    """Whoever never acknowledges does not swallow texts."""
    phones.write("Oui", carrier_id=None)
    phones.hub.clock.advance(minutes=59)
    phones.write("Oui", carrier_id=None)
    before = len(phones.kept())
    phones.hub.clock.advance(minutes=2)
    phones.write("Oui", carrier_id=None)
    assert (before, len(phones.kept())) == (1, 2)


def test_another_number_or_other_words_are_no_repeat(phones: Phones) -> None:
    """Nor is another number that is written to."""
    for number, to, text in (
        (NINA, CODE, "Oui"),
        ("+33612345679", CODE, "Oui"),
        (NINA, "38200", "Oui"),
        (NINA, CODE, "oui"),
    ):
        phones.write(text, number, to, carrier_id=None)
    assert len(phones.kept()) == 4


def test_a_batch_with_repeats_in_it_keeps_each_once(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also across the pieces that it is cut into."""
    monkeypatch.setattr(service, "BATCH", 3)
    texts = [InboundText(f"+3361234{number:04d}", CODE, "Oui", f"id {number % 5}") for number in range(10)]
    phones.hub.core.inbox.take("carrier", texts)
    assert len(phones.kept()) == 5


def test_workers_that_are_handed_the_same_texts_at_once_keep_each_once(phones: Phones) -> None:
    """By the carrier's id and by its words, with and without."""
    texts = [InboundText(NINA, CODE, f"Texte {number}", f"{number}" if number % 2 else None) for number in range(40)]
    ready, faults = threading.Barrier(4), []

    def take() -> None:
        ready.wait()
        try:
            phones.hub.core.inbox.take("carrier", texts)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
            faults.append(error)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (faults, len(phones.kept())) == ([], 40)


@pytest.mark.parametrize("number", ["36180", "FREE", "", "+336", "not a number \x00"])
def test_a_text_of_no_phone_is_kept_too(phones: Phones, number: str) -> None:
    """Under the name that it came with."""
    phones.write("Bonjour", number)
    (one,) = phones.kept()
    assert (one.number, one.country) == (number.replace("\x00", "\ufffd").strip(), None)


def test_a_stop_is_an_opt_out_before_anybody_has_looked_at_it(phones: Phones) -> None:
    """With its words, its campaign and its time, in the transaction that keeps it."""
    phones.write("Stop svp")
    (one,) = phones.hub.core.suppressions.all(phones.hub.account.id)
    (text,) = phones.kept()
    assert (one.number, one.source, one.text, one.campaign_id) == (NINA, "inbound", "Stop svp", text.campaign_id)
    assert (one.at, one.note) == (text.received_at, "word: stop")


def test_what_waits_for_a_person_who_says_stop_does_not_leave(phones: Phones) -> None:
    """Alerts neither."""
    campaign = phones.hub.send(NINA, text="Encore un").campaign_id
    phones.write("STOP")
    got = phones.got()
    assert (phones.hub.states(campaign), "Encore un" in got) == ([MessageState.BLOCKED], False)


def test_a_stop_stops_every_account_that_may_be_meant(phones: Phones) -> None:
    """Two had texted from one short code within two days: on the person's side, both, and it is said."""
    other = another_account(phones.hub)
    text_from(phones.hub, other)
    phones.write("STOP")
    (one,) = phones.kept()
    assert (one.account_id, one.ambiguous) == (other, True)
    assert phones.suppressed() == phones.suppressed(other) == [NINA]


def test_a_stop_does_not_stop_accounts_that_texted_long_ago(phones: Phones) -> None:
    """Their conversation was over."""
    other = another_account(phones.hub)
    phones.hub.clock.advance(hours=72)
    text_from(phones.hub, other)
    phones.write("STOP")
    assert (phones.suppressed(), phones.suppressed(other)) == ([], [NINA])


def test_a_stop_to_a_number_that_never_texted_stops_whoever_has(phones: Phones) -> None:
    """A carrier may have replaced the sender; whose text it is stays open when it could be several's."""
    other = another_account(phones.hub)
    text_from(phones.hub, other)
    phones.write("STOP", to="38999")
    (one,) = phones.kept()
    assert (one.account_id, one.campaign_id) == (None, None)
    assert phones.suppressed() == phones.suppressed(other) == [NINA]


def test_on_a_hub_of_one_account_every_text_is_its(phones: Phones) -> None:
    """Though it has never texted that number."""
    phones.write("STOP", "+33612345670")
    (one,) = phones.kept()
    assert (one.account_id, one.campaign_id, phones.suppressed()) == (phones.hub.account.id, None, ["+33612345670"])


def test_a_text_of_nobody_is_kept_and_said(phones: Phones, logs: list[MutableMapping[str, Any]]) -> None:
    """The operator finds it in the list."""
    another_account(phones.hub)
    phones.write("STOP", "+33612345670")
    (one,) = phones.hub.core.texts.latest(of_nobody=True)
    assert (one.account_id, one.kind) == (None, InboundKind.OPT_OUT)
    assert [line["texts"] for line in logs if line["event"] == "inbound_of_nobody"] == [1]


def test_a_review_stops_nobody(phones: Phones) -> None:
    """A person decides."""
    phones.write("stop! j'arrive demain avec 3 amis")
    assert (phones.kept()[0].kind, phones.suppressed()) == (InboundKind.REVIEW, [])


US = "+12125550123"


@pytest.fixture
def american(make: HubMaker) -> TestHub:
    """A hub that texts the United States, where START takes a STOP back."""
    hub = make(settings={"HUB_SENDERS_US": "+12125550100"})
    hub.send(US)
    hub.drain()
    return hub


def test_where_a_country_lets_it_start_takes_a_stop_back(american: TestHub) -> None:
    """And the text is kept as the consent."""
    for number, text in enumerate(("STOP", "START")):
        american.core.inbox.take("carrier", [InboundText(US, "12125550100", text, f"{number}")])
    (consent,) = american.core.suppressions.consents(american.account.id)
    assert american.core.suppressions.all(american.account.id) == ()
    assert (consent.number, consent.notice, consent.source, consent.by) == (US, "START", "inbound", US)


def test_in_one_batch_the_last_word_counts(american: TestHub) -> None:
    """In the order in which they came."""
    texts = [InboundText(US, "12125550100", text, text) for text in ("STOP", "START", "stop it")]
    american.core.inbox.take("carrier", texts)
    assert [one.text for one in american.core.suppressions.all(american.account.id)] == ["stop it"]


def test_in_france_start_is_a_text_like_another(phones: Phones) -> None:
    """Only a recorded consent takes a stop back."""
    phones.write("STOP")
    phones.write("START")
    assert (phones.kept()[0].kind, phones.suppressed()) == (InboundKind.TEXT, [NINA])


def test_no_text_stands_in_the_log(phones: Phones, logs: list[MutableMapping[str, Any]]) -> None:
    """Nor does a number."""
    phones.write("Mon code est ZEBRE-4711")
    assert [line for line in logs if "ZEBRE" in str(line) or "612345678" in str(line)] == []


def test_a_stop_to_the_short_code_stops_who_texted_under_a_name_too(phones: Phones) -> None:
    """The mention of both says the same short code: the person cannot tell whose it is."""
    phones.hub.clock.advance(days=200)
    other = another_account(phones.hub)
    text_from(phones.hub, other, sender="SALON")
    phones.hub.clock.advance(minutes=5)
    phones.write("STOP")
    assert phones.suppressed(other) == [NINA]


def test_a_stop_that_comes_before_the_carriers_answer_was_recorded_counts(hub: TestHub) -> None:
    """A phone may have the text, and its owner may be quick."""
    another_account(hub)
    hub.carrier.before = lambda _: hub.core.inbox.take("carrier", [InboundText(NINA, CODE, "STOP", "m1", raw="STOP")])
    hub.send(NINA)
    hub.drain()
    assert [one.number for one in hub.core.suppressions.all(hub.account.id)] == [NINA]


@pytest.mark.parametrize("number", ["0612345678", "612345678", "0033612345678", "+33612345678"])
def test_a_number_as_its_country_dials_it_is_known(phones: Phones, number: str) -> None:
    """That of `[hub] region`: some carriers write so."""
    phones.write("STOP", number)
    assert (phones.kept()[0].number, phones.suppressed()) == (NINA, [NINA])


def test_a_stop_that_stops_nobody_is_an_error_in_the_log(phones: Phones, logs: list[MutableMapping[str, Any]]) -> None:
    """Who said stop may be texted again: a person has to look."""
    another_account(phones.hub)
    phones.write("STOP", "+33612345670")
    assert [line["texts"] for line in logs if line["event"] == "opt_out_of_nobody"] == [1]
