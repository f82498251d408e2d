"""`with_a_child.py WORDS...`: `hub WORDS...` that forks on SIGUSR1 a child which sleeps and holds every open socket.

It prints the child's id. Plugins and libraries do such things.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from hub.cli import main

SLEEPS_S = 60


def fork(_: int, __: object) -> None:
    """Leave a child behind."""
    child = os.fork()
    if child == 0:
        time.sleep(SLEEPS_S)
        os._exit(0)
    sys.stdout.write(f"child {child}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, fork)
    main()
