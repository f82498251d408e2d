"""`hub demo`, as a newcomer runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub_mail_to_sms import demo, demo_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "hub", "demo"]
PATIENCE_S = 60


def surroundings(folder: Path) -> dict[str, str]:
    """An environment whose temporary files stand in `folder`, and whose hub settings lead astray."""
    return {**os.environ, "TMPDIR": str(folder), "HUB_HUB_DATABASE_URL": f"sqlite:///{folder}/elsewhere.db"}


def processes_of(folder: Path) -> list[str]:
    """The command lines of processes that have something to do with a folder."""
    return [words for words in command_lines() if str(folder) in words]


def command_lines() -> Iterator[str]:
    """Every command line of this machine."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_text().replace("\0", " ")
        except OSError:  # it has ended meanwhile
            continue


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The demonstration, played once, and the folder for its temporary files."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        COMMAND, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=surroundings(folder)
    )
    return done, folder


Played = tuple[subprocess.CompletedProcess[str], Path]


@pytest.mark.slow
def test_it_succeeds(played: Played) -> None:
    """Exit code 0, and not a word of complaint."""
    done, _ = played
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        "@sms.localhost",
        "Subject:  06 12 34 56 78, 07 49 12 34 56 / 01 23 45 67 89",
        "250  2 accepted (+33612345678, +33749123456)",
        "1 blocked (01 23 45 67 89: landline)",
        "2 segments, 2 credits",
        "submitted   the carrier has it",
        "delivered   the phone has it",
        "blocked     This is a landline of FR",
        "à 14h30. L'équipe du salon vous attend !",
        "2 delivered, 1 blocked; 98 of 100 credits left.",
        "Nothing is left behind.",
    ],
)
def test_it_tells_the_whole_story(played: Played, words: str) -> None:
    """What was accepted, blocked and why, the cost, each way to delivered, and the text without its signature."""
    done, _ = played
    assert words in done.stdout


@pytest.mark.slow
def test_its_lines_fit_a_screen(played: Played) -> None:
    """Eighty columns."""
    done, _ = played
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.slow
def test_it_leaves_nothing_behind(played: Played) -> None:
    """No folder, no process; and the hub that the caller's settings name was not touched."""
    _, folder = played
    assert (list(folder.iterdir()), processes_of(folder)) == ([], [])


@pytest.mark.slow
def test_one_that_is_stopped_leaves_nothing_behind_either(tmp_path: Path) -> None:
    """SIGTERM, as soon as its hub is up."""
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=surroundings(tmp_path)
    ) as process:
        assert process.stdout is not None
        while "Up in" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
    end = time.monotonic() + 5
    while processes_of(tmp_path) and time.monotonic() < end:
        time.sleep(0.05)
    assert process.returncode != 0
    assert (list(tmp_path.iterdir()), processes_of(tmp_path)) == ([], [])


@pytest.mark.slow
def test_a_hub_that_does_not_start_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the end of its log."""
    monkeypatch.setattr(demo_stage, "_INI", "[web]\nprot = 1\n")
    before = signal.getsignal(signal.SIGTERM)
    assert demo.run() == 1
    signal.signal(signal.SIGTERM, before)
    told = capsys.readouterr().out
    assert "The demonstration stopped: the hub did not start." in told
    assert "there is no such key" in told


def test_an_answer_is_shown_a_fact_a_line() -> None:
    """Facts are separated by semicolons and full stops."""
    (grid,) = demo.as_list("2.0.0 Ok: 1 accepted (+33612345678); 1 segment, 1 credit; campaign 01M8. signature cut.")
    assert getattr(grid, "row_count", 0) == 4


def test_an_answer_without_a_campaign_stops_it() -> None:
    """There would be nothing to follow."""
    with pytest.raises(demo_stage.DemoFailed):
        demo.campaign_in("2.0.0 Ok: nothing sent")
