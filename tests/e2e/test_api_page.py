"""docs/api.md: who types what stands there sends a text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import ServedHub

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
COMMAND = ".venv/bin/hub --config hub.ini"


def blocks(language: str) -> list[str]:
    """The fenced pieces of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_what_the_page_says_to_type_sends_a_text(served: ServedHub) -> None:
    """Its commands, one after the other, and its program: two campaigns of one text each, and no more."""
    python = '"$PYTHON" - <<"PROGRAM"\n' + blocks("python")[0] + "PROGRAM\n"
    script = "\n".join(["set -euo pipefail", *blocks("sh"), python])
    there = f"{sys.executable} -m hub --config {served.folder / 'hub.ini'}"
    script = script.replace(COMMAND, there).replace(":8080", f":{served.web_port}").replace("Salon Exemple", "Boutique")
    environ = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"accepted":1') == 1
    assert done.stdout.count('"to":"+33612345678"') == 2
    assert "+33612345678 " in done.stdout.splitlines()[-1]
