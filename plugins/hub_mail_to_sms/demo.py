"""`hub demo`: a real hub, a real e-mail, a simulated carrier - and what happens, as it happens."""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hub_mail_to_sms.demo_stage import LOOK_EVERY_S, DemoFailed, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

NAME = "Salon Exemple"
NUMBERS = "06 12 34 56 78, 07 49 12 34 56 / 01 23 45 67 89"
TEXT = "Bonjour, votre rendez-vous est confirmé mardi à 14h30. L’équipe du salon vous attend !"
SIGNATURE = "Salon Exemple\n1 rue du Modèle, 75000 Paris"
CREDITS = 100
MOBILES = 2
FINISHED_WITHIN_S = 30.0
WIDTH = 78

_FINAL = frozenset({"delivered", "undelivered", "expired", "rejected", "blocked", "cancelled", "no_receipt"})
_COLOURS = {"delivered": "green", "blocked": "red", "submitted": "cyan", "submitting": "cyan"}
_MEANINGS = {
    "pending": "stored, credits set aside",
    "claimed": "taken by a worker",
    "submitting": "being handed to the carrier",
    "submitted": "the carrier has it",
    "delivered": "the phone has it",
}


def run(*, keep: bool = False) -> int:
    """Play the demonstration; 0 when every message came to the end it should."""
    signal.signal(signal.SIGTERM, _give_up)
    play = Play(Stage(keep=keep), Console(highlight=False, width=WIDTH))
    with play.stage:
        try:
            play.run()
        except DemoFailed as error:
            play.say(f"[bold red]The demonstration stopped:[/] {error}")
            play.console.print(play.stage.last_of_the_log(), markup=False)
            return 1
        finally:
            if keep:
                play.say(f"The data folder is {play.stage.folder}", "")
    return 0


@dataclass
class Play:
    """The demonstration, step by step."""

    stage: Stage
    console: Console
    _step: int = 0

    def run(self) -> None:
        """Play it. Raises DemoFailed."""
        self.say("", "[bold]textohub[/]: an e-mail becomes text messages")
        self.say("[dim]The carrier is simulated; no phone will ring.[/]")
        self._start()
        account = self._open_account()
        campaign = self._send(a_mail(account["mail_address"]))
        messages = self._follow(campaign, account["token"])
        self._show(messages)
        self._sum_up(messages, account["token"])
        self._stop()

    def say(self, *lines: RenderableType) -> None:
        """Print lines, indented below their step."""
        for line in lines:
            self.console.print(Padding(line, (0, 0, 0, 3), expand=False) if line else "")

    def _begin(self, title: str) -> None:
        self._step += 1
        self.console.print(f"\n[bold cyan]{self._step}[/]  [bold]{title}[/]")

    def _start(self) -> None:
        self._begin("A hub starts")
        with self.console.status("starting ..."):
            seconds = self.stage.start()
        self.say(
            f"Up in {seconds:.1f} s: web on port {self.stage.web_port}, mail on port {self.stage.mail_port}, "
            "workers, scheduler."
        )

    def _open_account(self) -> dict[str, Any]:
        self._begin("An account is opened")
        with self.console.status("opening ..."):
            account = self.stage.hub("account", "create", "--name", NAME, "--country", "FR", "--credits", str(CREDITS))
        self.say(f"{NAME} has {CREDITS} credits, and an address that only it knows:")
        self.say(f"[bold]{account['mail_address']}[/]")
        return account

    def _send(self, mail: EmailMessage) -> str:
        self._begin("Someone writes an e-mail: numbers as the subject, text as the body")
        body = Text(f"From:     {mail['From']}\nTo:       {mail['To']}\n")
        body.append("Subject:  ").append(str(mail["Subject"]), style="bold").append("\n\n")
        body.append(TEXT, style="bold").append(f"\n\n-- \n{SIGNATURE}", style="dim")
        self.say(Panel(body, border_style="blue"))
        self._begin("The hub decides and stores; only then it answers the mail program")
        answer = self.stage.send(mail)
        self.say(*as_list(answer))
        return campaign_in(answer)

    def _follow(self, campaign: str, token: str) -> list[dict[str, Any]]:
        self._begin("Each message goes its way")
        began = time.monotonic()
        seen: dict[str, str] = {}
        while True:
            messages: list[dict[str, Any]] = self.stage.get(f"/api/v1/messages?campaign={campaign}", token)["items"]
            for message in messages:
                if seen.get(message["id"]) != message["state"]:
                    seen[message["id"]] = message["state"]
                    self.say(as_step(message, time.monotonic() - began))
            if all(message["state"] in _FINAL for message in messages):
                return messages
            if time.monotonic() - began > FINISHED_WITHIN_S:
                raise DemoFailed("some messages did not come to their end.")
            time.sleep(LOOK_EVERY_S)

    def _show(self, messages: Sequence[dict[str, Any]]) -> None:
        self._begin("What the phones show")
        first = next(message for message in messages if message["state"] != "blocked")
        self.say(Panel(Text(first["text"]), title=first["sender"], title_align="left", border_style="green", width=50))

    def _sum_up(self, messages: Sequence[dict[str, Any]], token: str) -> None:
        self._begin("In the end")
        table = Table("to", "state", "reason", "encoding", "segments", "credits")
        for one in messages:
            state = Text(one["state"], style=_COLOURS.get(one["state"], ""))
            figures = (one["encoding"], one["segments"], one["credits"]) if one["state"] != "blocked" else ()
            table.add_row(one["to"], state, one["reason"] or "", *map(str, figures))
        delivered = sum(message["state"] == "delivered" for message in messages)
        left = self.stage.get("/api/v1/account", token)["balance"]["available"]
        self.say(table)
        self.say(f"{delivered} delivered, {len(messages) - delivered} blocked; {left} of {CREDITS} credits left.")
        if delivered != MOBILES:
            raise DemoFailed(f"{MOBILES} messages should have been delivered.")

    def _stop(self) -> None:
        self._begin("The hub stops")
        with self.console.status("stopping ..."):
            self.stage.stop()
        if self.stage.exit_code != 0:
            raise DemoFailed(f"the hub ended with exit code {self.stage.exit_code}.")
        self.say("Nothing is left behind. `hub serve` starts one for good;", "README.md goes on from here.", "")


