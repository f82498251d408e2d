"""A whole hub in its own processes, as `hub serve` runs it, and short ways to use it from outside."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import subprocess
import sys
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Any

import pytest
import requests

from hub.testing.ports import free_port
from hub_sandbox.ledger import Ledger

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator
    from pathlib import Path

FINAL = {"delivered", "undelivered", "expired", "rejected", "blocked", "cancelled", "no_receipt", "unknown"}


@dataclass
class ServedHub:
    """`hub serve` on a folder of its own."""

    folder: Path
    web_port: int
    mail_port: int
    process: subprocess.Popen[bytes] | None = None
    account: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        log = self.folder / "hub.log"
        begin = log.stat().st_size if log.exists() else 0
        with log.open("ab") as out:
            self.process = subprocess.Popen([*self._command, "serve"], stdout=out, stderr=out)
        self.wait_until(lambda: b"The hub is ready" in log.read_bytes()[begin:], what="the hub to be ready")

    def stop(self) -> int:
        """Ask it to stop as an operator would; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=60)

    def hub(self, *words: str) -> Any:
        """Call a command and read its JSON."""
        command = [*self._command, *words, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(done.stdout)

    def mail(self, subject: str, text: str, message_id: str | None = None) -> tuple[int, str]:
        """Send an e-mail to the account's address; the reply to DATA."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@salon.example", self.account["mail_address"], subject
        if message_id:
            mail["Message-ID"] = f"<{message_id}@salon.example>"
        mail.set_content(text)
        with smtplib.SMTP("127.0.0.1", self.mail_port, timeout=30) as client:
            client.ehlo("salon.example")
            client.mail("a@salon.example")
            client.rcpt(self.account["mail_address"])
            code, answer = client.data(mail.as_bytes(policy=SMTP))
        return code, answer.decode()

    def post(self, recipients: list[str], key: str, text: str = "Bonjour") -> dict[str, Any]:
        """Post a campaign as an API client does: again with the same key, until there is an answer."""
        body = {"purpose": "alert", "text": text, "recipients": [{"to": number} for number in recipients]}
        end = time.monotonic() + 30
        while True:
            try:
                response = self._request("POST", "/api/v1/campaigns", json=body, headers={"Idempotency-Key": key})
            except requests.RequestException:
                response = None
            if response is not None and response.status_code < 500:
                assert response.status_code in {201, 202}, response.text
                return dict(response.json())
            assert time.monotonic() < end, "the API did not answer in time"
            time.sleep(0.2)

    def get(self, path: str) -> Any:
        """Ask the API."""
        response = self._request("GET", path)
        response.raise_for_status()
        return response.json()

    def messages(self, campaign: str) -> list[dict[str, Any]]:
        """The messages of a campaign."""
        return list(self.get(f"/api/v1/messages?campaign={campaign}&limit=1000")["items"])

    def wait_for_ends(self, campaigns: list[str], timeout: float = 60) -> list[dict[str, Any]]:
        """Wait until every message of these campaigns has come to its end, or is known to be in doubt."""
        open_: dict[str, str] = {}

        def all_ended() -> bool:
            found = {message["id"]: message["state"] for one in campaigns for message in self.messages(one)}
            open_.clear()
            open_.update((name, state) for name, state in found.items() if state not in FINAL)
            return not open_

        try:
            self.wait_until(all_ended, timeout, what="every message to come to its end")
        except AssertionError as error:
            raise AssertionError(f"{open_}: {error}") from None
        return [message for one in campaigns for message in self.messages(one)]

    def pids(self, name: str) -> list[int]:
        """The processes of that name, as their signs of life have them."""
        found = (self.folder / "data" / "run").glob(f"{name}.*.json")
        return sorted(json.loads(path.read_text())["pid"] for path in found)

    def kill(self, name: str) -> int:
        """SIGKILL the processes of that name; how many there were."""
        pids = self.pids(name)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)

    def taken(self) -> Counter[str]:
        """How often the carrier took each message, by its own count."""
        return Ledger.in_folder(self.folder / "data" / "connectors" / "sandbox").times_taken()

    def wait_until(self, happened: Callable[[], bool], timeout: float = 40, *, what: str) -> None:
        """Wait for something; AssertionError with the end of the log when it does not happen."""
        end = time.monotonic() + timeout
        while True:
            try:
                if happened():
                    return
            except (requests.RequestException, OSError):
                pass  # the web process is just being started again
            lines = (self.folder / "hub.log").read_text().splitlines()
            log = "\n".join(line for line in lines if '"event": "request"' not in line)[-3000:]
            assert time.monotonic() < end, f"waited {timeout} s for {what}\n{log}"
            time.sleep(0.1)

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", "hub", "--config", str(self.folder / "hub.ini")]

    def _request(self, method: str, path: str, **wishes: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.account['token']}", **wishes.pop("headers", {})}
        url = f"http://127.0.0.1:{self.web_port}{path}"
        return requests.request(method, url, headers=headers, timeout=10, **wishes)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedHub]:
    """A hub that serves, with an account of 10,000 credits; stopped at the end."""
    made = ServedHub(tmp_path, free_port(), free_port())
    (tmp_path / "hub.ini").write_text(
        f"[hub]\ndata_dir = {tmp_path / 'data'}\n"
        f"[web]\nport = {made.web_port}\n"
        f"[mail_to_sms]\nport = {made.mail_port}\n"
        "[messages]\nlease_s = 5\nbatch = 20\n"
        "[guard]\nenabled = no\n"  # numbers side by side are what fraud looks like
        "[connector.sandbox]\ntype = sandbox\nlatency_ms = 50\nreceipt_delay_s = 0.3\nbatch_size = 20\n"
        "[route.default]\nconnector = sandbox\n"
    )
    made.start()
    made.account = made.hub("account", "create", "--name", "Salon Exemple", "--country", "FR", "--credits", "10000")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
