"""Ids of answers and of receipts find each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub_smpp.ids import Ids
from hub_smpp.settings import MessageIdFormat

if TYPE_CHECKING:
    from pathlib import Path

TO = "+33639981001"
PAIRS = [
    ("as_is", "AbC", "AbC"),
    ("plain", "00ABC", "abc"),
    ("plain", "abc", "0000ABC"),
    ("dec", "1A2B", "0000006699"),
    ("dec", "0x", "0x"),
    ("hex", "6699", "1A2B"),
    ("hex", "0000006699", "00001a2b"),
    ("auto", "1A2B", "1a2b"),
    ("auto", "1A2B", "0000001A2B"),
    ("auto", "1A2B", "0000006699"),
    ("auto", "6699", "1A2B"),
    ("auto", "0000006699", "1a2b"),
    ("auto", "12345678", "305419896"),
    ("auto", "305419896", "12345678"),
    ("auto", "f81d4fae-7dec-11d0", "F81D4FAE-7DEC-11D0"),
    ("auto", "7", "7"),
    ("auto", "0", "000"),
]


@pytest.mark.parametrize(("form", "answer", "receipt"), PAIRS)
def test_both_get_one_form(form: str, answer: str, receipt: str) -> None:
    """Hex, decimal, padded or not, in capitals or not."""
    ids = Ids(MessageIdFormat(form))
    assert ids.of_answer(answer, TO) == ids.of_receipt(receipt, TO)


def test_a_receipt_of_another_number_teaches_nothing() -> None:
    """Ids in sequence fit each other in more forms than one."""
    ids = Ids(MessageIdFormat.AUTO)
    ids.of_answer("10", TO)
    ids.of_receipt("16", "+33639981002")
    assert ids.dialect is None


def test_an_id_that_is_the_same_in_all_forms_teaches_nothing() -> None:
    """What was sent as 7 and comes as 7 may be hex or decimal."""
    ids = Ids(MessageIdFormat.AUTO)
    ids.of_answer("7", TO)
    ids.of_receipt("7", TO)
    assert ids.dialect is None


def test_what_was_found_out_holds_for_early_receipts_too() -> None:
    """Later ones need no answer to be read."""
    ids = Ids(MessageIdFormat.AUTO)
    ids.of_answer("1A2B", TO)
    ids.of_receipt("6699", TO)
    assert ids.of_receipt("255") == "ff"


def test_the_next_process_knows(tmp_path: Path) -> None:
    """What was found out is kept in the connector's folder."""
    first = Ids(MessageIdFormat.AUTO, tmp_path / "new" / "ids.json")
    first.of_answer("1A2B", TO)
    first.of_receipt("6699", TO)
    second = Ids(MessageIdFormat.AUTO, tmp_path / "new" / "ids.json")
    second.load()
    assert second.of_receipt("255") == "ff"


@pytest.mark.parametrize("kept", ["", "{", '"latin"', "[]", "7"])
def test_a_spoilt_memory_is_no_memory(tmp_path: Path, kept: str) -> None:
    """It is found out again."""
    (tmp_path / "ids.json").write_text(kept, "utf-8")
    ids = Ids(MessageIdFormat.AUTO, tmp_path / "ids.json")
    ids.load()
    assert ids.dialect is None


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier without receipts costs no memory."""
    monkeypatch.setattr("hub_smpp.ids.REMEMBERED", 3)
    ids = Ids(MessageIdFormat.AUTO)
    for number in range(10):
        ids.of_answer(f"{number + 100}", TO)
    ids.of_receipt("64", TO)  # 100 in hex
    assert ids.dialect is None


def test_what_another_worker_found_out_is_seen(tmp_path: Path) -> None:
    """Both have one folder."""
    first, second = (Ids(MessageIdFormat.AUTO, tmp_path / "ids.txt") for _ in range(2))
    second.load()
    first.of_answer("1A2B", TO)
    first.of_receipt("6699", TO)
    assert second.of_receipt("255") == "ff"


def test_a_national_number_is_the_same_number() -> None:
    """Some carriers write it so in their receipts."""
    ids = Ids(MessageIdFormat.AUTO)
    ids.of_answer("1A2B", TO)
    assert ids.of_receipt("6699", "0639981001") == "1a2b"


@pytest.mark.parametrize(("receipt", "understood"), [("6699", False), ("7", True), ("f81d-4f", True)])
def test_an_id_that_may_be_any_of_several_is_not_understood_yet(receipt: str, understood: bool) -> None:  # noqa: FBT001 - a table
    """A first receipt that beats its answer."""
    assert Ids(MessageIdFormat.AUTO).understands(receipt, TO) is understood


def test_once_it_is_found_out_everything_is_understood() -> None:
    """Early receipts too."""
    ids = Ids(MessageIdFormat.AUTO)
    ids.of_answer("1A2B", TO)
    assert [ids.understands("6699", TO), ids.understands("255", TO), ids.is_learning] == [True, True, False]
