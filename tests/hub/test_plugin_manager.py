"""Plugins come in one by one, and none of them takes the hub down."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from itertools import count
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from hub import Draft, Finding, MessageNotice, MessageState, Purpose, Violation, hookimpl
from hub.observe import configure_logging
from hub.plugin_manager import Plugins, PluginState
from hub.registry import DuplicateName, Registry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hub.plugin_manager import PluginStatus

HEADER = """
from hub import hookimpl, Violation
hub_api = 1
"""
A_COMMAND = (
    HEADER
    + """
import click
@hookimpl
def hub_register_commands(registry):
    registry.add_command(click.Command("greet"))
"""
)
DRAFT = Draft(
    account_id=1,
    campaign_id="c",
    source="test",
    purpose=Purpose.ALERT,
    to="+33639981001",
    country="FR",
    sender=None,
    text="Bonjour",
    segments=1,
)
NOTICE = MessageNotice("c-0", "c", 1, "+33639981001", MessageState.SUBMITTED, None)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
NOBODY: Any = None


def checked(plugins: Plugins) -> Violation | None:
    """What plugins say of a draft."""
    return plugins.check_messages({0: DRAFT}).get(0)


def chosen(plugins: Plugins, *routes: str) -> str:
    """The route that a draft takes: that of a plugin, or the first."""
    return plugins.choose_for({0: (DRAFT, routes)}).get(0, routes[0])


class Writer(Protocol):
    """Writes a module, and gives its entry point."""

    def __call__(self, source: str, name: str = ..., group: str = ...) -> EntryPoint:
        """Write one."""
        ...


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Write plugins as modules of their own, and forget them afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    numbers = count()

    def write(source: str, name: str = "shop", group: str = "hub.plugins") -> EntryPoint:
        module = f"plugin_of_a_test_{next(numbers)}"
        (tmp_path / f"{module}.py").write_text(dedent(source))
        monkeypatch.delitem(sys.modules, module, raising=False)
        return EntryPoint(name, module, group)

    return write


def one(plugins: Plugins) -> PluginStatus:
    """The status of the only plugin."""
    (status,) = plugins.statuses
    return status


def test_a_plugin_that_is_well_is_active_and_its_hooks_are_named(plugin: Writer) -> None:
    """What it registers is there."""
    plugins = Plugins.load(found=[plugin(A_COMMAND)])
    assert (one(plugins).state, one(plugins).hooks) == (PluginState.ACTIVE, ("hub_register_commands",))
    assert list(plugins.registry.commands) == ["greet"]


def test_a_disabled_plugin_is_not_even_imported(plugin: Writer) -> None:
    """Its state says who switched it off."""
    plugins = Plugins.load(["shop"], found=[plugin("raise RuntimeError('imported')")])
    assert (one(plugins).state, one(plugins).detail) == (PluginState.DISABLED, "hub.ini")


@pytest.mark.parametrize("written", ["mail-shop", "Mail_Shop", "mail_shop"])
def test_a_plugin_is_disabled_however_its_name_is_written(plugin: Writer, written: str) -> None:
    """Capitals, hyphens and underscores are one name."""
    plugins = Plugins.load(["mail_shop"], found=[plugin(A_COMMAND, name=written)])
    assert one(plugins).state is PluginState.DISABLED


LEFT_OUT = {
    "a missing extra": ("import no_such_library", PluginState.MISSING_EXTRA, "No module named 'no_such_library'"),
    "a missing extra, later": (
        HEADER + "@hookimpl\ndef hub_register_commands(registry):\n    import no_such_library",
        PluginState.MISSING_EXTRA,
        "install what it needs",
    ),
    "no hub_api": (A_COMMAND.replace("hub_api = 1", ""), PluginState.INCOMPATIBLE, "does not say which hub_api"),
    "another hub_api": (A_COMMAND.replace("= 1", "= 99"), PluginState.INCOMPATIBLE, "is for hub_api 99"),
    "no hook": (HEADER, PluginState.INCOMPATIBLE, "implements no hook"),
    "a misspelt hook": (
        HEADER + "@hookimpl\ndef hub_chek_message(draft): ...",
        PluginState.INCOMPATIBLE,
        "there is no hook hub_chek_message; did you mean hub_check_message?",
    ),
    "a hook like no other": (
        HEADER + "@hookimpl\ndef paint(colour): ...",
        PluginState.INCOMPATIBLE,
        "there is no hook paint",
    ),
    "a wrong argument": (
        HEADER + "@hookimpl\ndef hub_check_message(draft, colour): ...",
        PluginState.INCOMPATIBLE,
        "colour",
    ),
    "a wrong argument beside a right hook": (
        HEADER + "@hookimpl\ndef hub_check_message(draft): ...\n@hookimpl\ndef hub_health(colour): ...",
        PluginState.INCOMPATIBLE,
        "colour",
    ),
    "a wrapper": (
        HEADER + "@hookimpl(wrapper=True)\ndef hub_check_message(draft):\n    return (yield)",
        PluginState.INCOMPATIBLE,
        "hub_check_message is a wrapper",
    ),
    "raises at import": ("raise RuntimeError('no licence')", PluginState.BROKEN, "RuntimeError: no licence"),
    "ends the process at import": ("import sys; sys.exit('bye')", PluginState.BROKEN, "SystemExit: bye"),
    "is no Python": ("def (", PluginState.BROKEN, "SyntaxError"),
    "raises while registering": (
        A_COMMAND + "    raise RuntimeError('half way')",
        PluginState.BROKEN,
        "RuntimeError: half way",
    ),
    "a command without a name": (A_COMMAND.replace('"greet"', "None"), PluginState.BROKEN, "a command needs a name"),
    "a section that is none": (
        HEADER + "@hookimpl\ndef hub_config_schema():\n    return {'shop': dict}",
        PluginState.BROKEN,
        "the section 'shop' is read by <class 'dict'>, which is no Section",
    ),
    "no mapping of sections": (
        HEADER + "@hookimpl\ndef hub_config_schema():\n    return None",
        PluginState.BROKEN,
        "NoneType",
    ),
    "raises over its sections": (
        HEADER + "@hookimpl\ndef hub_config_schema():\n    raise KeyError('x')",
        PluginState.BROKEN,
        "KeyError: 'x'",
    ),
    "migrations that are not there": (
        HEADER
        + "from hub import MigrationBranch\nfrom pathlib import Path\n"
        + "@hookimpl\ndef hub_migrations():\n    return MigrationBranch('shop', Path('/nowhere'))",
        PluginState.BROKEN,
        "the migrations should be in /nowhere",
    ),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_a_faulty_plugin_is_named_and_left_out(plugin: Writer, case: str) -> None:
    """Whatever is wrong with it: it has a state and a sentence, and the next plugin loads (B50)."""
    source, state, detail = LEFT_OUT[case]
    plugins = Plugins.load(found=[plugin(source, name="faulty"), plugin(A_COMMAND, name="well")])
    statuses = {status.name: status for status in plugins.statuses}
    assert statuses["faulty"].state is state
    assert detail in statuses["faulty"].detail
    assert statuses["well"].state is PluginState.ACTIVE


@pytest.mark.parametrize("case", LEFT_OUT)
def test_nothing_of_a_faulty_plugin_stays(plugin: Writer, case: str) -> None:
    """Neither what it had registered, nor hooks of its that were right."""
    plugins = Plugins.load(found=[plugin(LEFT_OUT[case][0])])
    assert plugins.registry == Registry()
    assert not plugins.decide_messages
    assert plugins.health(NOBODY) == ()


def test_a_plugin_is_left_out_with_an_error_in_the_log(plugin: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    """Loading says so, unless it is asked to be quiet."""
    configure_logging("info", "json")
    entry = plugin("raise RuntimeError('no licence')")
    Plugins.load(found=[entry], quiet=True)
    quiet = capsys.readouterr()
    Plugins.load(found=[entry])
    assert (quiet.out + quiet.err, "no licence" in capsys.readouterr().err) == ("", True)


def test_what_a_plugin_prints_is_not_in_a_commands_answer(plugin: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to standard error."""
    Plugins.load(found=[plugin(A_COMMAND + "    print('registering')\nprint('hello')")])
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\nregistering\n")


