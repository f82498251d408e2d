"""A hub far away, over its REST API: as much of it as the command line needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from hub.errors import Fault, HubError, RequestRefused

TIMEOUT_S = 15


@dataclass(frozen=True, slots=True)
class Remote:
    """A hub at a URL, and a token for it."""

    url: str
    token: str | None

    def send(self, body: dict[str, Any], key: str | None) -> dict[str, Any]:
        """Post a campaign."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._call("POST", "/api/v1/campaigns", ("id", "accepted"), json=body, headers=headers)

    def messages(self, campaign: str) -> list[dict[str, Any]]:
        """Every message of a campaign, page after page."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            query = {"campaign": campaign, **({"cursor": cursor} if cursor else {})}
            page = self._call("GET", "/api/v1/messages", ("items", "next"), params=query)
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items

    def _call(self, method: str, path: str, wanted: tuple[str, ...], **wishes: Any) -> dict[str, Any]:
        """What the hub answers, with the keys `wanted` in it. Raises RequestRefused, or HubError for anything else."""
        headers = wishes.pop("headers", {}) | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        try:
            response = requests.request(
                method, self.url.rstrip("/") + path, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, **wishes
            )
            content = response.json()
        except ValueError as error:  # a bad URL, or an answer that is no JSON
            raise HubError(f"{self.url} does not answer as a hub does; is that its address?") from error
        except requests.RequestException as error:
            raise HubError(self._why_silent(error)) from error
        if isinstance(content, dict) and response.ok and all(key in content for key in wanted):
            return content
        if isinstance(content, dict) and "code" in content:
            raise _refusal(content)
        raise HubError(f"{self.url} does not answer as a hub does: {response.status_code} {response.reason}.")

    def _why_silent(self, error: requests.RequestException) -> str:
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
            return f"Nobody answers at {self.url}: see that a hub runs there, and that it can be reached."
        return f"{self.url} broke off or was silent for {TIMEOUT_S} s: nobody knows whether it took the request."


def _refusal(problem: dict[str, Any]) -> RequestRefused:
    faults = [Fault(one["field"], one["code"], one["message"]) for one in problem.get("errors") or ()]
    message = str(problem.get("detail") or problem.get("title") or problem["code"])
    return RequestRefused(message, faults=faults, code=str(problem["code"]))
