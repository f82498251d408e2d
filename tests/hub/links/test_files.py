"""Files behind links: judged by what is in them, and shown so that nothing of them can run."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from zlib import compress, crc32

import pytest
from fpdf import FPDF

from hub.errors import NotFound, RequestRefused
from hub.links.file_kinds import FileKind, kind_of

from .conftest import codes_in, send_links

if TYPE_CHECKING:
    from hub.testing.hub import TestHub

    from .conftest import Visits


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc32(name + body))


def png(width: int = 1) -> bytes:
    """A picture of one line."""
    header = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    data = compress(b"\0" * (1 + min(width, 10)))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def pdf() -> bytes:
    """A page without anything on it."""
    made = FPDF()
    made.add_page()
    return bytes(made.output())


GIF = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000"  # SOI, APP0
    "ffc0000b080001000101011100"  # SOF0: one pixel
    "ffda0008010100003f00d2cf20ff00ffd9"  # SOS, what is coded, EOI
)
WHOLE = [(png(), FileKind.PNG), (GIF, FileKind.GIF), (JPEG, FileKind.JPEG), (pdf(), FileKind.PDF)]
PAGE = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(("content", "kind"), WHOLE)
def test_a_file_is_what_its_content_says(content: bytes, kind: FileKind) -> None:
    """Whatever it is called."""
    assert kind_of(content) is kind


@pytest.mark.parametrize(("content", "_"), WHOLE)
def test_a_file_that_was_cut_off_is_none(content: bytes, _: FileKind) -> None:
    """Wherever it was."""
    assert [cut for cut in range(len(content)) if cut < len(content) - 1 and kind_of(content[:cut])] == []


@pytest.mark.parametrize(("content", "_"), WHOLE)
def test_a_file_with_a_page_behind_it_is_none(content: bytes, _: FileKind) -> None:
    """What is two things at once may be taken for the other."""
    assert kind_of(content + PAGE) is None


@pytest.mark.parametrize(
    "content", [b"", PAGE, b"GIF89a" + PAGE, b"<svg/>", b"%PDF-1.7\n" + PAGE, b"MZ\x90", b"\xff\xd8\xff"]
)
def test_what_only_begins_like_a_picture_is_none(content: bytes) -> None:
    """Its whole form is looked at."""
    assert kind_of(content) is None


@pytest.mark.parametrize(
    "name", [b"/JavaScript", b"/JS", b"/J#61vaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia"]
)
def test_a_pdf_that_acts_is_none(name: bytes) -> None:
    """However the name is written."""
    assert kind_of(pdf().replace(b"startxref", b"<< " + name + b" 1 0 R >>\nstartxref")) is None


def _packed(inner: bytes, filters: bytes = b"/Filter /FlateDecode") -> bytes:
    """A page whose file has one more object: a packed stream of objects."""
    body = compress(inner)
    stream = b"9 0 obj\n<< /Type /ObjStm /N 1 /First 4 %s /Length %d >>\nstream\n" % (filters, len(body))
    return pdf().replace(b"startxref", stream + body + b"\nendstream\nendobj\nstartxref")


def test_a_pdf_that_packs_its_objects_is_one() -> None:
    """Most programs do so."""
    assert kind_of(_packed(b"8 0 << /Type /Catalog >>")) is FileKind.PDF


@pytest.mark.parametrize(
    "content",
    [
        _packed(b"8 0 << /S /JavaScript /JS (app.alert(1)) >>"),
        _packed(b"8 0 << /S /J#61vaScript >>"),
        _packed(b"", b"/Filter [/ASCIIHexDecode /FlateDecode]"),
        _packed(b"", b"/Filter /FlateDecode /DecodeParms << /Predictor 12 >>"),
        _packed(b"").replace(compress(b""), b"no zlib"),
        _packed(bytes(40 * 1024 * 1024)),
        pdf().replace(b"startxref", b"<< /Encrypt 1 0 R >>\nstartxref"),
    ],
    ids=["packed", "packed and spelt out", "filters", "predictor", "broken", "a bomb", "locked"],
)
def test_a_pdf_whose_objects_act_or_hide_is_none(content: bytes) -> None:
    """What cannot be looked into is not shown on."""
    assert kind_of(content) is None


def test_a_picture_too_large_for_a_telephone_is_none() -> None:
    """A few bytes may claim a thousand million pixels."""
    assert kind_of(png(1_000_000_000)) is None


@pytest.mark.parametrize(("content", "kind"), WHOLE)
def test_a_file_is_shown_as_what_it_is_and_cannot_run(
    hub: TestHub, visits: Visits, content: bytes, kind: FileKind
) -> None:
    """The browser must not guess, and runs nothing."""
    kept = hub.core.files.keep(hub.account.id, "page.html", content)
    (code,) = codes_in(hub, send_links(hub, url=kept.link).campaign_id)
    answer = visits.get(code)
    said = {
        name: answer.headers[name] for name in ("Content-Type", "X-Content-Type-Options", "Content-Security-Policy")
    }
    assert answer.data == content
    assert said == {
        "Content-Type": kind.media_type,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    assert "html" not in answer.headers["Content-Disposition"]


def test_who_looks_at_a_file_is_counted(hub: TestHub, visits: Visits) -> None:
    """As with every link."""
    kept = hub.core.files.keep(hub.account.id, "point.gif", GIF)
    (code,) = codes_in(hub, send_links(hub, url=kept.link).campaign_id)
    visits.get(code)
    assert visits.collect() == 1


def test_the_same_file_again_is_the_same_file(hub: TestHub) -> None:
    """A mail that comes twice keeps it once."""
    first, second = (hub.core.files.keep(hub.account.id, name, GIF) for name in ("a.gif", "b.gif"))
    assert first.id == second.id


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file_empty"), (PAGE, "file_kind"), (b"GIF89a" + b"x" * 3_000_000, "too_large")]
)
def test_what_cannot_be_kept_is_refused(hub: TestHub, content: bytes, code: str) -> None:
    """With its reason."""
    with pytest.raises(RequestRefused) as refused:
        hub.core.files.keep(hub.account.id, "a.gif", content)
    assert refused.value.faults[0].code == code


def test_another_accounts_file_is_nobodys(hub: TestHub) -> None:
    """No link can lead to it."""
    other, _ = hub.core.accounts.create("Autre", "FR")
    kept = hub.core.files.keep(other.id, "point.gif", GIF)
    with pytest.raises(RequestRefused) as refused:
        send_links(hub, url=kept.link)
    assert refused.value.faults[0].code == "unknown_file"


def test_a_deleted_file_is_gone(hub: TestHub, visits: Visits) -> None:
    """For its links too."""
    kept = hub.core.files.keep(hub.account.id, "point.gif", GIF)
    (code,) = codes_in(hub, send_links(hub, url=kept.link).campaign_id)
    hub.core.files.delete(hub.account.id, kept.id)
    assert visits.get(code).status_code == 410


def test_a_file_lives_as_long_as_its_last_link(hub: TestHub) -> None:
    """And no longer."""
    kept = hub.core.files.keep(hub.account.id, "point.gif", GIF)
    hub.clock.advance(seconds=300 * 86_400)
    send_links(hub, url=kept.link)
    hub.clock.advance(seconds=100 * 86_400)
    assert hub.core.files.forget_files() == 0
    hub.clock.advance(seconds=300 * 86_400)
    assert hub.core.files.forget_files() == 1
    with pytest.raises(NotFound):
        hub.core.files.get(hub.account.id, kept.id)