def test_two_plugins_of_one_name_are_told_apart_and_the_second_stays_out(plugin: Writer) -> None:
    """Both are listed (B50)."""
    second = plugin(A_COMMAND.replace("greet", "leave"))
    plugins = Plugins.load(found=[plugin(A_COMMAND), second])
    assert {status.name: status.state for status in plugins.statuses} == {
        "shop": PluginState.ACTIVE,
        f"shop ({second.value})": PluginState.INCOMPATIBLE,
    }
    assert list(plugins.registry.commands) == ["greet"]


DUPLICATES = {
    "connector type": "hub_register_connectors(registry): registry.add_connector('fax', object, None)",
    "service": "hub_register_services(registry): registry.add_service('fax', None)",
    "job": "hub_register_jobs(registry): registry.add_job('fax', None, period_s=1)",
    "section of hub.ini": "hub_config_schema():\n    from hub.plugin_kit import Section\n    return {'fax': Section}",
}


@pytest.mark.parametrize("kind", DUPLICATES)
def test_of_two_plugins_that_bring_the_same_name_the_second_is_left_out(plugin: Writer, kind: str) -> None:
    """The first keeps it."""
    source = f"{HEADER}@hookimpl\ndef {DUPLICATES[kind]}"
    plugins = Plugins.load(found=[plugin(source, name="a"), plugin(source, name="b")])
    states = {status.name: (status.state, status.detail) for status in plugins.statuses}
    assert states == {
        "a": (PluginState.ACTIVE, ""),
        "b": (PluginState.BROKEN, f"DuplicateName: there is already a {kind} called 'fax'"),
    }


