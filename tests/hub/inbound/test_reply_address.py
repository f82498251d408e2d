"""The address by which a person on a phone is answered."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.inbound.reply_address import LONGEST_LOCAL_PART, Conversation, read_reply_address, reply_address
from hub.vault import Vault, new_key

VAULT = Vault((new_key(),))
TALK = Conversation(7, "+33612345678", "36180")
NUMBERS = st.from_regex(r"\+[1-9][0-9]{4,14}", fullmatch=True)


def local_part(conversation: Conversation = TALK, vault: Vault = VAULT) -> str:
    """Its address."""
    made = reply_address(vault, conversation)
    assert made is not None
    return made


@pytest.mark.parametrize("sender", ["36180", "+33700000000", None])
def test_an_address_leads_back_to_its_conversation(sender: str | None) -> None:
    """Person, account and the sender that they wrote to, a long number or a short one."""
    talk = Conversation(7, "+33612345678", sender)
    assert read_reply_address(VAULT, local_part(talk)) == talk


def test_a_sender_with_letters_is_left_out() -> None:
    """Nobody can text to it; the hub chooses one."""
    known = read_reply_address(VAULT, local_part(Conversation(7, "+33612345678", "SALON")))
    assert known == Conversation(7, "+33612345678", None)


def test_capitals_do_not_count() -> None:
    """Mail systems change them."""
    assert read_reply_address(VAULT, local_part().upper()) == TALK


@given(st.integers(1, 2**40), NUMBERS, st.from_regex(r"[0-9]{3,11}", fullmatch=True))
def test_an_address_is_an_address(account: int, number: str, sender: str) -> None:
    """Short enough for every mail server, of letters that all of them let through."""
    made = reply_address(VAULT, Conversation(account, number, sender))
    assert made is None or (len(made) <= LONGEST_LOCAL_PART and re.fullmatch(r"[a-z0-9-]+", made))


def test_the_longest_that_occur_still_fit() -> None:
    """Fifteen digits on either side, and a million accounts."""
    assert reply_address(VAULT, Conversation(1_000_000, "+123456789012345", "+123456789012345")) is not None


@pytest.mark.parametrize("part", [0, 1, 2, 3])
def test_no_part_of_it_can_be_changed(part: int) -> None:
    """Another person, sender or account, or another proof: each is nobody's."""
    parts = local_part().split("-")
    parts[part] = parts[part][:-1] + ("3" if parts[part][-1] != "3" else "4")
    assert read_reply_address(VAULT, "-".join(parts)) is None


@pytest.mark.parametrize("written", ["", "sms", "33612345678", "33612345678-36180-7-", "a-b-c-d", f"{'1' * 80}-1-1-a"])
def test_what_is_none_is_nobodys(written: str) -> None:
    """Whatever strangers try."""
    assert read_reply_address(VAULT, written) is None


def test_another_hubs_address_is_nobodys() -> None:
    """It has another key."""
    assert read_reply_address(Vault((new_key(),)), local_part()) is None


def test_an_address_outlives_a_change_of_the_key() -> None:
    """As long as the old one is kept."""
    changed = Vault((new_key(), *VAULT.keys))
    assert read_reply_address(changed, local_part()) == TALK


def test_an_address_ends_with_its_key() -> None:
    """Once the old one is forgotten."""
    assert read_reply_address(Vault((new_key(),)), local_part()) is None


@pytest.mark.parametrize("number", ["SALON", "36180", "", "+0123456", "+1234"])
def test_who_has_no_number_cannot_be_answered(number: str) -> None:
    """Banks and networks sign with names."""
    assert reply_address(VAULT, Conversation(7, number, "36180")) is None
