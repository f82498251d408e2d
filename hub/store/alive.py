"""Whether a kept connection to a server is still good, asked as cheaply as the moment allows.

SQLAlchemy's own `pool_pre_ping` asks the server each time, which costs a busy hub a sixth of its trips. A server that
goes away closes its connections, and that shows on this side without a trip: what was used a moment ago and has nothing
to say is good.
"""

from __future__ import annotations

import select
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.pool import ConnectionPoolEntry

QUIET_S = 1.0
"""For how long after its last use a connection is taken to be good, unless something waits to be read on it."""
_USED_AT = "used_at"


def watch(engine: Engine) -> None:
    """Look at an engine's connections as they are taken from its pool; where one is dead, all of them are made anew."""
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_require_alive, engine.dialect))


def _note_use(_: Any, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED_AT] = time.monotonic()


def _require_alive(dialect: Dialect, connection: Any, entry: ConnectionPoolEntry, _: Any) -> None:
    used_at = entry.info.get(_USED_AT)
    if used_at is None:
        return  # it was made just now
    if time.monotonic() - used_at < QUIET_S and not _has_something_to_say(connection):
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, connection, None):
            raise InvalidatePoolError from error
        raise


def _has_something_to_say(connection: Any) -> bool:
    """Whether something is there to be read on a connection that was asked nothing: a farewell, or its end."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
