from __future__ import annotations

import pytest

from hub_mail_to_sms.flowed import join_flowed, join_wrapped

LONG = "Votre véhicule est prêt et vous pouvez venir le chercher demain matin"


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("un \ndeux \ntrois\nquatre", "un deux trois\nquatre"),
        ("un \n\ndeux", "un \n\ndeux"),
        (" un", "un"),
        (" > un", "> un"),
        ("un\n-- \nLéa", "un\n-- \nLéa"),
        ("un \n-- \nLéa", "un \n-- \nLéa"),
        ("> un \n> deux\ntrois", "> un deux\ntrois"),
        ("> un \n>> deux", "> un \n> > deux"),
        (">> un \n>> deux", "> > un deux"),
        ("", ""),
    ],
)
def test_flowed_lines_are_joined(text: str, joined: str) -> None:
    """RFC 3676: a space at the end goes on, quotes by depth, the signature mark never."""
    assert join_flowed(text, delsp=False) == joined


def test_delsp_takes_the_space_at_the_break_away() -> None:
    """RFC 3676, 4.1: languages without spaces are broken with a space that is not theirs."""
    assert join_flowed("予約 \n確認  \nmerci", delsp=True) == "予約確認 merci"


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (f"{LONG}\navant 19h.", f"{LONG} avant 19h."),
        (f"{LONG}\n19h00 au garage.", f"{LONG} 19h00 au garage."),
        (f"{LONG}\navant 9h ou\naprès 10h", f"{LONG} avant 9h ou\naprès 10h"),
    ],
)
def test_a_machines_wrapping_is_undone(text: str, joined: str) -> None:
    """A sentence that Gmail broke at its 72nd column is one line again."""
    assert join_wrapped(text) == joined


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour,\nvotre véhicule est prêt.",
        f"{LONG}.\navant 19h.",
        f"{LONG}\nCordialement",
        f"{LONG}\n- avant 19h",
        f"{LONG}\n2) avant 19h",
        f"{LONG}\n\navant 19h",
        f"> {LONG}\navant 19h",
        f"{LONG} et même plus tôt si vous voulez\navant 19h",
        "",
    ],
)
def test_the_senders_own_line_breaks_stay(text: str) -> None:
    """Short lines, ended sentences, lists and new beginnings were broken on purpose."""
    assert join_wrapped(text) == text
