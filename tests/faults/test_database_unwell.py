"""The database is locked, full, or killed: clients are told to come back, and every process finds its way again."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from hub.messages.tables import campaigns
from hub.plugin_manager import Plugins
from hub.store.engine import Store
from hub.testing.databases import KINDS, Databases

from .calling import port_of, send
from .conftest import SiteMaker, open_account
from .mailing import give_address
from .small_disk import SmallDisk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .site import Site

pytestmark = pytest.mark.prove

ADDRESS = "geheim@sms.localhost"
LATER_S = 120.0


def a_mail(number: int) -> bytes:
    """A mail with an id of its own."""
    return (
        b"From: accueil@salon.example\r\nSubject: 06 12 30 45 67\r\n"
        b"Message-ID: <%d@salon.example>\r\n\r\nBonjour %d\r\n" % (number, number)
    )


@contextmanager
def everything_runs(site: Site, **words: object) -> Iterator[list[int]]:
    """Web, listener, worker and scheduler; at the end all of them must still be there, and stop well."""
    with ExitStack() as stack:
        roles = ("serve_web", "serve_mail", "work", "lead")
        pids = [stack.enter_context(site.during(role, **words)) for role in roles]
        mail_port = int(site.environ["HUB_MAIL_TO_SMS_PORT"])
        assert site.until(lambda: site.is_open(port_of(site)) and site.is_open(mail_port)), site.log
        yield pids
        assert [site.wait(pid, 0) for pid in pids] == [None] * 4, site.log
        assert [site.stop(pid) for pid in pids] == [0] * 4, site.log


def all_delivered(site: Site, count: int) -> bool:
    """Whether so many messages are there, each of them delivered."""
    return site.states() == ["delivered"] * count


def assert_taken(site: Site, token: str) -> None:
    """A client and a mail server that try again are heard."""
    assert site.until(lambda: send(site, token)[0] == 201), site.log
    assert site.until(lambda: site.deliver(a_mail(1), ADDRESS).startswith("250 2.0.0")), site.log


def how_many_campaigns(store: Store) -> int:
    """All there are."""
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(campaigns)).scalar_one())


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another session holds what every writer needs."""
    store = Store(url)
    with store.write("test") as connection:
        if not store.is_sqlite:
            connection.execute(text("LOCK TABLE campaigns, messages, leases IN EXCLUSIVE MODE"))
        yield
    store.close()


def prove_locked(site: Site, *, busy_s: float, hold_s: float) -> None:
    """A client and a mail server come while it is locked, and again afterwards."""
    token = open_account(site)
    give_address(site, "geheim")
    with everything_runs(site, busy_s=busy_s):
        with locked(site.environ["HUB_HUB_DATABASE_URL"]):
            site.note_asked("small")
            status, said = send(site, token)
            reply = site.deliver(a_mail(1), ADDRESS)
            site.until(lambda: False, within_s=hold_s)
            kept = how_many_campaigns(site.store)
        assert (status, said["code"], said["Retry-After"], reply[:9], kept) == (
            *(503, "store_unavailable", "2", "451 4.3.0", 0),
        )
        site.note_asked("mail")
        assert_taken(site, token)
        assert site.until(lambda: all_delivered(site, 2)), site.log
    assert site.faults() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_locked_database_makes_clients_come_back(kind: str, make_site: SiteMaker) -> None:
    """503 with Retry-After, 451, no row of either; then both are taken and sent, by the same processes (F15)."""
    prove_locked(make_site(kind), busy_s=0.2, hold_s=0)


@pytest.mark.prove
@pytest.mark.parametrize("kind", KINDS)
def test_a_database_that_is_locked_for_a_quarter_of_a_minute_makes_clients_come_back(
    kind: str, make_site: SiteMaker
) -> None:
    """The same with the hub's own patience of five seconds (F15)."""
    prove_locked(make_site(kind), busy_s=5, hold_s=5)


