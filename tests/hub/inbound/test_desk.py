"""What becomes of a text once it is kept: plugins, answers, and nothing twice; on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from hub import InboundKind, InboundText, MessageState, Purpose, hookimpl
from hub.accounts.model import AccountSettings
from hub.contacts.model import Proof, SuppressionKind
from hub.inbound.tables import inbound_messages
from hub.messages.tables import messages
from hub.plugin_manager import Plugins
from hub.store.engine import Store
from tests.hub.inbound.conftest import CODE, NINA, Phones, another_account, text_from

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence
    from typing import Any

    from hub import InboundMessage, OptOutNotice
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

CONFIRMED = "Salon Exemple : c'est noté, vous ne recevrez plus de SMS de notre part."
WHO = "Ces SMS vous sont envoyés par Salon Exemple. Pour ne plus en recevoir, répondez STOP."
FIRST = "Votre commande est prête."
A_SUNDAY = datetime(2026, 11, 29, tzinfo=UTC)


@dataclass(eq=False)
class Listener:
    """A plugin that answers as a test says, and writes down what it was asked and told."""

    answers: Callable[[InboundMessage], bool | None] = lambda _: None
    asked: list[str] = field(default_factory=list)
    heard: list[InboundMessage] = field(default_factory=list)
    opt_outs: list[OptOutNotice] = field(default_factory=list)
    hub_api: int = 1

    @hookimpl
    def hub_claim_inbound(self, message: InboundMessage) -> bool | None:
        """Answer."""
        self.asked.append(message.text)
        return self.answers(message)

    @hookimpl
    def hub_inbound_received(self, messages: Sequence[InboundMessage]) -> None:
        """Hear."""
        self.heard += messages

    @hookimpl
    def hub_opted_out(self, opt_outs: Sequence[OptOutNotice]) -> None:
        """Hear."""
        self.opt_outs += opt_outs


def settle_for(hub: TestHub, **settings: Any) -> None:
    """What the test's account says of itself."""
    hub.core.accounts.change_settings(hub.account.id, AccountSettings(**settings))


def with_plugin(make: HubMaker, *listeners: Listener) -> Phones:
    """A hub with these plugins, the last of which is asked first; Nina was texted."""
    plugins = Plugins()
    for number, listener in enumerate(listeners):
        plugins.add(listener, f"listener_{number}")
    hub = make(plugins=plugins)
    text_from(hub, hub.account.id)
    return Phones(hub, iter(range(1000)))


# --- what the law has the hub answer ---


def test_a_stop_is_confirmed_once(phones: Phones) -> None:
    """From the number that the person wrote to, and never again for the same opt-out."""
    for _ in range(3):
        phones.answer("STOP")
    assert phones.got() == [FIRST, CONFIRMED]
    assert phones.hub.carrier.taken[-1].sender == CODE


def test_a_confirmation_costs_nothing(phones: Phones) -> None:
    """The account pays for its own texts."""
    before = phones.hub.core.accounts.balance(phones.hub.account.id)
    phones.answer("STOP")
    phones.got()
    assert phones.hub.core.accounts.balance(phones.hub.account.id) == before


def test_a_confirmation_leaves_of_an_account_that_is_locked_or_has_no_credits(phones: Phones) -> None:
    """The person has a right to it."""
    available = phones.hub.core.accounts.balance(phones.hub.account.id).available
    phones.hub.core.accounts.add_credits(phones.hub.account.id, -available)
    phones.hub.core.accounts.lock(phones.hub.account.id, locked=True)
    phones.answer("STOP")
    assert phones.got() == [FIRST, CONFIRMED]


