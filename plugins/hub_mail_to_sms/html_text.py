"""The text of an HTML mail, as a person sees it. Pure.

inscriptis lays the text out; before that, what nobody sees, what is quoted from other mails, and what would keep it
or libxml2 busy (tables padded to a common width, tags with thousands of attributes) is taken away.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inscriptis.css_profiles import STRICT_CSS_PROFILE  # type: ignore[import-untyped]
from inscriptis.html_engine import Inscriptis  # type: ignore[import-untyped]
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]
from lxml.etree import ParserError, SubElement  # type: ignore[import-untyped]
from lxml.html import HTMLParser, document_fromstring  # type: ignore[import-untyped]

from hub_mail_to_sms.body import SIGNATURE_CUT
from hub_mail_to_sms.links import addition_to
from hub_mail_to_sms.mail import UnreadableMail, UnreadableReason

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from hub_mail_to_sms.mail import ReadingLimits

_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<\?[^>]*(?:>|\Z)"
    r"|<(script|style|title|svg|math|object|iframe|select|textarea)\b.*?(?:</\1\b[^>]*(?:>|\Z)|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"""<([a-z][a-z0-9:]*+)(?:=\s*+"[^"]*+"|=\s*+'[^']*+'|[^>])*+(?:>|\Z)""", re.IGNORECASE)
_LONGEST_TAG = 4000

_BLOCK = "div"
_INLINE = "span"
_UNSEEN_TAG = "script"
_QUOTED_LINE = ">"
_BLOCKS = frozenset(
    {
        *("table", "thead", "tbody", "tfoot", "tr", "caption", "center", "dl", "dt", "dd", "form", "fieldset"),
        *("legend", "section", "details", "summary", "hr", "menu"),
    }
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:max-height|opacity)\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE
)
_NO_MARGIN = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_KEEPS_NEWLINES = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_QUOTES = frozenset(("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "moz-forward-container", "protonmail_quote"))
_SIGNATURES = frozenset(
    {
        *("gmail_signature", "gmail_signature_prefix", "moz-signature", "protonmail_signature_block", "Signature"),
        *("AppleMailSignature", "ms-outlook-mobile-signature", "ymail_android_signature"),
    }
)


def read_html(html: str, limits: ReadingLimits) -> tuple[str, tuple[str, ...]]:
    """Return the text of the HTML, and notes on what was cut from it.

    Quotes of other mails, where the mail program marked them as such, become a line `>` for `body.cut_text` to
    find. Raises UnreadableMail when the HTML is longer, richer or deeper than can be read.
    """
    lean = _TAG.sub(_shorten, _UNSEEN.sub("", html))
    if len(lean) > limits.html or lean.count("<") > limits.elements:
        raise _too_complex()
    tree = _parse(lean)
    if tree is None:
        return "", ()
    notes = _simplify(tree)
    text: str = Inscriptis(tree, ParserConfig(css=STRICT_CSS_PROFILE)).get_text()
    return "\n".join(" ".join(line.split()) for line in text.split("\n")), notes


def _shorten(tag: re.Match[str]) -> str:
    """Take the attributes from an enormous tag: pictures inside the HTML, or a trap for libxml2."""
    return tag[0] if len(tag[0]) <= _LONGEST_TAG else f"<{tag[1]}>"


def _parse(html: str) -> HtmlElement | None:
    parser = HTMLParser(encoding="utf-8")
    try:
        tree = document_fromstring(html.encode(), parser=parser)
    except ParserError:
        return None
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        raise _too_complex()
    return tree


def _simplify(tree: HtmlElement) -> tuple[str, ...]:
    """Leave in the tree what inscriptis shows well; return a note when a signature was cut."""
    notes: tuple[str, ...] = ()
    pending = [tree]
    while pending:
        element = pending.pop()
        if not isinstance(element.tag, str):
            continue
        names = {element.get("id"), *element.get("class", "").split()}
        if names & _SIGNATURES:
            notes = (SIGNATURE_CUT,) if _words(element) else notes
            _replace(element, _UNSEEN_TAG)
        elif names & _QUOTES or (element.tag == "blockquote" and element.get("type") == "cite"):
            _replace(element, _BLOCK, _QUOTED_LINE)
        elif element.get("hidden") is not None or _HIDDEN.search(element.get("style", "")):
            _replace(element, _UNSEEN_TAG)
        else:
            _show_link(element)
            _retag(element)
        pending.extend(element)
    return notes


def _replace(element: HtmlElement, tag: str, text: str | None = None) -> None:
    del element[:]
    element.attrib.clear()
    element.tag, element.text = tag, text


def _show_link(element: HtmlElement) -> None:
    target = element.get("href") if element.tag == "a" else None
    if target and (addition := addition_to(_words(element), target)):
        SubElement(element, _INLINE).text = f" {addition}"


def _retag(element: HtmlElement) -> None:
    """Make rows lines and cells words, Outlook's paragraphs lines; and keep no style but that of `pre`."""
    style = element.get("style", "")
    tight = element.tag == "p" and (element.get("class", "").startswith("Mso") or _NO_MARGIN.search(style))
    if _is_blank_line(element):
        SubElement(element, "br")
    if element.tag in _BLOCKS or tight:
        element.tag = _BLOCK
    elif element.tag in ("td", "th"):
        element.tag, element.tail = _INLINE, f" {element.tail or ''}"
    element.attrib.clear()
    if _KEEPS_NEWLINES.search(style):
        element.set("style", "white-space: pre-wrap")


def _is_blank_line(element: HtmlElement) -> bool:
    """Say whether the paragraph holds but the blank that Outlook puts into empty lines."""
    paragraph = element.tag == "p" or (element.tag == "div" and not len(element))
    return paragraph and "\xa0" in (text := "".join(element.itertext())) and not text.strip()


def _words(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _too_complex() -> UnreadableMail:
    return UnreadableMail(UnreadableReason.TOO_COMPLEX, "The HTML of the mail is too long or too complex to be read.")
