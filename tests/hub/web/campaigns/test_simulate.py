"""A simulation answers what sending answers, and leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from hub.messages.views import acceptance_of
from hub.store.metadata import core_metadata
from hub.testing.hub import make_hub
from tests.hub.web.conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

SIMULATE = "/api/v1/campaigns/simulate"
FIGURES = ("accepted", "blocked", "deferred", "segments", "credits", "blocked_by", "deferrals", "notes", "changes")
NUMBERS = [f"+3361234567{digit}" for digit in range(10)]
A_LIST = {"HUB_MESSAGES_INLINE_RECIPIENTS": "2", "HUB_MESSAGES_CHUNK": "2"}
GUARDED = {
    "HUB_GUARD_ENABLED": "yes",
    "HUB_GUARD_DAY_CREDITS": "12",
    "HUB_GUARD_RECIPIENT_PER_HOUR": "2",
    "HUB_GUARD_NUMBER_RUN": "4",
    "HUB_GUARD_LOW_BALANCE": "3",
}


def simulate(caller: Caller, *recipients: Any, **body: Any) -> TestResponse:
    """Simulate an alert that says hello, unless told otherwise."""
    told = {"purpose": "alert", "text": "Bonjour", "recipients": list(recipients) or NUMBERS[:1]}
    return caller.client.post(SIMULATE, json=told | body, headers=caller.bearer)


def rows_of(hub: TestHub) -> dict[str, int]:
    """How many rows each table has."""
    with hub.core.store.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in core_metadata.sorted_tables
        }


def test_it_says_what_goes_where_and_what_it_costs(caller: Caller) -> None:
    """By country and in all, with what is blocked."""
    said = simulate(caller, NUMBERS[0], NUMBERS[1], "+32470123456", "0123456789").get_json()
    assert {name: said[name] for name in ("state", "accepted", "blocked", "credits", "blocked_by")} == {
        "state": "accepted",
        "accepted": 3,
        "blocked": 1,
        "credits": 3,
        "blocked_by": {"landline": 1},
    }
    assert [(one["country"], one["texts"], one["credits"], one["blocked"]) for one in said["countries"]] == [
        ("FR", 2, 2, 1),
        ("BE", 1, 1, 0),
    ]


def test_it_leaves_nothing_behind(caller: Caller) -> None:
    """No row in any table, and no credits set aside; the key that came along is still free."""
    before, headers = rows_of(caller.hub), caller.bearer | {"Idempotency-Key": "k"}
    body = {"purpose": "alert", "text": "Bonjour", "recipients": NUMBERS}
    assert caller.client.post(SIMULATE, json=body, headers=headers).status_code == 200
    assert rows_of(caller.hub) == before
    assert caller.send(headers={"Idempotency-Key": "k"}).status_code == 201


def test_it_shows_the_longest_text_what_makes_it_dear_and_what_the_plain_alphabet_saves(caller: Caller) -> None:
    """One ŵ costs a text of 100 characters a second segment."""
    people = [{"to": NUMBERS[0], "fields": {"nom": "Nina"}}, {"to": NUMBERS[1], "fields": {"nom": "Huŵ"}}]
    said = simulate(caller, *people, text="#nom#" + "a" * 97).get_json()
    assert said["longest"] == {"text": "Huŵ" + "a" * 97, "characters": 100, "encoding": "UCS-2", "segments": 2}
    assert said["dear"] == [{"character": "ŵ", "texts": 1}]
    assert said["saving"] == {"segments": 2, "credits": 2, "saved_segments": 1, "saved_credits": 1}


def test_it_says_until_when_marketing_waits(caller: Caller) -> None:
    """On a Sunday, until Monday."""
    said = simulate(caller, purpose="marketing", send_at="2026-11-29T10:00:00+01:00").get_json()
    assert (said["deferred"], said["deferrals"][0]["until"][:10]) == (1, "2026-11-30")
    assert said["countries"][0]["until"] == said["deferrals"][0]["until"]


def test_it_says_when_the_credits_do_not_suffice(caller: Caller) -> None:
    """It is no refusal: the figures are what the person wants to know."""
    said = simulate(caller, *[f"+336{number:08d}" for number in range(12_345_000, 12_346_001)]).get_json()
    assert (said["credits"], said["available"], said["suffices"]) == (1001, 1000, False)


def test_it_refuses_what_sending_would_refuse(caller: Caller) -> None:
    """With the same problem."""
    bodies: list[dict[str, Any]] = [
        {"recipients": ["0123456789"]},
        {"text": " "},
        {"recipients": []},
        {"text": "Bonjour #nmae#", "recipients": [{"to": NUMBERS[0], "fields": {"name": "Nina"}}]},
    ]
    for body in bodies:
        foreseen, sent = simulate(caller, **body), caller.send(**body)
        assert foreseen.status_code == sent.status_code >= 400
        assert foreseen.get_json()["errors"] == sent.get_json()["errors"]


def test_it_says_that_it_would_be_held(make: HubMaker) -> None:
    """And by which guard."""
    caller = Caller(make(settings=GUARDED))
    said = simulate(caller, *(f"+3361{place}345678" for place in range(8)), text="a" * 300).get_json()
    assert (said["state"], said["hold"]["reason"]) == ("held", "day_ceiling")


def test_it_says_which_campaign_it_repeats(caller: Caller) -> None:
    """Unless the repetition is meant."""
    sent = caller.send(*NUMBERS[:2]).get_json()["id"]
    assert simulate(caller, *NUMBERS[:2]).get_json()["duplicate_of"] == sent
    assert simulate(caller, *NUMBERS[:2], allow_repeat=True).get_json()["duplicate_of"] is None


def test_a_locked_account_cannot_simulate(caller: Caller) -> None:
    """As it cannot send."""
    caller.hub.core.accounts.lock(caller.hub.account.id, locked=True)
    assert simulate(caller).status_code == caller.send().status_code


def test_what_there_is_no_time_for_it_says(make: HubMaker) -> None:
    """The figures are then those of the recipients it came to."""
    hub = make(settings=A_LIST)
    ticks = iter(range(8, 1000, 8))
    hub.clock.monotonic = lambda: float(next(ticks))  # type: ignore[method-assign]  # a clock that runs
    said = simulate(Caller(hub), *NUMBERS).get_json()
    assert (said["complete"], said["looked_at"], said["accepted"]) == (False, 4, 4)


# --- sending right after gives the same figures ---

_TEXTS = st.text(st.sampled_from("abc #é€ŵ😀[nom]#nom#\n"), min_size=1, max_size=200)
_PEOPLE = st.one_of(
    st.sampled_from([*NUMBERS, "0612345678", "+32470123456", "0123456789", "+14155550123", "+590690123456", "x"]),
    st.builds(
        lambda to, nom: {"to": to, "fields": {"nom": nom}},
        st.sampled_from(NUMBERS),
        st.text(st.sampled_from("aé€ŵ "), max_size=170),
    ),
)
_BODIES = st.fixed_dictionaries(
    {
        "purpose": st.sampled_from(["alert", "marketing"]),
        "text": _TEXTS,
        "recipients": st.lists(_PEOPLE, min_size=1, max_size=9),
        "encoding": st.sampled_from(["auto", "gsm", "unicode"]),
        "outside_window": st.sampled_from(["defer", "reject"]),
        "send_at": st.sampled_from([None, "2026-11-27T10:00:00+01:00", "2026-11-28T22:30:00+01:00"]),
        "sender": st.sampled_from([None, "Salon", "SALON EXEMPLE", "36180"]),
    }
)


@pytest.fixture(params=["at_once", "by_parts", "guarded", "guarded_by_parts"])
def lasting(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Caller]:
    """A caller whose hub stays for all examples: what they leave behind is what the next ones meet."""
    ways = {"at_once": {}, "by_parts": A_LIST, "guarded": GUARDED, "guarded_by_parts": {**A_LIST, **GUARDED}}
    made = Caller(make_hub(tmp_path, database_url, settings=ways[request.param]))
    yield made
    made.hub.core.close()


def test_sending_right_after_gives_the_same_figures(lasting: Caller) -> None:
    """Whatever the body: recipients of every kind, guards, lists that are expanded later, credits that run out."""

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(_BODIES)
    def same(body: dict[str, Any]) -> None:
        body = body | {"allow_repeat": True}
        foreseen = simulate(lasting, **body)
        sent = lasting.send(**body)
        said, told = foreseen.get_json(), sent.get_json()
        if sent.status_code == 402:
            assert (said["suffices"], said["credits"], said["available"]) == (False, told["needed"], told["available"])
            return
        assert foreseen.status_code == (200 if sent.status_code < 300 else sent.status_code)
        if foreseen.status_code != 200:
            assert said["errors"] == told["errors"]
            return
        acceptance = finished(lasting.hub, told["id"])
        assert {name: said[name] for name in FIGURES} == {name: acceptance[name] for name in FIGURES}
        assert (said["state"] == "held") == (acceptance["state"] == "held")
        assert (said["hold"] or {}).get("reason") == (acceptance["hold"] or {}).get("reason")

    same()


def finished(hub: TestHub, campaign_id: str) -> dict[str, Any]:
    """What a campaign's acceptance says once all of it is expanded, as it is answered."""
    while hub.core.expander.expand_next():
        pass
    with hub.core.store.read() as connection:
        said = acceptance_of(connection, campaign_id)
    return {
        "state": said.state,
        "accepted": said.accepted,
        "blocked": said.blocked,
        "deferred": sum(one.count for one in said.deferred),
        "segments": said.segments,
        "credits": said.credits,
        "blocked_by": dict(said.blocked_by),
        "deferrals": [
            {"country": one.country, "count": one.count, "until": one.until.isoformat().replace("+00:00", "Z")}
            for one in said.deferred
        ],
        "notes": list(said.notes),
        "changes": [{"found": c.found, "replacement": c.replacement, "count": c.count} for c in said.changes],
        "hold": None if said.hold is None else {"reason": said.hold.reason},
    }
