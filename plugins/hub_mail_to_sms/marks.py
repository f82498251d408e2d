"""The lines that mail programs add to what people write, in the languages of our users. A table, and nothing else.

Every expression is matched against a whole line, without regard to case, after its blanks were made single
ordinary spaces and its typographic dashes and apostrophes plain ones. They are the marks that clients are seen to
write (Outlook, Gmail, Apple Mail, Thunderbird, Yahoo, Proton, Samsung, Orange, Zimbra, Roundcube); what a person
could well write themselves does not belong here.
"""

from __future__ import annotations

END_LINE = r"--end"
"""The mark with which users of other platforms end a text."""

SIGNATURE_LINE = r"--"

RULE_LINE = r"[-_=*]{5,}"
UNDERSCORE_LINE = r"_{20,}"
"""Outlook and mailing lists draw one (of 32 and 47 underscores) above what is not the sender's."""

_WHEN_AND_WHO = r"(?:[^\W\d_]{1,12}[.,]{0,2} ){0,2}\d.{5,300}?"

ATTRIBUTIONS = {
    "le": rf"le {_WHEN_AND_WHO} [aà] [ée]crit(?: ce qui suit)? ?:",
    "on": rf"on {_WHEN_AND_WHO} wrote ?(?::|-{{2,}})",
    "am": rf"am {_WHEN_AND_WHO} schrieb(?: .{{1,200}})? ?:",
    "el": rf"el {_WHEN_AND_WHO} escribió ?:",
    "il": rf"il (?:giorno )?{_WHEN_AND_WHO} ha scritto ?:",
    "em": rf"em {_WHEN_AND_WHO} escreveu ?:",
    "op": rf"op {_WHEN_AND_WHO} schreef(?: .{{1,200}})? ?:",
}
"""The sentence above a quote, by its first word; dashes in front are left out. A date follows that word."""

ATTRIBUTION_EVIDENCE = r"@|\b(?:19|20)\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2}\b"
"""What must stand in it besides, so that no sentence of the sender's is taken for one: an address, a full date."""

ADDRESS_ATTRIBUTION = r".{0,120}?[<(\[]?[\w.+-]{1,64}@[\w.-]{1,255}[>)\]]? (?:a écrit|wrote) ?:"

_OTHER_MAIL = (
    r"(?:message (?:d' ?origine|original|initial|transféré|réexpédié)|mail (?:original|transféré)|courriel original"
    r"|original (?:message|email|mail|appointment)|forwarded message|ursprüngliche nachricht|mensaje original"
    r"|messaggio originale|oorspronkelijk bericht|mensagem original)"
)
SEPARATORS = (
    rf"[-_]{{2,}} ?{_OTHER_MAIL} ?[-_]{{2,}}.{{0,300}}",
    r"(?:début du message (?:réexpédié|transféré)|begin forwarded message|anfang der weitergeleiteten nachricht) ?:",
)
"""What stands between the sender's text and another mail."""

HEADER_LABELS = {
    "from": ("de", "from", "von", "da", "van"),
    "sent": ("date", "datum", "data", "fecha"),
    "surely sent": ("envoyé", "envoyé le", "sent", "gesendet", "enviado", "enviado el", "inviato", "verzonden"),
    "to": ("à", "a", "pour", "to", "an", "para", "aan"),
    "copy": ("cc", "cci", "bcc", "copie à", "répondre à", "reply-to", "importance", "pièces jointes"),
    "subject": ("objet", "sujet", "subject", "betreff", "asunto", "oggetto", "onderwerp", "assunto"),
}
"""The names that clients give to the fields of a mail quoted below the text; `surely sent` is no everyday word."""

_DEVICE = (
    r"(?:i ?phone|i ?pad|i ?pod|mac|macbook|mobile|téléphone|smartphone|portable|tablette|appareil|android|samsung"
    r"|galaxy|huawei|xiaomi|redmi|oppo|honor|pixel|nokia|xperia|oneplus|blackberry|handy|windows|outlook|yahoo|gmail"
    r"|hotmail|proton ?mail|bluemail|spark|k-9|fairemail|thunderbird|webmail|messagerie|application|bo[iî]te mail)\b"
)
_WORDS = r"(?: [\w'().+/\[\]-]+){0,6}"

SENT_FROM = (
    rf"envoyée? (?:de|depuis|avec|à partir de|à partir d'un|à l'aide de){_WORDS} (?:l')?{_DEVICE}{_WORDS}",
    rf"provenance ?:{_WORDS} {_DEVICE}{_WORDS}",
    rf"(?:télécharge[rz]|obten(?:ir|ez)|get|download) (?:outlook|bluemail|yahoo mail|gmail|spark){_WORDS}",
    rf"sent (?:from|with|via|using){_WORDS} {_DEVICE}{_WORDS}",
    rf"(?:gesendet (?:von|mit)|von meinem|diese nachricht wurde von meinem){_WORDS} {_DEVICE}{_WORDS}",
    rf"(?:enviado (?:desde|do|de)|inviato da|verzonden vanaf|verstuurd vanaf){_WORDS} {_DEVICE}{_WORDS}",
    r"(?:garanti sans virus|virus-free)\.? ?(?:www\.)?(?:avast|avg)\.com",
    r"l'absence de virus dans ce courrier électronique a été vérifiée par le logiciel antivirus avast\.?",
)
"""What telephones, web mail and virus scanners sign with; web addresses in the line are left out first."""
