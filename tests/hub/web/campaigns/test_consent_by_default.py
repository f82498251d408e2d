"""An account whose marketing goes only to people who agreed, whatever a campaign says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.contacts.model import NewConsent

if TYPE_CHECKING:
    from tests.hub.web.conftest import Caller

SETTINGS = "/api/v1/account/settings"
NINA, OMAR = "+33612345671", "+33612345672"


@pytest.fixture
def careful(caller: Caller) -> Caller:
    """An account that asks for consents, and has that of Nina."""
    answer = caller.client.patch(SETTINGS, json={"require_consent": True}, headers=caller.bearer)
    assert answer.get_json()["require_consent"] is True
    core, now = caller.hub.core, caller.hub.clock.now()
    core.consents.record(caller.hub.account.id, [NewConsent(NINA, "Oui", now, "website")], "account 1")
    return caller


def reasons(caller: Caller, **body: Any) -> list[str | None]:
    """Why which text of a campaign to both does not go."""
    answer = caller.send(NINA, OMAR, allow_repeat=True, **body).get_json()
    return [one["reason"] for one in answer["messages"]]


@pytest.mark.parametrize("said", [{}, {"require_consent": False}, {"require_consent": True}])
def test_marketing_goes_to_those_who_agreed(careful: Caller, said: dict[str, bool]) -> None:
    """A campaign can ask for more than its account does, and not for less."""
    assert reasons(careful, purpose="marketing", **said) == [None, "no_consent"]


def test_alerts_ask_for_no_consent_unless_they_say_so(careful: Caller) -> None:
    """What a person waits for is no advertisement."""
    assert reasons(careful, purpose="alert") == [None, None]
    assert reasons(careful, purpose="alert", require_consent=True) == [None, "no_consent"]


def test_a_simulation_says_so_too(careful: Caller) -> None:
    """With the same figures."""
    body = {"purpose": "marketing", "text": "Soldes", "recipients": [NINA, OMAR]}
    said = careful.client.post("/api/v1/campaigns/simulate", json=body, headers=careful.bearer).get_json()
    assert (said["accepted"], said["blocked_by"]) == (1, {"no_consent": 1})


def test_a_consent_that_is_withdrawn_before_it_leaves_counts(careful: Caller) -> None:
    """It is asked again."""
    sent = careful.send(NINA, purpose="marketing").get_json()["id"]
    careful.hub.core.consents.withdraw(careful.hub.account.id, [NINA])
    careful.hub.drain()
    assert careful.hub.states(sent) == ["blocked"]


def test_the_same_key_is_answered_again_though_the_setting_changed(careful: Caller) -> None:
    """The request is the same."""
    key = {"Idempotency-Key": "k"}
    first = careful.send(NINA, purpose="marketing", headers=key)
    careful.client.patch(SETTINGS, json={"require_consent": None}, headers=careful.bearer)
    again = careful.send(NINA, purpose="marketing", headers=key)
    assert again.get_json()["id"] == first.get_json()["id"]
    assert reasons(careful, purpose="marketing") == [None, None]


def test_a_setting_that_is_neither_yes_nor_no_is_refused(caller: Caller) -> None:
    """A word is none."""
    refused = caller.client.patch(SETTINGS, json={"require_consent": "oui"}, headers=caller.bearer)
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "require_consent")
