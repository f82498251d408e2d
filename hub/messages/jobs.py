"""What RQ runs: each job is one ring of the doorbell, carries a name at most, and makes one call."""

from __future__ import annotations

from typing import Protocol

from hub.queue import current_worker


class Work(Protocol):
    """What a worker process can be asked to do."""

    def submit_due(self, route: str) -> None:
        """Submit what is due on a route."""
        ...

    def expand(self) -> None:
        """Expand what large campaigns are waiting."""
        ...

    def run_periodic(self, name: str) -> None:
        """Run a periodic job of a plugin, if it is due."""
        ...

    def send_mails(self) -> None:
        """Send the hub's own mail that is due."""
        ...

    def work_imports(self) -> None:
        """Read and store the files of contacts that wait."""
        ...

    def handle_inbound(self) -> None:
        """Work off what texts from phones wait."""
        ...

    def deliver_events(self) -> None:
        """Tell webhooks what waits for them."""
        ...


def submit_due(route: str) -> None:
    """Submit what is due on a route."""
    _work().submit_due(route)


def expand() -> None:
    """Expand what large campaigns are waiting."""
    _work().expand()


def run_periodic(name: str) -> None:
    """Run a periodic job of a plugin, if it is due."""
    _work().run_periodic(name)


def send_mails() -> None:
    """Send the hub's own mail that is due."""
    _work().send_mails()


def work_imports() -> None:
    """Read and store the files of contacts that wait."""
    _work().work_imports()


def handle_inbound() -> None:
    """Work off what texts from phones wait."""
    _work().handle_inbound()


def deliver_events() -> None:
    """Tell webhooks what waits for them."""
    _work().deliver_events()


def _work() -> Work:
    work: Work = current_worker.get()
    return work