@pytest.mark.parametrize("hour", [2, 4, 21])
def test_a_confirmation_does_not_wait_for_the_morning(phones: Phones, hour: int) -> None:
    """Nor for Monday; marketing that was due with it does."""
    phones.hub.clock.set(A_SUNDAY + timedelta(hours=hour))
    waiting = phones.hub.send("+33612345679", text="Soldes", purpose=Purpose.MARKETING)
    phones.answer("STOP")
    assert (phones.got(), phones.suppressed()) == ([FIRST, CONFIRMED], [NINA])
    assert phones.hub.states(waiting.campaign_id) == [MessageState.PENDING]


def test_a_confirmation_overtakes_alerts(phones: Phones) -> None:
    """It is the first to leave."""
    phones.hub.send("+33612345679", text="Une alerte")
    phones.answer("STOP")
    phones.hub.drain()
    assert [message.text for message in phones.hub.carrier.taken] == [FIRST, CONFIRMED, "Une alerte"]


def test_after_a_consent_a_new_stop_is_confirmed_again(phones: Phones) -> None:
    """It is another opt-out."""
    proof = Proof("Formulaire signé", "hand", "operator")
    phones.answer("STOP")
    phones.hub.core.suppressions.remove(phones.hub.account.id, NINA, SuppressionKind.OPT_OUT, proof)
    phones.hub.clock.advance(minutes=5)
    phones.answer("STOP")
    assert phones.got() == [FIRST, CONFIRMED, CONFIRMED]


def test_a_consent_that_overtakes_the_confirmation_makes_it_needless(phones: Phones) -> None:
    """It would not be true any more."""
    phones.write("STOP")
    proof = Proof("Formulaire signé", "hand", "operator")
    phones.hub.core.suppressions.remove(phones.hub.account.id, NINA, SuppressionKind.OPT_OUT, proof)
    phones.work()
    assert phones.got() == [FIRST]


@pytest.mark.parametrize("to", ["", "SALON", "12", "1" * 16])
def test_without_a_number_to_answer_from_nothing_is_confirmed(phones: Phones, to: str) -> None:
    """The opt-out holds all the same."""
    phones.answer("STOP", to=to)
    assert (phones.got(), phones.suppressed()) == ([FIRST], [NINA])


@pytest.mark.parametrize("number", ["36111", "FREE", CODE])
def test_short_codes_and_names_are_not_answered(phones: Phones, number: str) -> None:
    """They are machines."""
    before = len(phones.hub.carrier.taken)
    for text in ("CONTACT", "STOP", "Bonjour"):
        phones.answer(text, number)
    phones.hub.drain()
    assert len(phones.hub.carrier.taken) == before


def test_one_confirmation_is_sent_where_several_accounts_were_stopped(phones: Phones) -> None:
    """In the name of the likeliest."""
    text_from(phones.hub, another_account(phones.hub))
    phones.answer("STOP")
    answers = [text for text in phones.got() if "noté" in text]
    assert answers == ["Boutique Exemple : c'est noté, vous ne recevrez plus de SMS de notre part."]


@pytest.mark.parametrize("word", ["CONTACT", "AIDE", "INFO"])
def test_whoever_asks_is_told_who_is_behind_the_number(phones: Phones, word: str) -> None:
    """Once a day, whether they ask again or not."""
    for _ in range(2):
        phones.answer(word)
    today = phones.got()
    phones.hub.clock.advance(hours=24)
    phones.answer(word)
    assert (today, phones.got()) == ([FIRST, WHO], [FIRST, WHO, WHO])


def test_whoever_said_stop_is_still_told_who_it_was(phones: Phones) -> None:
    """An answer to a question is no campaign."""
    for text in ("STOP", "CONTACT"):
        phones.answer(text)
    assert phones.got() == [FIRST, CONFIRMED, WHO]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "noted"), ("nl", "genoteerd"), ("de", "notiert"), ("it", "nota"), ("fr", "noté"), ("pl", "noted")],
)
def test_answers_are_in_the_language_of_the_account(phones: Phones, language: str, words: str) -> None:
    """With what it says of itself."""
    settle_for(phones.hub, language=language, identity="Salon Exemple, Lyon")
    phones.answer("STOP")
    answer = phones.got()[-1]
    assert (words in answer, answer.startswith("Salon Exemple, Lyon")) == (True, True)


