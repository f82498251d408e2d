"""`explain_text` and `explain_number` against the shared vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.explain import explain_number, explain_text

VECTORS = Path(__file__).parents[2] / "vectors"


def _vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / name).read_text("utf-8"))["vectors"]
    return found


@pytest.mark.parametrize("vector", _vectors("segments.json"), ids=lambda vector: vector["id"])
def test_a_text_is_counted_as_the_vectors_say(vector: dict[str, Any]) -> None:
    """Encoding, units, segments, units per part, and the text after smart rewriting."""
    answer = explain_text(vector["text"], smart=vector["smart"])
    expected = {key: vector[key] for key in vector.keys() - {"id", "group", "text", "smart", "note"}}
    assert answer.items() >= expected.items()


@pytest.mark.parametrize(
    "vector", _vectors("phone_numbers.json"), ids=lambda vector: f"{vector['default_region']}-{vector['input']}"
)
def test_a_number_is_read_as_the_vectors_say(vector: dict[str, Any]) -> None:
    """E.164, region and type, or the reason; a refusal names the number only where one was recognised."""
    answer = explain_number(vector["input"], vector["default_region"])
    answer.pop("message", None)
    assert answer == {key: vector[key] for key in vector.keys() - {"input", "default_region"}}


def test_a_refused_number_comes_with_a_sentence() -> None:
    """The reason code is for programs, the message for people."""
    assert "landline of FR" in str(explain_number("0123456789", "FR")["message"])


def test_an_explanation_can_be_written_as_json() -> None:
    """Only plain values come out."""
    answer = explain_text("C\u2019est l\u2019\u00eate", smart=True)
    assert json.loads(json.dumps(answer)) == answer


def test_a_text_is_explained_with_its_parts_and_what_forces_ucs2() -> None:
    """Parts join to the text; offending characters stand once each, in order."""
    answer = explain_text("\u00ea" * 71 + "\u00ee\u00ea")
    assert answer["parts"] == ["\u00ea" * 67, "\u00ea" * 4 + "\u00ee\u00ea"]
    assert answer["offending"] == ["\u00ea", "\u00ee"]


def test_smart_changes_are_shown_with_their_count() -> None:
    """Nothing is rewritten silently."""
    answer = explain_text("l\u2019\u00e9t\u00e9, d\u00e8s l\u2019aube", smart=True)
    assert answer["changes"] == [{"found": "\u2019", "replacement": "'", "count": 2}]


def test_what_smart_rewriting_leaves_is_still_offending() -> None:
    """The marks went, the letter that still forces UCS-2 is named."""
    assert explain_text("l\u2019\u00eatre", smart=True)["offending"] == ["\u00ea"]
