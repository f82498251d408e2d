"""What the calls of hosted files take in and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from hub.links.file_kinds import FileKind
from hub.links.files import LONGEST_NAME
from hub.web.examples import shown_as
from hub.web.schemas import AN_ID, MOST_ITEMS, Input

A_FILE = "01JZ5Y3X6R8W9T2Q4V7N0KMDBJ"
FILE: dict[str, Any] = {
    "id": A_FILE,
    "link": f"file:{A_FILE}",
    "name": "carte.pdf",
    "kind": "pdf",
    "size": 48213,
    "created_at": "2027-01-04T08:30:00Z",
    "expires_at": "2028-01-04T08:30:00Z",
}
_like = partial(shown_as, from_attributes=True)


class HostedFile(BaseModel):
    """A file that links of texts can lead to."""

    model_config = _like(FILE)

    id: str
    link: str = Field(description="What to write among a campaign's `links`.")
    name: str = Field(description="Only shown to the account.")
    kind: FileKind = Field(description="As its content says.")
    size: int = Field(description="In bytes.")
    created_at: datetime
    expires_at: datetime = Field(description="When it is deleted; links to it put that off.")


class HostedFilePage(BaseModel):
    """A page of files."""

    model_config = shown_as({"items": [FILE], "next": None})

    items: list[HostedFile]
    next: str | None = Field(description="The `cursor` of the page after; null on the last one.")


class HostedFilePath(BaseModel):
    """Which file."""

    file_id: str = Field(pattern=AN_ID, description="Its id.", json_schema_extra={"example": A_FILE})


class HostedFilesQuery(Input):
    """Which page of the files."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most files of a page.")
    cursor: str | None = Field(
        default=None, pattern=AN_ID, description="Where the page begins: `next` of the page before."
    )


class HostedUploadQuery(Input):
    """What a file is called."""

    filename: str = Field(
        default="file",
        max_length=LONGEST_NAME,
        description="What it is called; only shown: what a file is shows in its content.",
    )
