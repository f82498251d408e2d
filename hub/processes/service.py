"""A service process: runs one service of a plugin until it is told to stop."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.errors import ConfigError, Fault, NotFound
from hub.plugin_guard import same_process
from hub.processes.heartbeat import Heart
from hub.processes.lifeline import wait_for

if TYPE_CHECKING:
    from hub.bootstrap import Core
    from hub.registry import ServiceEntry

_ADDRESS_FAULTS = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES})


@dataclass
class ServiceProcess:
    """Runs the service of that name."""

    core: Core
    name: str
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Serve until `stopping` is set, then finish what is in hand. Raises NotFound for an unknown name."""
        entry = self.core.plugins.registry.services.get(self.name)
        if entry is None:
            names = ", ".join(sorted(self.core.plugins.registry.services)) or "none"
            raise NotFound(f"There is no service {self.name!r}; there are: {names}.")
        with ExitStack() as at_the_end:
            heart = Heart(self.core.data_dir, f"service-{self.name}", self.core.clock)
            at_the_end.callback(heart.stop)
            at_the_end.callback(self.core.close)
            with same_process():  # or a service that forks and comes back twice would be served twice
                service = entry.build(self.core)
                try:
                    service.start()
                except OSError as error:
                    raise self._cannot_listen(entry, error) from error
            at_the_end.callback(service.stop)
            heart.start()
            wait_for(self.stopping)

    def _cannot_listen(self, entry: ServiceEntry, error: OSError) -> Exception:
        """What to say of an address that cannot be had; any other fault is the service's own."""
        if error.errno not in _ADDRESS_FAULTS:
            return error
        places = entry.listens(self.core)
        why = f"cannot be listened on ({os.strerror(error.errno)}); choose another."
        return ConfigError([Fault(one.key, "port_not_free", f"{one.host}:{one.port} {why}") for one in places])