def a_mail(address: str) -> EmailMessage:
    """The mail that is sent: two mobiles and a landline, an apostrophe that GSM lacks, a signature."""
    mail = EmailMessage()
    mail["From"] = f"{NAME} <accueil@salon.example>"
    mail["To"] = address
    mail["Subject"] = NUMBERS
    mail["Message-ID"] = f"<{time.time_ns()}@salon.example>"
    mail.set_content(f"{TEXT}\n\n-- \n{SIGNATURE}\n")
    return mail


def as_list(answer: str) -> list[RenderableType]:
    """The hub's one-line answer, a fact a line."""
    facts = re.split(r"; |(?<=\.) ", re.sub(r"^2\.0\.0 Ok: ", "", answer))
    grid = Table.grid(padding=(0, 2))
    for position, fact in enumerate(facts):
        style = "red" if "blocked" in fact else "green" if "accepted" in fact else ""
        grid.add_row(Text("" if position else "250", style="bold"), Text(fact.rstrip("."), style=style))
    return [grid]


def campaign_in(answer: str) -> str:
    """The campaign's id, out of the hub's answer. Raises DemoFailed."""
    found = re.search(r"campaign (\w+)", answer)
    if found is None:
        raise DemoFailed(f"the hub named no campaign: {answer}")
    return found[1]


def as_step(message: dict[str, Any], seconds: float) -> RenderableType:
    """One message in one state, so many seconds after the mail was sent."""
    state = message["state"]
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=6, justify="right")
    grid.add_column(width=14)
    grid.add_column(width=10)
    grid.add_column()
    meaning = message["detail"] if state == "blocked" else _MEANINGS.get(state, "")
    grid.add_row(
        f"{seconds:.1f} s", message["to"], Text(state, style=_COLOURS.get(state, "")), Text(meaning, style="dim")
    )
    return grid


def _give_up(*_: object) -> NoReturn:
    raise SystemExit("The demonstration was stopped.")
