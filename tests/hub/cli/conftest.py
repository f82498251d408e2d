"""The command line, called as a person calls it, on a data folder of its own."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from click.testing import CliRunner

from hub.cli import hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Calls `hub` in this process, with an environment that has nothing but what is given."""

    folder: Path
    environ: dict[str, str]

    def __call__(self, *words: str, stdin: str | bytes | None = None, **environ: str) -> Result:
        """Call it."""
        runner = CliRunner(env={**self.environ, **environ})
        return runner.invoke(hub, words, input=stdin, prog_name="hub")

    def json(self, *words: str, exit_code: int = 0, **environ: str) -> Any:
        """What it answers with `--json`; nothing else may be on standard output."""
        options = words.index("--") if "--" in words else len(words)
        result = self(*words[:options], "--json", *words[options:], **environ)
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def refused(self, *words: str, **environ: str) -> tuple[str, str]:
        """The code and the message of a refusal, as JSON has them."""
        error = self.json(*words, exit_code=1, **environ)["error"]
        return error["code"], error["message"]

    def ini(self, text: str) -> Path:
        """Write a hub.ini."""
        path = self.folder / "hub.ini"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path


@pytest.fixture(autouse=True)
def _process_as_it_was() -> Iterator[None]:
    """Commands set logging and signals up for their process; here they are put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    signals = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in signals.items():
        signal.signal(number, handler)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line without any hub.ini: an embedded database, and no Redis."""
    for name in [name for name in os.environ if name.startswith("HUB_")]:
        monkeypatch.delenv(name)
    environ = {
        "HUB_HUB_DATA_DIR": str(tmp_path / "data"),
        "HUB_HUB_REDIS_URL": "none",
        "HUB_HUB_LOG_LEVEL": "warning",
        "HUB_PLUGINS_DISABLED": "mail_to_sms",
        "TERM": "dumb",
    }
    return CommandLine(tmp_path, environ)


@pytest.fixture
def shop(cli: CommandLine) -> CommandLine:
    """The same, with an account of 100 credits."""
    cli.json("account", "create", "--name", "Salon Exemple", "--credits", "100")
    return cli
