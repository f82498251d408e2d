"""Large campaigns: taken in at once, expanded chunk by chunk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub import hookimpl
from hub.compliance.model import Purpose
from hub.contacts.model import SuppressionKind
from hub.errors import Conflict
from hub.messages.model import CampaignRequest, CampaignState, MessageState, Recipient
from hub.plugin_manager import Plugins

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.messages.model import Acceptance
    from hub.testing.hub import TestHub

LANDLINE = "0123456789"


def numbers(count: int, first: int = 0) -> list[str]:
    """French mobiles, one after the other."""
    return [f"+336123{number:05d}" for number in range(first, first + count)]


@pytest.fixture
def large(make: Callable[..., TestHub]) -> TestHub:
    """A hub for which three recipients are many, and four make a chunk."""
    return make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "3", "HUB_MESSAGES_CHUNK": "4"})


def expand(hub: TestHub) -> int:
    """Expand all there is; how many chunks there were."""
    count = 0
    while hub.core.expander.expand_next():
        count += 1
    return count


def answer_again(hub: TestHub, first: Acceptance, *to: str, **wishes: Any) -> Acceptance:
    """What a repeat of the request is answered."""
    again = hub.send(*to, idempotency_key="k", **wishes)
    assert (again.replayed, again.campaign_id) == (True, first.campaign_id)
    return again


def test_a_large_campaign_is_taken_in_at_once_and_counted_later(large: TestHub) -> None:
    """The yes does not wait for the expansion."""
    answer = large.send(*numbers(4))
    assert (answer.state, answer.accepted, answer.messages) == (CampaignState.EXPANDING, 0, ())
    assert (expand(large), large.states(answer.campaign_id)) == (1, [MessageState.PENDING] * 4)


def test_as_many_as_are_expanded_at_once_are(large: TestHub) -> None:
    """Three are not many."""
    assert large.send(*numbers(3)).state is CampaignState.ACCEPTED


def test_the_whole_adds_up_over_its_chunks(large: TestHub) -> None:
    """Counts, reasons, rewritings and duplicates, whatever chunk they stood in."""
    to = [*numbers(4), LANDLINE, *numbers(4), *numbers(4, first=4)]
    first = large.send(*to, text="L\u2019heure", idempotency_key="k")
    chunks = expand(large)
    whole = answer_again(large, first, *to, text="L\u2019heure")
    assert (chunks, whole.state, whole.accepted, whole.blocked_by, whole.segments) == (
        4,
        CampaignState.ACCEPTED,
        8,
        {"landline": 1},
        8,
    )
    assert (whole.changes[0].count, whole.notes) == (8, ("4 duplicate recipient(s) left out.",))


def test_messages_keep_the_places_of_their_recipients(large: TestHub) -> None:
    """The fifth recipient is message 4, in whatever chunk."""
    answer = large.send(*numbers(4), LANDLINE, *numbers(4, first=4))
    expand(large)
    placed = {one.id.rpartition("-")[2]: one.to for one in large.core.messages(large.account.id, answer.campaign_id)}
    assert (placed["4"], placed["8"]) == (LANDLINE, numbers(8)[-1])


def test_a_chunk_of_nothing_but_bad_numbers_is_no_refusal(large: TestHub) -> None:
    """The yes was said; what cannot go is blocked."""
    answer = large.send(*[f"01234567{number:02d}" for number in range(10, 15)])
    expand(large)
    view = large.core.campaign(large.account.id, answer.campaign_id)
    assert (view.state, view.by_state) == (CampaignState.ACCEPTED, {MessageState.BLOCKED: 5})


def test_half_a_character_in_a_list_survives_the_wait(large: TestHub) -> None:
    """Chunks are kept as they came."""
    answer = large.send("06\ud83d\x00", *numbers(3))
    expand(large)
    view = large.core.campaign(large.account.id, answer.campaign_id)
    assert view.by_state == {MessageState.BLOCKED: 1, MessageState.PENDING: 3}


def test_fields_are_known_in_every_chunk(large: TestHub) -> None:
    """A field that only one recipient brings is a field for all, empty for the others."""
    recipients = (*(Recipient(number) for number in numbers(4)), Recipient("+33698765432", {"prenom": "Ève"}))
    answer = large.core.accept(CampaignRequest(large.account.id, "Bonjour #prenom#", recipients, Purpose.ALERT))
    expand(large)
    texts = [one.text for one in large.core.messages(large.account.id, answer.campaign_id)]
    assert texts == ["Bonjour "] * 4 + ["Bonjour Ève"]


def test_credits_that_run_out_midway_block_the_rest(large: TestHub) -> None:
    """Six credits carry six messages, in the list's order; the others say why."""
    large.core.accounts.add_credits(large.account.id, -994)
    answer = large.send(*numbers(9))
    expand(large)
    messages = large.core.messages(large.account.id, answer.campaign_id)
    assert [one.reason for one in messages] == [None] * 6 + ["insufficient_credit"] * 3
    assert large.core.accounts.balance(large.account.id).available == 0


