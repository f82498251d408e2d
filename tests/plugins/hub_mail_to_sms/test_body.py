from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_mail_to_sms.body import END_CUT, QUOTE_CUT, SIGNATURE_CUT, cut_text

OUTLOOK_BLOCK = "De : Salon <salon@example.org>\nEnvoyé : lundi 4 janvier 2027 09:30\nÀ : Léa\nObjet : RDV\n\nBonjour"


@pytest.mark.parametrize(
    "mark",
    [
        "-- ",
        "--",
        "--\u00a0",
        "________________________________",
        "_______________________________________________\nliste mailing list",
        "Envoyé de mon iPhone",
        "Envoyé de mon iPad.",
        "Envoyé depuis mon iPhone",
        "Envoyé de mon smartphone Samsung Galaxy.",
        "Envoyé depuis mon appareil Galaxy",
        "Envoyé depuis mon mobile Orange",
        "Envoyé depuis l'application Mail Orange",
        "Envoyé depuis l\u2019application Mail Orange",
        "Envoyé à partir d\u2019un smartphone",
        "Envoyé depuis Yahoo Mail pour iPhone",
        "Envoyé depuis Yahoo Mail sur Android<https://mail.example/x>",
        "Envoyé à partir de Outlook pour Android<https://aka.ms/AAb9ysg>",
        "Envoyé à partir de Outlook pour Android",
        "Envoyé à partir de Courrier<https://go.example/x> pour Windows",
        "Envoyé avec la messagerie sécurisée Proton Mail.",
        "Envoyé avec la messagerie sécurisée [Proton Mail](https://proton.example/mail).",
        "Envoye\u0301 de mon iPhone",
        "Provenance : Courrier pour Windows",
        "Obtenir Outlook pour iOS<https://aka.ms/o0ukef>",
        "Obtenir Outlook pour iOS https://aka.ms/o0ukef",
        "Télécharger Outlook pour Android",
        "Obtenez Outlook pour iOS",
        "Sent from my iPhone",
        "Sent from Mail for Windows",
        "Sent from Yahoo Mail on Android",
        "Sent with Proton Mail secure email.",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Gesendet von meinem iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Garanti sans virus. www.avast.com",
        "L\u2019absence de virus dans ce courrier électronique a été vérifiée par le logiciel antivirus Avast.",
    ],
)
def test_a_signature_ends_the_text(mark: str) -> None:
    """What telephones, web mail and signatures add is cut, and said so."""
    cut = cut_text(f"Rendez-vous à 9h.\n\n{mark}\nMarie Exemple\nTél. 01 99 00 12 34")
    assert (cut.text, cut.notes) == ("Rendez-vous à 9h.", (SIGNATURE_CUT,))


