"""The judge of the chaos loop: it sees each broken promise, and takes no doubt for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.prove.verdict import Heard, Record, judge

KEPT = Record(
    messages={"C-0": ("+331", "delivered"), "C-1": ("+332", "cancelled"), "D-0": ("+333", "unknown")},
    keys=[("k1", "C"), ("k2", "D")],
    growing=0,
    taken=[("C-0", "+331"), ("D-0", "+333")],
    receipts_owed=0,
    audit=(),
)
HEARD = (Heard("k1", ("+331", "+332"), ("C", "C")), Heard("k2", ("+333",)))


def test_a_run_that_kept_every_promise_is_clean() -> None:
    """Each doubt is named, with what the carrier knows."""
    verdict = judge(KEPT, HEARD)
    assert (verdict.is_clean, verdict.accepted, verdict.taken, verdict.unknown) == (True, 3, 2, {"D-0": True})


def test_a_doubt_about_what_was_never_taken_is_named_as_that() -> None:
    """The hub cannot know; the carrier's ledger does."""
    assert judge(replace(KEPT, taken=[("C-0", "+331")]), HEARD).unknown == {"D-0": False}


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (replace(KEPT, taken=[("D-0", "+333")]), "C-0 is delivered, and the carrier never had it"),
        (replace(KEPT, messages=KEPT.messages | {"C-0": ("+331", "pending")}), "C-0 is still pending"),
        (replace(KEPT, messages=KEPT.messages | {"C-1": ("+339", "cancelled")}), "+332 of k1 was accepted"),
    ],
)
def test_what_was_accepted_and_did_not_leave_is_lost(record: Record, sentence: str) -> None:
    """Not on record, still waiting, or only said to be at the carrier."""
    (found,) = judge(record, HEARD).lost
    assert found.startswith(sentence)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (replace(KEPT, taken=[*KEPT.taken, ("C-0", "+33x")]), "message C-0 was taken 2 times"),
        (replace(KEPT, taken=[*KEPT.taken, ("C-1", "+331")]), "number +331 was texted 2 times"),
        (replace(KEPT, messages=KEPT.messages | {"E-0": ("+332", "blocked")}), "number +332 is on record 2 times"),
    ],
)
def test_what_was_sent_or_accepted_twice_is_doubled(record: Record, sentence: str) -> None:
    """By its id, or by its number, which was used once."""
    assert sentence in judge(record, HEARD).doubled


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (replace(KEPT, taken=[*KEPT.taken, ("C-1", "+332")]), "C-1 is cancelled, and the carrier has it"),
        (replace(KEPT, taken=[*KEPT.taken, ("X", "+339")]), "the carrier has X, which the hub does not know"),
        (replace(KEPT, keys=[*KEPT.keys, ("k1", "D")]), "k1 brought 2 campaigns"),
        (replace(KEPT, audit=("3 are missing",)), "credits: 3 are missing"),
    ],
)
def test_anything_else_that_must_not_be_is_wrong(record: Record, sentence: str) -> None:
    """A cancelled text that was sent, a stranger, a key with two campaigns, a balance that is off."""
    assert judge(record, HEARD).wrong == [sentence]


def test_what_a_client_cancelled_while_it_grew_need_not_be_on_record() -> None:
    """Its numbers were never written down one by one; at the carrier they would be wrong all the same."""
    cancelled = Heard("k3", ("+335",), ("E",), cancelled=True)
    assert judge(KEPT, (*HEARD, cancelled)).is_clean
    assert not judge(replace(KEPT, taken=[*KEPT.taken, ("E-0", "+335")]), (*HEARD, cancelled)).is_clean


@pytest.mark.parametrize(
    "record",
    [
        replace(KEPT, messages={"C-0": ("+331", "submitted")}),
        replace(KEPT, growing=1),
        replace(KEPT, receipts_owed=1),
    ],
)
def test_a_run_is_over_when_nothing_moves_any_more(record: Record) -> None:
    """No message on its way, no campaign that grows, no receipt that is owed."""
    assert (KEPT.is_settled, record.is_settled) == (True, False)
