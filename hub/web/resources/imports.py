"""Files of contacts: upload one, look at what stands in it, store it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from flask import Response, request

from hub.contacts.imports.model import Wishes
from hub.web.document import call
from hub.web.files import FORM, csv_answer, csv_file, upload_stream
from hub.web.frame import PREFIX, Frame, Resource, account, answer
from hub.web.resources.imports_values import (
    Import,
    ImportPage,
    ImportPath,
    ImportsQuery,
    ImportTally,
    Line,
    ReadAsBody,
    Shape,
    UploadQuery,
)
from hub.web.resources.lists_values import ListPath  # noqa: TC001 - flask-openapi3 reads the hints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_openapi3.blueprint import APIBlueprint

    from hub.contacts.imports import model

PIECE = 512 * 1024
_FILE = {
    "openapi_extensions": {
        "requestBody": {
            "required": True,
            "description": "The file as it is: CSV, TXT, XLS, XLSX or ODS. A form with it as `file` is taken, too.",
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "mobile;prenom\r\n06 12 34 56 78;Nina\r\n",
                },
            },
        }
    }
}
UPLOAD = call(
    "uploadContacts",
    "The file is read afterwards, and nothing of it is stored yet: look at the import until it is `ready`, with how "
    "its lines were understood, then start it.",
    {"202": Import},
    "404 408 413",
    **_FILE,
)
LIST = call("listImports", "The latest first.", {"200": ImportPage}, "")
GET = call("getImport", "How far it is; once it is read, what stands in it.", {"200": Import}, "404")
READ_AS = call(
    "readImportAs",
    "Where something was guessed wrongly: the file is read again, as the body says. Nothing is stored yet.",
    {"200": Import},
    "400 404 408 409 413 415",
)
START = call(
    "startImport",
    "Puts on the list what was found. People that the list has are not doubled. Starting again changes nothing.",
    {"200": Import},
    "404 409",
)
CANCEL = call(
    "cancelImport", "Nothing more of it is stored; what is on the list stays there.", {"200": Import}, "404 409"
)
REPORT = call(
    "getImportReport",
    "A line for each that was left out, and for each that will not be texted, with the reason.",
    {"200": csv_file("line;given\r\n3;bonjour\r\n")},
    "404 409",
)


@dataclass(frozen=True, slots=True)
class ImportCalls:
    """Files of contacts."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "imports", "Contacts", "Lists of people, and what is known of them.")
        calls.post("/lists/<list_id>/imports", self.upload_contacts, UPLOAD)
        calls.get("/imports", self.list_imports, LIST)
        calls.get("/imports/<import_id>", self.get_import, GET)
        calls.patch("/imports/<import_id>", self.read_import_as, READ_AS)
        calls.post("/imports/<import_id>/start", self.start_import, START)
        calls.post("/imports/<import_id>/cancel", self.cancel_import, CANCEL)
        calls.get("/imports/<import_id>/report", self.get_import_report, REPORT)
        return calls.routes

    def upload_contacts(self, path: ListPath, query: UploadQuery) -> Response:
        """Upload a file of contacts to a list."""
        most = self.frame.core.settings.contacts.max_import_mb * 1024**2
        request.max_content_length = most + PIECE  # what is a little too large is told so, in words
        made = self.frame.core.imports.upload(account().id, path.list_id, _name(query), _pieces(), most)
        return answer(_shown(made), 202, {"Location": f"{PREFIX}/imports/{made.id}"})

    def list_imports(self, query: ImportsQuery) -> Response:
        """List the imports, page by page."""
        found = self.frame.core.imports.latest(account().id, before=query.cursor, limit=query.limit + 1)
        page = found[: query.limit]
        items = [_shown(one) for one in page]
        return answer(ImportPage(items=items, next=page[-1].id if len(found) > len(page) else None))

    def get_import(self, path: ImportPath) -> Response:
        """Look at an import."""
        return answer(_shown(self.frame.core.imports.get(account().id, path.import_id)))

    def read_import_as(self, path: ImportPath, body: ReadAsBody) -> Response:
        """Say how a file is to be read."""
        wishes = Wishes(
            body.encoding,
            body.separator,
            body.header,
            None if body.number_column is None else body.number_column - 1,
            None if body.columns is None else tuple(body.columns),
        )
        return answer(_shown(self.frame.core.imports.read_as(account().id, path.import_id, wishes)))

    def start_import(self, path: ImportPath) -> Response:
        """Store what was found in a file."""
        return answer(_shown(self.frame.core.imports.start(account().id, path.import_id)))

    def cancel_import(self, path: ImportPath) -> Response:
        """Cancel an import."""
        return answer(_shown(self.frame.core.imports.cancel(account().id, path.import_id)))

    def get_import_report(self, path: ImportPath) -> Response:
        """Download what is to be said of an import's lines."""
        lines = self.frame.core.imports.report(account().id, path.import_id)
        rows = ((one.line, one.given, one.number, one.verdict, one.reason, one.message) for one in lines)
        header = ("line", "given", "number", "verdict", "reason", "message")
        return csv_answer(f"import-{path.import_id}.csv", header, rows)


def _name(query: UploadQuery) -> str:
    """What the file is called: as the request says, or as its form does."""
    part = None if "filename" in query.model_fields_set or request.mimetype != FORM else request.files.get("file")
    return (part.filename if part else None) or query.filename


def _pieces() -> Iterator[bytes]:
    """The file as it arrives."""
    yield from iter(partial(upload_stream().read, PIECE), b"")


def _shown(one: model.Import) -> Import:
    shape = None
    if one.shape is not None:
        shape = Shape.model_validate(one.shape).model_copy(update={"number_column": one.shape.number_column + 1})
    samples = {kind: [Line.model_validate(line) for line in lines] for kind, lines in one.samples.items()}
    return Import(
        id=one.id,
        list_id=one.list_id,
        filename=one.filename,
        state=one.state,
        size=one.size,
        created_at=one.created_at,
        changed_at=one.changed_at,
        shape=shape,
        tally=None if one.tally is None else ImportTally.model_validate(one.tally),
        samples=samples,
        stored=one.stored,
        added=one.added,
        updated=one.updated,
        fault=one.fault,
        detail=one.detail,
    )
