"""What a campaign becomes when it is accepted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from hub import hookimpl
from hub.accounts.tables import credit_balances
from hub.compliance.model import OutsideWindow, Purpose, Violation
from hub.contacts.model import SuppressionKind
from hub.errors import NotAllowed, NotEnoughCredits, NotFound, RequestRefused, StoreUnavailable
from hub.messages.model import CampaignRequest, MessageState, Recipient
from hub.plugin_manager import Plugins
from hub.sms.model import EncodingMode
from hub.store.engine import Store
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.messages.model import Acceptance, Draft
    from hub.testing.hub import TestHub

MARKETING = Purpose.MARKETING
FR, BE, CH, GP = "+33612345678", "+32470123456", "+41781234567", "+590690123456"
A_SUNDAY = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ODD_NUMBERS = ("+3361234\x00678", "06\ud83d12345678", "+881612345678", "+979123456789", "x" * 500, "\U0001f600", "")


def merged(hub: TestHub, text: str, *recipients: Recipient) -> Acceptance:
    """Accept an alert to recipients with fields."""
    return hub.core.accept(CampaignRequest(hub.account.id, text, recipients, Purpose.ALERT))


def refusal(hub: TestHub, *numbers: str, **wishes: Any) -> RequestRefused:
    """The refusal that a campaign meets."""
    with pytest.raises(RequestRefused) as refused:
        hub.send(*numbers, **wishes)
    return refused.value


# --- recipients ---


def test_valid_recipients_are_accepted_and_a_landline_is_blocked_with_its_reason(hub: TestHub) -> None:
    """One bad number does not stop the others."""
    answer = hub.send("0612345678", "0749123456", "0123456789")
    assert [(m.state, m.reason) for m in answer.messages] == [
        (MessageState.PENDING, None),
        (MessageState.PENDING, None),
        (MessageState.BLOCKED, "landline"),
    ]


def test_the_answer_is_what_is_stored(hub: TestHub) -> None:
    """What the caller hears, a later look confirms."""
    later = hub.clock.now().astimezone(timezone(timedelta(hours=9))) + timedelta(hours=3)
    answer = hub.send("0612345678", "0123456789", "n'importe quoi", send_at=later)
    assert hub.core.messages(hub.account.id, answer.campaign_id) == answer.messages


def test_a_number_twice_is_texted_once(hub: TestHub) -> None:
    """However it is written; a note says so."""
    answer = hub.send("0612345678", "+33 6 12 34 56 78")
    assert (answer.accepted, answer.notes) == (1, ("1 duplicate recipient(s) left out.",))


def test_when_nothing_can_go_the_request_is_refused_whole(hub: TestHub) -> None:
    """With a fault per recipient, and nothing stored."""
    refused = refusal(hub, "0123456789", "0198765432")
    assert (refused.code, [fault.field for fault in refused.faults], hub.core.campaigns.latest()) == (
        "landline",
        ["recipients[0].to", "recipients[1].to"],
        (),
    )


def test_several_reasons_make_no_single_code(hub: TestHub) -> None:
    """The faults have theirs."""
    refused = refusal(hub, "0123456789", "abc")
    assert (refused.code, len({fault.code for fault in refused.faults})) == ("invalid_request", 2)


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_whatever_stands_in_a_list_is_blocked_and_the_rest_goes(hub: TestHub, number: str) -> None:
    """NUL, half characters, satellites, novels: no database chokes on them."""
    assert [one.state for one in hub.send(FR, number).messages] == [MessageState.PENDING, MessageState.BLOCKED]


def test_a_country_that_is_not_allowed_is_blocked(make: Callable[..., TestHub]) -> None:
    """The operator's list."""
    answer = make(settings={"HUB_COMPLIANCE_ALLOWED_COUNTRIES": "FR"}).send(FR, BE)
    assert answer.blocked_by == {"country_not_allowed": 1}


