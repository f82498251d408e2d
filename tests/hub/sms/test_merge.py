"""Merge fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sms.merge import compile_text, unknown_fields

NONE: frozenset[str] = frozenset()
LIST = frozenset({"first_name", "Ville", "date rdv", "pr\u00e9nom"})
VALUES = {
    "info1": "1",
    "info4": "4",
    "first_name": "Ana",
    "Ville": "Lyon",
    "date rdv": "lundi",
    "pr\u00e9nom": "Zo\u00e9",
}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Bonjour #first_name#", "Bonjour Ana"),
        ("Bonjour [first_name], \u00e0 [date rdv]", "Bonjour Ana, \u00e0 lundi"),
        ("#info1#[info4]", "14"),
        ("#INFO1# #ville# [VILLE] [PR\u00c9NOM] #pre\u0301nom#", "1 Lyon Lyon Zo\u00e9 Zo\u00e9"),
        ("call #1 and #info1#", "call #1 and 1"),
        ("a#info1#b#info4#c", "a1b4c"),
        ("##info1##", "#1#"),
        ("#info1#info4#", "1info4#"),
        ("[[info1]]", "[1]"),
        ("#info2#|", "|"),
    ],
)
def test_both_ways_of_writing_a_field_are_filled(text: str, rendered: str) -> None:
    """In whatever case; a value that is missing is empty."""
    assert compile_text(text, LIST).render(VALUES) == rendered


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[URGENT] call #1",
        "#info5# [info0] #info#",
        "#info1] [info1#",
        "# info1 #",
        "{first_name}",
        "[first_\nname]",
        "#first_name#",
        "100% #promo #soldes",
    ],
)
def test_what_is_no_field_of_the_list_stays_text(text: str) -> None:
    """Here the list has no fields of its own."""
    template = compile_text(text, NONE)
    assert template.render(VALUES) == text
    assert template.names == ()


def test_a_value_is_never_searched_for_fields() -> None:
    """A recipient called [info1] is greeted so."""
    assert compile_text("#info1#", NONE).render({"info1": "[info1] #info2#", "info2": "x"}) == "[info1] #info2#"


def test_names_are_listed_once_in_order_as_the_list_writes_them() -> None:
    """They are the keys of a recipient's fields."""
    assert compile_text("#ville# [info1] #VILLE#", LIST).names == ("Ville", "info1")


def test_the_lists_own_name_wins_over_a_common_one() -> None:
    """Its recipients' values are stored under it."""
    assert compile_text("#info1#", frozenset({"INFO1"})).names == ("INFO1",)


def test_two_fields_that_differ_in_case_only_are_told_apart() -> None:
    """The exact name comes first."""
    assert compile_text("#Code# #code#", frozenset({"Code", "code"})).names == ("Code", "code")


@pytest.mark.parametrize("fields", [{}, {"info1": ""}, {"info1": "  "}])
def test_a_missing_value_is_reported(fields: dict[str, str]) -> None:
    """A blank one is missing too."""
    assert compile_text("#info1# #info1#", NONE).missing(fields) == ("info1",)


def test_nothing_is_missing_where_every_field_has_its_value() -> None:
    """Fields that the text does not use are of no account."""
    assert compile_text("#info1#", NONE).missing(VALUES) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#frist_name#", "#frist_name# (did you mean #first_name#?)"),
        ("[fist name]", "[fist name] (did you mean [first_name]?)"),
        ("#info5#", "#info5# (did you mean #info4#?)"),
        ("[villes]", "[villes] (did you mean [Ville]?)"),
        ("call #1 #prneom#", "#prneom# (did you mean #pr\u00e9nom#?)"),
        ("chez #societe#, #info1#", "#societe#"),
    ],
)
def test_what_looks_like_a_field_and_is_none_is_reported(text: str, found: str) -> None:
    """With the field that was perhaps meant."""
    assert unknown_fields(text, LIST) == (found,)


def test_a_misspelt_field_is_reported_once() -> None:
    """However often it stands there."""
    assert len(unknown_fields("#nmae# #nmae#", frozenset({"name"}))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[URGENT] call #1",
        "#info1# [ville]",
        "#1 and #2",
        "a # b # c",
        "[offre du jour]",
        "#promo and more#",
        "#noel#promo",
        "#info1#info #info2#",
    ],
)
def test_plain_text_and_known_fields_are_not_reported(text: str) -> None:
    """A hash or a bracket alone makes no field."""
    assert unknown_fields(text, LIST) == ()


@given(st.text(st.sampled_from("#[]infoINFO1 \n\u0130\u017f"), max_size=60))
def test_filling_each_field_with_itself_gives_the_text_again(text: str) -> None:
    """No character is lost around a field."""
    template = compile_text(text, frozenset({"fo"}))
    fields = {name: f"<{name}>" for name in template.names}
    assert template.render(fields).count("<") == len(template.slots)
    assert "".join(template.literals).count("\n") == text.count("\n")
    assert len("".join(template.literals)) + sum(len(slot) + 2 for slot in template.slots) == len(text)
