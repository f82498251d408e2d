from __future__ import annotations

import pytest

from hub_mail_to_sms.reading import read_mail

HTML = b"Content-Type: text/html\r\n\r\n<b>en HTML</b>\r\n"
PLAIN = b"Content-Type: text/plain\r\n\r\nen clair\r\n"
EMPTY = b"Content-Type: text/plain\r\n\r\n \r\n"
PDF = b"Content-Type: application/pdf; name=devis.pdf\r\n\r\n%PDF\r\n"


def multipart(*parts: bytes, kind: bytes = b"mixed", boundary: bytes = b"b") -> bytes:
    """Return a multipart that holds the parts."""
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts)
    return b"Content-Type: multipart/%b; boundary=%b\r\n\r\n%b--%b--\r\n" % (kind, boundary, body, boundary)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (multipart(PLAIN, HTML, kind=b"alternative"), "en clair"),
        (multipart(HTML, PLAIN, kind=b"alternative"), "en clair"),
        (multipart(EMPTY, HTML, kind=b"alternative"), "en HTML"),
        (multipart(HTML), "en HTML"),
        (multipart(PDF, PLAIN), "en clair"),
        (multipart(multipart(PLAIN, HTML, kind=b"alternative", boundary=b"c"), PDF), "en clair"),
        (multipart(b"Content-Disposition: attachment\r\n" + PLAIN, HTML), "en HTML"),
        (multipart(b"Content-Disposition: inline; filename=a.txt\r\n" + PLAIN, HTML), "en HTML"),
        (multipart(b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ncitation\r\n", PLAIN), "en clair"),
        (multipart(b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ncitation\r\n"), ""),
        (multipart(PDF), ""),
        (multipart(), ""),
        (multipart(b"\r\nsans type\r\n"), "sans type"),
        (multipart(PLAIN, kind=b"digest"), "en clair"),
        (b"Content-Type: application/pdf\r\n\r\n%PDF", ""),
        (b"Content-Type: nonsense\r\n\r\nen clair", "en clair"),
    ],
)
def test_the_first_text_that_says_something_is_the_text(raw: bytes, text: str) -> None:
    """Plain text before HTML; attachments and forwarded mails are no text."""
    assert read_mail(raw).text == text


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (PDF, "devis.pdf"),
        (b"Content-Type: application/ms-tnef\r\n\r\nx", "winmail.dat"),
        (b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx", "message.eml"),
        (b"Content-Type: text/calendar\r\n\r\nx", "invite.ics"),
        (b"Content-Type: image/png\r\n\r\nx", "image/png"),
        (b"Content-Disposition: attachment\r\nContent-Type: text/plain\r\n\r\nx", "text/plain"),
        (b'Content-Type: x/y; name="=?utf-8?q?re=C3=A7u.pdf?="\r\n\r\nx', "reçu.pdf"),
        (b"Content-Type: x/y; name*=utf-8''re%C3%A7u.pdf\r\n\r\nx", "reçu.pdf"),
        (b"Content-Type: x/y; name*0=re; name*1=cu.pdf\r\n\r\nx", "recu.pdf"),
        (b'Content-Type: x/y; name="re\xe7u.pdf"\r\n\r\nx', "reçu.pdf"),
        (b'Content-Type: x/y; name="C:\\\\Temp\\\\..\\\\recu.pdf"\r\n\r\nx', "recu.pdf"),
        (b"Content-Type: x/y; name*=x-unknown'fr'recu.pdf\r\n\r\nx", "recu.pdf"),
        (b"Content-Type: x/y; name*=idna''recu.pdf\r\n\r\nx", "attachment"),
        (b"Content-Type: x/y; name=" + b"a" * 200 + b"\r\n\r\nx", "a" * 100),
    ],
)
def test_an_attachment_is_named(part: bytes, name: str) -> None:
    """By its name, in whatever way that is written, else by its type."""
    assert read_mail(multipart(part, PLAIN)).attachments == (name,)


@pytest.mark.parametrize(
    ("count", "note"),
    [
        (1, "1 attachment ignored: devis.pdf"),
        (2, "2 attachments ignored: devis.pdf, devis.pdf"),
        (7, "7 attachments ignored: " + ", ".join(["devis.pdf"] * 5) + " and 2 more"),
    ],
)
def test_attachments_are_told_of(count: int, note: str) -> None:
    """The sender hears that attachments do not travel."""
    assert read_mail(multipart(PLAIN, *[PDF] * count)).notes == (note,)


def test_a_second_text_is_told_of() -> None:
    """What is written after an attachment is not sent, and the sender hears so."""
    assert "text after an attachment ignored" in read_mail(multipart(PLAIN, PDF, PLAIN)).notes


def test_a_telephone_signature_after_an_attachment_is_not_worth_a_note() -> None:
    """Apple's telephones put it in a part of its own."""
    signature = "Content-Type: text/plain; charset=utf-8\r\n\r\nEnvoyé de mon iPhone\r\n".encode()
    assert read_mail(multipart(PLAIN, signature)).notes == ()
