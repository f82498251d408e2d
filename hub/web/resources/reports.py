"""What became of a campaign: its report, its messages as a file, its progress as it happens, and who answered."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from flask import Response, request

from hub.inbound.model import InboundKind
from hub.messages.model import UNSETTLED, CampaignState
from hub.web import answers
from hub.web.files import csv_answer
from hub.web.frame import Frame, Resource, account, answer, found
from hub.web.resources import reports_values as values
from hub.web.resources.reports_values import RepliesQuery  # noqa: TC001 - flask-openapi3 reads the hints
from hub.web.schemas import CampaignPath  # noqa: TC001 - flask-openapi3 reads the hints
from hub.web.streams import Places, Stream, streamed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from flask_openapi3.blueprint import APIBlueprint

    from hub.messages.model import CampaignView, MessageView
    from hub.web.streams import Piece

ROWS_AT_ONCE = 500
LASTS_S = 15.0
"""How long one answer of progress lasts: a client comes again, and a hub that is told to stop need not wait longer."""
LOOK_EVERY_S = 1.0
BEAT_EVERY_S = 5.0
_COSTS = 20
"""How many times as long as a look took the next one waits: counting a million messages is not done every second."""
_COLUMNS = (
    "id",
    "to",
    "country",
    "state",
    "reason",
    "detail",
    "sender",
    "text",
    "encoding",
    "segments",
    "credits",
    "due_at",
    "submitted_at",
    "settled_at",
)
_REPLIES = tuple(kind for kind in InboundKind if kind is not InboundKind.OPT_OUT)


@dataclass(frozen=True, slots=True)
class ReportCalls:
    """Report, file, progress, answers."""

    frame: Frame
    places: Places = field(default_factory=Places)

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "reports", "Reports", "What became of campaigns.")
        calls.get("/campaigns/<campaign_id>/report", self.get_report, values.REPORT_CALL)
        calls.get("/campaigns/<campaign_id>/messages.csv", self.export_messages, values.EXPORT)
        calls.get("/campaigns/<campaign_id>/progress", self.follow_progress, values.PROGRESS)
        calls.get("/campaigns/<campaign_id>/replies", self.list_replies, values.REPLIES)
        calls.get("/campaigns/<campaign_id>/opt-outs", self.list_opt_outs, values.OPT_OUTS)
        return calls.routes

    def get_report(self, path: CampaignPath) -> Response:
        """See what became of a campaign."""
        core, mine = self.frame.core, account().id
        report = found(path.campaign_id, partial(core.campaigns.report, mine))
        counted = Counter(core.texts.count(mine, path.campaign_id))
        opt_outs = counted.pop(InboundKind.OPT_OUT, 0)
        clicked = core.links.clicked(mine, path.campaign_id)
        return answer(values.reported(report, clicked, replies=counted.total(), opt_outs=opt_outs))

    def export_messages(self, path: CampaignPath) -> Response:
        """Get the messages of a campaign as a file."""
        campaign = found(path.campaign_id, partial(self.frame.core.campaigns.get, account().id))
        read = partial(self.frame.core.campaigns.rows, campaign.id, limit=ROWS_AT_ONCE)
        return csv_answer(f"messages-{campaign.id}.csv", _COLUMNS, _rows(read))

    def follow_progress(self, path: CampaignPath) -> Response:
        """Follow a campaign as it goes (server-sent events)."""
        mine, campaigns = account().id, self.frame.core.campaigns
        view = found(path.campaign_id, partial(campaigns.get, mine))
        last = request.headers.get("Last-Event-ID", "")
        if is_over(view) and last == event_id(view):
            return Response(status=204)  # which tells an EventSource not to come again
        done = self.places.take(mine)
        look = partial(campaigns.get, mine, path.campaign_id)
        return streamed(Stream(progress(look, last), done), "text/event-stream")

    def list_replies(self, path: CampaignPath, query: RepliesQuery) -> Response:
        """List what people answered to a campaign, page by page."""
        return self._answers(path, query, _REPLIES)

    def list_opt_outs(self, path: CampaignPath, query: RepliesQuery) -> Response:
        """List who answered a campaign that they want no more texts, page by page."""
        return self._answers(path, query, (InboundKind.OPT_OUT,))

    def _answers(self, path: CampaignPath, query: RepliesQuery, kinds: tuple[InboundKind, ...]) -> Response:
        core, mine = self.frame.core, account().id
        found(path.campaign_id, partial(core.campaigns.get, mine))
        texts = core.texts.latest(
            mine, kinds=kinds, before=query.cursor, limit=query.limit + 1, campaign_id=path.campaign_id
        )
        page = texts[: query.limit]
        items = [answers.InboundMessage.model_validate(one) for one in page]
        return answer(answers.InboundPage(items=items, next=page[-1].id if len(texts) > len(page) else None))


def progress(
    look: Callable[[], CampaignView],
    last: str,
    *,
    lasts_s: float = LASTS_S,
    clock: Callable[[], float] = time.perf_counter,
) -> Generator[Piece, None, None]:
    """The events of a campaign from the one called `last` on, until it is over, and for `lasts_s` at most."""
    yield b"retry: 1000\n\n"
    waited, silent = 0.0, 0.0
    while True:
        began = clock()
        view = look()
        took = clock() - began
        if event_id(view) != last:
            last, silent = event_id(view), 0.0
            yield f"id: {last}\nevent: progress\ndata: {values.progressed(view).model_dump_json()}\n\n".encode()
        elif silent >= BEAT_EVERY_S:
            silent = 0.0
            yield b": still here\n\n"
        if is_over(view):
            yield f"id: {last}\nevent: end\ndata: {{}}\n\n".encode()
            return
        pause = max(LOOK_EVERY_S, _COSTS * took)
        waited, silent = waited + pause + took, silent + pause + took
        if waited >= lasts_s:
            return
        yield pause


def is_over(view: CampaignView) -> bool:
    """Whether nothing of a campaign can change any more, but by a late receipt."""
    if view.state not in (CampaignState.FINISHED, CampaignState.CANCELLED):
        return False
    return not any(view.by_state.get(state) for state in UNSETTLED)


def event_id(view: CampaignView) -> str:
    """A name for how a campaign stands: who knows it has nothing new to hear."""
    return hashlib.sha256(values.progressed(view).model_dump_json().encode()).hexdigest()[:16]


def _rows(read: Callable[..., tuple[MessageView, ...]]) -> Iterator[list[object]]:
    page = read()
    while page:
        yield from ([getattr(one, name) for name in _COLUMNS] for one in page)
        page = read(after=int(page[-1].id.rpartition("-")[2]))
