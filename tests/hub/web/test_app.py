from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, g, request

from hub import hookimpl
from hub.plugin_manager import Plugins

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.registry import Registry
    from hub.running import Hub
    from tests.conftest import HubMaker


@dataclass(frozen=True)
class Brings:
    """A plugin that brings one blueprint."""

    build: Callable[[Hub], Blueprint]
    hub_api: int = 1

    @hookimpl
    def hub_register_blueprints(self, registry: Registry) -> None:
        """Bring it."""
        registry.add_blueprint(self.build)


def greeting(hub: Hub) -> Blueprint:
    """A route that greets an account by its token, and one that echoes a body."""
    routes = Blueprint("greeting", __name__, url_prefix="/greeting")
    routes.add_url_rule("/<token>", "hello", lambda token: {"hello": hub.authenticate(token).name})
    routes.add_url_rule(
        "/", "echo", lambda: {"body": request.get_json(silent=True), "id": g.request_id}, methods=["POST"]
    )
    return routes


def broken(_: Hub) -> Blueprint:
    """Routes that cannot be made."""
    raise LookupError("no key in hub.ini")


def leaving(_: Hub) -> Blueprint:
    """Routes whose making would end the process."""
    sys.exit("no licence")


def doubled(_: Hub) -> Blueprint:
    """Routes that are made, and cannot be mounted: two views have one name."""
    routes = Blueprint("doubled", __name__, url_prefix="/doubled")
    routes.add_url_rule("/a", "same", lambda: "a")
    routes.add_url_rule("/b", "same", lambda: "b")
    return routes


def caller_with(make: HubMaker, *builds: Callable[[Hub], Blueprint]) -> Caller:
    """A caller on a hub with these routes."""
    plugins = Plugins()
    for position, build in enumerate(builds):
        plugins.add(Brings(build), f"brings_{position}")
    return Caller(make(plugins=plugins))


def test_a_plugins_routes_are_mounted(make: HubMaker) -> None:
    """And hold the running hub."""
    caller = caller_with(make, greeting)
    assert caller.get(f"/greeting/{caller.hub.token}").get_json() == {"hello": "Salon Exemple"}


def test_a_plugins_routes_read_json_as_strictly(make: HubMaker) -> None:
    """Even if they would put up with less, and their errors are problems."""
    caller = caller_with(make, greeting)
    assert caller.client.post("/greeting/", json={"a": 1}).get_json()["body"] == {"a": 1}
    assert caller.client.post("/greeting/", data=b"{", content_type="application/json").status_code == 400
    assert caller.get("/greeting/hub_live_wrong").status_code == 401


def test_routes_that_cannot_be_made_are_left_out_and_reported(make: HubMaker) -> None:
    """The hub starts without them, and `/health/ready` says which are missing (F31)."""
    caller = caller_with(make, broken, leaving, doubled, greeting)
    readiness = caller.get("/health/ready").get_json()
    (found,) = [check for check in readiness["checks"] if check["name"] == "plugins"]
    assert readiness["status"] == "degraded"
    assert "broken" in found["detail"]
    assert "leaving" in found["detail"]
    assert "doubled" in found["detail"]
    assert caller.get(f"/greeting/{caller.hub.token}").status_code == 200


def test_of_routes_that_cannot_be_mounted_not_even_a_part_is_left(make: HubMaker) -> None:
    """Half a plugin is worse than none."""
    assert caller_with(make, doubled).get("/doubled/a").status_code == 404
