"""What a caller, a balancer and a monitor see of a hub that is paused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.switches import Way

if TYPE_CHECKING:
    from tests.hub.web.conftest import Caller


def test_a_paused_intake_is_a_503_that_says_when_to_come_back(caller: Caller) -> None:
    """A problem like any other, with Retry-After."""
    caller.hub.core.switches.pause([Way.IN])
    response = caller.send()
    assert (response.status_code, response.get_json()["code"]) == (503, "paused")
    assert int(response.headers["Retry-After"]) > 0


def test_a_repeat_is_answered_while_intake_is_paused(caller: Caller) -> None:
    """The client lost its answer; the text is on its way."""
    first = caller.send(headers={"Idempotency-Key": "order-1"})
    caller.hub.core.switches.pause([Way.IN])
    again = caller.send(headers={"Idempotency-Key": "order-1"})
    assert again.get_json()["id"] == first.get_json()["id"]


def test_a_paused_hub_is_degraded_and_not_down(caller: Caller) -> None:
    """Requests still come here: it answers them well."""
    caller.hub.core.switches.pause(list(Way))
    response = caller.client.get("/health/ready")
    (check,) = [one for one in response.get_json()["checks"] if one["name"] == "paused"]
    assert (response.status_code, check["status"], check["detail"]) == (
        200,
        "degraded",
        "Paused by the operator: in and out.",
    )


def test_monitors_see_which_way_is_paused(caller: Caller) -> None:
    """By way and route."""
    caller.hub.core.switches.pause([Way.OUT], route="main")
    lines = caller.client.get("/metrics").text.splitlines()
    assert 'hub_paused{route="",way="in"} 0.0' in lines
    assert 'hub_paused{route="main",way="out"} 1.0' in lines
