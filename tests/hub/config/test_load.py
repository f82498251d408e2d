"""All of it together: sections, connectors, routes, and every fault at once."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.environment import variable
from hub.config.ini import parse_ini
from hub.config.load import Raw, load, read_sources
from hub.config.schema import Section
from hub.config.sections import CORE_SECTIONS, RouteSection
from hub.errors import ConfigError, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import FaultsOf, MailSection, Read

ROUTED = "[connector.a]\ntype = carrier\nhost = h\n[route.r]\nconnector = a\n"


@pytest.mark.parametrize("text", [None, "", "\n", "# nothing\n", "[web]", "[compliance.FR]"])
def test_nothing_written_is_the_defaults(read: Read, text: str | None) -> None:
    """An empty hub.ini and no hub.ini at all both load."""
    settings = read(text)
    assert (settings.web.port, settings.messages.batch, settings.hub.region) == (8080, 500, "FR")


def test_without_connector_and_route_there_is_the_sandbox(read: Read) -> None:
    """A new hub can be tried out at once."""
    settings = read("")
    assert [(it.name, it.type) for it in settings.connectors.values()] == [("sandbox", "sandbox")]
    assert [(it.name, it.connector) for it in settings.routes.values()] == [("default", "sandbox")]


def test_a_connector_of_ones_own_drives_the_sandbox_out(read: Read) -> None:
    """Real texts must never end there by oversight."""
    assert read(ROUTED).connectors.keys() == {"a"}


def test_a_connector_in_the_environment_drives_the_sandbox_out_too(read: Read) -> None:
    """Wherever it is named."""
    environ = {"HUB_CONNECTOR_A_TYPE": "carrier", "HUB_CONNECTOR_A_HOST": "h", "HUB_ROUTE_R_CONNECTOR": "a"}
    settings = read(None, environ)
    assert ([*settings.connectors], [*settings.routes]) == (["a"], ["r"])


def test_the_sandbox_that_nobody_named_can_be_tuned(read: Read) -> None:
    """By the variables of its route."""
    assert read("", {"HUB_ROUTE_DEFAULT_RATE": "5"}).routes["default"].rate == 5


def test_without_any_connector_installed_the_hub_still_loads() -> None:
    """It says that nothing can leave."""
    settings = load(read_sources(None, {}), plugin_sections={}, connector_types={})
    assert [warning.code for warning in settings.warnings] == ["no_connector"]


def test_a_connector_gets_its_own_types_section(read: Read) -> None:
    """With its defaults."""
    assert read(ROUTED).connectors["a"].section.model_dump(exclude={"password"}) == {
        "host": "h",
        "port": 2775,
        "line_type": "one",
    }


def test_a_route_has_what_its_section_says(read: Read) -> None:
    """Names are read whatever their case."""
    route = read(
        "[connector.A]\ntype = Sandbox\n[route.R]\nconnector = A\ncountries = fr, BE\npurposes = Alert\n"
        "rate = 1.5\npriority = 3\non_unknown = resend"
    ).routes["r"]
    assert (route.name, route.connector, route.countries) == ("r", "a", ("FR", "BE"))
    assert (route.purposes, route.rate, route.priority, route.on_unknown) == (("alert",), 1.5, 3, "resend")


def test_a_plugin_finds_its_section_by_its_model(read: Read, mail_section: type[MailSection]) -> None:
    """And nothing of anyone else's."""
    assert read("[mail_to_sms]\ndomains = a.fr, b.fr").plugin(mail_section).domains == ("a.fr", "b.fr")


def test_a_model_that_was_not_registered_has_no_section(read: Read) -> None:
    """That is the plugin's mistake, not the operator's."""
    with pytest.raises(LookupError, match="Section"):
        read("").plugin(RouteSection)


def test_a_plugin_may_not_take_a_section_of_the_hub() -> None:
    """It would change what the hub itself reads."""
    with pytest.raises(ConfigError, match=r"\[web\]: this section belongs to the hub"):
        load(read_sources(None, {}), plugin_sections={"web": Section}, connector_types={})


def test_the_section_of_a_disabled_plugin_is_passed_over(read: Read) -> None:
    """Switching a plugin off is one line."""
    assert read("[plugins]\ndisabled = shop\n[shop]\nkey = 1").plugins.disabled == ("shop",)


