"""What RQ runs: one call each, on the worker of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.messages import jobs
from hub.queue import current_worker

if TYPE_CHECKING:
    from collections.abc import Iterator


class Recorder:
    """A worker that writes down what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def submit_due(self, route: str) -> None:
        """Write it down."""
        self.asked.append(("submit_due", route))

    def expand(self) -> None:
        """Write it down."""
        self.asked.append(("expand",))

    def run_periodic(self, name: str) -> None:
        """Write it down."""
        self.asked.append(("run_periodic", name))


@pytest.fixture
def worker() -> Iterator[Recorder]:
    """The worker of this process."""
    recorder = Recorder()
    token = current_worker.set(recorder)
    yield recorder
    current_worker.reset(token)


def test_each_job_is_one_call_to_the_worker(worker: Recorder) -> None:
    """With a name at most: no text and no number travels through Redis."""
    jobs.submit_due("main")
    jobs.expand()
    jobs.run_periodic("clear_out")
    assert worker.asked == [("submit_due", "main"), ("expand",), ("run_periodic", "clear_out")]