def test_a_long_text_that_no_longer_fits_lets_a_short_one_pass(large: TestHub) -> None:
    """One credit left pays for one segment."""
    large.core.accounts.add_credits(large.account.id, -999)
    fields = ["x" * 200, "x" * 200, "short", "short"]
    recipients = tuple(Recipient(to, {"info1": text}) for to, text in zip(numbers(4), fields, strict=True))
    answer = large.core.accept(CampaignRequest(large.account.id, "[info1]", recipients, Purpose.ALERT))
    expand(large)
    reasons = [one.reason for one in large.core.messages(large.account.id, answer.campaign_id)]
    assert reasons == ["insufficient_credit", "insufficient_credit", None, "insufficient_credit"]


def test_an_opt_out_between_two_chunks_counts(large: TestHub) -> None:
    """Each chunk is decided when it is expanded."""
    answer = large.send(*numbers(8))
    large.core.expander.expand_next()
    large.core.suppressions.add(large.account.id, numbers(8)[7], SuppressionKind.OPT_OUT, source="test")
    expand(large)
    assert large.states(answer.campaign_id)[7] is MessageState.BLOCKED


def test_a_campaign_cancelled_midway_expands_no_further(large: TestHub) -> None:
    """What was expanded is cancelled and paid back, the rest never becomes messages."""
    answer = large.send(*numbers(8))
    large.core.expander.expand_next()
    view = large.core.campaigns.cancel(large.account.id, answer.campaign_id)
    assert (expand(large), view.by_state) == (0, {MessageState.CANCELLED: 4})
    assert large.core.accounts.balance(large.account.id).available == 1000


def test_a_campaign_cancelled_before_its_expansion_is_cancelled(large: TestHub) -> None:
    """There is something to cancel, although there is no message yet."""
    answer = large.send(*numbers(4))
    view = large.core.campaigns.cancel(large.account.id, answer.campaign_id)
    assert (view.state, view.by_state) == (CampaignState.CANCELLED, {})


def test_what_is_expanded_can_leave_while_the_rest_waits(large: TestHub) -> None:
    """And then there is nothing left to cancel but the rest."""
    answer = large.send(*numbers(8))
    large.core.expander.expand_next()
    sent = large.drain()
    expand(large)
    large.drain()
    with pytest.raises(Conflict):
        large.core.campaigns.cancel(large.account.id, answer.campaign_id)
    assert (sent, len(large.carrier.taken)) == (4, 8)


def test_a_chunk_that_breaks_is_expanded_later(large: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash in the middle leaves the chunk as it was."""

    class Breaking(Exception):
        pass

    def crash(*_: object) -> None:
        raise Breaking

    answer = large.send(*numbers(4))
    with monkeypatch.context() as patch:
        patch.setattr("hub.messages.expand._add_up", crash)
        with pytest.raises(Breaking):
            large.core.expander.expand_next()
    assert (large.states(answer.campaign_id), expand(large)) == ([], 1)
    assert large.core.campaign(large.account.id, answer.campaign_id).accepted == 4


def test_a_scheduled_campaign_is_planned_for_its_time(large: TestHub) -> None:
    """Not for the time of its expansion."""
    wanted = large.clock.now() + timedelta(days=1)
    answer = large.send(*numbers(4), send_at=wanted)
    large.clock.advance(hours=1)
    expand(large)
    assert {one.due_at for one in large.core.messages(large.account.id, answer.campaign_id)} == {wanted}


def test_marketing_expanded_at_night_waits_for_the_morning(large: TestHub) -> None:
    """The window is that of the hour at which it could leave."""
    answer = large.send(*numbers(4), purpose=Purpose.MARKETING)
    large.clock.set(datetime(2026, 11, 24, 23, 0, tzinfo=UTC))
    expand(large)
    due = {one.due_at for one in large.core.messages(large.account.id, answer.campaign_id)}
    assert min(at for at in due if at) > datetime(2026, 11, 25, 5, 0, tzinfo=UTC)


def test_chunks_are_expanded_oldest_campaign_first(large: TestHub) -> None:
    """In the order in which they came."""
    first = large.send(*numbers(4))
    large.clock.advance(seconds=1)
    second = large.send(*numbers(4))
    large.core.expander.expand_next()
    assert (len(large.states(first.campaign_id)), len(large.states(second.campaign_id))) == (4, 0)


def test_there_is_nothing_left_over_when_all_is_expanded(large: TestHub) -> None:
    """Neither chunks nor the numbers seen."""
    large.send(*numbers(9))
    expand(large)
    with large.core.read() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM campaign_numbers").scalar_one()
    assert (left, large.core.sweeper.has_chunks()) == (0, False)


class Listener:
    """A plugin that listens."""

    hub_api = 1

    def __init__(self) -> None:
        self.heard: list[tuple[CampaignState, int]] = []

    @hookimpl
    def hub_campaign_accepted(self, acceptance: Acceptance) -> None:
        """Remember."""
        self.heard.append((acceptance.state, acceptance.accepted))


def test_plugins_hear_of_a_large_campaign_as_it_grows(make: Callable[..., TestHub]) -> None:
    """First of all that it came in, at last that it is complete."""
    listener = Listener()
    plugins = Plugins()
    plugins.add(listener, "listener")
    hub = make(plugins=plugins, settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "3", "HUB_MESSAGES_CHUNK": "4"})
    hub.send(*numbers(8))
    expand(hub)
    growing, whole = CampaignState.EXPANDING, CampaignState.ACCEPTED
    assert listener.heard == [(growing, 0), (growing, 4), (whole, 8)]