def test_of_two_commands_of_one_name_the_first_is_kept(plugin: Writer) -> None:
    """And the other plugin's other hooks are gone with it."""
    rude = A_COMMAND + "\n@hookimpl\ndef hub_check_message(draft): return Violation('no', 'No.')"
    plugins = Plugins.load(found=[plugin(A_COMMAND, name="a"), plugin(rude, name="b")])
    assert [status.state for status in plugins.statuses] == [PluginState.ACTIVE, PluginState.BROKEN]
    assert checked(plugins) is None


def test_a_registry_takes_a_name_once() -> None:
    """Whoever brings it."""
    registry = Registry()
    registry.add_job("nightly", print, period_s=60)
    with pytest.raises(DuplicateName, match="already a job called 'nightly'"):
        registry.add_job("nightly", print, period_s=60)


def test_only_the_wanted_registrations_are_called(plugin: Writer) -> None:
    """The command line lists its commands without asking plugins for anything else."""
    source = A_COMMAND + "\n@hookimpl\ndef hub_config_schema(): raise RuntimeError('asked')"
    plugins = Plugins.load(found=[plugin(source)], bringing=("hub_register_commands",))
    assert one(plugins).state is PluginState.ACTIVE


def test_a_section_of_a_plugin_is_read_by_its_model(plugin: Writer) -> None:
    """By the name that it gave."""
    source = HEADER + "from hub.plugin_kit import Section\n@hookimpl\ndef hub_config_schema(): return {'shop': Section}"
    (model,) = Plugins.load(found=[plugin(source)]).sections().values()
    assert model.__name__ == "Section"


def test_a_hook_may_be_implemented_under_another_name(plugin: Writer) -> None:
    """As pluggy allows with `specname`."""
    source = HEADER + "@hookimpl(specname='hub_check_message')\ndef rule(draft): return Violation('no', 'No.')"
    plugins = Plugins.load(found=[plugin(source)])
    assert checked(plugins) == Violation("no", "No.")


@dataclass(eq=False)
class Listener:
    """A plugin that hears everything, or fails at it."""

    fails: bool = False
    heard: list[str] = field(default_factory=list)
    hub_api: int = 1

    @hookimpl
    def hub_message_submitted(self, messages: Sequence[MessageNotice]) -> None:
        """Hear."""
        self._hear("submitted", messages)

    @hookimpl
    def hub_message_settled(self, messages: Sequence[MessageNotice]) -> None:
        """Hear."""
        self._hear("settled", messages)

    @hookimpl
    def hub_campaign_accepted(self) -> None:
        """Hear."""
        self._hear("accepted", ())

    @hookimpl
    def hub_health(self) -> Sequence[Finding]:
        """Hear."""
        self._hear("health", ())
        return [Finding("[shop]", "Closed.")]

    @hookimpl
    def hub_account_details(self) -> dict[str, str]:
        """Hear."""
        self._hear("details", ())
        return {"shop": "closed"}

    def _hear(self, what: str, _: object) -> None:
        if self.fails:
            raise RuntimeError("I cannot hear")
        self.heard.append(what)


@pytest.fixture
def listeners() -> tuple[Plugins, Listener]:
    """Three listeners, of which the first and the last fail; and the one that is well."""
    plugins, well = Plugins(), Listener()
    plugins.add(Listener(fails=True), "deaf")
    plugins.add(well, "well")
    plugins.add(Listener(fails=True), "deaf_too")
    return plugins, well


def test_a_listener_that_raises_leaves_the_others(listeners: tuple[Plugins, Listener]) -> None:
    """Each notice reaches the one that is well."""
    plugins, well = listeners
    plugins.messages_submitted(NOBODY, [NOTICE], NOW)
    plugins.messages_settled(NOBODY, [NOTICE], NOW)
    plugins.campaign_accepted(NOBODY, NOBODY, NOBODY)
    assert well.heard == ["submitted", "settled", "accepted"]


def test_no_messages_are_no_notice(listeners: tuple[Plugins, Listener]) -> None:
    """An empty batch bothers nobody."""
    plugins, well = listeners
    plugins.messages_submitted(NOBODY, [], NOW)
    plugins.messages_settled(NOBODY, [], NOW)
    assert well.heard == []


def test_a_health_check_that_raises_is_a_finding(listeners: tuple[Plugins, Listener]) -> None:
    """It is named, beside what the others found."""
    plugins, _ = listeners
    found = {finding.where: finding.message for finding in plugins.health(NOBODY)}
    failed = "Its own check failed: RuntimeError: I cannot hear"
    assert found == {"plugin deaf": failed, "[shop]": "Closed.", "plugin deaf_too": failed}


