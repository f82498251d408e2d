"""Numbers: what people wrote, who must not be texted, and whose number is nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response  # noqa: TC002 - flask-openapi3 reads the hints

from hub.contacts.model import Proof
from hub.web import answers, document
from hub.web.frame import SOURCE, Frame, Resource, account, answer, one_parsed, parsed
from hub.web.schemas import (  # noqa: TC001 - flask-openapi3 reads the hints
    InboundQuery,
    ProofBody,
    SuppressionPath,
    SuppressionsQuery,
    UnallocatedBody,
    UnallocatedQuery,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask_openapi3.blueprint import APIBlueprint

    from hub.contacts.model import Suppression


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
        found = self.frame.core.suppressions.all(account().id, after=query.cursor or "", limit=query.limit + 2)
        page = page_of_numbers(found, query.limit)
        items = [answers.Suppression.model_validate(one) for one in page]
        return answer(answers.SuppressionPage(items=items, next=page[-1].number if len(found) > len(page) else None))

    def remove_suppression(self, path: SuppressionPath, body: ProofBody) -> Response:
        """Let a number be texted again, on a proof of consent."""
        mine = account()
        number = one_parsed(path.number, mine.country)
        proof = Proof(body.proof, SOURCE, f"account {mine.id}")
        kept = self.frame.core.suppressions.remove(mine.id, number, body.kind, proof)
        return answer(answers.Consent.model_validate(kept))


def page_of_numbers(found: Sequence[Suppression], limit: int) -> Sequence[Suppression]:
    """The suppressions of a page: about `limit`, for those of one number stay together; one more shows that more come.

    A number has two at most, so a page that would end between them ends after the second.
    """
    together = len(found) > limit and found[limit - 1].number == found[limit].number
    return found[: limit + 1 if together else limit]