def test_a_country_without_a_route_is_blocked(make: Callable[..., TestHub]) -> None:
    """It would wait for ever."""
    answer = make(settings={"HUB_ROUTE_MAIN_COUNTRIES": "FR"}).send(FR, BE)
    assert answer.blocked_by == {"no_route": 1}


@pytest.mark.parametrize(
    ("kind", "reason"), [(SuppressionKind.OPT_OUT, "opted_out"), (SuppressionKind.UNALLOCATED, "unallocated")]
)
@pytest.mark.parametrize("purpose", Purpose)
def test_a_suppressed_number_gets_nothing(hub: TestHub, purpose: Purpose, kind: SuppressionKind, reason: str) -> None:
    """Alerts neither."""
    hub.core.suppressions.add(hub.account.id, FR, kind, source="test")
    assert refusal(hub, FR, purpose=purpose).code == reason


def test_a_stop_to_another_account_does_not_count(hub: TestHub) -> None:
    """It was said to someone else."""
    other, _ = hub.core.accounts.create("Autre", "FR")
    hub.core.suppressions.add(other.id, FR, SuppressionKind.OPT_OUT, source="test")
    assert hub.send(FR).accepted == 1


def test_a_national_number_is_read_in_the_country_of_the_account(hub: TestHub) -> None:
    """The same digits are someone else next door."""
    neighbour, _ = hub.core.accounts.create("Voisin", "BE", credits_=1)
    request = CampaignRequest(neighbour.id, "Bonjour", (Recipient("0470123456"),), Purpose.ALERT)
    assert hub.core.accept(request).messages[0].to == BE


# --- text ---


def test_each_recipient_gets_their_own_text(hub: TestHub) -> None:
    """A missing value is empty."""
    answer = merged(hub, "Bonjour #prenom#.", Recipient(FR, {"prenom": "Ève"}), Recipient("+33612345679"))
    assert [one.text for one in answer.messages] == ["Bonjour Ève.", "Bonjour ."]


def test_a_text_of_nothing_but_an_empty_field_is_blocked(hub: TestHub) -> None:
    """Only for the recipient whose field is empty."""
    answer = merged(hub, "[info1]", Recipient(FR, {"info1": "Prêt"}), Recipient("+33612345679", {"info1": " "}))
    assert answer.blocked_by == {"empty_text": 1}


def test_rewriting_is_reported(hub: TestHub) -> None:
    """Typographic marks that would double the price give way, and the answer says which."""
    answer = hub.send(FR, "+33612345679", text="L\u2019heure\u2026")
    assert [(one.found, one.count) for one in answer.changes] == [("\u2019", 2), ("\u2026", 2)]
    assert answer.messages[0].text == "L'heure..."


@pytest.mark.parametrize(("encoding", "kept"), [(EncodingMode.UNICODE, "L\u2019heure"), (EncodingMode.GSM, "L'heure")])
def test_the_alphabet_can_be_chosen(hub: TestHub, encoding: EncodingMode, kept: str) -> None:
    """The request's wish comes before the hub's."""
    assert hub.send(text="L\u2019heure", encoding=encoding).messages[0].text == kept


def test_a_segment_costs_a_credit(hub: TestHub) -> None:
    """161 characters are two."""
    answer = hub.send(text="x" * 161)
    assert (answer.segments, answer.credits, answer.messages[0].segments) == (2, 2, 2)


def test_a_text_of_too_many_segments_is_blocked(make: Callable[..., TestHub]) -> None:
    """The message says how many there are."""
    refused = refusal(make(settings={"HUB_MESSAGES_MAX_SEGMENTS": "2"}), text="x" * 400)
    assert (refused.code, "3 segments" in str(refused)) == ("too_many_segments", True)


@pytest.mark.parametrize("wishes", [{"text": "nul \x00"}, {"text": ""}, {"sender": "S" * 33}])
def test_a_faulty_request_leaves_nothing(hub: TestHub, wishes: dict[str, Any]) -> None:
    """It is refused before anything is stored."""
    refusal(hub, **wishes)
    assert hub.core.campaigns.latest() == ()


