"""Clients as they should be: they ask again, with the same key or Message-ID, until they hear yes."""

from __future__ import annotations

import smtplib
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Any

import requests

from tests.prove.verdict import Heard

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.prove.house import House

AGAIN_S = 0.1
GIVES_UP_AFTER_S = 90.0
_YES = (201, 202)
_NOT_NOW = frozenset({409, 429})
_BROKEN = 500
"""No answer that a client may ever hear; those above it mean: not now."""
_CANCELS = 0.25
_REPEATS = 0.2
_LARGE = 0.05


@dataclass
class Numbers:
    """French mobiles, each given out once, in no order, and none that the carrier treats in a way of its own."""

    dice: Random
    _given: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def some(self, count: int) -> tuple[str, ...]:
        """That many."""
        with self._guard:
            return tuple(self._one() for _ in range(count))

    def _one(self) -> str:
        while True:
            number = f"+33{self.dice.choice((61, 62, 66, 67))}{self.dice.randrange(10**7):07d}"
            if number not in self._given and number[-4:] != "0000" and not number[-4:].startswith("99"):
                self._given.add(number)
                return number


@dataclass
class Client:
    """Sends until it is told to stop, then finishes what it began; `faults` are sentences about what must not be."""

    house: House
    numbers: Numbers
    name: str
    dice: Random
    stopping: threading.Event
    heard: list[Heard] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Send one campaign after the other."""
        turn = 0
        while not self.stopping.wait(self.dice.uniform(0.02, 0.15)):
            turn += 1
            try:
                self.send(f"{self.name}-{turn}")
            except Exception as error:  # noqa: BLE001 - whatever ends a client ends the proof, with its reason
                self.faults.append(f"{self.name}-{turn}: {type(error).__name__}: {error}")
                return

    def send(self, key: str) -> None:
        """Send one campaign until it is accepted."""
        raise NotImplementedError

    def text(self, key: str) -> str:
        """What it says."""
        return f"Bonjour {key}"

    def until_yes(self, ask: Callable[[], Any], what: str) -> Any:
        """Ask again until there is an answer. Raises TimeoutError, long after the faults are over."""
        end = time.monotonic() + GIVES_UP_AFTER_S
        while time.monotonic() < end:
            try:
                answer = ask()
            except (requests.RequestException, smtplib.SMTPException, OSError):
                answer = None
            if answer is not None:
                return answer
            time.sleep(AGAIN_S)
        raise TimeoutError(f"never heard yes to {what}")


class RestClient(Client):
    """Over REST, with an Idempotency-Key; it repeats some of what it heard yes to, and cancels some."""

    def send(self, key: str) -> None:
        """Post one campaign; sometimes again, sometimes cancel it a moment later."""
        count = self.dice.randrange(41, 100) if self.dice.random() < _LARGE else self.dice.randrange(1, 16)
        numbers = self.numbers.some(count)
        campaigns = [self._post(key, numbers)]
        if self.dice.random() < _REPEATS:
            campaigns.append(self._post(key, numbers))
        cancelled = self.dice.random() < _CANCELS and self._cancel(campaigns[0])
        self.heard.append(Heard(key, numbers, tuple(campaigns), cancelled))

    def _cancel(self, campaign: str) -> bool:
        """A moment later; whether there was something left to cancel."""
        time.sleep(self.dice.uniform(0, 0.3))
        ask = lambda: self._call(f"/campaigns/{campaign}/cancel", (200, 409))  # noqa: E731 - asked again
        return "by_state" in self.until_yes(ask, f"cancelling {campaign}")

    def _post(self, key: str, numbers: tuple[str, ...]) -> str:
        body = {"purpose": "alert", "text": self.text(key), "recipients": [{"to": number} for number in numbers]}
        ask = lambda: self._call("/campaigns", _YES, json=body, headers={"Idempotency-Key": key})  # noqa: E731 - asked again
        return str(self.until_yes(ask, key)["id"])

    def _call(self, path: str, yes: tuple[int, ...], **wishes: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.house.token}", **wishes.pop("headers", {})}
        url = f"http://127.0.0.1:{self.house.web_port}/api/v1{path}"
        response = requests.post(url, headers=headers, timeout=10, **wishes)
        if response.status_code in yes:
            return response.json()
        if response.status_code not in _NOT_NOW and not response.status_code > _BROKEN:
            raise ValueError(f"{path} was answered {response.status_code}: {response.text}")
        return None


class MailClient(Client):
    """Over SMTP, with the same Message-ID each time."""

    def send(self, key: str) -> None:
        """Mail one campaign until DATA is answered with 250."""
        numbers = self.numbers.some(self.dice.randrange(1, 6))
        mail = EmailMessage()
        mail["From"], mail["To"] = "shop@client.example", self.house.mail_address
        mail["Subject"] = f"[alert] {', '.join(numbers)}"
        mail["Message-ID"] = f"<{key}@client.example>"
        mail.set_content(self.text(key))
        data = mail.as_bytes(policy=SMTP)
        self.until_yes(lambda: self._mail(data), key)
        if self.dice.random() < _REPEATS:
            self.until_yes(lambda: self._mail(data), key)
        self.heard.append(Heard(key, numbers))

    def _mail(self, data: bytes) -> bool | None:
        with smtplib.SMTP("127.0.0.1", self.house.mail_port, "client.example", timeout=10) as client:
            client.ehlo()
            client.mail("shop@client.example")
            client.rcpt(self.house.mail_address)
            code, answer = client.data(data)
        if code >= 500:
            raise ValueError(f"the mail was answered {code} {answer.decode(errors='replace')}")
        return True if code == 250 else None