@pytest.fixture(params=["disk", "file"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk that can be filled, and a file that may not grow, which is all that a machine without rights can do."""
    made = SmallDisk(tmp_path / "disk")
    made.make(mounted=request.param == "disk")
    yield made
    made.unmount()


@pytest.fixture
def small(disk: SmallDisk, make_site: SiteMaker) -> Site:
    """A site whose database lies on that disk; the carrier's own book does not."""
    site = make_site("sqlite", HUB_HUB_DATABASE_URL=disk.url)
    site.must_play("upgrade")
    return site


def test_a_full_disk_makes_clients_come_back_and_harms_nothing(small: Site, disk: SmallDisk) -> None:
    """503 and 452 4.3.1; the file is sound, and everything goes on by itself once there is room (F16)."""
    token = open_account(small)
    give_address(small, "geheim")
    with everything_runs(small) as pids:
        small.note_asked("before")
        assert send(small, token, "before")[0] == 201
        disk.fill(pids)
        small.note_asked("small")
        status, said = send(small, token)
        reply = small.deliver(a_mail(1), ADDRESS)
        small.until(lambda: False, within_s=0.5)  # some ticks and polls meanwhile
        disk.free()
        assert (status, said["code"], said["Retry-After"]) == (503, "store_unavailable", "2")
        assert reply[:9] == ("452 4.3.1" if disk.is_mounted else "451 4.3.0")
        small.note_asked("mail")
        assert_taken(small, token)
        assert small.until(lambda: all_delivered(small, 3)), small.log
    assert (disk.is_sound(), small.faults()) == (True, [])


def test_a_disk_that_fills_up_while_a_carrier_answers_leaves_nothing_in_doubt(small: Site, disk: SmallDisk) -> None:
    """The worker holds on to the answers until there is room for them (F16)."""
    open_account(small)
    small.must_play("accept")
    with small.during("work", HUB_CONNECTOR_SANDBOX_LATENCY_MS="300") as worker:
        assert small.until(lambda: "submitting" in small.states()), small.log
        disk.fill([worker])
        tried = small.until(lambda: "outcomes_not_recorded" in small.log, within_s=40 if disk.is_mounted else 1)
        assert tried is disk.is_mounted  # where nothing may be written, the log says nothing either
        disk.free()
        assert small.until(lambda: all_delivered(small, 2)), small.log
    assert (disk.is_sound(), small.faults()) == (True, [])


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """A PostgreSQL that is this test's own, to be killed."""
    branches = Plugins.load(quiet=True).migrations()
    made = Databases(tmp_path_factory.mktemp("own"), branches, datetime.now(UTC))
    made._admin_url = made._embedded_url()
    made._template = made._create()
    made._migrate(made._url_of(made._template))
    yield made
    made.close()


def is_gone(pid: int) -> bool:
    """Whether nothing is left of a process, its entry in the table included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def kill_and_restart(server: Databases, site: Site) -> None:
    """End the postmaster without asking, and start another on the same files."""
    postmaster = server._server.get_pid()
    os.kill(postmaster, signal.SIGKILL)
    assert site.until(lambda: is_gone(postmaster))

    def is_up() -> bool:
        try:
            server._server.ensure_postgres_running()
        except (subprocess.SubprocessError, AssertionError):
            return False  # what it had begun has not ended yet
        return True

    assert site.until(is_up)


def test_a_database_server_that_is_killed_and_restarted_costs_nobody_a_text(
    own_server: Databases, make_site: SiteMaker
) -> None:
    """Web, listener, worker and scheduler reconnect; what was in flight is kept whole or repeated by its key (F17)."""
    site = make_site("postgresql", HUB_HUB_DATABASE_URL=own_server.fresh("postgresql"))
    token = open_account(site)
    give_address(site, "geheim")
    with everything_runs(site):
        client = site.start("ask_for_more", count=60)
        assert site.until(lambda: len(site.diary("promised")) > 5), site.log
        kill_and_restart(own_server, site)
        assert site.wait(client) == 0, site.log
        site.note_asked("mail")
        site.note_asked("small")
        assert_taken(site, token)
        assert site.until(lambda: len(site.rows()) == 62), site.log
    site.must_play("finish", later_s=LATER_S)
    assert (site.faults(), set(site.states())) == ([], {"delivered"})
