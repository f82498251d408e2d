"""Every failpoint there is: a process dies exactly there, others go on, and every promise is kept."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from hub.embedded import PrivateServer
from hub.events.tables import webhook_events
from hub.mailing.tables import outgoing_mails
from hub.testing.databases import KINDS
from hub.testing.relay import Relay

from .conftest import open_account
from .points import all_points, edges, transactions
from .scenes import ALSO, SCENES, Scene, Settings, Then, scene_of
from .site import KILLED, Site

if TYPE_CHECKING:
    from hub.testing.databases import Databases

    from .conftest import SiteMaker

LATER_S = 120.0
"""By then every lease has run out."""
MAILS_LATER_S = 1000.0
EVENTS_LATER_S = 200.0
"""By then those of mails have, too."""
MAIL = b"From: accueil@salon.example\r\nSubject: 06 12 30 45 67\r\nMessage-ID: <1@salon.example>\r\n\r\nBonjour\r\n"
LOCAL_PART = "geheim"
QUICK = frozenset(
    f"{name}.{when}"
    for name in (
        "accept",
        "accept_list",
        "expand",
        "claim",
        "announce",
        "record",
        "record_some",
        "receipts",
        "recover_leases",
        "migrate",
    )
    for when in ("before_commit", "after_commit")
) | set(edges())
"""What every message passes, and every edge; on SQLite that takes seconds."""


def _points(*, quick: bool) -> list[object]:
    """SQLite and PostgreSQL: a quick selection for every day, everything else for `make prove`."""
    return [
        pytest.param(point, kind, id=f"{point}-{kind}")
        for point in all_points()
        for kind in scene_of(point).kinds
        if (kind == "sqlite" and point in QUICK) is quick
    ]


def test_every_point_has_its_scene() -> None:
    """A new transaction or edge brings the scene in which a process dies there."""
    known = {point for point in all_points() if point in SCENES or point.partition(".")[0] in SCENES}
    assert set(all_points()) - known == set()


def test_every_scene_has_its_point() -> None:
    """What is gone from the source proves nothing any more."""
    assert set(SCENES) - set(transactions()) - set(edges()) == set()


@pytest.mark.slow
@pytest.mark.parametrize(("point", "kind"), _points(quick=True))
def test_a_process_that_dies_there_breaks_no_promise(
    point: str, kind: str, make_site: SiteMaker, databases: Databases
) -> None:
    """Killed at the point, restarted, run to the end, and compared with the carrier's own book."""
    prove(point, scene_of(point), _a_site(point, kind, make_site, databases))


@pytest.mark.prove
@pytest.mark.parametrize(("point", "kind"), _points(quick=False))
def test_at_no_point_at_all_a_dying_process_breaks_a_promise(
    point: str, kind: str, make_site: SiteMaker, databases: Databases
) -> None:
    """The same for all points and databases."""
    prove(point, scene_of(point), _a_site(point, kind, make_site, databases))


@pytest.mark.prove
@pytest.mark.parametrize(
    ("point", "scene", "kind"),
    [
        pytest.param(f"{name}.{when}", scene, kind, id=f"{name}.{when}-{scene.role}-{kind}")
        for name, scene in ALSO
        for when in ("before_commit", "after_commit")
        for kind in KINDS
    ],
)
def test_neither_does_it_on_other_ways_past_a_point(point: str, scene: Scene, kind: str, make_site: SiteMaker) -> None:
    """Some transactions are part of more than one act."""
    prove(point, scene, make_site(kind))


def prove(point: str, scene: Scene, site: Site) -> None:
    """Play a scene, let its process die at the point, and everything after it."""
    if scene.role == "upgrade":
        _prove_upgrade(point, site)
        return
    open_account(site)
    for role in scene.given:
        site.must_play(role, **scene.given_settings)
    if scene.role == "mail":
        _prove_mail(point, site)
    elif scene.role in {"send_mails", "send_one_mail"}:
        _prove_outgoing_mail(point, scene, site)
    elif scene.role == "deliver_events":
        _prove_events(point, site)
    elif scene.role == "ring":
        _prove_ring(point, site)
    elif scene.role == "overtaken":
        _prove_overtaken(point, site)
    else:
        _prove(point, scene, site)
    assert (set(site.states()) - scene.ends, site.faults()) == (set(), [])


