"""The command line: `hub COMMAND`. Commands are imported when they are called, so that `--help` is quick."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import click
import structlog

from hub.cli.shared import Session, report, wants_json
from hub.errors import HubError
from hub.failpoints import arm_from
from hub.observe import configure_logging
from hub.version import __version__

COMMANDS = {
    "serve": ("hub.cli.running:serve", "Run everything on this machine."),
    "web": ("hub.cli.running:web", "Run the web process."),
    "worker": ("hub.cli.running:worker", "Run a worker."),
    "scheduler": ("hub.cli.running:scheduler", "Run the scheduler."),
    "service": ("hub.cli.running:service", "Run one service, such as mail_to_sms."),
    "check": ("hub.cli.checking:check", "Find everything that is wrong with the set-up."),
    "config": ("hub.cli.checking:config", "Show the settings in use, or an annotated hub.ini."),
    "plugins": ("hub.cli.checking:plugins", "List the plugins and their states."),
    "health": ("hub.cli.checking:health", "Tell whether this machine's processes are alive."),
    "account": ("hub.cli.accounts:account", "Accounts, credits and API tokens."),
    "order": ("hub.cli.billing:order", "Purchase orders: list them, say that one is paid, call one off."),
    "statement": ("hub.cli.billing:statement", "A month of an account: what it had, bought and used."),
    "suppression": ("hub.cli.accounts:suppression", "Numbers that must not be texted."),
    "contacts": (
        "hub.cli.contacts:contacts",
        "Lists of contacts: show, fill and write them.",
    ),
    "npai": ("hub.cli.npai:npai", "Numbers that belong to nobody: list those proposed, add them."),
    "send": ("hub.cli.sending:send", "Send a text."),
    "messages": ("hub.cli.sending:messages", "Show messages and what became of them."),
    "cancel": ("hub.cli.sending:cancel", "Cancel a campaign that has not left."),
    "held": ("hub.cli.held:held", "Campaigns that wait for review: list, release, reject."),
    "routes": ("hub.cli.routes:routes", "How each way out is: state, pace, queue, answers."),
    "link": ("hub.cli.link:link", "Whose a short link is, and an end to it."),
    "webhooks": ("hub.cli.webhooks:webhooks", "Who is told what happens, and what waits for them."),
    "mail-queue": ("hub.cli.mail_queue:mail_queue", "Mail that the hub writes: what waits, what failed and why."),
    "inbound": ("hub.cli.inbound:inbound", "List what people wrote."),
    "optout": ("hub.cli.inbound:optout", "Who wants no more texts, and who agreed to get them again."),
    "consents": ("hub.cli.consents:consents", "Who agreed to be texted: list, add, export."),
    "segments": ("hub.cli.segments:segments", "Who of a list is meant: list the rules, count people."),
    "db": ("hub.cli.database:db", "Bring the database up to date."),
    "pause": ("hub.cli.pausing:pause", "Stop what comes in, what goes out, or both."),
    "resume": ("hub.cli.pausing:resume", "Let go on what was paused."),
    "drain": ("hub.cli.pausing:drain", "Take nothing in, and wait until nothing is in hand."),
    "backup": ("hub.cli.saving:backup", "Make a backup while the hub runs."),
    "restore": ("hub.cli.saving:restore", "Bring a backup back; it starts with sending paused."),
    "secrets": ("hub.cli.keys:secrets", "The key that secrets are kept under."),
    "person": ("hub.cli.person:person", "A person's data: give it out, or erase it."),
    "explain": ("hub.cli.explain:explain", "Why: of a text, a number, a sending window, an answer."),
}


class Commands(click.Group):
    """The hub's own commands from a table, and those of plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name there is."""
        return [*COMMANDS, *sorted(_of_plugins(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command when it is called."""
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            return cast("click.Command", getattr(import_module(module), name))
        return _of_plugins(ctx).get(cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what the hub refuses is a sentence and an exit code, in JSON where that was asked for."""
        try:
            return super().invoke(ctx)
        except HubError as error:
            ctx.exit(report(error, as_json=wants_json(ctx)))
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if ctx.invoked_subcommand not in _of_plugins(ctx):
                raise
            ctx.exit(report(_failed(ctx, error), as_json=wants_json(ctx)))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        rows = [(name, sentence) for name, (_, sentence) in COMMANDS.items()]
        rows += [(name, command.get_short_help_str(80)) for name, command in sorted(_of_plugins(ctx).items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="HUB_CONFIG",
    help="The hub.ini to use; also HUB_CONFIG. Without one, defaults hold.",
)
@click.version_option(__version__, prog_name="hub")
@click.pass_context
def hub(ctx: click.Context, config: Path | None) -> None:
    """Texts for people: mail, calendars and shops in, SMS out."""
    configure_logging("info", "auto")  # until hub.ini is read: never to standard output, which is for answers
    ctx.obj = Session(config)


def main() -> None:
    """Run the command line: 0 is well, 1 refused or failed, 2 a mistake in the call or in hub.ini."""
    arm_from(os.environ)
    hub()


def _failed(ctx: click.Context, error: Exception) -> HubError:
    """What is said of a plugin's command that raised; the log has the rest."""
    name = ctx.invoked_subcommand or ""
    plugin = ctx.ensure_object(Session).brought_by.get(name, "?")
    structlog.get_logger(__name__).error("command_failed", plugin=plugin, command=name, exc_info=error)
    return HubError(f"The command {name} of plugin {plugin} failed ({type(error).__name__}: {error}).")


def _of_plugins(ctx: click.Context) -> dict[str, click.Command]:
    from hub.plugin_manager import Plugins

    session = ctx.ensure_object(Session)
    if session.plugin_commands is None:
        loaded = Plugins.load(session.disabled_plugins(), bringing=("hub_register_commands",), quiet=True)
        session.plugin_commands = {
            name: command for name, command in loaded.registry.commands.items() if name not in COMMANDS
        }
        session.brought_by = {name: plugin for (kind, name), plugin in loaded.brought_by.items() if kind == "commands"}
    return session.plugin_commands
