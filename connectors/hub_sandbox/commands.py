"""`hub sandbox serve`: the simulated carrier as a process of its own. `hub sandbox text`: somebody writes."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.plugin_kit import Session
    from hub_sandbox.endpoint import Endpoint
    from hub_sandbox.settings import SandboxSettings

_STOPS = frozenset({signal.SIGTERM, signal.SIGINT})


@click.group()
def sandbox() -> None:
    """The simulated carrier as a process of its own, and the phones that it reaches."""


@sandbox.command()
@click.option("--listen", "listen", default="127.0.0.1:2780", show_default=True, help="unix:PATH or HOST:PORT.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/carrier"),
    show_default=True,
    help="Where its ledger is kept.",
)
@click.option(
    "--set",
    "keys",
    multiple=True,
    metavar="KEY=VALUE",
    help="A key of [connector.NAME] type = sandbox as hub.ini writes it, such as lost_answers=0.05; many may be set.",
)
def serve(listen: str, folder: Path, keys: tuple[str, ...]) -> None:
    """Take texts from hubs whose hub.ini says `address`, and report on them; no phone rings.

    SIGTERM and Ctrl-C answer what is in hand and end it; killed and started again, it still knows what it took
    and which receipts it owes.
    """
    endpoint, settings = _endpoint(listen), _settings(keys)
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # for every thread: the main one waits for them below
    _serve(endpoint, folder, settings)


@sandbox.command("text")
@click.argument("number", metavar="FROM")
@click.argument("to")
@click.argument("text")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="The folder of a carrier that `hub sandbox serve` runs; the hub's own simulated carrier if not given.",
)
@click.pass_obj
def write(session: Session, number: str, to: str, text: str, folder: Path | None) -> None:
    """Write TEXT on the phone of FROM (+33612345678) to TO (36180), as a person would; a worker is handed it."""
    from hub.plugin_kit import SystemClock
    from hub_sandbox.ledger import Ledger

    ledger = Ledger.in_folder(folder or _own_folder(session))
    ledger.write_text(number, to, text, SystemClock().now().timestamp())
    ledger.close()
    click.echo(f"{number} has written to {to}; `hub inbound` shows what the hub makes of it.")


def _own_folder(session: Session) -> Path:
    from hub_sandbox.settings import SandboxSettings

    with session.core() as core:
        names = [name for name, one in core.connectors(SandboxSettings).items() if one.endpoint is None]
        if not names:
            raise click.ClickException("No carrier of type sandbox lives inside this hub; name one with --folder.")
        folder: Path = core.data_dir / "connectors" / names[0]
    return folder


def _serve(endpoint: Endpoint, folder: Path, settings: SandboxSettings) -> None:
    from hub import ConnectorContext
    from hub.plugin_kit import SystemClock
    from hub_sandbox.carrier import Carrier
    from hub_sandbox.server import CarrierServer

    carrier = Carrier(ConnectorContext("sandbox", folder, SystemClock()), settings)
    server = CarrierServer(carrier, endpoint)
    try:
        server.start()
    except OSError as error:
        raise click.ClickException(f"{endpoint} cannot be listened on ({error.strerror}); choose another.") from error
    where = f"{endpoint.host}:{server.port}" if server.port else str(endpoint)
    click.echo(f"The simulated carrier is ready: {where}")
    signal.sigwait(_STOPS)
    server.stop()


def _endpoint(written: str) -> Endpoint:
    from hub_sandbox.endpoint import endpoint_of

    try:
        return endpoint_of(written)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--listen") from error


def _settings(keys: tuple[str, ...]) -> SandboxSettings:
    from pydantic import ValidationError

    from hub_sandbox.settings import SandboxSettings

    values = dict(key.partition("=")[::2] for key in keys)
    unknown = sorted(values.keys() - SandboxSettings.model_fields.keys())
    if unknown:
        known = ", ".join(SandboxSettings.model_fields)
        raise click.BadParameter(f"there is no key {unknown[0]!r}; there are: {known}", param_hint="--set")
    try:
        return SandboxSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise click.BadParameter(f"{first['loc'][0]}: {first['msg']}", param_hint="--set") from error
