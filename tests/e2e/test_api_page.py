"""docs/api.md: who types what stands there sends a text, and every other command of the page does what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import ServedHub

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
COMMAND = ".venv/bin/hub --config hub.ini"
CODE = "CODE=000000"
"""What a reader types over with what a phone shows; nobody has one here, so it is read where the text waits."""
READ_CODE = """
import re, sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    (text,) = database.execute("SELECT text FROM messages WHERE billing = 'code' ORDER BY id DESC LIMIT 1").fetchone()
print(re.search("[0-9]{6}", text)[0])
"""
STRICT = """
set -euo pipefail
curl() {  # a no of the hub ends the script, but for those that the page shows with its headers
  case " $* " in
    *" --include "*) command curl --silent "$@" ;;
    *) command curl --silent --show-error --fail-with-body "$@" || { echo "curl $*" >&2; exit 1; } ;;
  esac
  echo
}
"""


def blocks(language: str) -> list[str]:
    """The fenced pieces of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def typed(served: ServedHub, *pieces: str) -> str:
    """Type what the page says in a folder of its own, one after the other; what the terminal shows."""
    there = f"{sys.executable} -m hub --config {served.folder / 'hub.ini'}"
    script = "\n".join([STRICT, *pieces]).replace(".venv/bin/python", sys.executable).replace(COMMAND, there)
    script = script.replace("127.0.0.1:8080", f"127.0.0.1:{served.web_port}").replace('"Salon Exemple"', '"Boutique"')
    read = f"CODE=$({sys.executable} -c {shlex.quote(READ_CODE)} {served.folder / 'data' / 'hub.db'})"
    done = subprocess.run(
        ["bash", "-c", script.replace(CODE, read)],
        cwd=served.folder,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    return done.stdout


def test_the_first_minute_sends_one_text(served: ServedHub) -> None:
    """And the same request again sends nothing."""
    shown = typed(served, *blocks("sh")[:4])
    first, again = (line for line in shown.splitlines() if line.strip())
    assert first.count('"to":"+33612345678"') == 1
    assert '"accepted":1' in again
    (account,) = (one for one in served.hub("account", "list") if one["name"] == "Boutique")
    campaigns = served.hub("messages", "--account", str(account["id"]))
    assert len(campaigns) == 1


def test_every_command_of_the_page_does_what_it_says(served: ServedHub) -> None:
    """One after the other, and its program at the end; three of them show a no, or only headers."""
    python = f".venv/bin/python - <<'PROGRAM'\n{blocks('python')[0]}PROGRAM\n"
    shown = typed(served, *blocks("sh"), python)
    statuses = re.findall(r"^HTTP/1.1 (\d+)", shown, re.MULTILINE)
    assert statuses == ["422", "412", "200"]
    assert "ratelimit-policy:" in shown.lower()
    assert shown.count('"state":"cancelled"') >= 1
    assert re.search(r'"state":"paid"', shown)
    assert shown.splitlines()[-1].startswith("+33612345678 ")
