from __future__ import annotations

import pytest

from hub_mail_to_sms.body import SIGNATURE_CUT, cut_text
from hub_mail_to_sms.html_text import read_html
from hub_mail_to_sms.mail import ReadingLimits


def shown(html: str) -> str:
    """Return the text of the HTML as it would be sent."""
    return cut_text(read_html(html, ReadingLimits())[0]).text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Bonjour", "Bonjour"),
        ("", ""),
        ("  ", ""),
        ("<!-- rien -->", ""),
        ("<p>d&eacute;j&agrave; &#8364; &lt;3 &amp; caf&#xe9;</p>", "déjà € <3 & café"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        (
            "<p class=MsoNormal>a<p class=MsoNormal>b<p class=MsoNormal><o:p>&nbsp;</o:p><p class=MsoNormal>c",
            "a\nb\n\nc",
        ),
        ("<div>a</div><div>&nbsp;</div><div>b</div>", "a\n\nb"),
        ('<p style="margin:0">a</p><p style="margin: 0cm">b</p>', "a\nb"),
        ("un <b>mot</b>, <i>deux</i>\n   mots", "un mot, deux mots"),
        ("<table><tr><td>Prix<td>59 €<tr><td>Lieu<td>ici</table>", "Prix 59 €\nLieu ici"),
        ("<ul><li>pain</li><li>lait</li></ul>", "* pain\n* lait"),
        ("<center>a</center><center>b</center>", "a\nb"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ('<div style="white-space: pre-wrap">a\nb</div>', "a\nb"),
        ("<html><head><title>t</title></head><body>a</body></html>", "a"),
        ("<style>p{color:red}</style><script>x()</script >a", "a"),
        ('<div style="display:none">caché</div>a', "a"),
        ("<div hidden>caché</div>a", "a"),
        ('<span style="visibility: hidden">caché</span>a', "a"),
        ('<div style="max-height:0;overflow:hidden">caché</div><div style="max-height:0.5em">vu</div>', "vu"),
        ("a<!--[if mso]>b<![endif]--><![if !mso]>c<![endif]>", "ac"),
        ("a<?xml:namespace prefix = o />b<o:p></o:p>", "ab"),
        ('<?xml version="1.0" encoding="utf-16"?><html><body>été</body></html>', "été"),
        ('<meta charset="iso-8859-1">été', "été"),
        ('a<img src="https://example.net/pixel.gif" width="1" height="1" alt="">', "a"),
        ("<p>a <b>b <p>c", "a b\n\nc"),
    ],
)
def test_html_is_read_as_it_is_shown(html: str, text: str) -> None:
    """Entities, breaks, tables and lists come out as lines; what nobody sees does not come out."""
    assert shown(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="https://example.org/rdv">Prenez rendez-vous</a>.', "Prenez rendez-vous https://example.org/rdv."),
        ('<a href="https://example.org/rdv">https://example.org/rdv</a>', "https://example.org/rdv"),
        ('<a href="https://example.org/">example.org</a>', "example.org"),
        ('<a href="https://www.example.org">EXAMPLE.org</a>', "EXAMPLE.org"),
        ('<a href="https://click.example.net/x">https://example.org/rdv</a>', "https://example.org/rdv"),
        ('<a href="https://example.org"><img src="logo.png"></a>', ""),
        ('<a href="mailto:lea@example.org">lea@example.org</a>', "lea@example.org"),
        ('<a href="mailto:lea@example.org?subject=x">Écrivez-nous</a>', "Écrivez-nous lea@example.org"),
        ('<a href="tel:+33199001234">01 99 00 12 34</a>', "01 99 00 12 34"),
        ('<a href="tel:+33199001234">Appelez-nous</a>', "Appelez-nous +33199001234"),
        ('<a href="javascript:x()">Cliquez</a>', "Cliquez"),
        ('<a href="#bas">plus bas</a> <a name="bas">ici</a>', "plus bas ici"),
        ('<a href="https://example.org/a\n b">Voir</a>', "Voir https://example.org/ab"),
        ('<a href="https://example.org/\x01">Voir</a>', "Voir"),
    ],
)
def test_a_link_keeps_its_address_where_its_words_hide_it(html: str, text: str) -> None:
    """Who reads a text cannot point at words; what is an address already is not said twice."""
    assert shown(html) == text


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><div>Le 4 janv. 2027, Léa a écrit :</div><blockquote>Quand ?</blockquote></div>',
        '<div class="moz-cite-prefix">Léa a écrit :</div><blockquote type="cite">Quand ?</blockquote>',
        '<div>Le 4 janv. 2027 à 09:30, Léa a écrit :</div><blockquote type="cite">Quand ?</blockquote>',
        '<div class="yahoo_quoted">Le 4 janvier, Léa a écrit<div>Quand ?</div></div>',
    ],
)
def test_a_quote_that_the_client_marked_is_left_out(quote: str) -> None:
    """What stands below the quote is kept, as in plain text."""
    assert shown(f"<p>À 9h.</p>{quote}<p>À demain</p>") == "À 9h.\n\nÀ demain"


def test_a_quotation_of_the_senders_own_is_kept() -> None:
    """A blockquote without the mark of a reply is the sender's choice of layout."""
    assert shown("<p>Le maire :</p><blockquote>Bonne année</blockquote>") == "Le maire :\n\nBonne année"


@pytest.mark.parametrize("mark", ['class="gmail_signature"', 'class="moz-signature"', 'id="Signature"'])
def test_a_signature_that_the_client_marked_is_left_out(mark: str) -> None:
    """It is gone, and the notes say so."""
    text, notes = read_html(f"<p>À 9h.</p><div {mark}>Léa<br>01 99 00 12 34</div>", ReadingLimits())
    assert (cut_text(text).text, notes) == ("À 9h.", (SIGNATURE_CUT,))


def test_an_empty_signature_is_not_worth_a_note() -> None:
    """Gmail leaves the place of a signature that nobody wrote."""
    assert read_html('À 9h.<div class="gmail_signature"></div>', ReadingLimits())[1] == ()
