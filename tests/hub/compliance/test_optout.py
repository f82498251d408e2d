from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.compliance.model import OptOut, OptOutAnswer
from hub.compliance.optout import append_mention, mention_for, says_how_to_stop, stop_instruction

if TYPE_CHECKING:
    from hub.compliance.policies import PolicyBook

TEMPLATE = " - STOP au {shortcode}"
MENTION = " - STOP au 36180"
LINK = "https://s.example/u/7Qx"


def answer(
    book: PolicyBook,
    region: str,
    *,
    custom_sender: bool = True,
    shortcode: str | None = "36180",
    link: str | None = None,
) -> OptOutAnswer:
    """What a text to a region must say."""
    return mention_for(
        book.countries[region], custom_sender=custom_sender, shortcode=shortcode, template=TEMPLATE, link=link
    )


def test_the_french_short_code_needs_no_mention(book: PolicyBook) -> None:
    """The recipient answers STOP to it."""
    assert answer(book, "FR", custom_sender=False) == OptOutAnswer(OptOut.REPLY)


def test_a_french_sender_of_one_s_own_carries_the_mention(book: PolicyBook) -> None:
    """The template, with the hub's short code in it."""
    assert answer(book, "FR") == OptOutAnswer(OptOut.MENTION, MENTION)


@pytest.mark.parametrize("region", ["BE", "CH", "LU", "DE", "ES", "IT", "GB", "RE", "NC"])
@pytest.mark.parametrize("custom_sender", [True, False])
def test_where_stop_does_not_arrive_the_text_carries_a_link(
    book: PolicyBook,
    region: str,
    custom_sender: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Whatever the sender, and though the hub has a short code."""
    found = answer(book, region, custom_sender=custom_sender, link=LINK)
    assert found == OptOutAnswer(OptOut.LINK, f" STOP {LINK}")


def test_a_link_has_a_label_of_the_caller_s_choice(book: PolicyBook) -> None:
    """`{link}` is filled in."""
    found = mention_for(
        book.countries["BE"],
        custom_sender=False,
        shortcode=None,
        template=TEMPLATE,
        link=LINK,
        link_template="\nAfmelden: {link}",
    )
    assert found.text == f"\nAfmelden: {LINK}"


def test_a_missing_link_holds_the_text(book: PolicyBook) -> None:
    """The sentence names the country."""
    violation = answer(book, "BE").violation
    assert violation is not None
    assert violation.code == "optout_link_needed"
    assert "Belgium" in violation.message


def test_a_link_stands_in_for_a_missing_short_code(book: PolicyBook) -> None:
    """France takes either."""
    assert answer(book, "FR", shortcode=None, link=LINK) == OptOutAnswer(OptOut.LINK, f" STOP {LINK}")


def test_a_mention_without_a_short_code_holds_the_text(book: PolicyBook) -> None:
    """Nothing to write, nowhere to send STOP."""
    violation = answer(book, "FR", shortcode=None).violation
    assert violation is not None
    assert violation.code == "optout_shortcode_needed"
    assert "France" in violation.message


def test_a_country_may_allow_no_marketing_from_a_sender_of_one_s_own(book: PolicyBook) -> None:
    """The United States: only the registered number."""
    violation = answer(book, "US", link=LINK).violation
    assert violation is not None
    assert violation.code == "optout_impossible"
    assert "United States" in violation.message


def test_a_country_without_a_name_is_called_by_its_code(book: PolicyBook) -> None:
    """Rows made by hand have none."""
    policy = replace(book.countries["BE"], name="")
    found = mention_for(policy, custom_sender=True, shortcode=None, template=TEMPLATE, link=None)
    assert found.violation is not None
    assert "In BE" in found.violation.message


@pytest.mark.parametrize(
    "text",
    [
        "Soldes! STOP SMS",
        "Soldes! STOP SMS au 36180",
        "Soldes! STOP SMS: 36180",
        "Soldes! Desabo STOP",
        "Soldes! Désabo STOP",
        "Soldes! STOP SMS envoyez STOP",
        "Soldes! stop sms envoyez stop au 36180",
        "Soldes! STOP 36180",
        "Soldes! Stop au 36180.",
        "Soldes! STOP=36180",
        "Soldes! STOP PUB 36180",
        "Offers! STOP to 36180",
        "Soldes!\nSTOP\u00a036180",
        "STOP 36180 Soldes a -50%",
    ],
)
def test_a_text_that_says_how_to_stop_is_left_alone(text: str) -> None:
    """Every accepted form, with the right short code where it names one."""
    assert append_mention(text, MENTION) == text


@pytest.mark.parametrize(
    "text",
    [
        "Soldes!",
        "Soldes! STOP 36111",
        "Soldes! STOP SMS au 36111",
        "Soldes! Desabo STOP 36111",
        "Soldes non-stop sms",
        "Soldes non-stop 36180",
        "Soldes non\u2011stop 36180",
        "On n'arrete pas, pas de stop!",
        "Soldes! STOPPEZ SMS",
        "Soldes! STOP smsing",
        "Soldes! STOP 361800",
        "Soldes! Stop 3618.50 EUR",
    ],
)
def test_any_other_text_gets_the_mention(text: str) -> None:
    """No instruction, half of one, or one that names another number."""
    assert append_mention(text, MENTION) == text + MENTION


def test_a_right_code_counts_beside_a_wrong_one() -> None:
    """One good way out is enough."""
    assert says_how_to_stop("STOP 36111 ou STOP 36180", MENTION)


def test_blanks_at_the_end_make_room_for_the_mention() -> None:
    """No double space is paid for."""
    assert append_mention("Soldes! \n", MENTION) == f"Soldes!{MENTION}"


def test_a_mention_is_always_parted_from_the_text() -> None:
    """A template without a leading blank gets one."""
    assert append_mention("Soldes", "STOP 36180") == "Soldes STOP 36180"


@pytest.mark.parametrize("mention", ["", "  "])
def test_an_empty_mention_changes_nothing(mention: str) -> None:
    """The answer to a reply path."""
    assert append_mention("Soldes! ", mention) == "Soldes! "


def test_a_link_is_not_appended_twice() -> None:
    """A text that carries the link says how to stop."""
    text = f"Soldes! Pour ne plus recevoir: {LINK}"
    assert append_mention(text, f" STOP {LINK}") == text


@pytest.mark.parametrize("text", ["Soldes! STOP 36180", "Soldes! STOP SMS", f"Soldes! {LINK}8", f"Soldes! {LINK}/8"])
def test_only_the_link_itself_stands_for_the_link(text: str) -> None:
    """Where a link is due, STOP does not arrive, and another address is not this one."""
    mention = f" STOP {LINK}"
    assert append_mention(text, mention) == text + mention


def test_a_template_of_free_words_is_recognised_as_a_whole() -> None:
    """A mention with neither code nor link."""
    once = append_mention("Soldes!", " Refus au guichet")
    assert append_mention(once, " Refus au guichet") == once == "Soldes! Refus au guichet"


WORDS = st.lists(
    st.sampled_from(
        ["STOP", "stop", "SMS", "au", "36180", "36111", "-", ":", "envoyez", "desabo", "non-", " ", "\n", "é"]
    ),
    max_size=12,
)


@given(
    WORDS.map("".join) | WORDS.map(" ".join),
    st.sampled_from([MENTION, "STOP 36180", "\nSTOP SMS: 36180", f" STOP {LINK}"]),
)
def test_a_mention_is_never_appended_twice(text: str, mention: str) -> None:
    """Appending again changes nothing, and the result always says how to stop."""
    once = append_mention(text, mention)
    assert says_how_to_stop(once, mention)
    assert append_mention(once, mention) == once


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RDV demain. STOP SMS au 36180", "STOP SMS au 36180"),
        ("Désabo\u00a0STOP", "Désabo STOP"),
        ("Bus non-stop", None),
        ("RDV a l'arret Stop", None),
    ],
)
def test_an_instruction_is_quoted_as_it_stands(text: str, words: str | None) -> None:
    """For the lint that asks whether an alert is one."""
    assert stop_instruction(text) == words


def test_a_text_of_blanks_costs_no_more_than_another() -> None:
    """Ten thousand blanks after STOP are looked at once."""
    assert stop_instruction("STOP" + " " * 10_000 + "36180") is None