def test_answers_take_the_way_that_the_text_came(make: HubMaker) -> None:
    """Only there the number that was written to is known."""
    settings = {
        "HUB_CONNECTOR_AWAY_TYPE": "fake",
        "HUB_ROUTE_AAA_CONNECTOR": "away",
        "HUB_ROUTE_AAA_PRIORITY": "1",
    }
    phones = Phones(make(settings=settings), iter(range(1000)))
    phones.write("CONTACT")
    phones.work()
    with phones.hub.core.read() as connection:
        assert connection.execute(select(messages.c.route)).scalars().all() == ["main"]


# --- plugins ---


def test_a_plugin_takes_a_text_and_nobody_else_is_asked(make: HubMaker) -> None:
    """Neither is it answered by itself."""
    first, second = Listener(), Listener(answers=lambda _: True)
    phones = with_plugin(make, first, second)
    settle_for(phones.hub, auto_reply="Nous vous rappelons.")
    text = phones.answer("Oui")
    assert (text.claimed_by, first.asked, second.asked, len(phones.got())) == ("listener_1", [], ["Oui"], 1)


def test_a_plugin_that_leaves_it_leaves_it_to_the_next(make: HubMaker) -> None:
    """And at last to the hub."""
    first, second = Listener(), Listener()
    phones = with_plugin(make, first, second)
    assert (phones.answer("Oui").claimed_by, first.asked, second.asked) == (None, ["Oui"], ["Oui"])


def test_a_plugin_can_keep_a_text_from_the_others(make: HubMaker) -> None:
    """It is the hub's then."""
    first, second = Listener(answers=lambda _: True), Listener(answers=lambda _: False)
    phones = with_plugin(make, first, second)
    assert (phones.answer("Oui").claimed_by, first.asked) == (None, [])


def test_a_plugin_that_raises_is_passed_over(make: HubMaker, logs: list[MutableMapping[str, Any]]) -> None:
    """This is logged, and the next one is asked."""

    def stumble(_: InboundMessage) -> bool:
        raise RuntimeError("no survey today")

    first, second = Listener(answers=lambda _: True), Listener(answers=stumble)
    phones = with_plugin(make, first, second)
    assert phones.answer("Oui").claimed_by == "listener_0"
    assert [line["plugin"] for line in logs if line["event"] == "decision_failed"] == ["listener_1"]


@pytest.mark.parametrize("text", ["STOP", "CONTACT", "AIDE"])
def test_no_plugin_can_swallow_what_the_law_wants_answered(make: HubMaker, text: str) -> None:
    """It is not even asked."""
    listener = Listener(answers=lambda _: True)
    phones = with_plugin(make, listener)
    assert (phones.answer(text).claimed_by, listener.asked, len(phones.got())) == (None, [], 2)


def test_plugins_hear_of_every_text_and_what_became_of_it(make: HubMaker) -> None:
    """Of opt-outs twice: as texts, and as opt-outs of accounts."""
    listener = Listener(answers=lambda message: message.text == "Oui" or None)
    phones = with_plugin(make, listener)
    for text in ("Oui", "STOP", "STOP"):
        phones.write(text)
    phones.work()
    assert [(one.text, one.claimed_by, one.done) for one in listener.heard] == [
        ("Oui", "listener_0", True),
        ("STOP", None, True),
        ("STOP", None, True),
    ]
    (notice,) = listener.opt_outs
    assert (notice.account_id, notice.number, notice.text) == (phones.hub.account.id, NINA, "STOP")
    assert notice.campaign_id == listener.heard[1].campaign_id


