"""Write a reply as JSON or XML: status first, and what is a list in JSON is repeated in XML."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from xml.sax.saxutils import escape

from hub_smsfactor_api.reading import Form
from hub_smsfactor_api.statuses import MESSAGES, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Value: TypeAlias = "str | int | bool | Sequence[Value] | Mapping[str, Value] | None"

XML_NAMES: Mapping[str, str] = {"sub-accounts": "sub-account"}
"""What a list's members are called in XML, where that is not the list's own name."""
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]|^(?=[^A-Za-z_])")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: a status, and named values in their order."""

    content: Mapping[str, Value] = field(default_factory=dict)
    status: Status = Status.OK
    details: str | None = None

    def members(self) -> dict[str, Value]:
        """Everything that stands in the reply, the status first."""
        said: dict[str, Value] = {"status": int(self.status), "message": MESSAGES[self.status]}
        if self.details is not None:
            said["details"] = self.details
        return said | dict(self.content)


@dataclass(frozen=True, slots=True)
class Paper:
    """A PDF that is answered as a file of that name."""

    data: bytes
    filename: str


def render(reply: Reply, form: Form) -> bytes:
    """The bytes of a reply."""
    if form is Form.JSON:
        return json.dumps(reply.members(), separators=(",", ":")).encode()
    inner = "".join(_elements(reply.members()))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<response>{inner}</response>'.encode()


def _elements(members: Mapping[str, Value]) -> Iterator[str]:
    for name, value in members.items():
        tag = _NO_NAME.sub("_", XML_NAMES.get(name, name))
        for one in value if isinstance(value, (list, tuple)) else (value,):
            yield f"<{tag}>{_inside(one)}</{tag}>"


def _inside(value: Value) -> str:
    if isinstance(value, dict):
        return "".join(_elements(value))
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return escape(_UNFIT.sub("\ufffd", str(value)))