def test_an_alert_that_advertises_goes_and_is_noted(hub: TestHub) -> None:
    """The rule is a hint, not a judge."""
    answer = hub.send(text="Soldes : -50% ce week-end")
    assert (answer.accepted, len(answer.notes)) == (1, 1)


# --- sender, opt-out, hours ---


def test_texts_are_signed_by_the_countrys_short_code(hub: TestHub) -> None:
    """Unless the author says otherwise."""
    assert hub.send(FR).messages[0].sender == "36180"


def test_a_sender_that_a_country_does_not_let_through_gives_way_and_a_note_says_so(hub: TestHub) -> None:
    """Belgium takes digits only; France takes the name."""
    answer = hub.send(FR, BE, sender="MonSalon")
    assert [one.sender for one in answer.messages] == ["MonSalon", "8850"]
    assert [note[:2] for note in answer.notes] == ["BE"]


def test_a_sender_that_nothing_can_replace_is_a_refusal(make: Callable[..., TestHub]) -> None:
    """Without a short code there is nothing to fall back on."""
    assert refusal(make(settings={"HUB_SENDERS_BE": "8850"}), "+352621123456", sender="12").code.startswith("sender_")


def test_marketing_under_ones_own_name_carries_the_mention_and_pays_for_it(hub: TestHub) -> None:
    """150 characters fit into one segment; with the mention they do not."""
    answer = hub.send(text="x" * 150, purpose=MARKETING, sender="MonSalon")
    assert (answer.messages[0].text[150:], answer.segments) == (" - STOP au 36180", 2)


@pytest.mark.parametrize("wishes", [{"purpose": MARKETING}, {"sender": "MonSalon"}])
def test_no_mention_where_one_can_answer_and_none_on_alerts(hub: TestHub, wishes: dict[str, Any]) -> None:
    """A short code takes STOP as an answer; an alert sells nothing."""
    assert hub.send(**wishes).messages[0].text == "Bonjour"


@pytest.mark.parametrize(
    ("number", "sender"), [(BE, None), (BE, "8899"), (CH, None), (CH, "Salon"), (GP, None), (GP, "Salon")]
)
def test_marketing_that_must_carry_a_link_is_blocked_without_one(hub: TestHub, number: str, sender: str | None) -> None:
    """Belgium, Switzerland and overseas: until the hub makes links, no marketing."""
    hub.clock.set(datetime(2026, 11, 24, 14, 0, tzinfo=UTC))  # open in all of them
    assert refusal(hub, number, purpose=MARKETING, sender=sender).code == "optout_link_needed"


@pytest.mark.parametrize("number", [FR, BE, CH, GP])
def test_alerts_go_at_any_hour(hub: TestHub, number: str) -> None:
    """A Sunday night."""
    hub.clock.set(datetime(2026, 11, 22, 2, 0, tzinfo=UTC))
    assert hub.send(number).messages[0].due_at == hub.clock.now()


def test_marketing_on_a_sunday_waits_for_monday_morning(hub: TestHub) -> None:
    """The answer says until when."""
    hub.clock.set(A_SUNDAY)
    answer = hub.send(FR, "+33612345679", purpose=MARKETING)
    (deferral,) = answer.deferred
    assert (deferral.country, deferral.count) == ("FR", 2)
    assert answer.messages[0].due_at == deferral.until
    assert deferral.until > datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def test_marketing_outside_its_hours_is_refused_where_asked(hub: TestHub) -> None:
    """`outside_window = reject`, in the request."""
    hub.clock.set(A_SUNDAY)
    assert refusal(hub, purpose=MARKETING, outside_window=OutsideWindow.REJECT).code == "outside_window"


