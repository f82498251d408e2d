"""A whole hub on a bind to an SMPP carrier that does everything wrong; then the two books are compared.

    python -m tests.prove.smpp [--seed N] [--seconds 30] [--database sqlite|postgresql] [--keep]

The carrier drops, throttles, delays, doubles and reorders; it is killed as well, and so are the hub's workers. Exits
with 0 when every message came to its true end, none was lost, none was sent twice, and every doubt is named.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from hub.plugin_manager import Plugins
from hub.testing.databases import KINDS, Databases
from hub_smpp.testing import Behaviour, Fate, SmscProcess
from tests.prove.chaos import Run, dice_of, report, say
from tests.prove.clients import Client, MailClient, Numbers, RestClient
from tests.prove.house import House
from tests.prove.killer import Killer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.prove.verdict import Record

ODDS: dict[str, object] = {
    "answer_delay_s": 0.02,
    "receipt_delay_s": 0.3,
    "receipt_order": "random",
    "rate": 300,
    "early": 0.1,
    "late": 0.05,
    "late_by_s": 5,
    "duplicate": 0.1,
    "foreign": 0.05,
    "refuse_bind": 0.1,
    Fate.THROTTLE.value: 0.01,
    Fate.QUEUE_FULL.value: 0.005,
    Fate.REJECT.value: 0.005,
    Fate.NACK.value: 0.002,
    Fate.DROP.value: 0.0015,
    Fate.LOSE_ANSWER.value: 0.0015,
    Fate.TEAR.value: 0.001,
    Fate.SILENCE.value: 0.0005,
    Fate.RUBBISH.value: 0.001,
    Fate.UNBIND.value: 0.001,
}
CALM = {fate.value: 0.0 for fate in Fate if fate is not Fate.TAKE} | {"refuse_bind": 0.0, "rate": 0.0}
KILLED = ("worker", "worker", "worker", "scheduler", "carrier")
PAUSE_S = (1.0, 5.0)
LONG = 0.3
ENDS = {
    "9901": "undelivered",
    "9902": "undelivered",
    "9903": "expired",
    "9905": "rejected",
    "9907": "delivered",
    "9908": "undelivered",
    "9909": "undelivered",
}
"""What becomes of numbers with these last digits, as the carrier's own table has it; of all others: delivered."""
PARTLY = frozenset({"submitted", "undelivered", "expired"})
"""What may be said of a text of which the carrier has only some parts: one that came to nothing decides for all."""
NEVER_SENT = frozenset({"cancelled", "blocked", "rejected", "unknown"})


class SmppHouse(House):
    """`hub serve` with an SMPP connector."""

    carrier: SmscProcess

    def _a_carrier(self) -> SmscProcess:
        return SmscProcess(self.folder / "carrier", self.odds)

    def start(self) -> None:
        """The port is known once the carrier listens, and hub.ini names it."""
        self.carrier.start()
        self.carrier.stop()
        super().start()

    def _carrier_ini(self) -> str:
        known = Behaviour()
        return (
            f"type = smpp\nhost = 127.0.0.1\nport = {self.carrier.port}\n"
            f"system_id = {known.system_id}\npassword = {known.password}\n"
            "binds = 2\nwindow = 20\nbatch_size = 20\nconnect_timeout_s = 1\nenquire_link_s = 1\n"
            "response_timeout_s = 2\nwrite_timeout_s = 2\nreconnect_max_s = 1\n"
        )

    def record(self) -> Record:
        """As ever, but that a text of which the carrier has only some parts is in doubt, whatever those reported.

        The hub waits for the others for two days: nobody can tell it that they were never sent.
        """
        found, lacking = super().record(), self.carrier.count().incomplete()
        known = {
            id_: (number, "unknown" if number.removeprefix("+") in lacking and state in PARTLY else state)
            for id_, (number, state) in found.messages.items()
        }
        return replace(found, messages=known)

    def _taken(self, ids: Mapping[str, str]) -> list[tuple[str, str]]:
        """By number, for each names one message; as often as its part that came most often.

        A text that lacks parts was never had, unless a part of it came twice.
        """
        count = self.carrier.count()
        lacking = count.incomplete()
        return [
            (ids.get(f"+{to}", to), f"+{to}")
            for to, times in count.times_taken().items()
            if to not in lacking or times > 1
            for _ in range(times)
        ]

    def _receipts_owed(self) -> int:
        count = self.carrier.count()
        return count.receipts_owed + count.texts_owed


