"""A statement on paper, and as lines for a spreadsheet: the same figures, in the account's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hub.billing.months import next_month
from hub.guard.notices import language_of
from hub.guard.sentences import ENGLISH, FRENCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fpdf import FPDF

    from hub.accounts.model import Account
    from hub.billing.model import PurchaseOrder, Statement, UsedTexts

_WIDTHS = (40, 50, 30, 30, 30)
_LINE_MM = 7


@dataclass(frozen=True, slots=True)
class Headings:
    """What a statement calls its figures in one language."""

    title: str
    account: str
    month: str
    opening: str
    purchases: str
    advances: str
    transfers: str
    corrections: str
    used: str
    closing: str
    country: str
    source: str
    texts: str
    segments: str
    credits: str


HEADINGS: Mapping[str, Headings] = {
    ENGLISH: Headings(
        "Statement of credits",
        "Account",
        "Month",
        "Credits at the beginning",
        "Bought",
        "Credit limit",
        "Transfers",
        "Corrections",
        "Used",
        "Credits at the end",
        "Country",
        "Source",
        "Texts",
        "Segments",
        "Credits",
    ),
    FRENCH: Headings(
        "Relevé de crédits",
        "Compte",
        "Mois",
        "Crédits au début",
        "Achetés",
        "Plafond de crédit",
        "Transferts",
        "Corrections",
        "Utilisés",
        "Crédits à la fin",
        "Pays",
        "Source",
        "Textos",
        "Segments",
        "Crédits",
    ),
}


def statement_rows(account: Account, told: Statement) -> list[tuple[str | int, ...]]:
    """A statement as rows of cells: its figures, an empty row, and its texts."""
    headings = HEADINGS[language_of(account)]
    return [
        *_figures(headings, told),
        (),
        _columns(headings),
        *(_cells(one) for one in told.lines),
    ]


def statement_pdf(account: Account, told: Statement) -> bytes:
    """A statement as a PDF of its own: no font and no picture is fetched. The same statement is the same bytes.

    What the standard fonts of PDF cannot write (beyond Latin-1) stands as a question mark.
    """
    headings = HEADINGS[language_of(account)]
    made_at = datetime.fromisoformat(f"{next_month(told.month)}-01").replace(tzinfo=UTC)
    page = _begun(f"{headings.title} - {told.month}", made_at, _figures(headings, told))
    page.ln(_LINE_MM)
    for place, row in enumerate([_columns(headings), *(_cells(one) for one in told.lines)]):
        page.set_font("helvetica", "" if place else "B", 11)
        for cell, width in zip(row, _WIDTHS, strict=True):
            page.cell(width, _LINE_MM, _plain(str(cell)), border="B")
        page.ln(_LINE_MM)
    return bytes(page.output())


def order_pdf(account: Account, order: PurchaseOrder) -> bytes:
    """An order as a PDF, like a statement: the same order in the same state is the same bytes."""
    french = language_of(account) == FRENCH
    title = f"{'Commande' if french else 'Order'} {order.reference}"
    return bytes(_begun(title, order.created_at, _lines_of(account, order, french=french)).output())


def _begun(title: str, made_at: datetime, lines: Iterable[tuple[str, str | int]]) -> FPDF:
    """A page with its title, and lines of a label and what it says."""
    from fpdf import FPDF  # heavy, and for this alone

    page = FPDF()
    page.set_creation_date(made_at)
    page.set_title(_plain(title))
    page.add_page()
    page.set_font("helvetica", "B", 16)
    page.multi_cell(0, 2 * _LINE_MM, _plain(title), new_x="LMARGIN", new_y="NEXT")
    page.set_font("helvetica", "", 11)
    for label, value in lines:
        page.cell(70, _LINE_MM, _plain(label))
        page.multi_cell(0, _LINE_MM, _plain(str(value)), new_x="LMARGIN", new_y="NEXT")
    return page


def _lines_of(account: Account, order: PurchaseOrder, *, french: bool) -> list[tuple[str, str]]:
    return [
        ("Compte" if french else "Account", account.name),
        ("Crédits" if french else "Credits", str(order.credits)),
        ("Prix" if french else "Price", f"{order.price} {order.currency}" if order.price else "-"),
        ("Commandée le" if french else "Ordered on", f"{order.created_at:%Y-%m-%d}"),
        ("Payée le" if french else "Paid on", f"{order.ended_at:%Y-%m-%d}" if order.ended_at else "-"),
        ("État" if french else "State", order.state),
    ]


def _figures(headings: Headings, told: Statement) -> list[tuple[str, str | int]]:
    return [
        (headings.account, told.account),
        (headings.month, told.month),
        (headings.opening, told.opening),
        (headings.purchases, told.purchases),
        (headings.advances, told.advances),
        (headings.transfers, told.transfers),
        (headings.corrections, told.corrections),
        (headings.used, told.used),
        (headings.closing, told.closing),
    ]


def _columns(headings: Headings) -> tuple[str, ...]:
    return headings.country, headings.source, headings.texts, headings.segments, headings.credits


def _cells(one: UsedTexts) -> tuple[str | int, ...]:
    return one.country or "", one.source or "", one.texts, one.segments, one.credits


def _plain(text: str) -> str:
    """The text as far as the standard fonts go."""
    return text.encode("latin-1", "replace").decode("latin-1")