def test_disabled_plugins_are_known_before_plugins_are(tmp_path: Path) -> None:
    """The environment counts, and a faulty rest does not matter yet."""
    (tmp_path / "hub.ini").write_text("[plugins]\ndisabled = a\n[nonsense]\nx", encoding="utf-8")
    in_file = read_sources(tmp_path / "hub.ini", {})
    in_both = read_sources(tmp_path / "hub.ini", {"HUB_PLUGINS_DISABLED": "b, c"})
    assert (in_file.disabled_plugins, in_both.disabled_plugins) == (("a",), ("b", "c"))


def test_relative_paths_start_at_the_folder_of_hub_ini(
    read: Read, mail_section: type[MailSection], tmp_path: Path
) -> None:
    """Wherever the hub is started from; defaults and plugins' paths too."""
    settings = read("[mail_to_sms]\nkey = k/mail.pem")
    assert (settings.hub.data_dir, settings.plugin(mail_section).key) == (tmp_path / "data", tmp_path / "k/mail.pem")


def test_without_hub_ini_relative_paths_start_at_the_current_folder(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """There is no other."""
    monkeypatch.chdir(tmp_path)
    assert read(None).hub.data_dir == tmp_path / "data"


def test_settings_say_where_each_value_comes_from(read: Read, tmp_path: Path) -> None:
    """For faults that only show later, as a port that is taken."""
    settings = read("[web]\nport = 81\n[compliance.FR]\nend = 19:00", {"HUB_WEB_HOST": "::"})
    asked = [("web", "port"), ("web", "host"), ("web", "threads"), ("compliance.FR", "end")]
    ini = tmp_path / "hub.ini"
    assert [settings.where(*it) for it in asked] == [f"{ini}:2", "HUB_WEB_HOST", "[web]", f"{ini}:4"]


def test_settings_travel_to_another_process(read: Read) -> None:
    """Workers may be handed them."""
    settings = read("[compliance]\nFR = FR-af2m-2026\n[compliance.BE]\nend = 18:00")
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own bytes


NO_SECTION = "there is no such section"
NO_KEY = "there is no such key"
INDENTED = "the value goes on over indented lines"

SENTENCES = [
    ("[web]\nport = abc", 2, "[web] port: 'abc' is not a whole number; write one between 1 and 65535"),
    ("[web]\nport = 70000", 2, "[web] port: '70000' is out of range; write one between 1 and 65535"),
    ("[web]\nport =", 2, "[web] port: an empty value is not a whole number; write one between 1 and 65535"),
    ("[web]\n\nprot = 81", 3, f"[web] prot: {NO_KEY}; did you mean port?"),
    ("[workers]\nzzz = 1", 2, f"[workers] zzz: {NO_KEY}; its keys are dispatch, background"),
    ("[plugins]\nprofiles = y", 2, f"[plugins] profiles: {NO_KEY}; its keys are disabled"),
    ("[senders]\nby_country = y", 2, f"[senders] by_country: {NO_KEY}; its keys are default, registered"),
    ("[compliance]\nxx = y", 2, "[compliance] xx: 'xx' is not a country code; write two letters, as in FR or BE"),
    ("[wbe]\nx = 1", 1, f"[wbe]: {NO_SECTION}; did you mean web?"),
    ("[DEFAULT]\nx = 1", 1, f"[default]: {NO_SECTION}; remove it, or install the plugin that reads it"),
    ("[connector]", 1, f"[connector]: {NO_SECTION}; write [connector.NAME], NAME being small letters, digits and _"),
    ("[route.a-b]", 1, f"[route.a-b]: {NO_SECTION}; write [route.NAME], NAME being small letters, digits and _"),
    ("[compliance.x]", 1, f"[compliance.x]: {NO_SECTION}; write [compliance.XX], XX being a country's two letters"),
    ("[compliance.zz]", 1, "[compliance.zz]: 'zz' is not a country code; write two letters, as in FR or BE"),
    ("[messages]\nsmart = perhaps", 2, "[messages] smart: 'perhaps' is neither yes nor no; write one of the two"),
    ("[messages]\nlease_s = inf", 2, "[messages] lease_s: 'inf' is not a number; write one between 5 and 3600"),
    ("[hub]\ntimezone = x", 2, "[hub] timezone: 'x' is not a time zone; write a place as in Europe/Paris"),
    ("[web]\nhost = a\n  port = 1", 2, f"[web] host: {INDENTED}; begin every key at the left edge"),
    ("[connector.a]\nhost = x", 1, "[connector.a] type: this key is missing; write one of carrier, sandbox"),
    ("[connector.a]\ntype = carier", 2, "[connector.a] type: 'carier' is no type of connector; did you mean carrier?"),
    ("[connector.a]\ntype = carrier", 1, "[connector.a] host: this key is missing; write it: Host of the carrier."),
    (f"{ROUTED}[route.s]\nconnector = aa", 7, "[route.s] connector: no connector is named 'aa'; did you mean a?"),
    (f"{ROUTED}rate = 0", 6, "[route.r] rate: '0' is out of range; write one above 0"),
    (f"{ROUTED}purposes =", 6, "[route.r] purposes: the list is too short; write 1 or more"),
    (
        "[connector.a]\ntype = carrier\nhost = h\npassword = abc",
        4,
        "[connector.a] password: the value is too short; write 4 or more letters",
    ),
    (
        "[hub]\nlog_level = inf",
        2,
        "[hub] log_level: 'inf' is not a choice; write 'debug', 'info', 'warning' or 'error' (did you mean info?)",
    ),
    (
        "[hub]\ntimezone = paris",
        2,
        "[hub] timezone: 'paris' is not a time zone; write a place as in Europe/Paris (did you mean Europe/Paris?)",
    ),
]


@pytest.mark.parametrize(("text", "line", "message"), SENTENCES, ids=[message for _, _, message in SENTENCES])
def test_a_fault_says_where_what_and_how_to_mend_it(faults_of: FaultsOf, text: str, line: int, message: str) -> None:
    """In one sentence."""
    assert [(fault.field, fault.message) for fault in faults_of(text)] == [(f"hub.ini:{line}", message)]


def test_a_comment_behind_a_value_is_pointed_at(faults_of: FaultsOf) -> None:
    """It is the likeliest reason for the value's not fitting."""
    (fault,) = faults_of("[web]\nport = 81 ; mine")
    assert fault.message.endswith(", and give the comment a line of its own")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[web]\nprot = 1", "unknown_key"),
        ("[wbe]", "unknown_section"),
        ("[web]\nport = a", "int_parsing"),
        ("[web]\nhost = a\n  b", "several_lines"),
        ("[web]\nhost = \x01", "unreadable_value"),
        ("[connector.a]\ntype = x", "unknown_connector_type"),
        ("[route.a]\nconnector = x", "unknown_connector"),
        ("[route.a]", "missing"),
    ],
)
def test_a_fault_has_a_code(faults_of: FaultsOf, text: str, code: str) -> None:
    """For programs, which do not read sentences."""
    assert [fault.code for fault in faults_of(text)] == [code]


