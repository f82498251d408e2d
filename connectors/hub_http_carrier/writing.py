"""One request for one message or several: templates filled, encoded, and signed. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from hub_http_carrier.auth import Asked, auth_headers
from hub_http_carrier.templates import fill, placeholders, render, value_of, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hub_http_carrier.definition import Definition
    from hub_http_carrier.templates import Fields

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?|")


class Unwritable(ValueError):
    """A message that cannot be put into the request: its value has no place in a header or an address."""


def request_for(definition: Definition, url: str, group: Sequence[Fields], now: datetime) -> Asked:
    """The request that hands a group of messages over; `url` is the template of its address. Raises Unwritable."""
    spec, fields = definition.request, group[0]
    body, content_type = _body(definition, group)
    headers = {"Accept": _ACCEPTS[definition.answer.format], "Accept-Encoding": "identity", "User-Agent": "textohub"}
    headers |= {"Content-Type": content_type} if content_type else {}
    headers |= words(spec.headers, fields)
    asked = Asked(spec.method, _url(url, spec.query, fields), headers, body)
    signed = headers | auth_headers(definition.auth, asked, fields, now)
    return Asked(asked.method, asked.url, _checked(signed), body)


def _body(definition: Definition, group: Sequence[Fields]) -> tuple[bytes, str]:
    spec = definition.request
    if spec.json_body is not None:
        made = render(spec.json_body, group[0], group)
        try:
            return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode(), "application/json"
        except UnicodeEncodeError as error:
            raise Unwritable("its text holds half of a character") from error
    if spec.form is not None:
        return _encoded(spec.form, group).encode(), "application/x-www-form-urlencoded"
    return b"", ""


def _encoded(template: Mapping[str, object], group: Sequence[Fields]) -> str:
    """A form or a query: lists are written as one name several times."""
    made = render(dict(template), group[0], group)
    many = {name: value if isinstance(value, list) else [value] for name, value in made.items()}
    pairs = [(name, _plain(value)) for name, values in many.items() for value in values]
    try:
        return urlencode(pairs)
    except UnicodeEncodeError as error:
        raise Unwritable("its text holds half of a character") from error


def _plain(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _url(template: str, query: Mapping[str, object], fields: Fields) -> str:
    """The address with every field in it encoded whole, slashes and dots included."""
    filled = {}
    for written, names in placeholders(template).items():
        value = value_of(names, fields)
        if value is None or set(str(value)) <= {"."}:
            raise Unwritable(f"{written} of the address has nothing to say")
        filled[written] = quote(str(value), safe="")
    url = fill(template, fields, filled)
    encoded = _encoded(query, [fields])
    return f"{url}{'&' if '?' in url else '?'}{encoded}" if encoded else url


def _checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise Unwritable(f"the header {name!r} would hold what no header may")
    return headers


_ACCEPTS = {
    "json": "application/json",
    "xml": "application/xml, text/xml",
    "form": "*/*",
    "text": "text/plain, */*",
    "none": "*/*",
}
