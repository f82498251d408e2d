from __future__ import annotations

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hub_mail_to_sms.loops import AutomaticFacts
from hub_mail_to_sms.mail import Mail, ReadingLimits, UnreadableMail, UnreadableReason
from hub_mail_to_sms.reading import read_mail
from hub_mail_to_sms.subject import read_subject

MAILS = Path(__file__).parent / "mails"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((MAILS / "expected.toml").read_text(encoding="utf-8"))


def read_file(name: str) -> Mail:
    """Read one of the stored mails, with the line ends it has on the wire."""
    return read_mail((MAILS / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n"))


def plain(text: bytes, content_type: bytes = b"text/plain; charset=utf-8", encoding: bytes = b"8bit") -> bytes:
    """Return a mail with one part."""
    fields = b"Content-Type: %b\r\nContent-Transfer-Encoding: %b\r\n" % (content_type, encoding)
    return b"From: salon@example.org\r\nSubject: 0639981234\r\n" + fields + b"\r\n" + text


def refusal(raw: bytes, limits: ReadingLimits | None = None) -> UnreadableReason:
    """Return why the mail cannot be read."""
    with pytest.raises(UnreadableMail) as caught:
        read_mail(raw, limits)
    return caught.value.reason_code


def test_every_stored_mail_has_its_expectation() -> None:
    """No mail lies there unread, and no expectation is left without its mail."""
    assert {path.stem for path in MAILS.glob("*.eml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_clients_mail_is_read_as_its_sender_meant_it(name: str) -> None:
    """Only the sender's own words are sent, and the notes tell what was left out."""
    mail = read_file(name)
    assert (mail.text, list(mail.notes)) == (EXPECTED[name]["text"], EXPECTED[name]["notes"])


@pytest.mark.parametrize("name", EXPECTED)
def test_a_clients_mail_tells_numbers_and_sender(name: str) -> None:
    """The subject, however encoded and prefixed, gives the numbers; the From field gives the address."""
    mail = read_file(name)
    expected = (EXPECTED[name]["numbers"], EXPECTED[name]["from_address"])
    assert (read_subject(mail.subject).numbers_text, mail.from_address) == expected


@pytest.mark.parametrize("name", EXPECTED)
def test_a_clients_mail_holds_options_without_problems(name: str) -> None:
    """The options of the stored mails are all understood."""
    assert read_subject(read_file(name).subject).problems == ()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (plain(b"Bonjour"), "Bonjour"),
        (plain(b""), ""),
        (b"Subject: x\r\n\r\n", ""),
        (b"", ""),
        (plain("Crème brûlée à 5 €".encode("cp1252"), b"text/plain; charset=x-unknown"), "Crème brûlée à 5 €"),
        (plain("Crème brûlée à 5 €".encode(), b"text/plain; charset=x-unknown"), "Crème brûlée à 5 €"),
        (plain("à 5 €".encode("cp1252"), b"text/plain; charset=utf-8"), "à 5 €"),
        (plain("à 5 €".encode("cp1252"), b"text/plain; charset=iso-8859-1"), "à 5 €"),
        (plain("à 5 €".encode(), b"text/plain"), "à 5 €"),
        (plain("à 5 €".encode(), b"text/plain; charset=idna"), "à 5 €"),
        (plain("Déjà".encode("utf-16"), b"text/plain; charset=utf-16", b"binary"), "Déjà"),
        (plain("予約".encode("iso-2022-jp"), b"text/plain; charset=iso-2022-jp", b"7bit"), "予約"),
        (plain(b"TWVyY2k=\r\n", encoding=b"base64"), "Merci"),
        (plain(b"TWVyY2kg4oKs\r\n\r\n-----------\r\nSans virus, dit le serveur.\r\n", encoding=b"Base64"), "Merci €"),
        (plain(b"TWVyY2k\r\n", encoding=b"base64"), "Merci"),
        (plain(b"Rendez-vous demain, merci.", encoding=b"base64"), "Rendez-vous demain, merci."),
        (plain(b"20 =E2=82=AC =ZZ 100=\r\n%", encoding=b"quoted-printable"), "20 € =ZZ 100%"),
        (plain(b"Bonjour", encoding=b"x-made-up"), "Bonjour"),
    ],
)
def test_a_text_survives_its_charset_and_encoding(raw: bytes, text: str) -> None:
    """Wrong labels and broken encodings are read as well as can be."""
    assert read_mail(raw).text == text


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (plain(b"a\x00b"), UnreadableReason.CONTROL_CHARACTERS),
        (plain(b"a\x1bb"), UnreadableReason.CONTROL_CHARACTERS),
        (b"Subject: a\x00b\r\n\r\nBonjour", UnreadableReason.CONTROL_CHARACTERS),
        (plain(b"\x81\x8d\x8f\x90", b"text/plain; charset=windows-1252"), UnreadableReason.UNDECODABLE),
        (plain(b"x", b"multipart/mixed"), UnreadableReason.MALFORMED),
        (plain(b"x", b"multipart"), UnreadableReason.MALFORMED),
        (plain(b"x", b"multipart/mixed; boundary=absent"), UnreadableReason.MALFORMED),
        (plain(b"MIAG", b"application/pkcs7-mime; smime-type=enveloped-data"), UnreadableReason.ENCRYPTED),
        (
            plain(
                b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--",
                b"multipart/encrypted; boundary=b",
            ),
            UnreadableReason.ENCRYPTED,
        ),
    ],
)
def test_what_is_no_text_is_refused_and_the_reason_named(raw: bytes, reason: UnreadableReason) -> None:
    """Nothing that might be gibberish is ever handed on as a text."""
    assert refusal(raw) is reason


