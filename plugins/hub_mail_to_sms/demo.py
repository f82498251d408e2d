"""`hub demo`: a real hub, a real e-mail, a simulated carrier - and what happens, as it happens."""

from __future__ import annotations

import json
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

NUMBERS = "06 12 34 56 78, 07 49 12 34 56 / 01 23 45 67 89"
TEXT = "Bonjour, votre rendez-vous est confirmé mardi à 14h30. L’équipe du salon vous attend !"
SIGNATURE = "Salon Exemple\n1 rue du Modèle, 75000 Paris"
CREDITS = 100
READY_WITHIN_S = 30.0
FINISHED_WITHIN_S = 30.0
LOOK_EVERY_S = 0.05
FINAL = frozenset({"delivered", "undelivered", "expired", "rejected", "blocked", "cancelled", "no_receipt"})

_COLOURS = {"delivered": "green", "blocked": "red", "submitted": "cyan", "pending": "yellow"}
_MEANINGS = {
    "pending": "stored, credits set aside",
    "claimed": "taken by a worker",
    "submitting": "being written to the carrier",
    "submitted": "the carrier has it",
    "delivered": "the phone has it",
    "blocked": "not sent",
}


class DemoFailed(Exception):
    """The demonstration did not come to its end; the text says where it stopped."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stage:
    """The folder, ports and process of one demonstration."""

    folder: Path
    console: Console
    web_port: int = field(default_factory=_free_port)
    mail_port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def ini(self) -> Path:
        """The hub.ini of the demonstration."""
        return self.folder / "hub.ini"

    @property
    def log(self) -> Path:
        """Where the hub's own log goes."""
        return self.folder / "hub.log"

    def hub(self, *words: str) -> dict[str, Any]:
        """Call `hub` and read its JSON."""
        command = [sys.executable, "-m", "hub", "--config", str(self.ini), *words, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own command
        if done.returncode:
            raise DemoFailed(f"`hub {' '.join(words)}` failed:\n{done.stdout}{done.stderr}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def run(*, keep: bool = False) -> int:
    """Play the demonstration; 0 when every message came to the end it should."""
    folder = Path(tempfile.mkdtemp(prefix="textohub-demo-"))
    stage = Stage(folder, Console(highlight=False))
    try:
        _play(stage)
    except DemoFailed as error:
        stage.console.print(f"\n[bold red]The demonstration stopped:[/] {error}")
        if stage.log.exists():
            stage.console.print(stage.log.read_text()[-4000:], markup=False)
        return 1
    finally:
        _stop(stage)
        if keep:
            stage.console.print(f"The data folder is {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _play(stage: Stage) -> None:
    say = stage.console.print
    say("\n[bold]textohub[/]: an e-mail becomes text messages. The carrier is simulated; no phone will ring.\n")
    _start(stage)
    account = stage.hub("account", "create", "--name", "Salon Exemple", "--country", "FR", "--credits", str(CREDITS))
    say(f"[bold]2.[/] An account with {CREDITS} credits. Its secret address: [bold]{account['mail_address']}[/]\n")
    mail = _mail(account["mail_address"])
    say("[bold]3.[/] Someone writes an e-mail: the numbers are the subject, the text is the body.")
    say(_as_panel(mail))
    code, answer = _send(stage, mail)
    say(f"[bold]4.[/] The hub answers the mail program [bold]{code}[/], once everything is stored:")
    say(Text(f"   {answer}", style="dim"), "")
    messages = _follow(stage, _campaign_in(answer), account["token"])
    _sum_up(stage, messages, account["token"])


def _start(stage: Stage) -> None:
    stage.ini.write_text(
        f"[hub]\ndata_dir = {stage.folder / 'data'}\nlog_format = json\n"
        f"[web]\nport = {stage.web_port}\n"
        f"[mail_to_sms]\nport = {stage.mail_port}\n"
        "[connector.sandbox]\ntype = sandbox\nlatency_ms = 400\nreceipt_delay_s = 0.8\n"
        "[route.default]\nconnector = sandbox\n"
        "[senders]\nFR = 36180\n"
    )
    began = time.monotonic()
    with stage.log.open("wb") as log:
        stage.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "hub", "--config", str(stage.ini), "serve"], stdout=log, stderr=log
        )
    while not _is_ready(stage):
        if stage.process.poll() is not None or time.monotonic() - began > READY_WITHIN_S:
            raise DemoFailed("the hub did not start.")
        time.sleep(LOOK_EVERY_S)
    stage.console.print(
        f"[bold]1.[/] A hub is up after {time.monotonic() - began:.1f} s: web on port {stage.web_port}, "
        f"mail on port {stage.mail_port}, workers, scheduler.\n"
    )


def _is_ready(stage: Stage) -> bool:
    return b"The hub is ready" in stage.log.read_bytes()


def _mail(address: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Accueil <accueil@salon.example>"
    mail["To"] = address
    mail["Subject"] = NUMBERS
    mail["Message-ID"] = f"<{time.time_ns()}@salon.example>"
    mail.set_content(f"{TEXT}\n\n-- \n{SIGNATURE}\n")
    return mail


def _as_panel(mail: EmailMessage) -> Panel:
    body = Text(f"To:      {mail['To']}\nSubject: {mail['Subject']}\n\n{TEXT}\n\n")
    body.append(f"-- \n{SIGNATURE}", style="dim")
    return Panel(body, border_style="blue", width=92)


def _send(stage: Stage, mail: EmailMessage) -> tuple[int, str]:
    with smtplib.SMTP("127.0.0.1", stage.mail_port, timeout=15) as client:
        client.ehlo("salon.example")
        client.mail(str(mail["From"]).partition("<")[2].rstrip(">"))
        client.rcpt(str(mail["To"]))
        code, answer = client.data(mail.as_bytes(policy=SMTP))
    if code != 250:  # noqa: PLR2004 - SMTP's own yes
        raise DemoFailed(f"the hub answered {code} {answer.decode()}")
    return code, answer.decode()


def _campaign_in(answer: str) -> str:
    """The campaign that the reply names."""
    found = re.search(r"campaign (\w+)", answer)
    if found is None:
        raise DemoFailed(f"the reply names no campaign: {answer}")
    return found.group(1)


def _follow(stage: Stage, campaign: str, token: str) -> list[dict[str, Any]]:
    stage.console.print("[bold]5.[/] Each message's way:")
    began = time.monotonic()
    seen: dict[str, str] = {}
    while True:
        messages = _get(stage, f"/api/v1/messages?campaign={campaign}", token)["items"]
        for message in messages:
            if seen.get(message["id"]) != message["state"]:
                seen[message["id"]] = message["state"]
                stage.console.print(_line(message, time.monotonic() - began))
        if all(message["state"] in FINAL for message in messages):
            return list(messages)
        if time.monotonic() - began > FINISHED_WITHIN_S:
            raise DemoFailed("some messages did not come to their end.")
        time.sleep(LOOK_EVERY_S)


def _line(message: dict[str, Any], seconds: float) -> Text:
    state = message["state"]
    line = Text(f"   {seconds:5.2f} s  {message['to']:<14} ")
    line.append(f"{state:<11}", style=_COLOURS.get(state, "default"))
    line.append(message["detail"] or _MEANINGS.get(state, ""), style="dim")
    return line


def _sum_up(stage: Stage, messages: list[dict[str, Any]], token: str) -> None:
    table = Table("to", "state", "reason", "encoding", "segments", "credits", title_justify="left")
    for one in messages:
        cells = (one["to"], one["state"], one["reason"], one["encoding"], one["segments"], one["credits"])
        table.add_row(*(str(cell or "") for cell in cells))
    left = _get(stage, "/api/v1/account", token)["balance"]["available"]
    delivered = sum(message["state"] == "delivered" for message in messages)
    stage.console.print("\n[bold]6.[/] In the end:")
    stage.console.print(table)
    stage.console.print(
        f"   {delivered} delivered, {len(messages) - delivered} not sent; {left} of {CREDITS} credits left.\n"
    )
    if delivered != 2:  # noqa: PLR2004 - the mail names two mobiles and a landline
        raise DemoFailed("two messages should have been delivered.")


def _get(stage: Stage, path: str, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    response = requests.get(f"http://127.0.0.1:{stage.web_port}{path}", headers=headers, timeout=10)
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


def _stop(stage: Stage) -> None:
    if stage.process is None or stage.process.poll() is not None:
        return
    stage.process.terminate()
    try:
        code = stage.process.wait(timeout=40)
        stage.console.print(f"7. The hub stopped cleanly (exit code {code}).\n")
    except subprocess.TimeoutExpired:
        stage.process.kill()
        stage.process.wait()
