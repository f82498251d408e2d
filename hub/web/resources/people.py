"""People: all that an account holds about a number, and its erasure (GDPR, articles 15, 17 and 20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response

from hub.accounts.model import Scope
from hub.people.model import ErasureState
from hub.people.rules import number_of
from hub.web.document import call
from hub.web.frame import Frame, Resource, account, answer
from hub.web.resources.consents_values import NumberPath  # noqa: TC001 - flask-openapi3 reads the hints
from hub.web.resources.people_values import ErasedPerson, Person
from hub.web.resources.person_json import person_json

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

GET_PERSON = call(
    "getPerson",
    "Everything that the account holds about a number, as one document: to give to the person who asks. It is long "
    "where they were texted often.",
    {"200": Person},
    "",
)
ERASE_PERSON = call(
    "erasePerson",
    "The number leaves every list, its consents, texts, answers and mails are emptied or dropped, and what has not "
    "left for it is cancelled at no cost. Amounts, dates and states of texts stay, under a keyed hash in the number's "
    "place. An opt-out stays: nobody may text the person. 202 where something has to be waited for; the hub goes on "
    "by itself, and asking again says how far it is.",
    {"200": ErasedPerson, "202": ErasedPerson},
    "",
)


@dataclass(frozen=True, slots=True)
class PeopleCalls:
    """Persons behind numbers."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "people", "People", "All that is held about a person, and its erasure.")
        calls.get("/people/<number>", self.get_person, GET_PERSON, Scope.ALL)
        calls.delete("/people/<number>", self.erase_person, ERASE_PERSON)
        return calls.routes

    def get_person(self, path: NumberPath) -> Response:
        """Everything held about a person."""
        mine = account()
        number = number_of(path.number, mine.country)
        pieces = (one.encode() for one in person_json(self.frame.core.holdings, mine.id, number))
        return Response(pieces, 200, mimetype="application/json")

    def erase_person(self, path: NumberPath) -> Response:
        """Erase a person."""
        mine = account()
        erasure = self.frame.core.erasures.erase(mine.id, number_of(path.number, mine.country))
        content = ErasedPerson.model_validate(erasure)
        return answer(content, 200 if erasure.state is ErasureState.DONE else 202)
