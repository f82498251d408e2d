"""A client of the REST API, as programs are: it sees an answer, or that the connection broke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from .site import Site

BROKEN = "connection broken"
WITHIN_S = 40.0


def send(site: Site, token: str, key: str | None = "small", number: str = "+33612304567") -> tuple[int | str, Any]:
    """Ask for an alert: the status and the answer, or that there was none."""
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    body = {"purpose": "alert", "text": "Bonjour", "recipients": [number]}
    try:
        answer = requests.post(_url(site, "/api/v1/campaigns"), json=body, headers=headers, timeout=WITHIN_S)
    except requests.ConnectionError:
        return BROKEN, None
    headers_ = {name: answer.headers.get(name) for name in ("Retry-After", "Idempotent-Replayed")}
    return answer.status_code, answer.json() | headers_


def get(site: Site, path: str, token: str = "") -> requests.Response:
    """Get a page."""
    return requests.get(_url(site, path), headers={"Authorization": f"Bearer {token}"}, timeout=WITHIN_S)


def port_of(site: Site) -> int:
    """Where the API listens."""
    return int(site.environ["HUB_WEB_PORT"])


def _url(site: Site, path: str) -> str:
    return f"http://127.0.0.1:{port_of(site)}{path}"