def _prove(point: str, scene: Scene, site: Site) -> None:
    before = site.everything_stored() if scene.then is Then.NEVER else {}
    ended = site.play(scene.role, failpoint=point, later_s=scene.later_s, **scene.settings)
    assert ended == KILLED, f"{point} was not reached: {site.log}"
    if scene.then is Then.NEVER:
        assert (site.everything_stored() == before) is point.endswith(".before_commit")
    for role in scene.meanwhile:
        site.play(role)
    if scene.then is Then.AGAIN:
        site.must_play(scene.role, later_s=scene.later_s + LATER_S, **scene.settings)
    for role in scene.closing:
        site.must_play(role)
    site.must_play("finish", later_s=scene.later_s + 2 * LATER_S, **_lasting(scene.settings))


def _lasting(settings: Settings) -> Settings:
    """What stays as it is once a carrier is well again."""
    return {name: value for name, value in settings.items() if not name.startswith("HUB_CONNECTOR_SANDBOX_DIS")}


def _prove_mail(point: str, site: Site) -> None:
    from .mailing import give_address

    give_address(site, LOCAL_PART)
    port = int(site.environ["HUB_MAIL_TO_SMS_PORT"])
    listener = site.start("serve_mail", failpoint=point)
    assert site.until(lambda: site.is_open(port)), site.log
    site.note_asked("mail")
    first = site.deliver(MAIL, f"{LOCAL_PART}@sms.localhost")
    assert site.wait(listener) == KILLED, site.log
    with site.during("serve_mail"):
        assert site.until(lambda: site.is_open(port)), site.log
        second = site.deliver(MAIL, f"{LOCAL_PART}@sms.localhost")
    assert (first, second[:9]) == ("SMTPServerDisconnected", "250 2.0.0")
    site.must_play("finish", later_s=LATER_S)


def _prove_outgoing_mail(point: str, scene: Scene, site: Site) -> None:
    """A mail may come twice where the relay had it and nobody wrote that down, and is never lost."""
    with Relay() as relay:
        assert site.play(scene.role, failpoint=point, **relay.environ(host="127.0.0.1")) == KILLED, site.log
        site.must_play("send_mails", later_s=MAILS_LATER_S, **relay.environ(host="127.0.0.1"))
        twice = [times for times in relay.times.values() if times > 1]
        assert len(relay.times) == 3
        assert twice == ([2] if point in {"smtp.after_mail", "mail_outcome.before_commit"} else [])
    with site.store.read() as connection:
        states = list(connection.execute(select(outgoing_mails.c.state)).scalars())
    assert states == ["sent"] * 3


def _prove_events(point: str, site: Site) -> None:
    """An event may come twice where its receiver had it and nobody wrote that down; it is never lost, nor overtaken."""
    assert site.play("deliver_events", failpoint=point) == KILLED, site.log
    site.must_play("deliver_events", later_s=EVENTS_LATER_S)
    told = (site.data_dir / "told").read_text().split()
    with site.store.read() as connection:
        rows = connection.execute(select(webhook_events).order_by(webhook_events.c.id)).all()
    assert [row.state for row in rows] == ["delivered"] * 3
    assert list(dict.fromkeys(told)) == [row.event_id for row in rows]
    assert len(told) == {"webhook.after_call": 4, "webhook_outcome.before_commit": 6}.get(point, 3)


def _prove_overtaken(point: str, site: Site) -> None:
    """A worker stands still with the carrier's answer in hand until others have heard from the carrier themselves."""
    late: dict[str, Any] = {"HUB_CONNECTOR_SANDBOX_RECEIPT_DELAY_S": "300"}
    worker = site.start("submit", failpoint=f"submit.after_call=stop,{point}", **late)
    assert site.until(lambda: site.stands_still(worker)), site.log
    site.must_play("finish", later_s=400, **late)
    settled = site.everything_stored()
    site.signal(worker, signal.SIGCONT)
    assert site.wait(worker) == KILLED, f"{point} was not reached: {site.log}"
    assert site.everything_stored() == settled


def _prove_ring(point: str, site: Site) -> None:
    server = PrivateServer(site.folder / "data")
    server.start()
    try:
        assert site.play("ring", failpoint=point, HUB_HUB_REDIS_URL="") == KILLED, site.log
        site.must_play("ring", HUB_HUB_REDIS_URL="")
    finally:
        server.stop()
    site.must_play("finish", later_s=LATER_S)


def _prove_upgrade(point: str, site: Site) -> None:
    assert site.play("upgrade", failpoint=point) == KILLED, site.log
    site.must_play("upgrade")
    open_account(site)
    site.must_play("accept")
    site.must_play("finish", later_s=LATER_S)
    assert (site.states(), site.faults()) == (["delivered"] * 2, [])


def _a_site(point: str, kind: str, make_site: SiteMaker, databases: Databases) -> Site:
    if scene_of(point).role != "upgrade":
        return make_site(kind)
    return make_site(kind, HUB_HUB_DATABASE_URL=databases.empty(kind))
