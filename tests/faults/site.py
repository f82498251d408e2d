"""A hub's place on a machine, the processes that run there, and what must be true once they are through."""

from __future__ import annotations

import json
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hub.billing.alerts import SOURCE as BALANCE_ALERT
from hub.contacts.tables import consents, suppressions
from hub.inbound.tables import inbound_messages
from hub.messages.accept import ANSWERS
from hub.messages.tables import campaigns, messages
from hub.messages.trials import SOURCE as TESTS
from hub.messages.views import message_id
from hub.sealing import Canary, Keyring, find_canary, fits
from hub.store.engine import Store
from hub.store.metadata import core_metadata
from hub.testing.books import differences_in
from hub.vault import Vault
from hub_mail_to_sms.tables import mail_addresses
from hub_sandbox.ledger import Ledger

from .points import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Row

KILLED = -signal.SIGKILL
IN_HAND = {"pending", "claimed", "submitting"}
NEVER_TAKEN = {"blocked", "cancelled", "rejected"}
TAKEN = {"submitted", "delivered", "undelivered", "no_receipt"}
WITHIN_S = 40.0

_A_NUMBER = re.compile(r"336123\d{5}|06123\d{5}")


class Forker:
    """The prepared process that forks all others; `log` is where they speak."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forker", str(log)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **order: Any) -> int | None:
        """Give an order, and wait for its answer."""
        pipes = self._process.stdin, self._process.stdout
        assert pipes[0] is not None
        assert pipes[1] is not None
        pipes[0].write(f"{json.dumps(order)}\n")
        pipes[0].flush()
        answer: int | None = json.loads(pipes[1].readline())
        return answer

    def close(self) -> None:
        """End it, and with it everything that it forked."""
        self._process.communicate()


@dataclass
class Site:
    """A folder, a database, and the processes on them."""

    forker: Forker
    folder: Path
    environ: dict[str, str]
    running: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store(self.environ["HUB_HUB_DATABASE_URL"])
        self._log_begins_at = self.forker.log.stat().st_size if self.forker.log.exists() else 0

    @property
    def data_dir(self) -> Path:
        """The hub's data folder."""
        return self.folder / "data"

    def start(self, role: str, *, failpoint: str = "", later_s: float = 0, **words: Any) -> int:
        """Let a process play a role, and die where `failpoint` says; its pid. Capitals are settings, None is none."""
        self.store.close()  # a role may put another database in its place
        environ = self.environ | {name: words.pop(name) for name in list(words) if name.isupper()}
        environ = {name: str(value) for name, value in environ.items() if value is not None}
        job = {"role": role, "failpoint": failpoint, "later_s": later_s, "environ": environ, **words}
        pid = self.forker.ask(start={**job, "diary": str(self.folder / "diary")})
        assert pid is not None
        self.running.append(pid)
        return pid

    def wait(self, pid: int, within_s: float = WITHIN_S) -> int | None:
        """How a process ended: its exit code, or minus the signal; None while it runs."""
        code = self.forker.ask(wait=pid, within_s=within_s)
        if code is not None:
            self.running.remove(pid)
        return code

    def play(self, role: str, **words: Any) -> int | None:
        """Let a process play a role to its end, whatever that is."""
        return self.wait(self.start(role, **words))

    def must_play(self, role: str, **words: Any) -> None:
        """Let a process play a role to a good end."""
        assert self.play(role, **words) == 0, self.log

    @contextmanager
    def during(self, role: str, **words: Any) -> Iterator[int]:
        """Keep a process of that role running meanwhile, and stop it; how it ends is not looked at."""
        pid = self.start(role, **words)
        try:
            yield pid
        finally:
            if pid in self.running:
                self.stop(pid)

    def stop(self, pid: int) -> int | None:
        """Ask a process to stop; its exit code."""
        self.signal(pid, signal.SIGTERM)
        return self.wait(pid)

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a process that was started here."""
        assert pid in self.running
        os.kill(pid, number)

    def stands_still(self, pid: int) -> bool:
        """Whether a process was stopped by a signal, as Linux says (proc(5), the field after the name)."""
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def close(self) -> None:
        """End whatever still runs here."""
        for pid in list(self.running):
            self.signal(pid, signal.SIGCONT)
            self.signal(pid, signal.SIGKILL)
            self.wait(pid)
        self.store.close()

    def until(self, true: Callable[[], object], within_s: float = WITHIN_S) -> bool:
        """Whether something comes true in time."""
        end = time.monotonic() + within_s
        while not true():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def is_open(self, port: int) -> bool:
        """Whether somebody listens there."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def deliver(self, mail: bytes, to: str) -> str:
        """Send a mail to the listener of this site as a mail program does: its reply, or the error that it met."""
        try:
            with smtplib.SMTP("127.0.0.1", int(self.environ["HUB_MAIL_TO_SMS_PORT"]), timeout=WITHIN_S) as client:
                client.ehlo("client.example")
                client.mail("accueil@salon.example")
                client.rcpt(to)
                code, said = client.data(mail)
        except (smtplib.SMTPException, OSError) as error:
            return type(error).__name__
        return f"{code} {said.decode()}"

    # --- what the record, the carrier and the clients say ---

    def rows(self) -> dict[str, Any]:
        """Every message by its public id."""
        with self.store.read() as connection:
            rows = connection.execute(select(messages)).all()
        return {message_id(row.campaign_id, row.position): row for row in rows}

    def states(self) -> list[str]:
        """The state of every message, sorted."""
        return sorted(row.state for row in self.rows().values())

    def taken(self) -> Counter[str]:
        """How often the carrier took each message."""
        ledger = Ledger.in_folder(self.data_dir / "connectors" / "sandbox")
        try:
            return ledger.times_taken()
        finally:
            ledger.close()

    def diary(self, kind: str) -> list[tuple[str, str]]:
        """What clients asked for (key, nothing), or were promised (key, campaign)."""
        path = self.folder / "diary"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(key, value) for said, key, value in map(json.loads, lines) if said == kind]

    def note_asked(self, key: str) -> None:
        """Keep in mind that a client asks for something, as roles do."""
        with (self.folder / "diary").open("a") as file:
            file.write(json.dumps(["asked", key, ""]) + "\n")

    def everything_stored(self) -> Mapping[str, list[str]]:
        """All rows of all tables, to see whether anything changed."""
        with self.store.read() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(select(table)).all()))
                for table in core_metadata.sorted_tables
                if table.name != "leases"
            }

    @property
    def log(self) -> str:
        """What the processes of this site said."""
        with self.forker.log.open(errors="replace") as file:
            file.seek(self._log_begins_at)
            return file.read()

    def faults(self) -> list[str]:
        """What is wrong with this site now that it has come to rest; nothing, if all promises were kept."""
        taken, rows = self.taken(), self.rows()
        with self.store.read() as connection:
            found = differences_in(connection)
            campaign_ids = list(connection.execute(select(campaigns.c.id)).scalars())
            sources = Counter(connection.execute(select(campaigns.c.source)).scalars())
            texts = connection.execute(select(inbound_messages)).all()
            stopped = connection.execute(select(func.count()).select_from(suppressions)).scalar_one()
            agreed = connection.execute(select(func.count()).select_from(consents)).scalar_one()
            addresses = connection.execute(select(mail_addresses)).all()
        found += _faults_of_secrets(Keyring(self.data_dir).keys(), find_canary(self.store), addresses)
        found += [f"{name} was taken {times} times" for name, times in taken.items() if times > 1]
        found += [f"{name} was taken and is nowhere" for name in taken if name not in rows]
        for name, row in rows.items():
            found += _faults_of(name, row.state, taken[name])
        asked = {key for key, _ in self.diary("asked")}
        answers = sources.pop(ANSWERS, 0)
        sources.pop(TESTS, None)  # nobody is promised any of these
        if (warnings := sources.pop(BALANCE_ALERT, 0)) > 1:
            found.append(f"one crossing of a threshold was texted {warnings} times")
        if sources.total() != len(asked):
            found.append(f"{len(asked)} requests made {sources.total()} campaigns")
        written = max((int(count) for _, count in self.diary("written")), default=0)
        found += _faults_of_texts(texts, written, stopped + agreed, answers + agreed)
        promised = self.diary("promised")
        found += [f"{key} was promised {one}, which is gone" for key, one in promised if one not in campaign_ids]
        if len({key for key, _ in promised}) != len(set(promised)):
            found.append(f"a key was promised two campaigns: {promised}")
        if told := _A_NUMBER.search(self.log):
            found.append(f"the log names {told[0]}")
        return found