def test_the_hubs_own_wish_counts_where_the_request_has_none(make: Callable[..., TestHub]) -> None:
    """`outside_window = reject`, in hub.ini."""
    hub = make(settings={"HUB_COMPLIANCE_OUTSIDE_WINDOW": "reject"}, clock=FakeClock(A_SUNDAY))
    assert refusal(hub, purpose=MARKETING).code == "outside_window"


def test_marketing_that_would_wait_too_long_is_refused(make: Callable[..., TestHub]) -> None:
    """Monday is further than twelve hours."""
    hub = make(settings={"HUB_COMPLIANCE_MAX_DEFER_HOURS": "12"}, clock=FakeClock(A_SUNDAY))
    assert refusal(hub, purpose=MARKETING).code == "deferral_too_long"


@pytest.mark.parametrize(("purpose", "hours"), [(Purpose.ALERT, 48), (MARKETING, 96)])
def test_a_message_expires(hub: TestHub, purpose: Purpose, hours: int) -> None:
    """The carrier is told until when it is of use."""
    hub.send(purpose=purpose)
    hub.drain()
    assert hub.carrier.taken[0].validity == hub.clock.now() + timedelta(hours=hours)


def test_a_time_may_be_chosen(hub: TestHub) -> None:
    """Nothing leaves before."""
    hub.send(send_at=hub.clock.now() + timedelta(hours=2))
    early = hub.drain()
    hub.clock.advance(hours=2)
    assert (early, hub.drain()) == (0, 1)


# --- account and credits ---


def test_accepting_sets_credits_aside(hub: TestHub, books: Callable[[], tuple[int, int, int]]) -> None:
    """A segment costs one credit, reserved until the carrier takes it."""
    hub.send("0612345678", "0749123456")
    assert books() == (998, 2, 0)


def test_what_the_account_cannot_pay_is_refused_whole(hub: TestHub) -> None:
    """Nothing of it is stored."""
    hub.core.accounts.add_credits(hub.account.id, -999)
    with pytest.raises(NotEnoughCredits) as refused:
        hub.send("0612345678", "0749123456")
    assert (refused.value.needed, refused.value.available, hub.core.campaigns.latest()) == (2, 1, ())


def test_blocked_messages_cost_nothing(hub: TestHub) -> None:
    """One credit pays for one good number among bad ones."""
    hub.core.accounts.add_credits(hub.account.id, -999)
    assert hub.send(FR, "0123456789").credits == 1


def test_a_locked_account_cannot_send(hub: TestHub) -> None:
    """Nor find out what would be wrong with its request."""
    hub.core.accounts.lock(hub.account.id, locked=True)
    with pytest.raises(NotAllowed) as refused:
        hub.send(text="")
    assert refused.value.code == "account_locked"


def test_an_account_that_does_not_exist_cannot_send(hub: TestHub) -> None:
    """There is nobody to pay."""
    with pytest.raises(NotFound):
        hub.core.accept(CampaignRequest(10**6, "Bonjour", (Recipient(FR),)))


# --- the same request again ---


def test_the_same_key_gives_the_same_answer_and_sends_nothing_again(hub: TestHub) -> None:
    """A client that did not hear the answer may ask again."""
    first = hub.send(idempotency_key="k1")
    again = hub.send(idempotency_key="k1")
    assert (again.campaign_id, again.replayed, len(hub.core.campaigns.latest())) == (first.campaign_id, True, 1)


def test_an_answer_is_given_again_in_full(hub: TestHub) -> None:
    """Counts, notes and rewritings too."""
    hub.clock.set(A_SUNDAY)
    asked: dict[str, Any] = {"text": "L\u2019heure", "purpose": MARKETING, "idempotency_key": "k1"}
    first, again = (hub.send(FR, FR, BE, "0123456789", **asked) for _ in range(2))
    assert (again.notes, again.changes, again.deferred, again.blocked_by, again.messages) == (
        first.notes,
        first.changes,
        first.deferred,
        first.blocked_by,
        first.messages,
    )


