"""Where links of texts are followed: a redirect, or the page on which a person opts out with one press.

Whoever has the link is the person it was sent to: nobody signs in, and nothing but the button changes anything, for
programs follow links too. Wrong codes are counted by address, so that nobody finds links by trying.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request
from limits import RateLimitItemPerMinute
from werkzeug.routing import BaseConverter

from hub.links.file_kinds import FileKind
from hub.links.model import LinkKind, Visit
from hub.links.rules import file_of
from hub.links.visitors import HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.bootstrap import Core
    from hub.links.model import Link
    from hub.web.windows import Windows

DEFAULT_LANGUAGE = "fr"
_PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}
_FILE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_REDIRECT = {"X-Robots-Tag": "noindex, nofollow"}
_MISSES = "links"


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """What the pages say, by language."""
    return tomllib.loads(files("hub.web").joinpath("link_words.toml").read_text("utf-8"))


class CodeConverter(BaseConverter):
    """What can be a code, or a slip of the pen in one; every other path is somebody else's."""

    regex = "[A-Za-z0-9]{5,7}"


@dataclass(frozen=True, slots=True)
class LinkPages:
    """The public addresses of links; `windows` counts wrong codes."""

    core: Core
    windows: Windows

    def blueprint(self) -> Blueprint:
        """`/CODE`, to be looked at and to be pressed."""
        routes = Blueprint("hub_links", __name__, template_folder="templates")
        for path in ("/<code:link_code>", "/<code:link_code>/"):  # with the slash that some phones put behind it
            routes.add_url_rule(path, "follow", self.follow, methods=["GET"])
            routes.add_url_rule(path, "press", self.press, methods=["POST"])
        return routes

    def follow(self, link_code: str) -> Response:
        """Lead a visitor on, or show the page of an opt-out link."""
        link = self._find(link_code)
        if isinstance(link, Response):
            return link
        if link.kind is LinkKind.OPT_OUT:
            origin = self.core.links.origin(link)
            name = f"{origin.name} ({origin.sender})" if origin.sender else origin.name
            return _page("done" if origin.has_opted_out else "ask", name=name, asks=not origin.has_opted_out)
        if link.kind is LinkKind.FILE:
            return self._show(link)
        self._note(link)
        return Response(status=HTTPStatus.FOUND, headers={"Location": link.url, **_REDIRECT})

    def press(self, link_code: str) -> Response:
        """Opt out; pressed again it says the same."""
        link = self._find(link_code)
        if isinstance(link, Response):
            return link
        if link.kind is not LinkKind.OPT_OUT or self.core.links.opt_out(link_code) is None:
            return _page("unknown", HTTPStatus.NOT_FOUND)
        return _page("done", name=self.core.links.origin(link).name)

    def _find(self, code: str) -> Link | Response:
        item, address = RateLimitItemPerMinute(self.core.settings.links.misses_per_minute), request.remote_addr or ""
        room = self.windows.look(item, _MISSES, address)
        if not room.counted:
            refused = _page("wait", HTTPStatus.TOO_MANY_REQUESTS)
            refused.headers["Retry-After"] = str(room.reset_s)
            return refused
        link = self.core.links.find(code)
        if link is None:
            self.windows.take(item, _MISSES, address)
            return _page("unknown", HTTPStatus.NOT_FOUND)
        return _page("gone", HTTPStatus.GONE) if self.core.links.leads_nowhere(link) else link

    def _show(self, link: Link) -> Response:
        """A file, so that no browser takes it for anything else, nor runs what may be in it."""
        found = self.core.files.content(link.account_id, file_of(link.url) or "")
        if found is None:
            return _page("gone", HTTPStatus.GONE)
        self._note(link)
        kind, content = found
        shown = "attachment" if kind is FileKind.PDF else "inline"
        headers = {"Content-Disposition": f'{shown}; filename="file.{kind}"', **_FILE}
        return Response(content, headers=headers, mimetype=kind.media_type)

    def _note(self, link: Link) -> None:
        heard = {name: request.headers.get(name, "") for name in HEADERS}
        visit = Visit(request.method, request.headers.get("User-Agent", ""), heard, request.remote_addr or "", None)
        self.core.click_log.note(link.code, self.core.clock.now(), visit)


def _page(said: str, status: int = HTTPStatus.OK, *, name: str = "", asks: bool = False) -> Response:
    """A page in the visitor's language."""
    language = request.accept_languages.best_match(words(), DEFAULT_LANGUAGE) or DEFAULT_LANGUAGE
    text = words()[language]
    shown = render_template(
        "link.html",
        language=language,
        title=text["opt_out"] if name else text[said],
        said=text[said].format(name=name),
        button=text["button"] if asks else "",
    )
    return Response(shown, status, {**_PAGE, "Content-Language": language})
