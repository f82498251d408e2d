"""The chaos loop: a whole hub under traffic, its processes killed at random; then the books are compared.

    python -m tests.prove.chaos [--seed N] [--seconds 40] [--database sqlite|postgresql] [--keep]

Prints a table and exits with 0 when nothing was lost, nothing doubled and every doubt is named; else it says what is
wrong, keeps the folder with all logs and both ledgers, and exits with 1.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom

from hub.plugin_manager import Plugins
from hub.testing.databases import KINDS, Databases
from tests.prove.clients import Client, MailClient, Numbers, RestClient
from tests.prove.house import House
from tests.prove.killer import Killer
from tests.prove.verdict import Heard, Verdict, judge

DRAINS_WITHIN_S = 120.0
ODDS: dict[str, object] = {
    "receipt_delay_s": 0.3,
    "receipt_order": "random",
    "late_by_s": 5,
    "early_receipts": 0.1,
    "late_receipts": 0.1,
    "duplicate_receipts": 0.1,
    "foreign_receipts": 0.05,
    "lost_answers": 0.003,
    "throttle": 0.05,
    "reject": 0.01,
    "disconnect": 0.01,
    "lost_batches": 0.01,
    "silent": 0.003,
    "garbage": 0.003,
}


@dataclass
class Run:
    """One run on one kind of database."""

    database: str
    seed: int
    seconds: float
    house: House
    echoes: bool
    killer: Killer = field(init=False)
    clients: list[Client] = field(default_factory=list)
    drained_in_s: float = 0.0
    exit_code: int = 0

    def __post_init__(self) -> None:
        self.killer = Killer(self.house, dice_of(self.seed, "kills"))
        numbers = Numbers(dice_of(self.seed, "numbers"))
        stopping = threading.Event()
        self.clients = [
            kind(self.house, numbers, name, dice_of(self.seed, name), stopping)
            for kind, name in ((RestClient, "rest-a"), (RestClient, "rest-b"), (MailClient, "mail-a"))
        ]
        self._stopping = stopping

    @property
    def heard(self) -> list[Heard]:
        """Every yes that clients heard."""
        return [one for client in self.clients for one in client.heard]

    def run(self) -> Verdict:
        """Send and kill, let it drain, stop it, and judge."""
        self.house.start()
        try:
            self._send_and_kill()
            self._drain()
        finally:
            self.exit_code = self.house.stop()
        verdict = judge(self.house.record(), self.heard)
        verdict.wrong += [fault for client in self.clients for fault in client.faults]
        if self.exit_code:
            verdict.wrong.append(f"the hub ended with {self.exit_code}")
        return verdict

    def _send_and_kill(self) -> None:
        threads = [threading.Thread(target=client.run, name=client.name, daemon=True) for client in self.clients]
        for thread in threads:
            thread.start()
        try:
            self.killer.run(self.seconds)
        finally:
            self._stopping.set()
        for thread in threads:
            thread.join()

    def _drain(self) -> None:
        began = time.monotonic()
        end = began + max(DRAINS_WITHIN_S, self.seconds)
        while not self.house.record().is_settled and time.monotonic() < end:
            time.sleep(0.5)
        self.drained_in_s = time.monotonic() - began


def main() -> int:
    """Run it on the databases that are asked for; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(description="Kill a hub's processes at random, and compare the books.")
    parser.add_argument("--seed", type=int, default=None, help="the same choices again; their timing is the machine's")
    parser.add_argument("--seconds", type=float, default=40, help="how long processes are killed")
    parser.add_argument("--database", choices=KINDS, action="append", help="on which database; both unless told")
    parser.add_argument("--keep", action="store_true", help="keep the folder, and say where it is")
    wishes = parser.parse_args()
    seed = SystemRandom().randrange(10**6) if wishes.seed is None else wishes.seed
    return max([prove(kind, seed, wishes.seconds, keep=wishes.keep) for kind in wishes.database or KINDS])


def prove(database: str, seed: int, seconds: float, *, keep: bool = False) -> int:
    """One run; its table is printed as soon as it is over."""
    folder = Path(tempfile.mkdtemp(prefix=f"textohub-chaos-{database}-"))
    say(f"chaos on {database}: seed {seed}, {seconds:g} s of kills")
    databases = Databases(folder / "databases", Plugins.load(quiet=True).migrations(), datetime.now(UTC))
    databases.folder.mkdir()
    echoes = dice_of(seed, database).random() < 0.5
    try:
        house = House(folder, databases.fresh(database), ODDS | {"seed": seed, "echo_client_ref": echoes})
        run = Run(database, seed, seconds, house, echoes)
        verdict = run.run()
    finally:
        databases.close()
    report(run, verdict)
    if keep or not verdict.is_clean:
        say(f"  everything is kept in {folder}")
    else:
        shutil.rmtree(folder)
    if not verdict.is_clean:
        say(f"NOT PROVED; repeat it with --seed {seed} --database {database}")
    return int(not verdict.is_clean)


def report(run: Run, verdict: Verdict) -> None:
    """Print what came of it; each doubt and each broken promise by name."""
    kills = run.killer.kills
    heard = run.heard
    had = sum(verdict.unknown.values())
    rows = (
        ("kills", f"{kills.total()} ({', '.join(f'{kind} {count}' for kind, count in sorted(kills.items()))})"),
        ("accepted", f"{verdict.accepted} in {len(heard)} campaigns"),
        ("cancelled by clients", f"{sum(one.cancelled for one in heard)} campaigns"),
        ("taken by the carrier", f"{verdict.taken} (receipts name our id: {'yes' if run.echoes else 'no'})"),
        ("ended as", ", ".join(f"{state} {count}" for state, count in sorted(verdict.states.items()))),
        ("drained in", f"{run.drained_in_s:.1f} s"),
        ("lost", len(verdict.lost)),
        ("doubled", len(verdict.doubled)),
        ("unknown", f"{len(verdict.unknown)} (the carrier really had {had})"),
        ("anything else wrong", len(verdict.wrong)),
        ("tracebacks in the log", len(tracebacks := run.house.tracebacks())),
    )
    for name, value in rows:
        say(f"  {name:<22}{value}")
    for was_taken, meaning in ((True, "and the carrier had it"), (False, "and the carrier never had it")):
        named = [id_ for id_, had_it in verdict.unknown.items() if had_it is was_taken]
        if named:
            say(f"    unknown, {meaning}: {' '.join(named)}")
    for event in tracebacks:
        say(f"    traceback: {event}")
    for sentence in (*verdict.lost, *verdict.doubled, *verdict.wrong):
        say(f"    WRONG {sentence}")


def dice_of(seed: int, whose: str) -> Random:
    """Dice that fall alike for the same seed."""
    return Random(f"{seed} {whose}")  # noqa: S311 - they decide who is killed, and guard nothing


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
