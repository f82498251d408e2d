"""Files that links of texts can lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, request

from hub.web.document import call
from hub.web.files import FORM, upload_stream
from hub.web.frame import PREFIX, Frame, Resource, account, answer
from hub.web.resources.hosted_values import (
    HostedFile,
    HostedFilePage,
    HostedFilePath,
    HostedFilesQuery,
    HostedUploadQuery,
)

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

PIECE = 64 * 1024
_BINARY = {"type": "string", "format": "binary"}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file as it is, or as the part `file` of a form: PNG, GIF, JPEG or PDF.",
        "content": {
            "application/octet-stream": {"schema": _BINARY, "example": "GIF89a"},
            FORM: {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY}},
                "example": {"file": "GIF89a"},
            },
        },
    }
}
UPLOAD = call(
    "uploadFile",
    "What it is shows in its content; the same content again is the same file. Name its `link` among a campaign's "
    "`links`.",
    {"201": HostedFile},
    "400 408 413",
    openapi_extensions=_BODY,
)
LIST = call("listFiles", "The latest first.", {"200": HostedFilePage}, "")
GET = call("getFile", "What it is, and until when it is kept.", {"200": HostedFile}, "404")
DELETE = call("deleteFile", "Links to it lead nowhere from now on.", {"204": None}, "404")


@dataclass(frozen=True, slots=True)
class HostedFileCalls:
    """Files of the account."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "files", "Links", "Where the links of campaigns lead, and who followed them.")
        calls.post("/files", self.upload_file, UPLOAD)
        calls.get("/files", self.list_files, LIST)
        calls.get("/files/<file_id>", self.get_file, GET)
        calls.delete("/files/<file_id>", self.delete_file, DELETE)
        return calls.routes

    def upload_file(self, query: HostedUploadQuery) -> Response:
        """Keep a file for links to lead to."""
        most = self.frame.core.files.most
        request.max_content_length = most + PIECE  # what is a little too large is told so, in words
        kept = self.frame.core.files.keep(account().id, query.filename, upload_stream().read(most + 1))
        return answer(HostedFile.model_validate(kept), 201, {"Location": f"{PREFIX}/files/{kept.id}"})

    def list_files(self, query: HostedFilesQuery) -> Response:
        """List the files, page by page."""
        found = self.frame.core.files.latest(account().id, before=query.cursor, limit=query.limit + 1)
        page = found[: query.limit]
        more = page[-1].id if len(found) > len(page) else None
        return answer(HostedFilePage(items=[HostedFile.model_validate(one) for one in page], next=more))

    def get_file(self, path: HostedFilePath) -> Response:
        """Look at a file's facts."""
        return answer(HostedFile.model_validate(self.frame.core.files.get(account().id, path.file_id)))

    def delete_file(self, path: HostedFilePath) -> Response:
        """Delete a file."""
        self.frame.core.files.delete(account().id, path.file_id)
        return Response(status=204)
