"""`forking_parent.py WORDS...`: runs `hub WORDS...` in a child and waits for it, as RQ's forking worker does."""

from __future__ import annotations

import os

from hub.cli import main

if __name__ == "__main__":
    child = os.fork()
    if child == 0:
        main()
    os.waitpid(child, 0)
