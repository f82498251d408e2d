"""What a carrier says when it calls is read, or it is not what it should be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub_http_carrier.calls import texts_in
from hub_http_carrier.proofs import Called
from hub_http_carrier.settings import HttpSettings
from hub_http_carrier.tree import Unreadable

TEXT = {"msisdn": "33612345678", "to": "36180", "text": "Oui", "messageId": "m1"}


def read(**said: Any) -> list[tuple[str, str]]:
    """The texts of a call to the Vonage preset: their numbers and words."""
    settings = {"preset": "vonage", "account": "k", "password": "p", "signing_secret": "s", "inbound": True}
    spec = HttpSettings.model_validate(settings).described().inbound
    assert spec is not None
    body = json.dumps({**TEXT, **said}).encode()
    return [(one.number, one.text) for one in texts_in(spec, Called("POST", "https://hub.example/", {}, body=body), "")]


@pytest.mark.parametrize(("text", "words"), [("Oui", "Oui"), ("", ""), (4, "4")])
def test_a_text_may_be_empty(text: object, words: str) -> None:
    """People send such."""
    assert read(text=text) == [("33612345678", words)]


@pytest.mark.parametrize("text", [None, {}, [], ["Oui"]])
def test_what_has_no_words_is_no_text(text: object) -> None:
    """It would be kept as an empty one, and answered yes."""
    with pytest.raises(Unreadable):
        read(text=text)
