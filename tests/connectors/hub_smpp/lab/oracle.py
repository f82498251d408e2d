"""The npm package smpp, asked through a process of Node.js: it reads PDUs and writes them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "oracles" / "smpp"


@dataclass
class NodeOracle:
    """One process; ask, and it answers."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls) -> NodeOracle:
        """Start it. Fails where `npm ci` was not run in tests/oracles/smpp."""
        assert (FOLDER / "node_modules" / "smpp").is_dir(), f"run npm ci in {FOLDER}"
        command = ["node", "oracle.js"]
        return cls(
            subprocess.Popen(command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True),
        )

    def read(self, octets: bytes) -> dict[str, Any]:
        """The fields that it finds."""
        return self._ask({"read": octets.hex()})

    def write(self, command: str, fields: dict[str, object]) -> bytes:
        """The octets that it makes of them."""
        values = {name: {"hex": one.hex()} if isinstance(one, bytes) else one for name, one in fields.items()}
        return bytes.fromhex(self._ask({"write": command, "fields": values})["octets"])

    def close(self) -> None:
        """End it."""
        self.process.communicate()

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(asked)}\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return {
            name: bytes.fromhex(one["hex"]) if isinstance(one, dict) and "hex" in one else one
            for name, one in answer.items()
        }