def test_a_stop_said_twice_in_one_batch_is_told_once(make: HubMaker) -> None:
    """The second one has ended nothing."""
    listener = Listener()
    phones = with_plugin(make, listener)
    texts = [InboundText(NINA, CODE, text, text) for text in ("STOP", "stop !")]
    phones.hub.core.inbox.take("carrier", texts)
    phones.work()
    assert [one.text for one in listener.opt_outs] == ["STOP"]
    assert len(phones.got()) == 2


# --- the auto-responder ---


def test_an_account_can_answer_by_itself(phones: Phones) -> None:
    """Charged as a text."""
    settle_for(phones.hub, auto_reply="Merci, nous vous rappelons.")
    before = phones.hub.core.accounts.balance(phones.hub.account.id).spent
    phones.answer("Bonjour, c'est pour demain")
    assert phones.got() == [FIRST, "Merci, nous vous rappelons."]
    assert phones.hub.core.accounts.balance(phones.hub.account.id).spent == before + 1


def test_an_automatic_answer_begins_no_conversation(phones: Phones) -> None:
    """What the person writes next still answers the campaign, with its mail and its own words for answers."""
    campaign = text_from(phones.hub, phones.hub.account.id, auto_reply="Votre réponse est notée.")
    phones.answer("Oui")
    got = phones.got()
    assert (got[-1], phones.answer("Et pour demain ?").campaign_id) == ("Votre réponse est notée.", campaign)


def test_without_one_nothing_is_answered(phones: Phones) -> None:
    """Silence is the default."""
    phones.answer("Bonjour")
    assert phones.got() == [FIRST]


def test_a_number_is_answered_once_a_day(phones: Phones) -> None:
    """Also when the words have changed meanwhile."""
    settle_for(phones.hub, auto_reply="Merci.")
    phones.answer("Bonjour")
    settle_for(phones.hub, auto_reply="Merci beaucoup.")
    phones.answer("Vous êtes là ?")
    today = phones.got()
    phones.hub.clock.advance(hours=24)
    phones.answer("Bonjour encore")
    assert (today, phones.got()) == ([FIRST, "Merci."], [FIRST, "Merci.", "Merci beaucoup."])


def test_what_a_campaign_answers_comes_before_what_its_account_answers(phones: Phones) -> None:
    """It knows what was asked."""
    settle_for(phones.hub, auto_reply="Merci.")
    text_from(phones.hub, phones.hub.account.id, auto_reply="Votre réponse est notée.")
    phones.answer("Oui")
    assert phones.got()[-1] == "Votre réponse est notée."


@pytest.mark.parametrize("text", ["STOP", "CONTACT", "merci de ne plus m'envoyer de sms"])
def test_opt_outs_and_questions_are_not_answered_automatically(phones: Phones, text: str) -> None:
    """They have answers of their own."""
    settle_for(phones.hub, auto_reply="Merci.")
    phones.answer(text)
    assert "Merci." not in phones.got()


def test_whoever_said_stop_before_is_not_answered(phones: Phones) -> None:
    """Whatever they write later."""
    settle_for(phones.hub, auto_reply="Merci.")
    for text in ("STOP", "Et pour demain ?"):
        phones.answer(text)
    assert phones.got() == [FIRST, CONFIRMED]


def test_our_own_answer_come_back_is_not_answered(phones: Phones) -> None:
    """A machine that quotes would answer for ever."""
    settle_for(phones.hub, auto_reply="Merci, à bientôt !")
    phones.answer("MERCI, A BIENTOT")
    assert phones.got() == [FIRST]


def test_an_answer_that_cannot_be_paid_keeps_nothing_from_its_end(
    phones: Phones, logs: list[MutableMapping[str, Any]]
) -> None:
    """This is logged."""
    settle_for(phones.hub, auto_reply="Merci.")
    available = phones.hub.core.accounts.balance(phones.hub.account.id).available
    phones.hub.core.accounts.add_credits(phones.hub.account.id, -available)
    assert phones.answer("Bonjour").done
    assert [line["code"] for line in logs if line["event"] == "auto_reply_refused"] == ["insufficient_credit"]


