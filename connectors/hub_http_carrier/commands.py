"""`hub carrier`: what must be told to a carrier, and how a preset is written."""

from __future__ import annotations

import click

from hub import RequestRefused
from hub.plugin_kit import Session, answer, json_option


@click.group()
def carrier() -> None:
    """Carriers with an HTTP API: the addresses they call, and the presets."""


@carrier.command()
@click.argument("name")
@json_option
@click.pass_obj
def urls(session: Session, name: str) -> None:
    """Print the addresses that the carrier of [connector.NAME] calls; they hold a secret."""
    from hub_http_carrier.settings import HttpSettings, callback_urls

    with session.core(ready=False) as core:
        sections = core.connectors(HttpSettings)
        if name not in sections:
            message = f"No HTTP carrier is named {name!r}; there is {', '.join(sections) or 'none'}."
            raise RequestRefused.because("NAME", "unknown_connector", message)
        if not core.public_url:
            message = "The hub does not know its own address; write [hub] public_url = https://..."
            raise RequestRefused.because("public_url", "missing", message)
        made = callback_urls(sections[name], name, core.public_url)
    answer(made, "\n".join(f"{kind}: {url}" for kind, url in made.items()))


@carrier.command()
@click.argument("name", required=False)
def preset(name: str | None) -> None:
    """Print a preset, to begin a definition of your own with; without NAME, list them."""
    from hub_http_carrier.definition import preset_names, preset_path

    if name is None:
        click.echo("\n".join(preset_names()))
    elif name in preset_names():
        click.echo(preset_path(name).read_text(encoding="utf-8"), nl=False)
    else:
        message = f"There is no preset {name!r}; there are {', '.join(preset_names())}."
        raise RequestRefused.because("NAME", "unknown_preset", message)
