from __future__ import annotations

import authres  # type: ignore[import-untyped]  # no types are published
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_mail_to_sms.results import read_results

REAL = {
    "gmail": (
        "mx.google.com; dkim=pass header.i=@example.fr header.s=20230601 header.b=AbC+d/9=; spf=pass (google.com:"
        " domain of a@example.fr designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@example.fr;"
        " dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.fr"
    ),
    "rspamd": (
        'mx.example.org; dkim=pass header.d=example.fr header.s=mail header.b="a/b+c="; dmarc=pass (policy=none)'
        " header.from=example.fr; spf=pass (mx.example.org: domain of a@example.fr) smtp.mailfrom=a@example.fr"
    ),
    "opendmarc": "mx.example.org; dmarc=pass (p=none dis=none) header.from=example.fr",
    "exchange": (
        "mx.example.org; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.fr; dkim=pass (signature was verified)"
        " header.d=example.fr;dmarc=pass action=none header.from=example.fr;compauth=pass reason=100"
    ),
    "folded": "mx.example.org;\r\n\tdmarc=pass\r\n\t(p=none)\r\n header.from=example.fr",
    "version": "mx.example.org 1; dmarc/1=pass header.from=example.fr",
    "spaced": "mx.example.org ; dmarc = pass header.from = example.fr",
    "nested comments": "mx.example.org; dmarc=pass (a (b \\) c) d) header.from=example.fr",
    "reason": 'mx.example.org; dmarc=pass reason="ok; dmarc=fail" header.from=example.fr',
    "capitals": "MX.Example.org; DMARC=Pass Header.From=example.fr",
    "a semicolon at the end": "mx.example.org; dmarc=pass header.from=example.fr;",
    "letters beyond ASCII": "mx.example.org; spf=pass (domaine vérifié); dmarc=pass header.from=example.fr",
}

FORGED = {
    "quoted string": 'mx; spf=pass smtp.mailfrom="x; dmarc=pass header.from=good.example; y"@evil.example',
    "quoted pair": 'mx; spf=pass smtp.mailfrom="x\\"; dmarc=pass header.from=good.example; y"@evil.example',
    "comment": "mx; spf=pass (helo evil; dmarc=pass header.from=good.example) smtp.helo=evil",
    "comment with a quote": 'mx; spf=pass (it is 5" long; dmarc=pass header.from=good.example) smtp.helo=evil',
    "comment with a quoted bracket": "mx; spf=pass (evil\\); dmarc=pass header.from=good.example) smtp.helo=evil",
    "in a value": "mx; spf=fail smtp.mailfrom=dmarc=pass",
}


@pytest.mark.parametrize("field", REAL.values(), ids=REAL)
def test_what_real_servers_write_is_read(field: str) -> None:
    """One dmarc result, passed, for one domain."""
    results = read_results(field)
    assert results is not None
    (dmarc,) = results.of("dmarc")
    assert (dmarc.verdict, dmarc.values("header.from")) == ("pass", ["example.fr"])


def test_the_server_is_named_without_its_version() -> None:
    """And in small letters."""
    results = read_results("MX.Example.org 1; none")
    assert results is not None
    assert (results.server, results.found) == ("mx.example.org", ())


@pytest.mark.parametrize("field", FORGED.values(), ids=FORGED)
def test_what_the_sender_wrote_is_never_a_result(field: str) -> None:
    """It stands in quotes, comments and values, where servers repeat it."""
    results = read_results(field)
    assert results is not None
    assert results.of("dmarc") == []


@pytest.mark.parametrize("field", ["mx; dmarc=pass (open", 'mx; dmarc=pass reason="open', "mx; dmarc=pass \\" + '"'])
def test_what_does_not_come_out_even_is_not_read(field: str) -> None:
    """Half a comment may hide anything."""
    assert read_results(field) is None


def test_stray_words_leave_no_verdict() -> None:
    """And the result still counts as one: a second one beside it makes two."""
    results = read_results("mx; dmarc=pass and more header.from=good.example; dmarc=pass header.from=good.example")
    assert results is not None
    assert [result.verdict for result in results.of("dmarc")] == ["", "pass"]


VALUES = st.sampled_from(
    [
        "good.example",
        "a@b.example",
        '"x; dmarc=pass header.from=good.example"',
        '"a\\"b"',
        '"q"@evil.example',
        "a/b+c==",
    ]
)
COMMENTS = st.sampled_from(
    ["", "", " (c)", " (a; b)", " (it\\) x)", " (n (m) o)", ' (5" x)', " (; dmarc=pass header.from=x)"]
)
PROPERTIES = st.builds(
    lambda name, equals, value, comment: f" {name}{equals}{value}{comment}",
    st.sampled_from(["header.from", "header.from", "smtp.mailfrom", "header.d"]),
    st.sampled_from(["=", " = "]),
    VALUES,
    COMMENTS,
)
FOUND = st.builds(
    lambda method, equals, verdict, comment, properties: f"; {method}{equals}{verdict}{comment}{''.join(properties)}",
    st.sampled_from(["dmarc", "dmarc", "DMARC", "dmarc/1", "spf", "dkim"]),
    st.sampled_from(["=", " = "]),
    st.sampled_from(["pass", "Pass", "fail", "none"]),
    COMMENTS,
    st.lists(PROPERTIES, max_size=3),
)
FIELDS = st.builds(lambda found: f"mx{''.join(found)}", st.lists(FOUND, max_size=3))


def passed_for(dmarc: list[tuple[str, list[str]]]) -> str | None:
    """The domain for which DMARC passed, if there is no doubt about it."""
    sole = dmarc[0] if len(dmarc) == 1 else ("none", [])
    return sole[1][0].rpartition("@")[2] if sole[0] == "pass" and len(sole[1]) == 1 else None


@given(FIELDS, st.integers(0, 200), st.sampled_from(["", '"', "(", ")", "\\", ";", "=", " "]))
def test_it_never_believes_more_than_a_parser_of_the_whole_grammar(field: str, at: int, damage: str) -> None:
    """For PyPI `authres` a field may be malformed; where it is not, what passes here passes there."""
    field = field[:at] + damage + field[at:]
    results = read_results(field)
    domain = passed_for([(one.verdict, one.values("header.from")) for one in results.of("dmarc")] if results else [])
    if domain is None or not (reference := parsed_by_authres(field)):
        return
    assert passed_for(reference[0]) == domain or "?" in domain, field


def parsed_by_authres(field: str) -> list[list[tuple[str, list[str]]]]:
    """What it finds of DMARC, in a list of one; an empty list when it finds the field malformed."""
    try:
        results = authres.AuthenticationResultsHeader.parse_value(field).results
    except Exception:  # noqa: BLE001 - it has many ways to say so
        return []
    return [
        [
            (one.result.lower(), [str(p.value) for p in one.properties if (p.type, p.name) == ("header", "from")])
            for one in results
            if one.method.lower() == "dmarc"
        ]
    ]


@given(st.text(max_size=200))
def test_anything_is_read_or_not(field: str) -> None:
    """Without an exception."""
    results = read_results(field)
    assert results is None or results.server == results.server.lower()
