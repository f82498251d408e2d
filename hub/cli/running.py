"""Commands that run for long: serve, web, worker, scheduler, service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.processes.lifeline import follow_parent, stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hub.bootstrap import Core
    from hub.cli.shared import Session


@click.command()
@click.pass_obj
def serve(session: Session) -> None:
    """Run everything on this machine: web, services, workers, scheduler, and a private Redis.

    Brings an embedded database up to date first. SIGTERM and Ctrl-C drain: nothing new is taken in, what is
    in hand is finished.
    """
    from hub.processes.supervisor import Supervisor

    with session.core(ready=False) as core:
        supervisor = Supervisor(core, _call)
        stop_on_signals(supervisor.stopping)
        supervisor.start()
        click.echo(_welcome(core, supervisor.missing))
        supervisor.run()
        click.echo("The hub has stopped.")


def _call(words: Sequence[str]) -> None:
    from hub.cli import hub

    hub.main(args=list(words), prog_name="hub")


@click.command()
@click.pass_obj
def web(session: Session) -> None:
    """Run the web process: the REST API, health and metrics."""
    from hub.processes.web import serve as serve_web

    follow_parent()
    with session.core(ready=False) as core:
        core.require_schema()
        core.store.close()  # the worker that comes now is a fork, which must not carry an open database along
        serve_web(core.settings)


@click.command()
@click.option("--queue", type=click.Choice(["dispatch", "background"]), default="dispatch", show_default=True)
@click.pass_obj
def worker(session: Session, queue: str) -> None:
    """Run a worker: `dispatch` hands texts to carriers, `background` does everything else."""
    from hub.processes.worker import Worker
    from hub.queue import QueueName

    follow_parent()
    with session.core(ready=False) as core:
        core.require_schema()
        process = Worker(core, QueueName(queue))
        stop_on_signals(process.stopping)
        process.run()


@click.command()
@click.pass_obj
def scheduler(session: Session) -> None:
    """Run the scheduler; several may run, one leads."""
    from hub.processes.scheduler import Scheduler

    follow_parent()
    with session.core(ready=False) as core:
        core.require_schema()
        process = Scheduler(core)
        stop_on_signals(process.stopping)
        process.run()


@click.command()
@click.argument("name")
@click.pass_obj
def service(session: Session, name: str) -> None:
    """Run the service NAME of a plugin, such as mail_to_sms."""
    from hub.processes.service import ServiceProcess

    follow_parent()
    with session.core(ready=False) as core:
        core.require_schema()
        process = ServiceProcess(core, name)
        stop_on_signals(process.stopping)
        process.run()


def _welcome(core: Core, missing: Collection[str]) -> str:
    from hub.messages.configured import only_simulated

    web_ = core.settings.web
    lines = [f"The hub is ready: http://{web_.host}:{web_.port}"]
    for name, entry in sorted(core.plugins.registry.services.items()):
        if f"service-{name}" in missing:
            lines.append(f"  {name} DID NOT START; the lines above say why, and it is tried again.")
            continue
        lines += [f"  {name} listens on {address.host}:{address.port}" for address in entry.listens(core)]
    if only_simulated(core.settings):
        lines.append("  No real carrier is configured: a simulated one takes the texts, and they reach nobody.")
    return "\n".join(lines)
