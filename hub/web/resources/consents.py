"""Consents: register them, list them, withdraw them, in and out as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Response  # noqa: TC002 - flask-openapi3 reads the hints

from hub.contacts.model import ConsentFilter, NewConsent
from hub.contacts.register import check_consent
from hub.errors import RequestRefused
from hub.sms.model import NumberRefusal
from hub.sms.phone import parse_number
from hub.store.bulk import in_batches
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
from hub.web.frame import Frame, Resource, account, answer, parsed
from hub.web.resources.consents_values import (
    ConsentPage,
    ConsentsBody,
    ConsentsFilter,
    ConsentsQuery,
    Registered,
    RegisteredConsent,
    WithdrawalBody,
    Withdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask_openapi3.blueprint import APIBlueprint

    from hub.contacts.register import Register

COLUMNS = ("number", "notice", "given_at", "source", "name", "url", "ip")
"""Of a file of consents; the first four must be there."""
_NEEDED = COLUMNS[:4]
_EXAMPLE = "number;notice;given_at;source\r\n+33612345678;Oui aux offres;2026-11-02T09:00:00Z;website\r\n"
_MORE = ("kind", "by", "at", "withdrawn_at")

LIST_CONSENTS = call("listConsents", "In the order in which they were recorded.", {"200": ConsentPage}, "")
REGISTER = call(
    "registerConsents",
    "Keeps what people agreed to. The same again changes nothing; what is older than a person's STOP is kept as "
    "withdrawn.",
    {"200": Registered},
    "400 408 413 415",
)
IMPORT = call(
    "importConsents",
    f"A CSV file whose first line names its columns: {', '.join(COLUMNS)}. The first four are needed. Lines that "
    "cannot be read are left out, each with its reason; the same file again changes nothing.",
    {"200": TakenFile},
    "408 413",
    openapi_extensions={"requestBody": upload_of(_EXAMPLE)},
)
EXPORT = call("exportConsents", "The register as CSV.", {"200": csv_file(_EXAMPLE)}, "")
WITHDRAW = call(
    "withdrawConsents",
    "What these numbers agreed to holds no more. They may still be texted by campaigns that ask for no consent; add a "
    "suppression to end that.",
    {"200": Withdrawn},
    "400 408 413 415",
)


@dataclass(frozen=True, slots=True)
class ConsentCalls:
    """The register of consents."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "consents", "Consents", "Who agreed to be texted.")
        calls.get("/consents", self.list_consents, LIST_CONSENTS)
        calls.post("/consents", self.register_consents, REGISTER)
        calls.post("/consents/import", self.import_consents, IMPORT)
        calls.get("/consents/export", self.export_consents, EXPORT)
        calls.post("/consents/withdraw", self.withdraw_consents, WITHDRAW)
        return calls.routes

    @property
    def _register(self) -> Register:
        return self.frame.core.consents

    def list_consents(self, query: ConsentsQuery) -> Response:
        """List consents, page by page."""
        found = self._register.page(account().id, after=query.cursor or 0, limit=query.limit + 1, which=_filter(query))
        page = found[: query.limit]
        items = [RegisteredConsent.model_validate(one) for one in page]
        return answer(ConsentPage(items=items, next=page[-1].id if len(found) > len(page) else None))

    def register_consents(self, body: ConsentsBody) -> Response:
        """Register consents."""
        mine = account()
        numbers = parsed("consents", [one.number for one in body.consents], mine.country)
        given = [
            NewConsent(number, one.notice, one.given_at, one.source, one.name, one.url, one.ip)
            for number, one in zip(numbers, body.consents, strict=True)
        ]
        added = self._register.record(mine.id, given, _by())
        return answer(Registered(added=added, already=len(given) - added))

    def import_consents(self) -> Response:
        """Register a file of consents."""
        mine, faults, taken = account(), list[RefusedLine](), [0, 0, 0]
        rows = rows_of_upload()
        names = _header(next(rows)[1])
        now = self.frame.core.clock.now()
        for some in in_batches(rows, BATCH):
            read = [_consent(line, dict(zip(names, cells, strict=False)), mine.country, now) for line, cells in some]
            given = [one for one in read if isinstance(one, NewConsent)]
            refused = [one for one in read if isinstance(one, RefusedLine)]
            added = self._register.record(mine.id, given, _by()) if given else 0
            faults += refused[: MOST_FAULTS - len(faults)]
            taken = [taken[0] + added, taken[1] + len(given) - added, taken[2] + len(refused)]
        return answer(TakenFile(lines=sum(taken), added=taken[0], already=taken[1], refused=taken[2], faults=faults))

    def export_consents(self, query: ConsentsFilter) -> Response:
        """Export the register."""
        every = self._register.every(account().id, _filter(query))
        rows = ([getattr(one, name) for name in (*COLUMNS, *_MORE)] for one in every)
        return csv_answer("consents.csv", (*COLUMNS, *_MORE), rows)

    def withdraw_consents(self, body: WithdrawalBody) -> Response:
        """Withdraw consents."""
        mine = account()
        return answer(
            Withdrawn(withdrawn=self._register.withdraw(mine.id, parsed("numbers", body.numbers, mine.country)))
        )


def _by() -> str:
    return f"account {account().id}"


def _filter(query: ConsentsFilter) -> ConsentFilter:
    return ConsentFilter(query.number, query.source, query.since, query.until, query.in_force)


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.lower() for cell in cells]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        message = f"Name the columns in the first line; there is none called {', '.join(missing)}."
        raise RequestRefused.because("file", "missing_columns", message)
    return names


def _consent(line: int, row: Mapping[str, str], country: str, now: datetime) -> NewConsent | RefusedLine:
    """A row of a file as a consent, or what is wrong with it."""
    number = parse_number(row.get("number", ""), country)
    if isinstance(number, NumberRefusal):
        return RefusedLine(line=line, given=row.get("number", ""), reason=number.reason, message=number.message)
    try:
        ip = str(ip_address(row["ip"])) if row.get("ip") else None
    except ValueError:
        message = "Write an IPv4 or IPv6 address, or nothing."
        return RefusedLine(line=line, given=row["ip"], reason="ip", message=message)
    given_at = _moment(row.get("given_at", ""))
    if given_at is None:
        message = "Write when the person agreed as ISO 8601 with an offset, as in 2027-01-04T09:30:00+01:00."
        return RefusedLine(line=line, given=row.get("given_at", ""), reason="given_at", message=message)
    new = NewConsent(
        number.e164,
        row.get("notice", ""),
        given_at,
        row.get("source", ""),
        row.get("name") or None,
        row.get("url") or None,
        ip,
    )
    try:
        check_consent(new, now)
    except RequestRefused as refused:
        fault = refused.faults[0]
        return RefusedLine(line=line, given=row.get(fault.field, ""), reason=fault.code, message=fault.message)
    return new


def _moment(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else None