def _faults_of_secrets(
    keys: tuple[str, ...] | None, canary: Canary | None, addresses: Sequence[Row[Any]]
) -> Iterator[str]:
    if keys is None:
        return
    vault = Vault(keys)
    if canary is not None and not fits(vault, canary):
        yield "the key is not the database's"
    for row in addresses:
        if row.local_part is not None:
            yield f"the address of account {row.account_id} stands in clear"
        elif row.lookup not in vault.lookups(vault.open(row.sealed)):
            yield f"the address of account {row.account_id} cannot be found"


def _faults_of_texts(texts: Sequence[Row[Any]], written: int, stopped: int, answered: int) -> Iterator[str]:
    """Each text is kept once, whatever died; it is brought to its end, its person stopped and told so once."""
    if not written:
        return
    if len(texts) != written:
        yield f"{written} texts were written, and {len(texts)} are kept"
    yield from (f"text {row.public_id} waits for ever" for row in texts if row.state != "done")
    if (stopped, answered) != (written, written):
        yield f"of {written} people who said stop {stopped} were stopped, and {answered} were told so"


def _faults_of(name: str, state: str, taken: int) -> list[str]:
    if state in IN_HAND:
        return [f"{name} is {state} for ever"]
    if state in TAKEN and not taken:
        return [f"{name} is {state}, and the carrier never had it"]
    if state in NEVER_TAKEN and taken:
        return [f"{name} is {state}, and the carrier has it"]
    return []
