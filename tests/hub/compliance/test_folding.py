from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.compliance.folding import compose, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Désabo STOP", "desabo stop"),
        ("De\u0301sabo", "desabo"),
        ("d\u2019acc\u00e8s", "d'acces"),
        ("\u221230\u00a0%", "-30 %"),
        ("\uff33\uff2d\uff33", "sms"),
    ],
)
def test_accents_capitals_and_typography_make_no_difference(text: str, folded: str) -> None:
    """What a person would call the same words."""
    assert fold(text) == folded


@given(st.text())
def test_folding_keeps_every_character_s_place(text: str) -> None:
    """What is found in the folded text can be quoted from the composed one."""
    assert len(fold(text)) == len(compose(text))
