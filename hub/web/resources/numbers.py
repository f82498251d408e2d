"""Numbers: what people wrote, who must not be texted, and whose number is nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import Response  # noqa: TC002 - flask-openapi3 reads the hints

from hub.contacts.model import Proof, SuppressionFilter
from hub.sms.model import NumberRefusal
from hub.sms.phone import parse_number
from hub.store.bulk import in_batches
from hub.store.storable import storable
from hub.web import answers, document
from hub.web.document import call
from hub.web.files import (
    BATCH,
    MOST_FAULTS,
    RefusedLine,
    TakenFile,
    csv_answer,
    csv_file,
    rows_of_upload,
    upload_of,
)
from hub.web.frame import SOURCE, Frame, Resource, account, answer, one_parsed, parsed
from hub.web.resources.consents_values import (
    AddedSuppressions,
    NewSuppressionsBody,
    NumberPath,
    SuppressedNumber,
    SuppressionFileQuery,
    SuppressionsFilter,
    SuppressionsQuery,
)
from hub.web.schemas import (  # noqa: TC001 - flask-openapi3 reads the hints
    InboundQuery,
    ProofBody,
    SuppressionPath,
    UnallocatedBody,
    UnallocatedQuery,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask_openapi3.blueprint import APIBlueprint

    from hub.contacts.model import Suppression
    from hub.sms.model import PhoneNumber

COLUMNS = ("number", "kind", "at", "source", "note", "text", "campaign_id")

ADD_SUPPRESSIONS = call(
    "addSuppressions",
    "Nobody texts these numbers any more, alerts included. Adding again changes nothing.",
    {"200": AddedSuppressions},
    "400 408 413 415",
)
IMPORT_SUPPRESSIONS = call(
    "importSuppressions",
    "CSV or TXT with the numbers in the first column. Lines without a number that can be texted are left out, each "
    "with its reason; the same file again changes nothing.",
    {"200": TakenFile},
    "408 413",
    openapi_extensions={"requestBody": upload_of("0612345678\r\n")},
)
EXPORT_SUPPRESSIONS = call(
    "exportSuppressions",
    "As CSV, in the order of the numbers.",
    {"200": csv_file("number;kind\r\n+33612345678;opt_out\r\n")},
    "",
)
GET_SUPPRESSION = call("getSuppression", "Whether a number may be texted, and why not.", {"200": SuppressedNumber}, "")


@dataclass(frozen=True, slots=True)
class NumberCalls:
    """Answers, suppressions and unallocated numbers."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "numbers", "Numbers", "Answers, opt-outs and numbers that are nobody's.")
        calls.get("/inbound", self.list_inbound, document.LIST_INBOUND)
        calls.get("/unallocated", self.list_unallocated, document.LIST_UNALLOCATED)
        calls.post("/unallocated", self.add_unallocated, document.ADD_UNALLOCATED)
        calls.get("/suppressions", self.list_suppressions, document.LIST_SUPPRESSIONS)
        calls.post("/suppressions", self.add_suppressions, ADD_SUPPRESSIONS)
        calls.post("/suppressions/import", self.import_suppressions, IMPORT_SUPPRESSIONS)
        calls.get("/suppressions/export", self.export_suppressions, EXPORT_SUPPRESSIONS)
        calls.get("/suppressions/<number>", self.get_suppression, GET_SUPPRESSION)
        calls.delete("/suppressions/<number>", self.remove_suppression, document.REMOVE_SUPPRESSION)
        return calls.routes

    def list_inbound(self, query: InboundQuery) -> Response:
        """List what people wrote, page by page."""
        found = self.frame.core.texts.latest(
            account().id, kinds=tuple(query.kind), before=query.cursor, limit=query.limit + 1
        )
        page = found[: query.limit]
        items = [answers.InboundMessage.model_validate(one) for one in page]
        return answer(answers.InboundPage(items=items, next=page[-1].id if len(found) > len(page) else None))

    def list_unallocated(self, query: UnallocatedQuery) -> Response:
        """List the numbers that are proposed as unallocated, page by page."""
        after = f"+{query.cursor}" if query.cursor else ""
        found = self.frame.core.unallocated.proposed(account().id, after=after, limit=query.limit + 1)
        page = found[: query.limit]
        more = page[-1].number.removeprefix("+") if len(found) > len(page) else None
        items = [answers.Proposal.model_validate(one) for one in page]
        return answer(answers.ProposalPage(items=items, next=more))

    def add_unallocated(self, body: UnallocatedBody) -> Response:
        """Add proposed numbers to the unallocated ones."""
        mine = account()
        numbers = None if body.numbers is None else parsed("numbers", body.numbers, mine.country)
        return answer(answers.AddedNumbers.model_validate(self.frame.core.unallocated.add(mine.id, numbers)))

    def list_suppressions(self, query: SuppressionsQuery) -> Response:
        """List the numbers that must not be texted, page by page."""
        found = self.frame.core.suppressions.all(
            account().id, after=query.cursor or "", limit=query.limit + 2, which=_filter(query)
        )
        page = page_of_numbers(found, query.limit)
        items = [answers.Suppression.model_validate(one) for one in page]
        return answer(answers.SuppressionPage(items=items, next=page[-1].number if len(found) > len(page) else None))

    def get_suppression(self, path: NumberPath) -> Response:
        """Look whether a number may be texted."""
        mine = account()
        number = one_parsed(path.number, mine.country)
        found = self.frame.core.suppressions.of(mine.id, number)
        items = [answers.Suppression.model_validate(one) for one in found]
        return answer(SuppressedNumber(number=number, suppressed=bool(items), suppressions=items))

    def add_suppressions(self, body: NewSuppressionsBody) -> Response:
        """Add numbers that must not be texted."""
        mine = account()
        numbers = set(parsed("numbers", body.numbers, mine.country))
        reason = storable(body.reason) if body.reason else None
        added = self.frame.core.suppressions.add_many(mine.id, numbers, body.kind, source=SOURCE, note=reason)
        return answer(AddedSuppressions(added=added, already=len(body.numbers) - added))

    def import_suppressions(self, query: SuppressionFileQuery) -> Response:
        """Add a file of numbers that must not be texted."""
        mine, faults, added, refused, lines = account(), list[RefusedLine](), 0, 0, 0
        reason = storable(query.reason) if query.reason else None
        for some in in_batches(rows_of_upload(), BATCH):
            read = [(line, cells[0] if cells else "", parse_number(cells[0], mine.country)) for line, cells in some]
            if lines + refused == 0 and isinstance(read[0][2], NumberRefusal) and not _has_digits(read[0][1]):
                read = read[1:]  # a header
            bad = [one for one in read if isinstance(one[2], NumberRefusal)]
            numbers = [one[2].e164 for one in read if not isinstance(one[2], NumberRefusal)]
            added += self.frame.core.suppressions.add_many(mine.id, numbers, query.kind, source="file", note=reason)
            refused, lines = refused + len(bad), lines + len(read)
            faults += [_refused(*one) for one in bad[: MOST_FAULTS - len(faults)]]
        return answer(
            TakenFile(lines=lines, added=added, already=lines - refused - added, refused=refused, faults=faults)
        )

    def export_suppressions(self, query: SuppressionsFilter) -> Response:
        """Export the numbers that must not be texted."""
        every = self.frame.core.suppressions.every(account().id, _filter(query))
        rows = ([getattr(one, name) for name in COLUMNS] for one in every)
        return csv_answer("suppressions.csv", COLUMNS, rows)

    def remove_suppression(self, path: SuppressionPath, body: ProofBody) -> Response:
        """Let a number be texted again, on a proof of consent."""
        mine = account()
        number = one_parsed(path.number, mine.country)
        proof = Proof(body.proof, SOURCE, f"account {mine.id}")
        kept = self.frame.core.suppressions.remove(mine.id, number, body.kind, proof)
        return answer(answers.Consent.model_validate(kept))


def _filter(query: SuppressionsFilter) -> SuppressionFilter:
    return SuppressionFilter(tuple(query.kind), query.since, query.until, query.campaign)


def _has_digits(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _refused(line: int, given: str, why: PhoneNumber | NumberRefusal) -> RefusedLine:
    refusal = cast("NumberRefusal", why)
    return RefusedLine(line=line, given=given, reason=refusal.reason, message=refusal.message)


def page_of_numbers(found: Sequence[Suppression], limit: int) -> Sequence[Suppression]:
    """The suppressions of a page: about `limit`, for those of one number stay together; one more shows that more come.

    A number has two at most, so a page that would end between them ends after the second.
    """
    together = len(found) > limit and found[limit - 1].number == found[limit].number
    return found[: limit + 1 if together else limit]