def test_a_scheduled_request_is_answered_again_when_its_time_is_past(hub: TestHub) -> None:
    """It was right when it was accepted."""
    asked: dict[str, Any] = {"send_at": hub.clock.now() + timedelta(hours=1), "idempotency_key": "k1"}
    first = hub.send(**asked)
    hub.clock.advance(hours=30)
    assert hub.send(**asked).campaign_id == first.campaign_id


def test_a_key_used_for_something_else_is_refused(hub: TestHub) -> None:
    """Two requests under one key are a mistake of the client's."""
    hub.send(idempotency_key="k1")
    assert refusal(hub, idempotency_key="k1", text="Autre chose").code == "idempotency_key_reused"


@pytest.mark.parametrize("difference", [{"source": "mail"}, {"idempotency_key": "k2"}])
def test_a_key_belongs_to_a_door(hub: TestHub, difference: dict[str, Any]) -> None:
    """A mail and an API call cannot meet."""
    asked: dict[str, Any] = {"source": "api", "idempotency_key": "k1"}
    assert hub.send(**asked).campaign_id != hub.send(**asked | difference).campaign_id


def test_a_key_belongs_to_an_account(hub: TestHub) -> None:
    """Nobody is answered with another's campaign."""
    hub.send(idempotency_key="k1")
    other, _ = hub.core.accounts.create("Autre", "FR", credits_=1)
    request = CampaignRequest(other.id, "Bonjour", (Recipient(FR),), Purpose.ALERT, idempotency_key="k1")
    assert not hub.core.accept(request).replayed


@pytest.mark.parametrize("key", ["", "k" * 256, "k\x00", "k\ud800"])
def test_a_key_that_cannot_be_kept_is_refused(hub: TestHub, key: str) -> None:
    """Before it reaches a database that would cut or choke on it."""
    assert refusal(hub, idempotency_key=key).code == "idempotency_key_form"


def test_a_refused_request_does_not_use_up_its_key(hub: TestHub) -> None:
    """The client mends what was wrong - here, its balance - and asks again."""
    hub.core.accounts.add_credits(hub.account.id, -1000)
    assert refusal(hub, idempotency_key="k1").code == "insufficient_credit"
    hub.core.accounts.add_credits(hub.account.id, 10)
    assert not hub.send(idempotency_key="k1").replayed


def test_a_key_is_forgotten_after_three_days(hub: TestHub) -> None:
    """As is promised, and not before."""
    first = hub.send(idempotency_key="k1")
    hub.clock.advance(hours=71)
    kept = (hub.core.sweeper.forget(), hub.send(idempotency_key="k1").campaign_id == first.campaign_id)
    hub.clock.advance(hours=2)
    forgotten = (hub.core.sweeper.forget(), hub.send(idempotency_key="k1").campaign_id == first.campaign_id)
    assert (kept, forgotten) == ((0, True), (1, False))


# --- the database and plugins ---


class Breaking(Exception):
    """What a test raises in the middle."""


