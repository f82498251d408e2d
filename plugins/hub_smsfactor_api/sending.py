"""Send, simulate, cancel: /send and what is below it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hub import CampaignState, CommitInDoubt, Conflict, HubError, NotEnoughCredits, Recipient, RequestRefused
from hub_smsfactor_api.contacts import INFOS
from hub_smsfactor_api.numbers import parsed
from hub_smsfactor_api.profiles import profile_of
from hub_smsfactor_api.rendering import Reply
from hub_smsfactor_api.statuses import COUNTER_BY_CODE, OTHER_COUNTER, Refused, Status
from hub_smsfactor_api.texting import clean_sender, wish_for_lists, wish_of
from hub_smsfactor_api.tickets import SIMULATED, Tickets, ticket_number
from hub_smsfactor_api.times import written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub import Acceptance, Hold
    from hub_smsfactor_api.rendering import Value
    from hub_smsfactor_api.routing import Asked
    from hub_smsfactor_api.texting import Wish

COUNTERS = ("blacklisted", "duplicated", "npai", "invalid", "not_allowed", "flood", "country_limit")
LOOKED_AT_FIRST = 1000
"""A request to more recipients than these is simulated before: the hub counts it after its answer."""


_NO_FIELDS = dict.fromkeys(INFOS, "")
"""What the fields of a text are where a contact says nothing: empty."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What becomes of a request's recipients: `total` before any is left out, `sent` after; `cost` in credits."""

    total: int
    sent: int
    cost: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    hold: Hold | None = None

    def reply(self, ticket: str, credits_: int) -> Reply:
        """The reply of a send, in its fields' order."""
        counters = {name: self.left_out.get(name, 0) for name in COUNTERS}
        content: dict[str, Value] = {
            "ticket": ticket,
            "cost": self.cost,
            "credits": credits_,
            "total": self.total,
            "sent": self.sent,
            **counters,
        }
        if self.hold is None:
            return Reply(content)
        return Reply(content, Status.MODERATION, f"{self.hold.message} It will be sent once it is released.")


def send(asked: Asked) -> Reply:
    """GET and POST /send."""
    return _send(asked, wish_of(asked))


def simulate(asked: Asked) -> Reply:
    """GET and POST /send/simulate."""
    return _simulated(asked, wish_of(asked))


def send_to_lists(asked: Asked) -> Reply:
    """POST /send/lists."""
    return _send(asked, wish_for_lists(asked))


def simulate_to_lists(asked: Asked) -> Reply:
    """POST /send/lists/simulate."""
    return _simulated(asked, wish_for_lists(asked))


def cancel(asked: Asked) -> Reply:
    """DELETE /send/:ticket."""
    ticket = Tickets(asked.hub).get(asked.account.id, asked.ids[0])
    if ticket.campaign_id is None:
        raise Refused(Status.DATA, "Nothing of this campaign waits to be sent.")
    try:
        asked.hub.rooms.campaigns.cancel(asked.account.id, ticket.campaign_id)
    except Conflict as error:
        raise Refused(Status.DATA, str(error)) from error
    return Reply({"credits": _credits(asked)})


def _send(asked: Asked, wish: Wish) -> Reply:
    wish = _read(asked, _signed(asked, wish))
    foreseen = _foreseen(asked, wish) if _is_large(wish) else None
    tickets, campaign_id = Tickets(asked.hub), asked.hub.new_campaign_id()
    ticket_id = tickets.begin(asked.account.id, campaign_id, wish.names, wish.lists)
    try:
        # The key is what the hub looks the campaign up by when the database does not answer its commit.
        acceptance = asked.hub.accept(replace(wish.request, campaign_id=campaign_id, idempotency_key=campaign_id))
    except CommitInDoubt:
        raise  # the campaign may be there, and its ticket is
    except RequestRefused as error:
        counts = _nobody(wish, error)
        if counts is None:
            tickets.drop(ticket_id)
            raise
        ticket = tickets.keep(asked.account.id, ticket_id, _report(asked, wish, counts), _alone(asked, wish))
        return counts.reply(ticket, _credits(asked))
    except HubError:
        tickets.drop(ticket_id)
        raise
    ticket = ticket_number(ticket_id)
    if acceptance.state is CampaignState.EXPANDING and foreseen is not None:
        return foreseen.reply(ticket, max(0, _credits(asked) - foreseen.cost))
    return _counted(acceptance, len(wish.request.recipients)).reply(ticket, _credits(asked))


