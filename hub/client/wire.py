"""Requests and answers: time limits, and a second try where that can do no harm."""

from __future__ import annotations

import random
import time
from collections.abc import Callable  # noqa: TC003 - a dataclass reads the hints
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from hub.client.problems import ClientError, InDoubt, Nobody, NoHub, Problem, problem_of

PREFIX = "/api/v1"
_LOOKS = frozenset({"GET", "HEAD"})
_BUSY = frozenset({429, 502, 503, 504})
_KEPT_NOTHING = frozenset({"rate_limited", "store_unavailable", "paused"})
"""Problems after which any request may come again: the hub kept nothing of it."""
_PIECE = 64 * 1024
_KEY_BUSY = "idempotency_key_busy"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, and how long to wait: for an answer, and between two tries at most, in seconds.

    `pause_s` is what the first wait is about; each next one is twice as long, unless the hub names another.
    """

    tries: int = 4
    timeout_s: float = 15.0
    pause_s: float = 0.5
    longest_pause_s: float = 60.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, as it is tried once or several times; a file is read anew each time."""

    method: str
    path: str
    body: Any
    query: dict[str, Any] | None
    headers: dict[str, str]
    file: Path | None
    stream: bool


@dataclass
class Wire:
    """A hub at a URL, and a token for it. A request is tried again where doing it twice does no harm."""

    url: str
    token: str | None = field(repr=False)
    patience: Patience = field(default_factory=Patience)
    sleep: Callable[[float], None] = time.sleep
    account_id: int | None = None
    _session: requests.Session = field(default_factory=requests.Session, init=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        file: Path | None = None,
        media_type: str = "application/octet-stream",
        again: bool = False,
        stream: bool = False,
    ) -> requests.Response:
        """The answer to a request, which is a yes. Raises ClientError in all its forms.

        `file` is sent as it is in place of a body. `again` says that doing it twice does no more than once.
        """
        safe = again or method in _LOOKS or "Idempotency-Key" in (headers or {})
        told = dict(headers or {}) | ({"Content-Type": media_type} if file else {})
        asked = _Asked(method, path, body, query, told, file, stream)
        for number in range(1, self.patience.tries):
            try:
                return self._once(asked)
            except ClientError as error:
                if not _worth_another(error, safe=safe):
                    raise
                self.sleep(self._pause_s(error, number))
        return self._once(asked)

    def json(self, method: str, path: str, **wishes: Any) -> dict[str, Any]:
        """The object that answers a request."""
        return self._object(self.call(method, path, **wishes))

    def save(self, path: str, to: str | Path, **query: Any) -> Path:
        """Write what is answered to a file, which is there whole or not at all; its path. Raises OSError too."""
        aim = Path(to)
        beside = aim.with_name(f"{aim.name}.part")
        with self.call("GET", path, query=query, headers={"Accept": "*/*"}, stream=True) as response:
            try:
                with beside.open("wb") as out:
                    for piece in response.iter_content(_PIECE):
                        out.write(piece)
                beside.replace(aim)
            except requests.RequestException as error:
                raise self._why_silent(error) from error
            finally:
                beside.unlink(missing_ok=True)
        return aim

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def _once(self, asked: _Asked) -> requests.Response:
        try:
            with asked.file.open("rb") if asked.file else nullcontext() as data:
                response = self._session.request(
                    asked.method,
                    f"{self.url.rstrip('/')}{PREFIX}{asked.path}",
                    json=asked.body,
                    data=data,
                    params=asked.query,
                    headers={**self._shown(), **asked.headers},
                    timeout=self.patience.timeout_s,
                    allow_redirects=False,
                    stream=asked.stream,
                )
        except requests.RequestException as error:
            raise self._why_silent(error) from error
        if response.ok and not response.is_redirect:
            return response
        content = self._object(response)
        if "code" not in content:
            raise NoHub(f"{self.url} does not answer as a hub does: {response.status_code} {response.reason}.")
        raise problem_of(content, response.status_code, _seconds(response.headers.get("Retry-After")))

    def _shown(self) -> dict[str, str]:
        """What every request says of itself."""
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        account = {"Hub-Account": str(self.account_id)} if self.account_id else {}
        return {"Accept": "application/json", **token, **account}

    def _object(self, response: requests.Response) -> dict[str, Any]:
        try:
            content = response.json()
        except ValueError as error:
            raise NoHub(f"{self.url} does not answer as a hub does; is that its address?") from error
        if not isinstance(content, dict):
            raise NoHub(f"{self.url} does not answer as a hub does; is that its address?")
        return content

    def _why_silent(self, error: requests.RequestException) -> ClientError:
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
            return Nobody(f"Nobody answers at {self.url}: see that a hub runs there, and that it can be reached.")
        if isinstance(error, ValueError):  # a URL that is none
            return NoHub(f"{self.url} does not answer as a hub does; is that its address?")
        return InDoubt(
            f"{self.url} broke off or was silent for {self.patience.timeout_s:g} s: nobody knows whether it took the "
            "request."
        )

    def _pause_s(self, error: ClientError, number: int) -> float:
        named = error.retry_after if isinstance(error, Problem) else None
        own = self.patience.pause_s * 2 ** (number - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - only apart
        return min(self.patience.longest_pause_s, own if named is None else named)


def _worth_another(error: ClientError, *, safe: bool) -> bool:
    if isinstance(error, Problem):
        return error.code in _KEPT_NOTHING or (safe and (error.status in _BUSY or error.code == _KEY_BUSY))
    return isinstance(error, Nobody) or (safe and isinstance(error, InDoubt))


def _seconds(said: str | None) -> float | None:
    return float(said) if said is not None and said.isascii() and said.isdecimal() else None