def test_every_fault_is_told_at_once_from_top_to_bottom(faults_of: FaultsOf) -> None:
    """hub.ini by line, then the environment."""
    text = "stray\n[route.r]\nconnector = x\nrate = 0\n[web]\nport = a\nport = b\n[nope]\n[connector.c]\ntype = d"
    faults = faults_of(text, {"HUB_NOPE": "1", "HUB_WEB_THREADS": "0"})
    assert [fault.field.removeprefix("hub.ini") for fault in faults] == [
        *[":1", ":3", ":4", ":6", ":7", ":8", ":10"],
        *["HUB_NOPE", "HUB_WEB_THREADS"],
    ]


def test_every_wrong_word_of_a_list_is_told(faults_of: FaultsOf) -> None:
    """And not that the list is now too short."""
    faults = faults_of(ROUTED + "purposes = marketting, alerts\ncountries = FR, UK, ZZ")
    assert [fault.message.partition("'")[2].partition("'")[0] for fault in faults] == [
        "marketting",
        "alerts",
        "UK",
        "ZZ",
    ]


def test_an_unreadable_file_does_not_hide_faulty_variables(tmp_path: Path) -> None:
    """Both are told."""
    raw = read_sources(tmp_path / "none.ini", {"HUB_WEB_PORT": "x"})
    with pytest.raises(ConfigError) as caught:
        load(raw, plugin_sections={}, connector_types={})
    assert [fault.code for fault in caught.value.faults] == ["unreadable_file", "int_parsing"]