def _simulated(asked: Asked, wish: Wish) -> Reply:
    counts = _foreseen(asked, _read(asked, _signed(asked, wish)))
    return replace(counts, hold=None).reply(SIMULATED, max(0, _credits(asked) - counts.cost))


def _foreseen(asked: Asked, wish: Wish) -> Counts:
    """What sending would come to; raises NotEnoughCredits as sending does."""
    try:
        found = asked.hub.rooms.simulator.simulate(wish.request)
    except RequestRefused as error:
        counts = _nobody(wish, error)
        if counts is None:
            raise
        return counts
    if not found.suffices:
        raise NotEnoughCredits(found.acceptance.credits, found.available)
    return _counted(found.acceptance, found.looked_at)


def _signed(asked: Asked, wish: Wish) -> Wish:
    """With the sender that was named when the account was opened, where the request names none."""
    if wish.request.sender is not None:
        return wish
    usual = clean_sender(profile_of(asked.hub, asked.account.id).get("sender"))
    return replace(wish, request=replace(wish.request, sender=usual))


def _read(asked: Asked, wish: Wish) -> Wish:
    """With the contacts of short lists in their place: then all is decided and paid for before the reply.

    The hub reads long lists after its answer, and then nobody knows yet what is left for the next request.
    """
    wish = replace(wish, lists=wish.request.lists)
    lists, mine = asked.hub.rooms.lists, asked.account.id
    sizes = [lists.get(mine, one).size for one in wish.lists]
    if not sizes or not 0 < sum(sizes) <= LOOKED_AT_FIRST:
        return wish
    found = [one for each in wish.lists for one in lists.contacts(mine, each, limit=LOOKED_AT_FIRST)]
    recipients = tuple(Recipient(one.number, {**_NO_FIELDS, **one.merge_fields}) for one in found)
    return replace(wish, request=replace(wish.request, lists=(), recipients=recipients))


def _is_large(wish: Wish) -> bool:
    return bool(wish.request.lists) or len(wish.request.recipients) > LOOKED_AT_FIRST


def _counted(acceptance: Acceptance, total: int) -> Counts:
    left_out: Counter[str] = Counter()
    for code, count in acceptance.blocked_by.items():
        left_out[COUNTER_BY_CODE.get(code, OTHER_COUNTER)] += count
    left_out["duplicated"] = max(0, total - acceptance.accepted - acceptance.blocked)
    return Counts(total, acceptance.accepted, acceptance.credits, left_out, acceptance.hold)


def _nobody(wish: Wish, error: RequestRefused) -> Counts | None:
    """The counts of a request of which every recipient is left out for its own sake; None for any other refusal."""
    codes = [fault.code for fault in error.faults]
    if not codes or any(code not in COUNTER_BY_CODE for code in codes):
        return None
    total = len(wish.request.recipients)
    left_out = Counter(COUNTER_BY_CODE[code] for code in codes)
    left_out["duplicated"] = max(0, total - len(codes))
    return Counts(total, 0, 0, left_out)


def _report(asked: Asked, wish: Wish, counts: Counts) -> dict[str, object]:
    """What GET /campaign/:id says of a request that texted nobody."""
    now = written(asked.hub.clock.now())
    return {
        "sender": wish.request.sender,
        "text": wish.request.text,
        "creation_date": now,
        "date": now,
        "total": counts.total,
        "error": counts.total,
        "npai": counts.left_out.get("npai", 0),
    }


def _alone(asked: Asked, wish: Wish) -> str | None:
    """Whose the words of a request are: the one person's that it names, if it names one."""
    named = {read.e164 for one in wish.request.recipients if (read := parsed(one.to, asked.account.country))}
    return named.pop() if len(named) == 1 else None


def _credits(asked: Asked) -> int:
    return asked.hub.rooms.accounts.balance(asked.account.id).available