def test_details_of_those_that_fail_are_missing(listeners: tuple[Plugins, Listener]) -> None:
    """The others' are there."""
    plugins, _ = listeners
    assert plugins.account_details(NOBODY, NOBODY) == {"shop": "closed"}


@pytest.mark.parametrize(("hook", "answer"), [("health", "'all well'"), ("health", "3"), ("account_details", "3")])
def test_an_answer_of_the_wrong_kind_is_no_crash(plugin: Writer, hook: str, answer: str) -> None:
    """A wrong health is a finding; wrong details are none."""
    plugins = Plugins.load(found=[plugin(f"{HEADER}@hookimpl\ndef hub_{hook}(): return {answer}")])
    found = [finding.where for finding in plugins.health(NOBODY)]
    assert (found, plugins.account_details(NOBODY, NOBODY)) == (["plugin shop"] if hook == "health" else [], {})


@pytest.mark.parametrize("hook", ["health", "account_details"])
def test_nothing_to_say_is_fine(plugin: Writer, hook: str) -> None:
    """None is no finding and no detail."""
    plugins = Plugins.load(found=[plugin(f"{HEADER}@hookimpl\ndef hub_{hook}(): return None")])
    assert (plugins.health(NOBODY), plugins.account_details(NOBODY, NOBODY)) == ((), {})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return None", None),
        ("return Violation('too_loud', 'Too loud.')", "too_loud"),
        ("raise RuntimeError('?')", "check_failed"),
        ("return False", "check_failed"),
        ("return 'no'", "check_failed"),
    ],
)
def test_a_rule_that_fails_is_a_no(plugin: Writer, body: str, code: str | None) -> None:
    """Decisions fail closed: only None lets a message go."""
    plugins = Plugins.load(found=[plugin(f"{HEADER}@hookimpl\ndef hub_check_message(draft): {body}")])
    violation = checked(plugins)
    assert (violation.code if violation else None) == code


@pytest.mark.parametrize(
    ("body", "route"),
    [
        ("return None", "main"),
        ("return 'spare'", "spare"),
        ("return 'no_such_route'", "main"),
        ("return 3", "main"),
        ("raise RuntimeError('?')", "main"),
    ],
)
def test_a_route_is_chosen_among_those_there_are(plugin: Writer, body: str, route: str) -> None:
    """Whoever names another, or raises, has no say."""
    plugins = Plugins.load(found=[plugin(f"{HEADER}@hookimpl\ndef hub_choose_route(draft, routes): {body}")])
    assert chosen(plugins, "main", "spare") == route


def test_the_next_plugin_chooses_when_the_first_cannot(plugin: Writer) -> None:
    """A plugin that fails does not take the others' say away."""
    fails = HEADER + "@hookimpl(tryfirst=True)\ndef hub_choose_route(draft, routes): raise RuntimeError('?')"
    chooses = HEADER + "@hookimpl\ndef hub_choose_route(draft, routes): return 'spare'"
    plugins = Plugins.load(found=[plugin(fails, name="a"), plugin(chooses, name="b")])
    assert chosen(plugins, "main", "spare") == "spare"


def test_hooks_are_called_in_the_order_that_plugins_ask_for(plugin: Writer) -> None:
    """First `tryfirst`, last `trylast`; between them who was loaded later: the names' order, backwards."""
    rule = HEADER + "@hookimpl({how})\ndef hub_health(): from hub import Finding; return [Finding('{name}', '')]"
    marks = {"a": "trylast=True", "b": "", "c": "", "d": "tryfirst=True", "e": ""}
    entries = [plugin(rule.format(how=how, name=name), name=name) for name, how in marks.items()]
    plugins = Plugins.load(found=reversed(entries))
    assert [finding.where for finding in plugins.health(NOBODY)] == ["d", "e", "c", "b", "a"]


def test_whether_anybody_decides_is_known_beforehand(plugin: Writer) -> None:
    """Nobody is asked message by message where no plugin has a rule."""
    rule = HEADER + "@hookimpl\ndef hub_check_message(draft): ..."
    route = HEADER + "@hookimpl\ndef hub_choose_route(draft, routes): ..."
    none, checks, chooses = (
        Plugins.load(found=found) for found in ([], [plugin(rule, name="a")], [plugin(route, name="b")])
    )
    assert [(one.decide_messages, one.choose_routes) for one in (none, checks, chooses)] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_the_installed_plugins_are_all_active() -> None:
    """What comes with the hub comes in like a stranger's, and is well."""
    states = {status.name: (status.state, status.detail) for status in Plugins.load().statuses}
    assert {"console", "sandbox", "mail_to_sms"} <= states.keys()
    assert set(states.values()) == {(PluginState.ACTIVE, "")}