@pytest.mark.parametrize(
    "mark",
    [
        "Le lun. 4 janv. 2027 à 09:30, Salon <salon@example.org> a écrit :",
        "Le lun. 4 janv. 2027 à 09:30, Salon <salon@example.org> a écrit\u00a0:",
        "Le\u00a0lun. 4 janv. 2027 à\u00a009:30, Salon <salon@example.org> a écrit\u202f:",
        "Le lun. 4 janv. 2027 à 09:30, Salon Exemple <salon@example.org> a\nécrit :",
        "Le lun. 4 janv. 2027 à 09:30, Salon Exemple <salon@example.org>\na écrit :",
        "Le lun. 4 janv. 2027 à 09:30,\nSalon Exemple de la rue des Exemples\n<salon@example.org>\na écrit :",
        "Le lundi 4 janvier 2027 à 09:30:12 UTC+1, Salon <salon@example.org> a écrit :",
        "Le 1er janv. 2027 à 09:30, Salon <salon@example.org> a écrit :",
        "Le 04/01/2027 à 09:30, Salon Exemple a écrit :",
        "Le 04/01/27 09:30, Salon Exemple a écrit :",
        "Le 2027-01-04 09:30, Salon Exemple a écrit :",
        "- Le 2027-01-04 09:30, Salon Exemple a écrit :",
        "Le 4 janvier 2027 09:30:12 GMT+01:00, Salon <salon@example.org> a écrit :",
        "Le 4 janvier 2027 09:30, Salon a écrit ce qui suit :",
        "Le 4 janv. 2027 à 09:30, Salon <salon@example.org> a e\u0301crit :",
        "salon@example.org a écrit :",
        "Salon Exemple <salon@example.org> a écrit :",
        "On Mon, Jan 4, 2027 at 9:30 AM Salon <salon@example.org> wrote:",
        "On Mon, Jan 4, 2027 at 9:30 AM Salon Example of Example Street\n<salon@example.org> wrote:",
        "On 4 Jan 2027, at 09:30, Salon <salon@example.org> wrote:",
        "On 04/01/2027 09:30, Salon wrote:",
        "---- On Mon, 04 Jan 2027 09:30:00 +0100 Salon <salon@example.org> wrote ----",
        "Am Mo., 4. Jan. 2027 um 09:30 Uhr schrieb Salon <salon@example.org>:",
        "Am 04.01.2027 um 09:30 schrieb Salon:",
        "El lun, 4 ene 2027 a las 9:30, Salon (<salon@example.org>) escribió:",
        "Il giorno lun 4 gen 2027 alle ore 09:30 Salon <salon@example.org> ha scritto:",
        "Em seg., 4 de jan. de 2027 às 09:30, Salon <salon@example.org> escreveu:",
        "Op ma 4 jan 2027 om 09:30 schreef Salon <salon@example.org>:",
        "-----Message d'origine-----",
        "-----Message d\u2019origine-----",
        "-------- Message d'origine --------",
        "-------- Message d'origine --------De : salon@example.org Date : 04/01/27  09:30 (GMT+01:00)",
        "-------- Message original --------",
        "-------- Message transféré --------",
        "---------- Message transféré ---------",
        "---------- Forwarded message ---------",
        "----- Mail original -----",
        "-----Original Message-----",
        "\u2010\u2010\u2010\u2010\u2010\u2010\u2010 Original Message \u2010\u2010\u2010\u2010\u2010\u2010\u2010",
        "Début du message réexpédié :",
        "Début du message transféré\u00a0:",
        "Begin forwarded message:",
        OUTLOOK_BLOCK,
        f"________________________________\n{OUTLOOK_BLOCK}",
        f"------------------------------------------------------------------------\n{OUTLOOK_BLOCK}",
        "De : Léa EXEMPLE\nEnvoyé : lundi 4 janvier 2027 09:30\nÀ : Paul EXEMPLE\nCc : Zoé EXEMPLE\nObjet : RDV",
        "*De :* Salon <salon@example.org>\n*Envoyé :* lundi 4 janvier 2027 09:30\n*À :* Léa\n*Objet :* RDV",
        "De: Salon <salon@example.org>\nObjet: RDV\nDate: 4 janvier 2027 à 09:30:00 UTC+1\nÀ: lea@example.org",
        "From: Salon <salon@example.org>\nSent: Monday, January 4, 2027 9:30 AM\nTo: Lea\nSubject: RDV",
        "Von: Salon <salon@example.org>\nGesendet: Montag, 4. Januar 2027 09:30\nAn: Lea\nBetreff: RDV",
    ],
)
def test_another_mail_ends_the_text(mark: str) -> None:
    """What is quoted below the sender's words is cut, however its client announces it."""
    cut = cut_text(f"Rendez-vous à 9h.\n\n{mark}\n\nBonjour,\nà quelle heure ?")
    assert (cut.text, cut.notes) == ("Rendez-vous à 9h.", (QUOTE_CUT,))


