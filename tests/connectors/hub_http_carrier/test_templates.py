"""Templates: fields in a structure, each as what it is."""

from __future__ import annotations

from typing import Any

import pytest

from hub_http_carrier.templates import ABSENT, fields_in, render


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("{n}", 7),
        ("n={n}", "n=7"),
        ("{missing}", ABSENT),
        ("a{missing}", ABSENT),
        ("{missing|n}", 7),
        ("{yes}", True),
        ("plain", "plain"),
        ({"a": "{missing}", "b": "{n}"}, {"b": 7}),
        ({"l": {"each": "{to}"}}, {"l": ["1", "2"]}),
        ({"l": {"each": {"to": "{to}", "x": "{missing}"}}}, {"l": [{"to": "1"}, {"to": "2"}]}),
        (["{missing}", "{n}"], [7]),
        (3, 3),
        ("{text}", "{n}"),
    ],
)
def test_a_template_becomes_what_its_fields_are(template: Any, made: Any) -> None:
    """Types stay, what is empty is left out, and what a field says is not a template."""
    each = [{"to": "1"}, {"to": "2"}]
    assert render(template, {"n": 7, "yes": True, "empty": "", "text": "{n}"}, each) == made


def test_every_field_of_a_template_is_known() -> None:
    """However deep, so that a definition with a wrong one is refused."""
    template = {"a": "{x|y}", "b": [{"c": "<{z}>"}], "d": 7, "l": {"each": "{to}"}}
    assert set(fields_in(template)) == {"x", "y", "z", "to"}
