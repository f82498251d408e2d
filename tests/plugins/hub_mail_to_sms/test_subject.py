from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_mail_to_sms.subject import Options, read_subject

NINE_THIRTY = datetime(2027, 1, 4, 9, 30)  # noqa: DTZ001 - the sender gave no offset


@pytest.mark.parametrize(
    ("subject", "numbers_text"),
    [
        ("06 39 98 12 34", "06 39 98 12 34"),
        ("", ""),
        ("Re: 0639981234", "0639981234"),
        ("RE : 0639981234", "0639981234"),
        ("RE\u00a0: 0639981234", "0639981234"),
        ("TR: 0639981234", "0639981234"),
        ("Fwd: 0639981234", "0639981234"),
        ("FW: 0639981234", "0639981234"),
        ("Réf : 0639981234", "0639981234"),
        ("AW: 0639981234", "0639981234"),
        ("Re: TR : Fwd:RE: 0639981234", "0639981234"),
        ("Re[2]: 0639981234", "0639981234"),
        ("Re: [marketing] Re: 0639981234", "0639981234"),
        ("[alert] +33 6 39 98 12 34; +32 470 12 34 56", "+33 6 39 98 12 34; +32 470 12 34 56"),
        ("0639981234 [alert], 0639985678", "0639981234 , 0639985678"),
        ("0639981234\r\n 0639985678", "0639981234 0639985678"),
        ("Rappel 0639981234", "Rappel 0639981234"),
        ("Recherche: 0639981234", "Recherche: 0639981234"),
        ("Monsieur : 0639981234", "Monsieur : 0639981234"),
    ],
)
def test_prefixes_and_options_are_taken_from_the_numbers(subject: str, numbers_text: str) -> None:
    """What is left of the subject is the numbers, unsplit."""
    assert read_subject(subject).numbers_text == numbers_text


@pytest.mark.parametrize(
    ("subject", "options"),
    [
        ("0639981234", Options()),
        ("[marketing] 0639981234", Options(purpose="marketing")),
        ("0639981234 [Alert]", Options(purpose="alert")),
        ("[ALERTE]", Options(purpose="alert")),
        ("[alert] [alerte]", Options(purpose="alert")),
        ("[sender=ACME]", Options(sender="ACME")),
        ("[sender: ACME]", Options(sender="ACME")),
        ("[ expéditeur = Salon Exemple ]", Options(sender="Salon Exemple")),
        ("[Expediteur=CAFÉ]", Options(sender="CAFÉ")),
        ("[de=ACME]", Options(sender="ACME")),
        ("[marketing, sender=ACME]", Options(purpose="marketing", sender="ACME")),
        ("[marketing;de=ACME;]", Options(purpose="marketing", sender="ACME")),
        ("[]", Options()),
    ],
)
def test_options_are_read(subject: str, options: Options) -> None:
    """Any case, accents or none, English or French, one bracket or several."""
    assert read_subject(subject).options == options


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2027-01-04 09:30", NINE_THIRTY),
        ("2027-1-4 9:30", NINE_THIRTY),
        ("2027-01-04T09:30", NINE_THIRTY),
        ("2027-01-04t09:30:00", NINE_THIRTY),
        ("04/01/2027 09:30", NINE_THIRTY),
        ("4/1/2027 9h30", NINE_THIRTY),
        ("04/01/2027 à 09 h 30", NINE_THIRTY),
        ("2027-01-04 09:30Z", NINE_THIRTY.replace(tzinfo=UTC)),
        ("2027-01-04T09:30+01:00", NINE_THIRTY.replace(tzinfo=timezone(timedelta(hours=1)))),
        ("2027-01-04 09:30 -0330", NINE_THIRTY.replace(tzinfo=timezone(-timedelta(hours=3, minutes=30)))),
    ],
)
@pytest.mark.parametrize("name", ["at", "AT", "à", "a"])
def test_a_time_is_read(name: str, value: str, at: datetime) -> None:
    """ISO or French order; naive without an offset, aware with one; the words of the sender are kept."""
    options = read_subject(f"0639981234 [{name}={value}]").options
    assert (options.at, options.at_text) == (at, value)


@pytest.mark.parametrize(
    ("subject", "code", "words"),
    [
        ("[marketting]", "unknown_option", "did you mean [marketing]?"),
        ("[marketing2]", "unknown_option", "did you mean [marketing]?"),
        ("[allert]", "unknown_option", "did you mean [alert]?"),
        ("[expediter=ACME]", "unknown_option", "did you mean [sender=ACME]?"),
        ("[urgent]", "unknown_option", "the options are [marketing], [alert], [sender=ACME], [at="),
        ("[sender]", "malformed_option", "[sender=ACME]"),
        ("[sender=]", "malformed_option", "[sender=ACME]"),
        ("[at]", "malformed_option", "[at=2027-01-04 09:30]"),
        ("[marketing=yes]", "malformed_option", "[marketing]"),
        ("[at=tomorrow]", "bad_time", "[at=2027-01-04 09:30]"),
        ("[at=31/02/2027 09:30]", "bad_time", "[at=04/01/2027 09:30]"),
        ("[at=2027-01-04 25:00]", "bad_time", "[at=2027-01-04 09:30]"),
        ("[at=2027-01-04]", "bad_time", "[at=2027-01-04 09:30]"),
        ("[marketing] [alert]", "contradictory_option", '"[alert]" contradicts'),
        ("[sender=A] [sender=B]", "contradictory_option", '"[sender=B]" contradicts'),
        ("[marketing 0639981234", "unclosed_bracket", "no partner"),
        ("0639981234]", "unclosed_bracket", "no partner"),
    ],
)
def test_what_is_not_understood_is_a_problem(subject: str, code: str, words: str) -> None:
    """Nothing is ignored: each problem has a code, and a sentence that names the remedy."""
    problems = read_subject(subject).problems
    assert [(problem.code, words in problem.message) for problem in problems] == [(code, True)]


def test_unknown_options_are_listed_as_written() -> None:
    """Every option that was not understood is named."""
    assert read_subject("[Urgent; marketing] [at=demain] 0639981234").unknown == ("Urgent", "at=demain")


def test_a_long_option_is_shown_in_part() -> None:
    """A sentence about an option stays short enough for an SMTP reply."""
    assert len(read_subject(f"[{'x' * 500}]").problems[0].message) < 200


def test_problems_are_told_up_to_ten() -> None:
    """A subject full of brackets is not answered with a book."""
    assert len(read_subject("[x]" * 500).problems) == 10


@given(st.text(alphabet="[]=:;,reéàmarketingsnd0123456789/- T", max_size=80))
def test_any_subject_is_read(subject: str) -> None:
    """Whatever the subject, brackets never reach the numbers without a problem being told."""
    read = read_subject(subject)
    assert read.problems or not set(read.numbers_text) & set("[]")
