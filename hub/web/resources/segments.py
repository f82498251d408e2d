"""Segments: save who of a list is meant, count them, look at them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response

from hub.web.document import IF_MATCH, call
from hub.web.frame import PREFIX, Frame, Resource, account, answer, tagged, unless_changed
from hub.web.resources.lists_values import Contact, ContactPage
from hub.web.resources.segments_values import (
    CountBody,
    EditSegmentBody,
    RuleBody,
    Segment,
    SegmentBody,
    SegmentCount,
    SegmentMembersQuery,
    SegmentPage,
    SegmentPath,
    SegmentsQuery,
)

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

    from hub.contacts import segments

LIST_SEGMENTS = call("listSegments", "The account's segments, the oldest first.", {"200": SegmentPage}, "")
CREATE_SEGMENT = call("createSegment", "Saves a rule for a list.", {"201": Segment}, "400 404 408 409 413 415")
COUNT_RULE = call(
    "countRule", "Who is meant by a rule, before it is saved.", {"200": SegmentCount}, "400 404 408 413 415"
)
GET_SEGMENT = call("getSegment", "A saved rule.", {"200": Segment}, "404")
EDIT_SEGMENT = call(
    "editSegment",
    "Another name, another rule, or both. A campaign that was accepted before keeps who it meant.",
    {"200": Segment},
    "400 404 408 409 412 413 415",
    openapi_extensions={"parameters": [IF_MATCH]},
)
DELETE_SEGMENT = call("deleteSegment", "The rule is gone; its list stays as it is.", {"204": None}, "404")
COUNT_SEGMENT = call("countSegment", "Who is meant now.", {"200": SegmentCount}, "404")
LIST_MEMBERS = call("listSegmentContacts", "In the order of their numbers.", {"200": ContactPage}, "404")


@dataclass(frozen=True, slots=True)
class SegmentCalls:
    """Segments of lists."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "segments", "Segments", "Who of a list is meant.")
        calls.get("/segments", self.list_segments, LIST_SEGMENTS)
        calls.post("/segments", self.create_segment, CREATE_SEGMENT)
        calls.post("/segments/count", self.count_rule, COUNT_RULE)
        calls.get("/segments/<segment_id>", self.get_segment, GET_SEGMENT)
        calls.patch("/segments/<segment_id>", self.edit_segment, EDIT_SEGMENT)
        calls.delete("/segments/<segment_id>", self.delete_segment, DELETE_SEGMENT)
        calls.get("/segments/<segment_id>/count", self.count_segment, COUNT_SEGMENT)
        calls.get("/segments/<segment_id>/contacts", self.list_members, LIST_MEMBERS)
        return calls.routes

    @property
    def _segments(self) -> segments.Segments:
        return self.frame.core.segments

    def list_segments(self, query: SegmentsQuery) -> Response:
        """List the segments, page by page."""
        found = self._segments.all(account().id, after=query.cursor or 0, limit=query.limit + 1)
        page = found[: query.limit]
        more = page[-1].id if len(found) > len(page) else None
        return answer(SegmentPage(items=[_shown(one) for one in page], next=more))

    def create_segment(self, body: SegmentBody) -> Response:
        """Save a segment."""
        made = self._segments.create(account().id, body.list_id, body.name, _rule(body.rule))
        return answer(_shown(made), 201, {"Location": f"{PREFIX}/segments/{made.id}"})

    def count_rule(self, body: CountBody) -> Response:
        """Count who is meant by a rule."""
        return answer(SegmentCount(count=self._segments.count_rule(account().id, body.list_id, _rule(body.rule))))

    def get_segment(self, path: SegmentPath) -> Response:
        """Look at a segment."""
        return tagged(_shown(self._segments.get(account().id, path.segment_id)))

    def edit_segment(self, path: SegmentPath, body: EditSegmentBody) -> Response:
        """Rename a segment, or change its rule."""
        given = body.model_fields_set

        def check(now: segments.Segment) -> None:
            unless_changed(_shown(now))

        changed = self._segments.edit(
            account().id,
            path.segment_id,
            name=body.name if "name" in given else None,
            rule=_rule(body.rule) if "rule" in given else None,
            check=check,
        )
        return tagged(_shown(changed))

    def delete_segment(self, path: SegmentPath) -> Response:
        """Delete a segment."""
        self._segments.delete(account().id, path.segment_id)
        return Response(status=204)

    def count_segment(self, path: SegmentPath) -> Response:
        """Count who is meant."""
        return answer(SegmentCount(count=self._segments.count(account().id, path.segment_id)))

    def list_members(self, path: SegmentPath, query: SegmentMembersQuery) -> Response:
        """List who is meant, page by page."""
        found = self._segments.contacts(account().id, path.segment_id, after=query.cursor or "", limit=query.limit + 1)
        page = found[: query.limit]
        items = [Contact.model_validate(one) for one in page]
        return answer(ContactPage(items=items, next=page[-1].number if len(found) > len(page) else None))


def _rule(body: RuleBody) -> dict[str, Any]:
    return body.model_dump(mode="json", by_alias=True, exclude_none=True)


def _shown(one: segments.Segment) -> Segment:
    return Segment(
        id=one.id, list_id=one.list_id, name=one.name, rule=json.loads(one.content), created_at=one.created_at
    )
