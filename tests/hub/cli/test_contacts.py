"""`hub contacts`: lists, files into them and out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.cli.conftest import CommandLine

ROWS = "mobile;prenom\n06 12 34 56 71;Nina\n0612345672;=1+1\n0612345671;Bis\n0142685300;Accueil\nbonjour;\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file of contacts."""
    path = tmp_path / "clients.csv"
    path.write_text(ROWS)
    return str(path)


def test_a_file_is_brought_to_a_list_that_is_made(shop: CommandLine, file: str) -> None:
    """What was left out is said, line by line."""
    said = shop("contacts", "import", file, "--list", "Clients").stdout.splitlines()
    assert said == [
        "5 line(s) with something in them.",
        "  1 stand in the file twice:",
        "    line 4: 0612345671",
        "  1 are landlines:",
        "    line 5: 0142685300",
        "  1 have no number that can be texted:",
        "    line 6: bonjour",
        "2 added to Clients, 0 updated.",
    ]


def test_a_file_again_doubles_nobody(shop: CommandLine, file: str) -> None:
    """It updates."""
    shop("contacts", "import", file, "--list", "Clients")
    done = shop.json("contacts", "import", file, "--list", "Clients")
    listed = shop.json("contacts", "lists")["items"]
    assert (done["state"], done["added"], done["updated"]) == ("done", 0, 2)
    assert [(one["name"], one["size"]) for one in listed] == [("Clients", 2)]


def test_a_preview_brings_nobody_and_leaves_no_list(shop: CommandLine, file: str) -> None:
    """It says what would be."""
    said = shop("contacts", "import", file, "--list", "Clients", "--preview").stdout.splitlines()
    assert said[-1] == "Nothing was brought. Without --preview, 2 would be added, 0 updated."
    assert shop.json("contacts", "lists") == {"items": []}


def test_a_list_is_written_as_a_file_that_can_be_brought_again(shop: CommandLine, file: str, tmp_path: Path) -> None:
    """To standard output or to a file."""
    shop("contacts", "import", file, "--list", "Clients")
    out = tmp_path / "out.csv"
    shop("contacts", "export", "Clients", "--output", str(out))
    shop("contacts", "import", str(out), "--list", "Copie")
    assert "\r\n+33612345672;;;;;'=1+1\r\n" in out.read_bytes().decode()
    assert shop("contacts", "export", "Copie").stdout_bytes == out.read_bytes()


def test_a_person_reads_a_table(shop: CommandLine, file: str) -> None:
    """A line for each list."""
    shop("contacts", "import", file, "--list", "Clients")
    said = shop("contacts", "lists").stdout
    assert all(word in said for word in ("Lists of Salon Exemple", "Clients", "2"))


def test_a_file_that_cannot_be_read_says_why_and_leaves_no_list(shop: CommandLine, tmp_path: Path) -> None:
    """Whether it is missing, or is no file of contacts."""
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    wrong = shop("contacts", "import", str(picture), "--list", "Clients")
    missing = shop("contacts", "import", str(tmp_path / "none.csv"), "--list", "Clients")
    assert (wrong.exit_code, missing.exit_code) == (1, 1)
    assert "neither text nor a spreadsheet" in wrong.stdout
    assert "cannot be read: No such file" in missing.stderr
    assert shop.json("contacts", "lists") == {"items": []}


def test_a_list_that_is_not_there_is_not_exported(shop: CommandLine) -> None:
    """And the sentence says where to look."""
    said = shop("contacts", "export", "Clients")
    assert said.exit_code == 1
    assert "`hub contacts lists` shows those it has" in said.stderr
