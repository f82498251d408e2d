"""What is attached to a mail becomes a link in its text, where the hub can make one."""

from __future__ import annotations

import re
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

import hub_mail_to_sms
from hub.testing.hub import TestHub, make_hub
from hub.web.app import create_app

from .test_handler import a_mailroom, delivery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.testing.databases import Databases

GIF = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


@pytest.fixture
def hub(databases: Databases, tmp_path: Path) -> Iterator[TestHub]:
    """A hub with a web address, and the plugin's tables."""
    settings = {"HUB_LINKS_DOMAIN": "t.example.net"}
    made = make_hub(tmp_path, databases.fresh("sqlite"), bring={"mail_to_sms": hub_mail_to_sms}, settings=settings)
    made.core.upgrade()
    yield made
    made.core.close()


def a_mail_with(*files: tuple[str, bytes], disposition: str = "attachment") -> bytes:
    """A mail to one number with these files."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "accueil@salon.example", "0612345678", "<1@salon.example>"
    mail.set_content("Bonjour")
    for name, content in files:
        mail.add_attachment(content, "image", "gif", filename=name, disposition=disposition)
    return mail.as_bytes()


def texts_of(hub: TestHub) -> list[str]:
    """What left."""
    hub.drain()
    return [one.text for one in hub.carrier.taken]


def test_an_attached_picture_is_a_link_behind_the_text(hub: TestHub) -> None:
    """Which leads to it."""
    reply = a_mailroom(hub).decide(delivery(a_mail_with(("carte.gif", GIF))))
    (text,) = texts_of(hub)
    found = re.fullmatch(r"Bonjour t\.example\.net/(\w{7})", text)
    assert "1 attachment sent as a link: carte.gif" in reply
    assert found is not None
    assert create_app(hub.core).test_client().get(f"/{found[1]}").data == GIF


def test_what_is_no_picture_is_left_out_and_the_text_goes(hub: TestHub) -> None:
    """And the sender hears of it."""
    reply = a_mailroom(hub).decide(delivery(a_mail_with(("carte.gif", GIF), ("virus.gif", b"MZ"))))
    (text,) = texts_of(hub)
    assert "1 attachment ignored: virus.gif" in reply
    assert text.count("t.example.net/") == 1


def test_a_picture_within_the_text_is_no_link(hub: TestHub) -> None:
    """Such as the logo of a signature."""
    a_mailroom(hub).decide(delivery(a_mail_with(("logo.gif", GIF), disposition="inline")))
    assert texts_of(hub) == ["Bonjour"]


def test_a_mail_that_comes_again_texts_once(hub: TestHub) -> None:
    """With its files too: the same content is the same file."""
    mailroom = a_mailroom(hub)
    replies = [mailroom.decide(delivery(a_mail_with(("carte.gif", GIF))))[:3] for _ in range(2)]
    assert replies == ["250", "250"]
    assert len(texts_of(hub)) == 1


def test_without_a_web_address_attachments_are_left_out(databases: Databases, tmp_path: Path) -> None:
    """As ever."""
    hub = make_hub(tmp_path, databases.fresh("sqlite"), bring={"mail_to_sms": hub_mail_to_sms})
    hub.core.upgrade()
    reply = a_mailroom(hub).decide(delivery(a_mail_with(("carte.gif", GIF))))
    assert "1 attachment ignored: carte.gif" in reply
    assert texts_of(hub) == ["Bonjour"]
    hub.core.close()