# --- crashes and neighbours ---


def test_a_text_that_cannot_be_brought_to_its_end_waits_and_keeps_no_other_from_it(
    phones: Phones, monkeypatch: pytest.MonkeyPatch, logs: list[MutableMapping[str, Any]]
) -> None:
    """Longer each time, and then it is."""
    desk = phones.hub.core.desk
    finish = type(desk)._finish

    def stumble(*given: Any) -> InboundMessage | None:
        if given[3].text == "odd":
            raise RuntimeError("not now")
        return finish(*given)

    monkeypatch.setattr(type(desk), "_finish", stumble)
    for text in ("odd", "well"):
        phones.write(text)
    first = phones.work()
    again_at_once = phones.work()
    monkeypatch.undo()
    phones.hub.clock.advance(seconds=2)
    assert (first, again_at_once, phones.work(), {one.done for one in phones.kept()}) == (1, 0, 1, {True})
    assert [line["tries"] for line in logs if line["event"] == "inbound_waits"] == [1]


def test_what_a_dead_worker_held_is_worked_off_by_another(phones: Phones) -> None:
    """Once its lease has run out, and not before."""
    phones.write("STOP")
    phones.hub.core.desk._claim()
    before = phones.work()
    phones.hub.clock.advance(minutes=4)
    assert (before, phones.work(), phones.got()) == (0, 1, [FIRST, CONFIRMED])


def test_a_worker_that_slept_past_its_lease_does_nothing_twice(phones: Phones) -> None:
    """What it brings to its end belongs to another by then."""
    phones.write("STOP")
    desk = phones.hub.core.desk
    owner, _, rows = desk._claim()
    phones.hub.clock.advance(minutes=4)
    phones.work()
    late = desk._guarded(phones.hub.core, owner, rows[0])
    assert (late, phones.got()) == (None, [FIRST, CONFIRMED])


def test_two_workers_share_what_there_is(phones: Phones) -> None:
    """Each text has one end."""
    for number in range(30):
        phones.write("CONTACT", f"+336123457{number:02d}")
    core = phones.hub.core
    twin = replace(core, store=Store(core.store.url.render_as_string(hide_password=False)))
    claims = [one.desk._claim()[2] for one in (core, twin)]
    twin.store.close()
    assert sorted(row.id for rows in claims for row in rows) == sorted({row.id for rows in claims for row in rows})
    assert sum(map(len, claims)) == 30


def test_a_worker_that_is_to_stop_gives_back_what_it_has_not_begun(phones: Phones) -> None:
    """Another can take it at once."""
    for _ in range(3):
        phones.write("Oui")
    stopped = phones.hub.core.desk.work_off(phones.hub.core, lambda: True)
    with phones.hub.core.read() as connection:
        owners = connection.execute(select(inbound_messages.c.owner)).scalars().all()
    assert (stopped, owners, phones.work()) == (0, [None] * 3, 3)


def test_a_text_of_nobody_comes_to_its_end_too(phones: Phones) -> None:
    """There is nobody to forward it to."""
    another_account(phones.hub)
    text = phones.answer("Bonjour", "+33612345670")
    assert (text.done, text.account_id, text.forwarded) == (True, None, False)


def test_a_text_is_seen_without_any_ring(phones: Phones) -> None:
    """A doorbell that was not heard costs a poll."""
    phones.write("Oui")
    before = phones.hub.core.desk.has_new()
    with phones.hub.core.write() as connection:
        connection.execute(update(inbound_messages).values(state="done"))
    assert (before, phones.hub.core.desk.has_new()) == (True, False)


def test_kinds_are_exported_for_plugins() -> None:
    """What a plugin sees of a text says what it asks for."""
    assert {kind.value for kind in InboundKind} == {"opt_out", "resubscribe", "contact", "help", "review", "text"}
