"""Schemathesis over the OpenAPI document: what it allows and what it forbids is answered as it says.

Its four phases (examples, coverage, fuzzing, sequences of calls) run in process, with a seed and a bounded number of
examples. What it looks for: server errors, statuses, headers and content types that the document does not have, answers
that are not of their schema, faulty requests that are taken, right ones that are refused for their form.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from hub.testing.hub import make_hub

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from schemathesis.engine.recorder import ScenarioRecorder

    from hub.testing.databases import Databases

pytestmark = pytest.mark.slow

DOCUMENT = "/api/v1/openapi.json"
SEED = 20_261_124
FEW, MANY = 8, 60
REFUSED_FOR_THEIR_MEANING = ["2xx", "402", "403", "404", "409", "412", "422", "429"]
"""What a request of the right form may hear: the document cannot say which numbers exist, nor how many codes a day."""
UNLIMITED = {
    "HUB_WEB_REQUESTS_PER_MINUTE": "1000000",
    "HUB_WEB_WRONG_TOKENS_PER_MINUTE": "1000000",
    "HUB_WEB_WRONG_PASSWORDS_PER_HOUR": "1000000",
}


@dataclass
class Findings:
    """What a run found: a line per failed check, statuses by operation, and how often each check was made."""

    failures: list[str] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    phases: dict[str, Status] = field(default_factory=dict)

    def take(self, event: events.EngineEvent) -> None:
        """Read one event of the run."""
        if isinstance(event, events.NonFatalError):
            self.failures.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            self.failures.append(str(event.exception))
        elif isinstance(event, events.PhaseFinished):
            self.phases[event.phase.name.value] = event.status
        elif isinstance(event, events.ScenarioFinished):
            self._read(event.recorder)

    def _read(self, recorder: ScenarioRecorder) -> None:
        for made in recorder.interactions.values():
            if made.response is not None:
                self.statuses[made.request.method, made.response.status_code] += 1
        for case, checks in recorder.checks.items():
            for check in checks:
                self.checks[check.name] += 1
                if check.failure_info is not None:
                    asked = recorder.interactions[case].request
                    said = f"{asked.method} {asked.uri} {asked.body!r}: {check.failure_info.failure}"
                    self.failures.append(said)

    @property
    def taken(self) -> int:
        """How many requests were carried out."""
        return sum(count for (_, status), count in self.statuses.items() if status < 300)


def explore(
    caller: Caller,
    token: str | None,
    examples: int = FEW,
    *,
    known: bool = True,
    parameters: Mapping[str, str] | None = None,
) -> Findings:
    """Run every phase on a hub's application, as whoever has this token; `known` where it is a valid one."""
    settings: dict[str, Any] = {
        "seed": SEED,
        "headers": {"Authorization": f"Bearer {token}"} if token else {},
        "parameters": dict(parameters or {}),
        "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
        "continue-on-failure": True,
        "checks": {
            "positive_data_acceptance": {"enabled": known, "expected-statuses": REFUSED_FOR_THEIR_MEANING},
            "ignored_auth": {"enabled": False},  # does not work in process; test_walls.py has it
        },
    }
    schema = schemathesis.openapi.from_wsgi(
        DOCUMENT, caller.client.application, config=SchemathesisConfig.from_dict(settings)
    )
    findings = Findings()
    for event in from_schema(schema).execute():
        findings.take(event)
    return findings


@pytest.fixture
def open_hub(database_url: str, tmp_path: Path) -> Iterator[Caller]:
    """A caller on a hub that counts no requests, with credits that do not run out."""
    made = Caller(make_hub(tmp_path, database_url, settings=UNLIMITED))
    made.hub.core.accounts.add_credits(made.hub.account.id, 10**9)
    yield made
    made.hub.core.close()


@pytest.mark.timeout(600)  # every call there is, and to hash passwords is slow
def test_nothing_is_found_as_an_account(open_hub: Caller) -> None:
    """(B1 to B32) In any phase; and requests were carried out, refused and answered by every check that matters."""
    found = explore(open_hub, open_hub.hub.token)
    assert found.failures == []
    assert found.taken > 10
    assert {status for _, status in found.statuses} >= {200, 201, 400, 404, 405, 415, 422}
    assert {"not_a_server_error", "status_code_conformance", "response_schema_conformance"} <= found.checks.keys()
    assert {"examples", "coverage", "fuzzing", "stateful"} <= found.phases.keys()


@pytest.mark.parametrize("token", [None, "hub_live_" + "A" * 43])
def test_nothing_is_found_as_a_stranger(open_hub: Caller, token: str | None) -> None:
    """(B30) Without a token or with a wrong one: no server error, and not one request carried out."""
    found = explore(open_hub, token, known=False)
    assert found.failures == []
    assert {status for _, status in found.statuses} <= {401, 404, 405}
    assert open_hub.hub.core.campaigns.latest() == ()


@pytest.mark.timeout(600)
def test_no_request_of_another_account_reaches_a_campaign(open_hub: Caller) -> None:
    """(B30) Whatever it asks about an id that it has learnt, every answer is 404 or a fault of the question."""
    campaign = open_hub.send(send_at="2026-12-01T09:30").get_json()["id"]
    _, token = open_hub.hub.core.accounts.create("Autre", "FR")
    found = explore(open_hub, token.secret, parameters={"path.campaign_id": campaign, "query.campaign": campaign})
    kept = open_hub.hub.core.campaigns.get(open_hub.hub.account.id, campaign)
    assert found.failures == []
    assert found.statuses["GET", 404] > 10
    assert (kept.state, dict(kept.by_state)) == ("accepted", {"pending": 1})


@pytest.mark.prove
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_found_in_a_long_run(databases: Databases, tmp_path: Path, kind: str) -> None:
    """(B1 to B32) The same with many more examples, on either database."""
    caller = Caller(make_hub(tmp_path, databases.fresh(kind), settings=UNLIMITED))
    caller.hub.core.accounts.add_credits(caller.hub.account.id, 10**9)
    found = explore(caller, caller.hub.token, MANY)
    caller.hub.core.close()
    assert found.failures == []
    assert found.taken > 100