class NumbersOfAllKinds(Numbers):
    """Some of them end as the carrier's table says."""

    def _one(self) -> str:
        if self.dice.random() < 0.9:
            return super()._one()
        while True:
            ending = self.dice.choice(sorted(ENDS))
            number = f"+33{self.dice.choice((61, 62, 66, 67))}{self.dice.randrange(10**3):03d}{ending}"
            if number not in self._given:
                self._given.add(number)
                return number


class RestClientOfManyWords(RestClient):
    """Some of its texts take several parts."""

    def text(self, key: str) -> str:
        """By its key alone: what is asked for again is the same."""
        is_long = Random(key).random() < LONG  # noqa: S311 - it guards nothing
        return f"Bonjour {key}, " + "votre rendez-vous est bien not\u00e9, " * (10 if is_long else 1)


@dataclass
class SmppRun(Run):
    """One run on one kind of database."""

    house: SmppHouse

    def __post_init__(self) -> None:
        super().__post_init__()
        self.killer = Killer(self.house, dice_of(self.seed, "kills"), KILLED, PAUSE_S)
        numbers = NumbersOfAllKinds(dice_of(self.seed, "numbers"))
        kinds: tuple[tuple[type[Client], str], ...] = (
            (RestClientOfManyWords, "rest-a"),
            (RestClientOfManyWords, "rest-b"),
            (MailClient, "mail-a"),
        )
        self.clients = [
            kind(self.house, numbers, name, dice_of(self.seed, name), self._stopping) for kind, name in kinds
        ]

    def _drain(self) -> None:
        self.house.carrier.set(**CALM)
        super()._drain()


def main() -> int:
    """Run it on the databases that are asked for; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(description="A hub on an SMPP carrier that does everything wrong.")
    parser.add_argument("--seed", type=int, default=None, help="the same choices again; their timing is the machine's")
    parser.add_argument("--seconds", type=float, default=30, help="how long it goes wrong")
    parser.add_argument("--database", choices=KINDS, action="append", help="on which database; both unless told")
    parser.add_argument("--keep", action="store_true", help="keep the folder, and say where it is")
    wishes = parser.parse_args()
    seed = SystemRandom().randrange(10**6) if wishes.seed is None else wishes.seed
    return max([prove(kind, seed, wishes.seconds, keep=wishes.keep) for kind in wishes.database or KINDS])


def prove(database: str, seed: int, seconds: float, *, keep: bool = False) -> int:
    """One run; its table is printed as soon as it is over."""
    folder = Path(tempfile.mkdtemp(prefix=f"textohub-smpp-{database}-"))
    say(f"SMPP on {database}: seed {seed}, {seconds:g} s of faults")
    databases = Databases(folder / "databases", Plugins.load(quiet=True).migrations(), datetime.now(UTC))
    databases.folder.mkdir()
    ways = _ways(dice_of(seed, database))
    try:
        house = SmppHouse(folder, databases.fresh(database), ODDS | ways | {"seed": seed})
        run = SmppRun(database, seed, seconds, house, bool(ways["echo_reference"]))
        verdict = run.run()
        verdict.wrong += untrue(house.record())
    finally:
        databases.close()
    report(run, verdict)
    _say_more(run)
    if keep or not verdict.is_clean:
        say(f"  everything is kept in {folder}")
    else:
        shutil.rmtree(folder)
    if not verdict.is_clean:
        say(f"NOT PROVED; repeat it with --seed {seed} --database {database}")
    return int(not verdict.is_clean)


def untrue(record: Record) -> Iterator[str]:
    """Messages whose end is not what the carrier reported of them."""
    for id_, (number, state) in record.messages.items():
        wanted = ENDS.get(number[-4:], "delivered")
        if state not in NEVER_SENT | {wanted}:
            yield f"{id_} is {state}, and the carrier's last word was {wanted}"


def _ways(dice: Random) -> dict[str, object]:
    """How this carrier writes: its ids, its receipts."""
    return {
        "id_form": dice.choice(("dec", "hex", "hex_upper_padded", "dec_padded")),
        "receipt_id_form": dice.choice(("dec", "hex", "dec_padded", "hex_upper")),
        "receipt_form": dice.choice(("text", "tlv", "both")),
        "echo_reference": dice.random() < 0.5,
    }


def _say_more(run: SmppRun) -> None:
    count = run.house.carrier.count()
    say(
        f"  submit_sm taken       {len(count.taken)}; {len(count.incomplete())} texts lack parts, each of them in doubt"
    )
    ways = ", ".join(f"{name} {run.house.odds[name]}" for name in ("id_form", "receipt_id_form", "receipt_form"))
    say(f"  the carrier's ways    {ways}")


if __name__ == "__main__":
    sys.exit(main())
