"""HUB_<SECTION>_<KEY>."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.config.environment import MAX_FILE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from hub.config.settings import Settings

    from .conftest import FaultsOf, MailSection, Read


def port_of(settings: Settings, model: type[MailSection]) -> int:
    """The mail plugin's port."""
    return settings.plugin(model).port


def test_a_variable_wins_over_hub_ini(read: Read) -> None:
    """And hub.ini over the default."""
    assert read("[web]\nport = 81\nthreads = 2", {"HUB_WEB_PORT": "82"}).web.port == 82


def test_a_variable_does_not_touch_the_keys_beside_it(read: Read) -> None:
    """Sections are joined key by key."""
    assert read("[web]\nport = 81\nthreads = 2", {"HUB_WEB_PORT": "82"}).web.threads == 2


def test_the_section_hub_has_its_name_twice(read: Read, tmp_path: Path) -> None:
    """HUB_ is the prefix, HUB_ the section."""
    assert read(None, {"HUB_HUB_DATA_DIR": str(tmp_path)}).hub.data_dir == tmp_path


def test_of_two_sections_the_longer_name_has_the_variable(read: Read, mail_section: type[MailSection]) -> None:
    """`[mail_to_sms] port` and `[mail] to_sms_port` share one."""
    assert port_of(read(None, {"HUB_MAIL_TO_SMS_PORT": "26"}), mail_section) == 26


def test_a_connector_of_hub_ini_takes_variables(read: Read) -> None:
    """By its name."""
    text = "[connector.ovh]\ntype = carrier\nhost = a\n[route.main]\nconnector = ovh"
    settings = read(text, {"HUB_CONNECTOR_OVH_HOST": "b", "HUB_ROUTE_MAIN_RATE": "2.5"})
    assert (settings.connectors["ovh"].section.model_dump()["host"], settings.routes["main"].rate) == ("b", 2.5)


def test_variables_alone_make_connectors_and_routes(read: Read) -> None:
    """A container needs no hub.ini."""
    environ = {
        "HUB_CONNECTOR_MY_LINE_TYPE": "carrier",
        "HUB_CONNECTOR_MY_LINE_HOST": "a",
        "HUB_CONNECTOR_MY_LINE_LINE_TYPE": "two",
        "HUB_ROUTE_R1_CONNECTOR": "my_line",
    }
    settings = read(None, environ)
    assert settings.connectors["my_line"].section.model_dump()["line_type"] == "two"
    assert settings.routes.keys() == {"r1"}


def test_a_country_key_is_a_variable_too(read: Read) -> None:
    """`[compliance] FR` and `[senders] BE`."""
    settings = read(None, {"HUB_COMPLIANCE_FR": "FR-af2m-2026", "HUB_SENDERS_BE": "8850"})
    assert (settings.compliance.profiles, settings.senders.by_country) == ({"FR": "FR-af2m-2026"}, {"BE": "8850"})


def test_a_countrys_rules_are_variables_too(read: Read) -> None:
    """`[compliance.FR] closed_on_holidays`."""
    settings = read("[compliance.FR]\nend = 19:00", {"HUB_COMPLIANCE_FR_CLOSED_ON_HOLIDAYS": "no"})
    assert settings.overrides == {"FR": {"end": "19:00", "closed_on_holidays": "no"}}


@pytest.mark.parametrize(
    "name",
    ["HUB_CONFIG", "HUB_FAILPOINT", "HUB_FAILPOINT_SEED", "HUB_TEST_DATABASE_URL", "HUBERT", "WEB_PORT", "hub_x"],
)
def test_what_is_no_setting_is_passed_over(read: Read, name: str) -> None:
    """The hub's other variables, and everyone else's."""
    assert read(None, {name: "x"}).web.port == 8080


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("HUB_WEB_PROT", "did you mean HUB_WEB_PORT?"),
        ("HUB_HUB_DATADIR", "did you mean HUB_HUB_DATA_DIR?"),
        ("HUB_ROUTE_MAIN_RATE", "did you mean"),
        ("HUB_", "unset it"),
        ("HUB_web_port", "unset it"),
        ("HUB_CONFIG_FILE", "unset it"),
        ("HUB_SENDERS_FRANCE", "did you mean"),
        ("HUB_QQQQQQQQQQQQQQQQQ\udcff", "unset it"),
    ],
)
def test_an_unknown_variable_is_a_fault(faults_of: FaultsOf, name: str, hint: str) -> None:
    """With the nearest one that exists."""
    (fault,) = faults_of(None, {name: "1"})
    assert (fault.field, fault.code) == (name.replace("\udcff", "\\udcff"), "unknown_variable")
    assert hint in fault.message


