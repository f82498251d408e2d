"""Mail in, a text over SMPP, the person's answer back by mail, and STOP: all the way round over real wires."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import hub_smpp
from hub import InboundKind, MessageState
from hub.testing.relay import Relay
from hub_smpp.alphabet import DataCoding, text_of
from hub_smpp.testing import Behaviour, Phone, SmscThread
from tests.plugins.hub_mail_to_sms.conftest import a_mail, answer_to, start_listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hub import InboundMessage
    from hub.testing.hub import TestHub
    from hub.testing.relay import TakenMail
    from tests.plugins.hub_mail_to_sms.conftest import Listener

WITHIN_S = 30.0
NINA, CODE = "+33612345678", "36180"
ZOE = "zoe@salon.example"
CONFIRMED = "Salon Exemple : c'est noté, vous ne recevrez plus de SMS de notre part."


def until(true: Callable[[], object], what: str) -> None:
    """Wait for something that comes over a wire."""
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.02)


@dataclass
class World:
    """A hub with its mail listener, a carrier that speaks SMPP, and the mail server of the people who write."""

    listener: Listener
    carrier: SmscThread
    relay: Relay

    @property
    def hub(self) -> TestHub:
        """The hub in the middle."""
        return self.listener.hub

    def zoe_mails(self, subject: str, text: str, message_id: str) -> str:
        """Zoé writes to the hub: the reply to her mail."""
        answer = self.listener.deliver(a_mail(subject, text, sender=ZOE, message_id=message_id), sender=ZOE)
        self.hub.drain()
        return answer

    def zoe_answers(self, mail: TakenMail, text: str, message_id: str) -> str:
        """Zoé answers a mail as her mail program does: the reply to it."""
        raw, to = answer_to(mail, text, message_id)
        answer = self.listener.deliver(raw, to=to, sender=ZOE)
        self.hub.drain()
        return answer

    def nina_texts(self, text: str) -> InboundMessage:
        """Nina's phone sends a text; the hub acknowledges it, and its workers bring it to its end."""
        kept = len(self.hub.core.texts.latest())
        phone = Phone(NINA.removeprefix("+"), CODE)
        self.carrier.deliver([phone.text(text.encode("utf-16-be"), data_coding=DataCoding.UCS2)])
        until(lambda: self.carrier.count().texts_owed == 0, "the hub to acknowledge the text")
        (message, *before) = self.hub.core.texts.latest()
        assert (message.text, len(before)) == (text, kept)
        self.hub.core.desk.work_off(self.hub.core)
        self.hub.core.postman.send_due()
        self.hub.drain()
        return self.hub.core.texts.latest()[0]

    def nina_got(self) -> list[tuple[str, str]]:
        """What the carrier took for Nina's phone: from whom, and the text."""
        texts = [one for one in self.carrier.count().taken if one.to == NINA.removeprefix("+")]
        return [(one.sender, text_of(bytes.fromhex(one.text), one.data_coding)) for one in texts]

    def is_suppressed(self) -> bool:
        """Whether Nina is texted no more."""
        return [one.number for one in self.hub.core.suppressions.all(self.hub.account.id)] == [NINA]


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """All of it, on SQLite and on PostgreSQL."""
    known = Behaviour()
    with SmscThread(tmp_path / "carrier") as carrier, Relay() as relay:
        smtp = {f"smtp__{name.removeprefix('HUB_SMTP_').lower()}": value for name, value in relay.environ().items()}
        smpp = {"type": "smpp", "host": "127.0.0.1", "port": carrier.port}
        smpp |= {"system_id": known.system_id, "password": known.password}
        settings = {
            **smtp,
            **{f"connector_acme__{name}": value for name, value in smpp.items()},
            "route_main__connector": "acme",
        }
        listener = start_listener(database_url, tmp_path / "hub", settings, smpp=hub_smpp)
        yield World(listener, carrier, relay)
        listener.service.stop()
        listener.hub.core.close()


def test_a_conversation_ends_when_the_person_says_stop(world: World) -> None:
    """Mail, text, answer, mail, answer, text, STOP: then one confirmation, and nothing more."""
    assert world.zoe_mails("06 12 34 56 78", "Demain à 9 h ?", "<1@salon.example>").startswith("250")
    assert world.nina_got() == [(CODE, "Demain à 9 h ?")]

    text = world.nina_texts("Plutôt 10 h")
    (mail,) = world.relay.mails
    assert (text.kind, text.forwarded) == (InboundKind.TEXT, True)
    assert (mail.to, mail.message["In-Reply-To"]) == ((ZOE,), "<1@salon.example>")
    assert mail.text.startswith("Plutôt 10 h\n")

    assert world.zoe_answers(mail, "D'accord, 10 h.", "<2@salon.example>").startswith("250")
    assert world.nina_got()[1:] == [(CODE, "D'accord, 10 h.")]

    waiting = world.hub.send(NINA, text="N'oubliez pas demain")
    stop = world.nina_texts("STOP")
    got = world.nina_got()
    assert (stop.kind, world.is_suppressed(), len(world.relay.mails)) == (InboundKind.OPT_OUT, True, 1)
    assert (got[2:], world.hub.states(waiting.campaign_id)) == ([(CODE, CONFIRMED)], [MessageState.BLOCKED])

    refused = [
        world.zoe_mails("06 12 34 56 78", "Encore nous", "<3@salon.example>"),
        world.zoe_answers(mail, "Encore nous", "<4@salon.example>"),
    ]
    world.nina_texts("STOP")
    assert ([answer[:3] for answer in refused], world.nina_got()) == (["554", "554"], got)