def test_a_text_with_a_few_torn_characters_is_read_and_says_so() -> None:
    """One letter in many that cannot be decoded does not stop a text."""
    mail = read_mail(plain("Déjà prêt, à emporter ".encode() + b"\xe2\x82"))
    assert (mail.text, mail.notes) == ("Déjà prêt, à emporter \ufffd", ("some characters could not be read",))


@pytest.mark.parametrize(
    ("field", "message_id"),
    [
        (b"<abc@example.org>", "abc@example.org"),
        (b"\r\n <abc@example.org>", "abc@example.org"),
        (b"<[4f1e]@microsoft.com>", "[4f1e]@microsoft.com"),
        (b"abc", "abc"),
        (b"<>", None),
        (b"", None),
        (b"<" + b"a" * 300 + b">", "sha256:" + sha256(b"a" * 300).hexdigest()),
    ],
)
def test_a_message_id_is_normalised(field: bytes, message_id: str | None) -> None:
    """The id that a resent mail has again is the same whatever blanks and brackets stand around it."""
    assert read_mail(b"Message-ID: " + field + b"\r\n\r\nBonjour").message_id == message_id


def test_a_mail_without_message_id_has_none() -> None:
    """A missing id is not made up."""
    assert read_mail(b"Subject: x\r\n\r\nBonjour").message_id is None


def test_the_size_limit_is_the_callers() -> None:
    """A mail larger than the limit is refused as too large."""
    assert refusal(plain(b"a" * 2000), ReadingLimits(total=1000)) is UnreadableReason.TOO_LARGE


def test_the_facts_of_an_automatic_mail_come_along() -> None:
    """What loops.is_automatic needs is read with the mail."""
    raw = b"Auto-Submitted: auto-replied (vacation)\r\nReturn-Path: <>\r\nFrom: a@example.org\r\n\r\nAbsent"
    assert read_mail(raw).automatic == AutomaticFacts(
        from_address="a@example.org",
        return_path="<>",
        auto_submitted="auto-replied (vacation)",
        present=frozenset({"auto-submitted", "return-path", "from"}),
    )