@pytest.mark.parametrize(
    "text",
    [
        "[connector.a]\ntype = carrier\nhost = h\npassword = \x01s3cret",
        "[connector.a]\ntype = carrier\nhost = h\npassword = s3\n  s3cret",
        "[connector.a]\ntype = carrier\nhost = h\npasswrod = s3cret",
        "[connector.a]\ntype = carrier\nhost = http://u:s3cret@h\nport = x://u:s3cret@h",
        "[hub]\nredis_url = redis://:s3cret",
        "[hub]\ndatabase_url = mysql://u:s3cret@h/d",
        "[hub]\npublic_url = https://u:s3cret@h",
        "[web\ns3cret",
    ],
)
def test_no_fault_tells_a_secret(faults_of: FaultsOf, text: str) -> None:
    """Faults end in logs and in questions to colleagues."""
    faults = faults_of(text)
    assert faults
    assert not [fault for fault in faults if "s3cret" in fault.message + fault.field]


def test_a_connector_that_no_route_leads_to_is_a_warning(read: Read, tmp_path: Path) -> None:
    """It hurts nobody, and is likely an oversight."""
    (warning,) = read(ROUTED + "[connector.b]\ntype = sandbox").warnings
    assert (warning.field, warning.code) == (f"{tmp_path / 'hub.ini'}:7", "connector_without_route")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (ROUTED, []),
        ("[mail_to_sms]\ntoken = abc", ["world_readable"]),
        ("[mail_to_sms]\ntoken =", []),
        ("[hub]\nredis_url = redis://h", []),
        ("[hub]\nredis_url = redis://:pw@h\ndatabase_url = postgres://u:pw@h/d", ["world_readable"] * 2),
    ],
)
def test_a_secret_that_everyone_can_read_is_a_warning(read: Read, text: str, codes: list[str]) -> None:
    """One for each line that holds one."""
    assert [warning.code for warning in read(text, mode=0o644).warnings] == codes


def test_a_secret_that_only_the_hub_can_read_is_none(read: Read) -> None:
    """That is how it should be."""
    assert read("[mail_to_sms]\ntoken = abc", mode=0o640).warnings == ()


MODELS: dict[str, type[Section]] = {**CORE_SECTIONS, "route.r": RouteSection}
ANY_TEXT = st.text(st.characters(exclude_categories=()))
KEYS = [(name, key) for name, model in MODELS.items() for key in model.model_fields]


@given(st.sampled_from(KEYS), ANY_TEXT)
def test_any_text_in_any_key_of_hub_ini_loads_or_is_a_fault(place: tuple[str, str], value: str) -> None:
    """Never another exception."""
    section, key = place
    ini = parse_ini(f"[{section}]\n{key} = {value}", "hub.ini")
    assert all(fault.field and fault.message for fault in faults_in(replace(read_sources(None, {}), ini=ini)))


@given(st.sampled_from(KEYS), ANY_TEXT)
def test_any_text_in_any_variable_loads_or_is_a_fault(place: tuple[str, str], value: str) -> None:
    """Never another exception."""
    raw = read_sources(None, {variable(*place): value})
    assert all(fault.field and fault.message for fault in faults_in(raw))


@given(st.text(st.sampled_from("ABCDEFGHUB_FILE019")), st.text(max_size=5))
def test_any_name_of_a_variable_loads_or_is_a_fault(name: str, value: str) -> None:
    """Never another exception."""
    assert all(fault.field for fault in faults_in(read_sources(None, {f"HUB_{name}": value})))


def faults_in(raw: Raw) -> tuple[Fault, ...]:
    """What is wrong, if anything is."""
    try:
        load(raw, plugin_sections={}, connector_types={"sandbox": Section})
    except ConfigError as error:
        return error.faults
    return ()
