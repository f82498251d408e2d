"""Test texts: to one's own number only, proved by a code, free of charge, a few a day."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from hub import InboundText
from hub.errors import RequestRefused
from hub.messages.tables import messages
from hub.messages.tables import test_numbers as numbers

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.hub.web.conftest import Caller

MINE = "+33612345678"
NUMBER, TEST = "/api/v1/account/test-number", "/api/v1/campaigns/test"


def post(caller: Caller, path: str, **body: Any) -> TestResponse:
    """Post to the API."""
    return caller.client.post(path, json=body, headers=caller.bearer)


def code(caller: Caller) -> str:
    """The code that the latest text brought."""
    caller.hub.drain()
    found = re.search(r"\d{6}", caller.hub.carrier.taken[-1].text)
    assert found
    return found[0]


def proved(caller: Caller) -> Caller:
    """A caller with a number of its own."""
    post(caller, NUMBER, number="06 12 34 56 78")
    assert post(caller, f"{NUMBER}/confirm", code=code(caller)).status_code == 200
    return caller


def test_a_number_is_the_accounts_own_once_its_code_was_shown(caller: Caller) -> None:
    """Not before; and the code goes to that number."""
    asked = post(caller, NUMBER, number="06 12 34 56 78")
    sent = code(caller)
    assert (asked.status_code, asked.get_json()["number"], asked.get_json()["asked"]) == (202, None, MINE)
    assert caller.hub.carrier.taken[-1].to == MINE
    confirmed = post(caller, f"{NUMBER}/confirm", code=sent).get_json()
    assert (confirmed["number"], confirmed["asked"]) == (MINE, None)
    assert caller.get(NUMBER).get_json() == confirmed


def test_a_code_is_kept_as_a_hash_only(caller: Caller) -> None:
    """Beside the text that brings it."""
    post(caller, NUMBER, number=MINE)
    with caller.hub.core.store.read() as connection:
        assert connection.execute(select(numbers.c.code_hash)).scalar_one().startswith("$argon2id$")


def test_a_code_is_shown_on_its_telephone_only(caller: Caller) -> None:
    """Or whoever may read what was sent could prove that a stranger's number is theirs."""
    post(caller, NUMBER, number=MINE)
    sent = code(caller)
    (campaign,) = caller.get("/api/v1/campaigns").get_json()["items"]
    pages = [
        f"/api/v1/campaigns/{campaign['id']}",
        f"/api/v1/messages?campaign={campaign['id']}",
        f"/api/v1/people/{MINE}",
    ]
    told = [caller.client.get(page, headers=caller.bearer).get_data(as_text=True) for page in pages]
    assert [sent in one for one in (campaign["text"], *told)] == [False] * 4
    assert all("******" in one for one in told)


def test_a_code_ends_after_ten_minutes(caller: Caller) -> None:
    """And holds once."""
    post(caller, NUMBER, number=MINE)
    sent = code(caller)
    caller.hub.clock.advance(minutes=10)
    assert post(caller, f"{NUMBER}/confirm", code=sent).get_json()["code"] == "code_expired"
    post(caller, NUMBER, number=MINE)
    sent = code(caller)
    answers = [post(caller, f"{NUMBER}/confirm", code=sent).status_code for _ in range(2)]
    assert answers == [200, 422]


def test_a_code_may_be_tried_five_times(caller: Caller) -> None:
    """Then even the right one is too late, however many guess at once."""
    post(caller, NUMBER, number=MINE)
    right = code(caller)
    wrong = "000000" if right != "000000" else "111111"
    outcomes: list[str] = []

    def guess() -> None:
        try:
            caller.hub.core.trials.confirm(caller.hub.account.id, wrong)
        except RequestRefused as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=guess) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["code_expired"] * 2 + ["wrong_code"] * 5
    assert post(caller, f"{NUMBER}/confirm", code=right).get_json()["code"] == "code_expired"


def test_codes_are_not_sent_one_after_the_other(caller: Caller) -> None:
    """A minute between them, and five a day."""
    assert [post(caller, NUMBER, number=MINE).status_code for _ in range(2)] == [202, 429]
    for _ in range(4):
        caller.hub.clock.advance(minutes=2)
        assert post(caller, NUMBER, number=MINE).status_code == 202
    caller.hub.clock.advance(minutes=2)
    refused = post(caller, NUMBER, number=MINE)
    assert (refused.status_code, refused.get_json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 3600


@pytest.mark.parametrize("number", ["0123456789", "+881612345678", "x"])
def test_a_number_that_cannot_be_texted_is_none_for_tests(caller: Caller, number: str) -> None:
    """The problem names the field."""
    refused = post(caller, NUMBER, number=number)
    assert refused.status_code >= 400
    assert refused.get_json()["errors"][0]["field"] == "number"


def test_a_test_goes_out_as_it_stands_and_costs_nothing(caller: Caller) -> None:
    """Fields stay names; at any hour, with the mention that marketing needs."""
    proved(caller)
    before = caller.hub.core.accounts.balance(caller.hub.account.id)
    caller.hub.clock.advance(hours=13)  # at night
    sent = post(caller, TEST, text="Bonjour #prenom# [info1]", purpose="marketing", sender="SALON")
    caller.hub.drain()
    text = caller.hub.carrier.taken[-1]
    assert (sent.status_code, sent.get_json()["credits"], text.to) == (201, 0, MINE)
    assert text.text == "Bonjour #prenom# [info1] - STOP au 36180"
    assert caller.hub.core.accounts.balance(caller.hub.account.id) == before


def test_a_test_without_a_number_of_ones_own_goes_nowhere(caller: Caller) -> None:
    """It says where to name one."""
    post(caller, NUMBER, number=MINE)  # asked, not confirmed
    refused = post(caller, TEST, text="Bonjour")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "no_test_number")


def test_ten_tests_a_day_go_out(caller: Caller) -> None:
    """At once or one after the other; the next day there are ten more."""
    proved(caller)
    answers: list[int] = []

    def send() -> None:
        answers.append(post(caller, TEST, text="Bonjour").status_code)

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] * 10 + [429] * 2
    caller.hub.clock.advance(days=1)
    assert post(caller, TEST, text="Bonjour").status_code == 201


def test_a_template_can_be_tested(caller: Caller) -> None:
    """By its id."""
    proved(caller)
    made = post(caller, "/api/v1/templates", name="Rendez-vous", text="Bonjour #prenom#", purpose="alert").get_json()
    assert post(caller, TEST, template=made["id"]).get_json()["text"] == "Bonjour #prenom#"


def test_a_person_who_said_stop_gets_no_test(caller: Caller) -> None:
    """Though it is their own number."""
    proved(caller)
    caller.hub.core.inbox.take("carrier", [InboundText(MINE, "36180", "STOP", "1")])
    refused = post(caller, TEST, text="Bonjour")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "opted_out")
    with caller.hub.core.store.read() as connection:
        assert len(connection.execute(select(messages.c.id)).all()) == 1  # the code
