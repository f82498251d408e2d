"""A whole hub with a carrier of its own: what runs there, how it is reached, and what it has on record."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hub.accounts import ledger
from hub.bootstrap import build
from hub.messages.tables import campaigns, idempotency_keys, messages
from hub.messages.views import message_id
from hub.testing.ports import free_port
from hub_sandbox.testing import CarrierProcess
from tests.prove.verdict import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub_smpp.testing import SmscProcess

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 60.0
STOPS_WITHIN_S = 60.0
WORKERS = 2

_BEATS = {
    "web": "web",
    "mail": "service-mail_to_sms",
    "worker": "worker-dispatch",
    "background": "worker-background",
    "scheduler": "scheduler",
}
_REDIS = ("valkey", "redis")


@dataclass
class House:
    """`hub serve` on `folder` and `database_url`, and a carrier process that misbehaves by `odds`."""

    folder: Path
    database_url: str
    odds: Mapping[str, object]
    web_port: int = field(default_factory=free_port)
    mail_port: int = field(default_factory=free_port)
    token: str = ""
    mail_address: str = ""
    carrier: CarrierProcess | SmscProcess = field(init=False)
    _serve: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.carrier = self._a_carrier()
        self.config = self.folder / "hub.ini"

    @property
    def log(self) -> Path:
        """What the hub's processes say."""
        return self.folder / "hub.log"

    def start(self) -> None:
        """Start the carrier and the hub, and open an account. Raises RuntimeError when they do not come up."""
        self.config.write_text(self._ini())
        self.carrier.start()
        self._command("db", "upgrade")
        answer = self._command("account", "create", "--name", "Proof", "--country", "FR", "--credits", "1000000")
        self.token, self.mail_address = answer["token"], answer["mail_address"]
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "tests.prove.impatient", "--config", str(self.config), "serve"]
            self._serve = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT)
        end = time.monotonic() + READY_WITHIN_S
        while b"The hub is ready" not in self.log.read_bytes():
            if self._serve.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the hub did not start; {self.log} says why")
            time.sleep(0.1)

    def stop(self) -> int:
        """Ask the hub to stop, then the carrier; the hub's exit code."""
        code = 0
        if self._serve is not None:
            self._serve.terminate()
            try:
                code = self._serve.wait(timeout=STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._serve.kill()
                code = self._serve.wait()
        self.carrier.stop()
        return code

    def pids_of(self, kind: str) -> list[int]:
        """The processes of that kind which are up: `web`, `mail`, `worker`, `background`, `scheduler` or `redis`."""
        family = _family(self._serve.pid) if self._serve is not None else set()
        if kind == "redis":
            return sorted(pid for pid in family if _name_of(pid).startswith(_REDIS))
        return sorted(family.intersection(_beating(self.folder / "data" / "run", _BEATS[kind])))

    def record(self) -> Record:
        """What the hub and the carrier have on record."""
        core = build(self.config, environ={})
        try:
            with core.read() as connection:
                rows = connection.execute(
                    select(messages.c.campaign_id, messages.c.position, messages.c.recipient, messages.c.state)
                ).all()
                keys = connection.execute(select(idempotency_keys.c.key, idempotency_keys.c.campaign_id)).all()
                known = {message_id(row.campaign_id, row.position): (row.recipient, row.state) for row in rows}
                growing = select(campaigns.c.id).where(campaigns.c.state == "expanding")
                return Record(
                    messages=known,
                    keys=[(row.key, row.campaign_id) for row in keys],
                    growing=len(connection.execute(growing).all()),
                    taken=self._taken({recipient: id_ for id_, (recipient, _) in known.items()}),
                    receipts_owed=self._receipts_owed(),
                    audit=ledger.audit(connection),
                )
        finally:
            core.close()

    def tracebacks(self) -> list[str]:
        """What was logged with a traceback: its event, and the error it ends with."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            said = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
            if "exception" in said:
                found.append(f"{said['event']}: {said['exception'].strip().splitlines()[-1]}")
        return found

    # --- the carrier: the sandbox here, another one in subclasses ---

    def _a_carrier(self) -> CarrierProcess | SmscProcess:
        return CarrierProcess(self.folder / "carrier", self.odds)

    def _carrier_ini(self) -> str:
        assert isinstance(self.carrier, CarrierProcess)
        return (
            f"type = sandbox\naddress = {self.carrier.address}\n"
            "batch_size = 20\nanswer_timeout_s = 2\nconnect_timeout_s = 1\n"
        )

    def _taken(self, ids: Mapping[str, str]) -> list[tuple[str, str]]:  # noqa: ARG002 - this carrier knows our ids
        assert isinstance(self.carrier, CarrierProcess)
        return [(one.client_ref, one.recipient) for one in self.carrier.submissions()]

    def _receipts_owed(self) -> int:
        assert isinstance(self.carrier, CarrierProcess)
        return self.carrier.receipts_owed()

    def _command(self, *words: str) -> Any:
        command = [sys.executable, "-m", "hub", "--config", str(self.config), *words, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)
        if done.returncode:
            raise RuntimeError(f"hub {' '.join(words)}: {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def _ini(self) -> str:
        return (
            f"[hub]\ndata_dir = {self.folder / 'data'}\ndatabase_url = {self.database_url}\nlog_format = json\n"
            f"[web]\nport = {self.web_port}\nrequests_per_minute = 100000\n"
            # This much in so little time would be held for review.
            "[guard]\nday_credits = 0\nhour_credits = 0\nwatched = 0\n"
            f"[mail_to_sms]\nport = {self.mail_port}\n"
            "mails_per_minute = 100000\nmails_per_minute_per_sender = 100000\n"
            f"[workers]\ndispatch = {WORKERS}\n"
            "[messages]\nlease_s = 5\nbatch = 40\ninline_recipients = 40\nchunk = 20\n"
            f"[connector.carrier]\n{self._carrier_ini()}"
            "[route.default]\nconnector = carrier\n"
        )


def _beating(folder: Path, name: str) -> list[int]:
    pids = []
    for path in folder.glob(f"{name}.*.json"):
        try:
            pids.append(int(json.loads(path.read_text())["pid"]))
        except (OSError, ValueError):  # just being written, or taken away
            continue
    return pids


def _family(pid: int) -> set[int]:
    children: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children.update(int(one) for one in path.read_text().split())
        except OSError:
            continue
    return {pid}.union(*(_family(child) for child in children))


def _name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