def test_a_crash_before_the_commit_leaves_nothing(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client heard an error; its retry with the same key makes one message and one debit (F1)."""

    def crash(*_: object, **__: object) -> None:
        raise Breaking

    with monkeypatch.context() as patch:
        patch.setattr("hub.messages.accept.writing.reserve", crash)
        with pytest.raises(Breaking):
            hub.send(idempotency_key="k1")
    answer = hub.send(idempotency_key="k1")
    balance = hub.core.accounts.balance(hub.account.id)
    assert (answer.replayed, len(hub.core.campaigns.latest()), balance.reserved) == (False, 1, 1)


def test_a_crash_after_the_commit_is_made_good_by_the_key(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client never heard the answer; its retry gets the same campaign, which is sent once (F2)."""

    def crash(*_: object, **__: object) -> None:
        raise Breaking

    with monkeypatch.context() as patch:
        patch.setattr(hub.core.plugins, "campaign_accepted", crash)
        with pytest.raises(Breaking):
            hub.send(idempotency_key="k1")
    answer = hub.send(idempotency_key="k1")
    hub.drain()
    assert (answer.replayed, list(hub.carrier.counts.values())) == (True, [1])


def test_a_locked_database_refuses_and_keeps_nothing(
    make: Callable[..., TestHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writer is at it for too long: try again soon (F15)."""
    monkeypatch.setattr("hub.store.engine.BUSY_TIMEOUT_S", 0.2)
    hub = make()
    other = Store(hub.core.store.url.render_as_string(hide_password=False))
    with other.write("test") as holder:
        holder.execute(update(credit_balances).values(amount=credit_balances.c.amount))
        with pytest.raises(StoreUnavailable):
            hub.send(idempotency_key="k1")
    other.close()
    assert (hub.core.campaigns.latest(), hub.send(idempotency_key="k1").replayed) == ((), False)


def test_a_key_whose_owner_is_not_to_be_found_is_tried_again_later(
    hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was forgotten in the very moment in which it was asked for."""
    monkeypatch.setattr("hub.messages.accept.claim_key", lambda *_: False)
    assert refusal(hub, idempotency_key="k1").code == "idempotency_key_busy"


class Chooser:
    """A plugin with a favourite route."""

    hub_api = 1

    @hookimpl
    def hub_choose_route(self, routes: Sequence[str]) -> str:
        """The last one."""
        return routes[-1]


def test_a_plugin_may_choose_among_the_routes_that_fit(make: Callable[..., TestHub]) -> None:
    """The message waits there."""
    plugins = Plugins()
    plugins.add(Chooser(), "chooser")
    hub = make(plugins=plugins, settings={"HUB_ROUTE_SPARE_CONNECTOR": "carrier", "HUB_ROUTE_SPARE_PRIORITY": "99"})
    hub.send()
    assert hub.core.dispatcher.due_routes() == ("spare",)


class Strict:
    """A plugin with an opinion on texts."""

    hub_api = 1

    @hookimpl
    def hub_check_message(self, draft: Draft) -> Violation | None:
        """Forbid one word, and stumble over another."""
        if "stumble" in draft.text:
            raise Breaking
        return Violation("rude" * 20, "Mind your \x00words.") if "rude" in draft.text else None


@pytest.mark.parametrize(("text", "reason"), [("rude", ("rude" * 20)[:64]), ("stumble", "check_failed")])
def test_a_plugin_may_forbid_a_message_and_one_that_stumbles_does(
    make: Callable[..., TestHub], text: str, reason: str
) -> None:
    """Decisions fail closed; what a plugin says is cut to what is kept."""
    plugins = Plugins()
    plugins.add(Strict(), "strict")
    hub = make(plugins=plugins)
    answer = merged(hub, "[info1]", Recipient(FR, {"info1": "fine"}), Recipient("+33612345679", {"info1": text}))
    assert [one.reason for one in hub.core.messages(hub.account.id, answer.campaign_id)] == [None, reason]


@pytest.mark.parametrize("sender", [None, "BOUTIQUE"])
def test_a_default_sender_that_nobody_can_answer_is_no_way_out(
    make: Callable[..., TestHub], sender: str | None
) -> None:
    """Marketing signed with a name needs a mention, and a mention needs a number that takes STOP."""
    hub = make(settings={"HUB_SENDERS_FR": "MONSALON"})
    with pytest.raises(RequestRefused) as refused:
        hub.send(purpose=Purpose.MARKETING, sender=sender)
    assert refused.value.code == "optout_shortcode_needed"


def test_a_short_code_is_a_way_out_by_itself(hub: TestHub) -> None:
    """Whoever gets it answers STOP."""
    (message,) = hub.send(purpose=Purpose.MARKETING).messages
    assert (message.sender, message.text) == ("36180", "Bonjour")
