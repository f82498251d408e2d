"""Say all kinds of things to the SMSFactor API: every answer must be a reply of its own, and no fault of the hub's.

    python -m tests.prove.smsfactor_fuzz --seconds 600 [--seed 7] [--database postgresql]

Requests begin as good ones for each endpoint, in JSON, XML or a form, and are then spoilt in as many ways as chance
wills. What is found is printed with its seed, so that it can be made again.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import structlog

import hub_smsfactor_api
from hub.testing.clock import FakeClock
from hub.testing.databases import KINDS as KINDS_OF_DATABASES
from hub.testing.databases import Databases
from hub.testing.hub import make_hub
from hub.web.app import create_app
from hub_smsfactor_api.endpoints import ENDPOINTS
from hub_smsfactor_api.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from hub_smsfactor_api.routing import Endpoint

NUMBERS = ("33612345678", "+33612345679", "0612345670", "00", "12", "+99912345678", "33142345678", "", "٣٣٦", "3" * 40)
TEXTS = (
    "Bonjour",
    "",
    " ",
    "[info1] #info2# <-short-> <-stop->",
    "é€🦊",
    "\x00",
    "\ud800",
    "\u202e" * 9,
    "x" * 9000,
    "<b>&amp;</b>",
    "]]>",
    "'; DROP TABLE accounts; --",
    "%s%n{0}",
    "\r\nX-Evil: 1",
    "NaN",
)
IDS = (
    "1",
    "2",
    "1001",
    "1002",
    "0",
    "-1",
    "999999999999999999999",
    "1e3",
    "x",
    "٣",
    "%00",
    "a" * 24,
    "0000000133612345678",
    "..",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**63,
    2**200,
    [],
    {},
    [[]],
    [None],
    {"a": {"b": []}},
    *TEXTS,
    *IDS,
)
NAMES = (
    "sms",
    "message",
    "text",
    "value",
    "gsm",
    "list",
    "lists",
    "contacts",
    "token",
    "webhook",
    "0",
    "",
    "é",
    "a b",
    "xml:x",
)
FATAL = (int(Status.UNKNOWN),)
KINDS = (
    "application/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/x",
    "",
)
ACCEPTS = ("application/json", "json", "application/xml", "*/*", "text/html", "", "\x7f", "q=;;,json;q=0")
CHARSETS = ("", "; charset=utf-8", "; charset=latin-1", "; charset=utf-16", "; charset=rot13", "; charset=")
GOOD: dict[str, Any] = {
    "/send": {
        "sms": {
            "message": {"text": "Bonjour", "pushtype": "alert", "sender": "ACME", "delay": "2027-01-04 09:30:00"},
            "recipients": {"gsm": [{"gsmsmsid": "a", "value": "33612345678"}, {"value": "33612345679"}]},
        }
    },
    "/send/lists": {"sms": {"message": {"text": "Bonjour [info1]"}, "lists": [{"value": "1"}]}},
    "/list": {"list": {"name": "Clients", "contacts": {"gsm": [{"value": "33612345678", "info1": "Ana"}]}}},
    "/list/contact/:contactId": {"destination": "33612345679", "info1": "Zoé"},
    "/blacklist": {"blacklist": {"contacts": {"gsm": [{"value": "33612345678"}]}}},
    "/npai": {"npai": {"contacts": {"gsm": [{"value": "33612345678"}]}}},
    "/account": {
        "account": {"email": "a@b.example", "password": "sept mots longs", "country_code": "FR", "isChild": 1}
    },
    "/account/transfer": {"transfer": {"to_account": "2", "credits": 1}},
    "/retention": {"retention": {"message": "-1"}},
    "/notification/balance": {"notification": {"alert_trigger": "5", "alert_email": "1", "email": "a@b.example"}},
    "/token": {"token": {"name": "t", "ttl": 60, "allowed_ips": ["192.0.2.0/24"]}},
    "/webhook": {"webhook": {"type": "DLR", "url": "https://exemple.fr/hook", "signature": "s"}},
    "/lookup": {"lookup": {"to": ["33612345678"]}},
    "/dr": {"deliveryreport": {"message": {"ticket": "1001"}}},
}
QUERY = {
    "text": "Bonjour",
    "to": "33612345678",
    "start": "0",
    "length": "10",
    "sort": "-id",
    "date_start": "2026-01-01 00:00:00",
    "country": "FR",
}


@dataclass
class Fuzzer:
    """Says things to an application, and looks at the answers. `faults` are what must not be."""

    client: FlaskClient
    token: str
    chance: random.Random
    told: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def run(self, until: Callable[[int], bool]) -> None:
        """Say things until somebody says that it is enough."""
        said = 0
        while not until(said) and len(self.faults) < 20:
            said += 1
            self.say()

    def say(self) -> None:
        """Make a request, and judge its answer."""
        endpoint = self.chance.choice(ENDPOINTS)
        asked = self._request(endpoint)
        answer = self.client.open(**asked)
        content, kind = answer.get_data(), answer.headers.get("Content-Type")
        if fault := self._fault(answer.status_code, kind, content):
            self.faults.append(f"{fault}\n  asked: {asked!r:.2000}\n  answered: {content[:500]!r}")
        self.told[f"{endpoint.method} {endpoint.path}"] += 1

    def _fault(self, code: int, kind: str | None, content: bytes) -> str | None:
        if code != 200:
            return f"HTTP {code}"
        if kind == "application/pdf":
            return None if content.startswith(b"%PDF-") else "no PDF"
        try:
            if kind == "application/json":
                status = json.loads(content)["status"]
            elif kind == "application/xml":
                status = int(ET.fromstring(content).findtext("status", ""))  # noqa: S314 - what the hub wrote
            else:
                return f"the content type {kind}"
        except (ValueError, KeyError, TypeError, ET.ParseError) as error:
            return f"a reply that cannot be read: {error}"
        return f"the status {status}" if status in FATAL or status not in {int(one) for one in Status} else None

    def _request(self, endpoint: Endpoint) -> dict[str, Any]:
        chance = self.chance
        path = "/".join(self._id(one) if one.startswith(":") else one for one in endpoint.pieces)
        query = {name: self._spoilt(value, 0.3) for name, value in QUERY.items() if chance.random() < 0.5}
        body = self._body(endpoint)
        kind = chance.choice(KINDS)
        headers = {"Accept": chance.choice(ACCEPTS)}
        if kind:
            headers["Content-Type"] = kind + chance.choice(CHARSETS)
        if chance.random() < 0.95:
            headers["Authorization"] = f"Bearer {self.token}"
        method = endpoint.method if chance.random() < 0.95 else chance.choice(("GET", "POST", "PUT", "DELETE", "PATCH"))
        slash = "//" if chance.random() < 0.1 else "/"
        return {
            "path": f"/smsfactor{slash}{path}",
            "method": method,
            "query_string": urlencode(query, errors="replace"),
            "data": body,
            "headers": {name: value for name, value in headers.items() if value},
        }

    def _id(self, _: str) -> str:
        return quote(self.chance.choice(IDS), safe="%")

    def _body(self, endpoint: Endpoint) -> bytes:
        good = GOOD.get(endpoint.path) or GOOD.get(endpoint.path.removesuffix("/simulate"))
        tree = self._spoilt(good if good is not None else {"a": 1}, self.chance.choice((0.0, 0.05, 0.3)))
        form = self.chance.choice(("json", "json", "xml", "xml", "form", "field", "nothing", "bytes"))
        if form == "json":
            data = json.dumps(tree).encode("utf-8", "surrogatepass")
        elif form == "xml":
            data = _as_xml(tree).encode("utf-8", "surrogatepass")
        elif form == "form":
            data = urlencode({"XML": _as_xml(tree)}, errors="replace").encode()
        elif form == "field":
            data = urlencode({"json": json.dumps(tree), "to": "33612345678"}, errors="replace").encode()
        else:
            data = b"" if form == "nothing" else self.chance.randbytes(self.chance.randrange(40))
        return self._cut(data)

    def _cut(self, data: bytes) -> bytes:
        """Now and then a piece of it is missing, or stands twice."""
        if len(data) < 2 or self.chance.random() < 0.8:
            return data
        first, last = sorted((self.chance.randrange(len(data)), self.chance.randrange(len(data))))
        return self.chance.choice((data[:first] + data[last:], data[:last] + data[first:], data[:first]))

    def _spoilt(self, value: Any, odds: float) -> Any:
        chance = self.chance
        if chance.random() < odds:
            return chance.choice((*VALUES, *NUMBERS, [value, value], {"value": value}))
        if isinstance(value, dict):
            made = {name: self._spoilt(one, odds) for name, one in value.items()}
            if chance.random() < odds:
                made[chance.choice(NAMES)] = chance.choice(VALUES)
            return made
        return [self._spoilt(one, odds) for one in value] if isinstance(value, list) else value


def _as_xml(tree: Any) -> str:
    """A tree as SMSFactor's documents have it; what has no name in XML makes a document that is none."""
    if isinstance(tree, dict):
        return "".join(
            f"<{name}>{_as_xml(one)}</{name}>"
            for name, value in tree.items()
            for one in (value if isinstance(value, list) else [value])
        )
    if isinstance(tree, list):
        return "".join(f"<gsm a={quoteattr(str(one))}>{_as_xml(one)}</gsm>" for one in tree)
    return escape(str(tree)) if tree is not None else ""


