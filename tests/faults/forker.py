"""A process that has imported everything and forks those that tests kill: `python -m tests.faults.forker LOG`.

It is spoken to by lines of JSON: `{"start": JOB}` is answered with a pid, `{"wait": PID, "within_s": N}` with the
exit code of that process, minus the signal that ended it, or null while it runs.
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.processes.forking import fork, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.process import BaseProcess


def main(log: str) -> None:
    """Fork what is asked for until standard input ends; then end what still runs."""
    from tests.faults import roles

    prepare()
    roles.prepare()
    children: dict[int, BaseProcess] = {}
    for line in sys.stdin:
        answer = _carry_out(json.loads(line), children, log)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    for child in children.values():
        child.kill()


def _carry_out(order: dict[str, Any], children: dict[int, BaseProcess], log: str) -> int | None:
    if "start" in order:
        child = fork(partial(_play, log), [json.dumps(order["start"])])
        children[child.pid or 0] = child
        return child.pid
    child = children[order["wait"]]
    child.join(order["within_s"])
    return child.exitcode


def _play(log: str, words: Sequence[str]) -> None:
    from tests.faults import roles

    with Path(log).open("ab") as file:  # what a role says must not stand between our answers
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    roles.play(json.loads(words[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
