"""A data file that cannot be followed is refused with a sentence that says where and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub_http_carrier.definition import load

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
name = "Any"
[request]
url = "https://carrier.example/send"
[request.json]
to = "{to}"
[answer]
id = "id"
"""


def test_the_least_is_a_url_a_body_and_an_id(tmp_path: Path) -> None:
    """Everything else has a default."""
    path = tmp_path / "carrier.toml"
    path.write_text(GOOD)
    assert load(path).batch.size == 1


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("{to}", "{two}", "speaks of two, and there are only the fields"),
        ('id = "id"', 'code = "x"', "names no id"),
        ('id = "id"', 'id = "a..b"', "'a..b' is no path"),
        ('id = "id"', 'id = "id"\nmatch = "number"', "does not say where it stands"),
        ('id = "id"', 'id = "id"\npattern = "("', "is no regular expression"),
        ('id = "id"', 'id = "id"\n[answer.codes]\n1 = "maybe"', "answer.codes.1"),
        ("[answer]", "[request.form]\na = 'b'\n[answer]", "a request has one body"),
        ("https:", "ftp:", "does not begin with https://"),
        ('name = "Any"', 'name = "Any"\nspeed = 1', "speed: Extra inputs are not permitted"),
        ('name = "Any"', "name = ", "is no TOML"),
        ("[request]", '[fields.to]\nfrom = "to"\nvalues = {}\n[request]', "a field that there is already: to"),
        ('id = "id"', 'id = "id"\n[receipts]\nid = "i"\nstate = "s"\nstates = { a = "arrived" }', "receipts.states"),
    ],
)
def test_a_faulty_definition_is_refused(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    """By the name of its file, the place in it, and what is wrong."""
    path = tmp_path / "carrier.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ValueError, match=r"carrier\.toml") as caught:
        load(path)
    assert sentence in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """So is one that cannot be read."""
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")
