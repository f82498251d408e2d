"""Commands that look without changing: check, config, plugins, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.shared import WRONG_SETUP, Session, answer, json_option, table, wants_json

if TYPE_CHECKING:
    from hub.config.schema import Section
    from hub.messages.model import Finding
    from hub.plugin_manager import Plugins


@click.command()
@json_option
@click.pass_obj
def check(session: Session) -> None:
    """Find everything that is wrong with the set-up, one sentence per fault on how to mend it.

    The exit code is 0 when all is well (warnings aside), 2 when something must be mended.
    """
    from hub.diagnosis import diagnose

    findings = diagnose(session.config)
    fatal = [finding for finding in findings if finding.fatal]
    answer({"ok": not fatal, "findings": findings})
    if not wants_json():
        for finding in findings:
            click.echo(_sentence(finding))
        click.echo(f"{len(fatal)} fault(s), {len(findings) - len(fatal)} warning(s)." if findings else "All is well.")
    if fatal:
        click.get_current_context().exit(WRONG_SETUP)


@click.command()
@click.option("--example", is_flag=True, help="Print hub.ini with every key, its default and a sentence.")
@json_option
@click.pass_obj
def config(session: Session, example: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """Show the settings in use, secrets masked; or an annotated hub.ini."""
    from hub.config.render import render_effective, render_example
    from hub.plugin_manager import Plugins

    if example:
        click.echo(render_example(*_models(Plugins.load(quiet=True))), nl=False)
        return
    with session.core(ready=False) as core:
        effective = render_effective(core.settings)
    answer({"settings": effective}, effective)


@click.command()
@json_option
@click.pass_obj
def plugins(session: Session) -> None:
    """List the plugins and connectors that are installed, and whether they take part."""
    from hub.plugin_manager import Plugins

    statuses = Plugins.load(session.disabled_plugins(), quiet=True).statuses
    answer(statuses)
    if not wants_json():
        rows = [(s.name, s.group, s.version, s.state, s.detail or ", ".join(s.hooks)) for s in statuses]
        table("Plugins", ("name", "group", "version", "state", "hooks, or why not"), rows)


@click.command()
@click.argument("name", required=False)
@json_option
@click.pass_obj
def health(session: Session, name: str | None) -> None:
    """Tell whether this machine's processes are alive; NAME asks for one, such as worker-dispatch.

    The exit code is 0 when they are: made for the health checks of containers.
    """
    from hub.processes.heartbeat import beats

    with session.core(ready=False) as core:
        found = [beat for beat in beats(core.data_dir, core.clock) if name in (None, beat.name)]
        paused = core.switches.known() if name is None else ()
    alive = [beat for beat in found if beat.is_alive]
    text = "\n".join(f"{beat.name} (process {beat.pid}): heard {beat.age_s:.0f} s ago" for beat in found)
    text = "\n".join((text or "No process of the hub runs here.", *map(str, paused)))
    answer({"ok": bool(alive), "processes": found, "paused": paused}, text)
    if not alive or (name is None and len(alive) < len(found)):
        click.get_current_context().exit(1)


def _models(plugins_: Plugins) -> tuple[dict[str, type[Section]], dict[str, type[Section]]]:
    from hub.config.sections import CORE_SECTIONS

    kinds = {name: kind.settings for name, kind in plugins_.registry.connectors.items()}
    return {**CORE_SECTIONS, **plugins_.sections()}, kinds


def _sentence(finding: Finding) -> str:
    mark = "FAULT  " if finding.fatal else "warning"
    return f"{mark}  {finding.where}: {finding.message}"
