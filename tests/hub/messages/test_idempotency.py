"""What makes two requests the same."""

from __future__ import annotations

import hashlib
import json

import pytest

from hub.messages.idempotency import digest_of
from hub.messages.model import CampaignRequest, Recipient


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_the_digest_is_that_of_one_json_list_however_long(count: int) -> None:
    """So that a key kept by a hub which took it in one piece is still known."""
    recipients = tuple(Recipient(f"+33{number}", {"b": "\u00e9\ud800", "a": "1"}) for number in range(count))
    request = CampaignRequest(1, "\u00e9", recipients)
    whole = [
        request.purpose,
        "\u00e9",
        None,
        None,
        None,
        None,
        [[one.to, sorted(one.fields.items())] for one in recipients],
    ]
    text = json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert digest_of(request) == hashlib.sha256(text).hexdigest()