def fuzz(folder: Path, seed: int, until: Callable[[int], bool], kind: str = "sqlite") -> Fuzzer:
    """Fuzz a hub of its own."""
    databases = Databases(folder, (hub_smsfactor_api.hub_migrations(),), datetime.now(UTC))
    settings = {"HUB_WEB_REQUESTS_PER_MINUTE": "1000000", "HUB_WEB_WRONG_TOKENS_PER_MINUTE": "1000000"}
    bring = {"smsfactor_api": hub_smsfactor_api}
    hub = make_hub(folder / "hub", databases.fresh(kind), settings=settings, bring=bring, clock=FakeClock())
    hub.core.accounts.add_credits(hub.account.id, 10**9)
    try:
        made = Fuzzer(create_app(hub.core).test_client(), hub.token, random.Random(seed))  # noqa: S311 - no secret
        made.run(until)
        return made
    finally:
        hub.core.close()
        databases.close()


def main() -> int:
    """Fuzz for a while, print what was found; 1 where that is something."""
    parser = argparse.ArgumentParser(description="Fuzz the SMSFactor API.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--database", choices=KINDS_OF_DATABASES, default="sqlite")
    told = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    ends = time.monotonic() + told.seconds
    with tempfile.TemporaryDirectory() as folder:
        made = fuzz(Path(folder), told.seed, lambda _: time.monotonic() > ends, told.database)
    sys.stdout.write("\n\n".join([*made.faults, ""]))
    sys.stdout.write(f"seed {told.seed}: {made.told.total()} requests, {len(made.faults)} faults\n")
    return 1 if made.faults else 0


if __name__ == "__main__":
    sys.exit(main())
