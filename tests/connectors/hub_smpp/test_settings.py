"""The keys of `[connector.NAME] type = smpp`."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hub import FailureReason
from hub_smpp.errors import ERROR_TABLES, Kind, verdict
from hub_smpp.settings import SmppSettings


def test_every_key_has_a_default_and_a_sentence() -> None:
    """A carrier needs a host and its credentials, and no more."""
    assert all(field.description and not field.is_required() for field in SmppSettings.model_fields.values())


def test_the_password_is_masked() -> None:
    """Wherever settings are shown."""
    assert "hunter2" not in repr(SmppSettings.model_validate({"password": "hunter2"}))


def test_codes_of_ones_own_are_read() -> None:
    """With commas between, or each on its line."""
    settings = SmppSettings.model_validate({"errors": "001:network, 5:unallocated\n0A:barred"})
    assert settings.own_errors == {
        "001": FailureReason.NETWORK,
        "5": FailureReason.UNALLOCATED,
        "0A": FailureReason.BARRED,
    }


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("errors", "001=network", "write CODE:REASON"),
        ("errors", "001:sunspots", "unallocated, network, barred, other"),
        ("error_table", "vodafone", "write one of 8x8, default"),
        ("enquire_link_s", "60", "less than or equal to 45"),
        ("bind", "both", "transmitter+receiver"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(key: str, value: str, said: str) -> None:
    """A person can mend it."""
    with pytest.raises(ValidationError) as refused:
        SmppSettings.model_validate({key: value})
    assert said in str(refused.value)


def test_the_tables_begin_with_the_default() -> None:
    """Every table's codes are written without leading zeros, as they are compared."""
    assert "default" in ERROR_TABLES
    assert all(code == code.lstrip("0").lower() for table in ERROR_TABLES.values() for code in table)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (0x58, Kind.SLOWER), (0x14, Kind.SLOWER), (0x08, Kind.LATER), (0x0B, Kind.FINAL), (0x0A, Kind.FINAL),
        (0x0E, Kind.ACCOUNT), (0x0F, Kind.ACCOUNT), (0x64, Kind.LATER), (0x401, Kind.LATER), (0x61, Kind.FINAL),
    ],
)  # fmt: skip
def test_each_status_says_what_can_be_done(status: int, kind: Kind) -> None:
    """Final, later, slower, or a matter for a person."""
    assert verdict(status).kind is kind