@pytest.mark.parametrize(
    "text",
    [
        "Votre commande est prête.\nCordialement, Marie",
        "Votre commande est prête.\n\nBien cordialement,\nMarie Exemple\nBoutique Exemple",
        "Bonne journée\nMarie",
        "Soldes :\n- 10 % sur les robes\n- 20 % sur les jupes",
        "* pain\n* lait",
        "Le coiffeur vous attend le 4 janvier.\nMarie a écrit :\nà demain",
        "Le paragraphe qui pose problème.\nLe 4 janvier à 9h30, rendez-vous.\nMarie a écrit : merci",
        "Le 4 janvier, Marie a écrit :\nje viendrai",
        "On the 4th she wrote:\nhello",
        "On 4 January the doctor wrote a letter.",
        "Envoyé par courrier le 4 janvier.",
        "Envoyé depuis Lyon hier, votre colis arrive demain.",
        "Votre dossier a été envoyé depuis mon bureau.",
        "Envoyé depuis mon mobile, votre code est 4821.",
        "De : Paris\nÀ : Lyon\nDate : 4 janvier\nHeure : 9h30",
        "De : Paris\nÀ : Lyon\nObjet : transport de 3 palettes",
        "Objet : réunion\nDate : lundi",
        "Message transféré au service technique.",
        "-----\nMenu du jour\n-----",
        "---\nMenu du jour",
        "-- Promo --",
        "A -- B",
        "5 > 3",
        ">> SOLDES <<",
        "-> Entrée côté cour",
        "Prix < 10 €",
        "_____",
        "Écrivez à salon@example.org, Marie a écrit le planning.",
        "Get ready for Outlook training on Monday.",
        "Sent by bus, arrives at noon.",
    ],
)
def test_what_merely_resembles_a_mark_stays(text: str) -> None:
    """Closing formulas, lists and ordinary sentences are the sender's own words."""
    cut = cut_text(text)
    assert (cut.text, cut.notes) == (text, ())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("> Bonjour\n> à quelle heure ?\n\nÀ 9h.", "À 9h."),
        ("Le 04/01/2027 à 09:30, Léa a écrit :\n> à quelle heure ?\n\nÀ 9h.", "À 9h."),
        ("Le 04/01/2027 à 09:30, Léa a écrit :\n\n> Quand ?\nÀ 9h.\n> Où ?\nIci.\n-- \nPaul", "À 9h.\nIci."),
        ("À 9h.\n\nLe 04/01/2027 à 09:30, Léa a écrit :\n> Quand ?\n", "À 9h."),
        ("> Le 04/01/2027 à 09:30, Léa a écrit :\n>> Quand ?\n\nÀ 9h.", "À 9h."),
    ],
)
def test_what_is_written_below_a_quote_is_kept(text: str, kept: str) -> None:
    """Those who answer below or between the lines are understood too."""
    assert cut_text(text).text == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        "> Bonjour\n> à demain",
        "Le 04/01/2027 à 09:30, Léa a écrit :\n> Quand ?",
        "Le 04/01/2027 à 09:30, Léa a écrit :\n\nQuand ?",
        OUTLOOK_BLOCK,
        "-- \nPaul",
        "--end\nTexte",
    ],
)
def test_a_mail_without_own_words_gives_no_text(text: str) -> None:
    """A body that is nothing but quotes and signature is empty."""
    assert cut_text(text).text == ""


@pytest.mark.parametrize(
    ("text", "kept", "notes"),
    [
        ("Bonjour\n--end\nPublicité", "Bonjour", (END_CUT,)),
        ("Bonjour\n --END \nPublicité", "Bonjour", (END_CUT,)),
        ("Bonjour\n--end\n", "Bonjour", ()),
        ("Bonjour --end", "Bonjour --end", ()),
    ],
)
def test_an_end_line_ends_the_text(text: str, kept: str, notes: tuple[str, ...]) -> None:
    """`--end` on its own line ends the text, and is told of when it cut something."""
    cut = cut_text(text)
    assert (cut.text, cut.notes) == (kept, notes)


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("  Bonjour  \n", "Bonjour"),
        ("a \t\u00a0\nb", "a\nb"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("a\n \n\t\n \nb", "a\n\nb"),
        ("a\n\nb", "a\n\nb"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_blanks_are_tidied(text: str, tidy: str) -> None:
    """Blanks at line ends and repeated blank lines cost segments and say nothing."""
    assert cut_text(text).text == tidy


@given(st.lists(st.sampled_from(["Bonjour", "", "> cité", "-- ", "Marie", "Le 04/01/2027 à 09:30, Léa a écrit :"])))
def test_what_is_kept_was_written(lines: list[str]) -> None:
    """Cutting never adds a line, and never lets a quoted one through."""
    kept = set(cut_text("\n".join(lines)).text.split("\n"))
    assert kept <= {"Bonjour", "", "Marie"}