def test_a_faulty_value_names_its_variable(faults_of: FaultsOf) -> None:
    """Not the line of hub.ini that it stands over."""
    (fault,) = faults_of("[web]\nport = 81", {"HUB_WEB_PORT": "abc"})
    assert fault.field == "HUB_WEB_PORT"


def test_a_byte_that_is_no_letter_is_a_fault(faults_of: FaultsOf) -> None:
    """Python hands such bytes on as half a surrogate pair."""
    (fault,) = faults_of(None, {"HUB_HUB_PUBLIC_URL": "https://caf\udce9.fr"})
    assert (fault.field, fault.code) == ("HUB_HUB_PUBLIC_URL", "unreadable_value")


def test_a_missing_key_of_a_variables_connector_names_its_variable(faults_of: FaultsOf) -> None:
    """There is no line to point at."""
    environ = {"HUB_CONNECTOR_A_TYPE": "carrier", "HUB_ROUTE_B_CONNECTOR": "a"}
    assert [fault.field for fault in faults_of(None, environ)] == ["HUB_CONNECTOR_A_HOST"]


def test_variables_of_a_connector_of_unknown_type_are_not_told(faults_of: FaultsOf) -> None:
    """Its type is what is wrong; nobody knows its keys."""
    faults = faults_of(None, {"HUB_CONNECTOR_A_TYPE": "carier", "HUB_CONNECTOR_A_HOST": "h"})
    assert [fault.field for fault in faults] == ["HUB_CONNECTOR_A_TYPE"]


def test_a_value_can_come_from_a_file(read: Read, tmp_path: Path) -> None:
    """The line end that editors leave is not part of it."""
    (tmp_path / "secret").write_text("31\n", encoding="utf-8")
    assert read(None, {"HUB_WEB_THREADS_FILE": str(tmp_path / "secret")}).web.threads == 31


def test_quotes_in_a_file_are_part_of_the_value(read: Read, tmp_path: Path) -> None:
    """A file has no need to keep its spaces, and a secret may have quotes around it."""
    (tmp_path / "secret").write_text('"a"', encoding="utf-8")
    assert read(None, {"HUB_SENDERS_FR_FILE": str(tmp_path / "secret")}).senders.by_country == {"FR": '"a"'}


def test_a_key_that_ends_in_file_is_that_key(read: Read, mail_section: type[MailSection]) -> None:
    """The file is the plugin's to read."""
    assert read(None, {"HUB_MAIL_TO_SMS_KEY_FILE": "/nowhere"}).plugin(mail_section).key_file == "/nowhere"


def test_a_variable_and_its_file_are_one_too_many(faults_of: FaultsOf) -> None:
    """Nobody could tell which one counts."""
    (fault,) = faults_of(None, {"HUB_WEB_PORT": "1", "HUB_WEB_PORT_FILE": "/nowhere"})
    assert (fault.field, fault.code) == ("HUB_WEB_PORT_FILE", "set_twice")


@pytest.mark.parametrize(
    "content", [None, b"\xff\xfe", b"1" * (MAX_FILE_BYTES + 1)], ids=["none", "not UTF-8", "too large"]
)
def test_a_file_that_cannot_be_read_is_a_fault(faults_of: FaultsOf, tmp_path: Path, content: bytes | None) -> None:
    """It names the variable and the file."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    (fault,) = faults_of(None, {"HUB_WEB_PORT_FILE": str(path)})
    assert (fault.field, fault.code) == ("HUB_WEB_PORT_FILE", "unreadable_file")


def test_spaces_in_a_variable_need_no_quotes(read: Read) -> None:
    """The environment does not strip them; quotes do no harm."""
    plain = read(None, {"HUB_COMPLIANCE_MENTION": " STOP {shortcode}"}).compliance.mention
    quoted = read(None, {"HUB_COMPLIANCE_MENTION": '" STOP {shortcode}"'}).compliance.mention
    assert plain == quoted == " STOP {shortcode}"


def test_variables_of_a_disabled_plugin_are_passed_over(read: Read) -> None:
    """Switching a plugin off must not ask for its variables to go."""
    environ = {"HUB_PLUGINS_DISABLED": "Some-Shop", "HUB_SOME_SHOP_KEY": "1", "HUB_SOME_SHOP_PASSWORD_FILE": "/no"}
    assert read(None, environ).plugins.disabled == ("some_shop",)
