from __future__ import annotations

import pytest

from hub_mail_to_sms.headers import decode_field, find_address


def as_parsed(value: bytes) -> str:
    """Return the value as the email package hands it over."""
    return value.decode("ascii", "surrogateescape")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"0639981234", "0639981234"),
        (b"=?UTF-8?Q?caf=C3=A9_=3A?=", "café :"),
        (b"=?utf-8?b?Y2Fmw6k=?=", "café"),
        (b"=?utf-8?B?Y2Fmw6k?=", "café"),
        (b"=?iso-8859-1?q?caf=E9?=", "café"),
        (b"=?iso-8859-15?q?5_=A4?=", "5 €"),
        (b"=?utf-8*fr?q?caf=C3=A9?=", "café"),
        (b"=?utf-8?q?caf=C3?=\r\n =?utf-8?q?=A9_noir?=", "café noir"),
        (b"=?utf-8?b?Y2Fm?= =?utf-8?b?w6k=?=", "café"),
        (b"a =?utf-8?q?b?= c =?utf-8?q?d?= e", "a b c d e"),
        (b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
        (b"=?utf-8?q?un mot?=", "un mot"),
        (b"=?x-unknown?q?caf=C3=A9?=", "café"),
        (b"=?utf-8?q?caf=E9?=", "café"),
        (b"=?idna?q?xn--a?=", "xn--a"),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (b"=?utf-8?q?abc", "=?utf-8?q?abc"),
        ("café".encode(), "café"),
        ("café".encode("cp1252"), "café"),
        (b"a\r\n\tb", "a b"),
        (b"=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        (b"=?utf-8?q?a=00b?=", "a b"),
        (b"", ""),
    ],
)
def test_a_header_field_is_decoded(value: bytes, text: str) -> None:
    """Encoded words in any charset, torn letters and raw 8-bit characters come out on one line."""
    assert decode_field(as_parsed(value)) == text


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (b"lea@example.org", "lea@example.org"),
        (b"<Lea@Example.ORG>", "lea@example.org"),
        (b"Lea Exemple <lea@example.org>", "lea@example.org"),
        (b'"Exemple, Lea" <lea@example.org>', "lea@example.org"),
        (b"Exemple, Lea <lea@example.org>", "lea@example.org"),
        (b'"L\xe9a" <lea@example.org>', "lea@example.org"),
        (b"=?utf-8?Q?L=C3=A9a_Exemple?=\r\n <lea@example.org>", "lea@example.org"),
        (b'"boss@example.com" <lea@example.org>', "lea@example.org"),
        (b"boss@example.com <lea@example.org>", "lea@example.org"),
        (b"lea@example.org (Lea)", "lea@example.org"),
        (b'"a \\" <boss@example.com>" <lea@example.org>', "lea@example.org"),
        (b"lea@example.org, boss@example.com", ""),
        (b"Lea <lea@example.org>, Boss <boss@example.com>", ""),
        (b"boss@example.com, Lea <lea@example.org>", ""),
        (b"lea@example.org)boss@example.com", ""),
        (b"<lea@example.org> <boss@example.com>", ""),
        (b"undisclosed-recipients:;", ""),
        (b"Lea", ""),
        (b"<>", ""),
        (b"", ""),
        (b"lea@example.org\x01", ""),
    ],
)
def test_the_sender_is_found_and_never_guessed(value: bytes, address: str) -> None:
    """One address is the sender's; a field that names several, or plays tricks, names nobody."""
    assert find_address([as_parsed(value)]) == address


@pytest.mark.parametrize("values", [[], ["lea@example.org", "boss@example.com"]])
def test_one_from_field_is_needed(values: list[str]) -> None:
    """Without a From field, and with two, nobody is the sender (RFC 7489, 6.6.1)."""
    assert find_address(values) == ""
