"""Files are read whatever their kind, and those made to harm are named for what they are."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from hub.contacts.imports import reading
from hub.contacts.imports.model import Shape, Wishes
from hub.errors import RequestRefused
from tests.hub.contacts.imports.sheets import ods, xlsx

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, **wishes: object) -> tuple[Shape, list[tuple[int, list[str]]]]:
    """The shape of a file, and all its rows."""
    found = reading.open_rows(path, Wishes(**wishes), "FR")  # type: ignore[arg-type]  # as a test names them
    return found.shape, list(found.rows)


def code_of(path: Path, **wishes: object) -> str:
    """Why a file is not read."""
    with pytest.raises(RequestRefused) as refused:
        read(path, **wishes)
    return refused.value.faults[0].code


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (b"0612345678\n0698765432\n", Shape("utf-8", ";", columns=(None,))),
        (
            b"mobile;prenom\n0612345678;Nina\n",
            Shape("utf-8", ";", header=True, number_column=0, columns=(None, "prenom")),
        ),
        (
            b"0612345678,Nina,Lyon\r\n0698765432,Omar,Nice\r\n",
            Shape("utf-8", ",", header=False, number_column=0, columns=(None, "info1", "info2")),
        ),
        (
            "T\u00e9l\tNom\n0612345678\tZo\u00e9\n".encode("cp1252"),
            Shape("cp1252", "\t", header=True, number_column=0, columns=(None, "Nom")),
        ),
        (
            "\ufeffmobile|ville\n0612345678|\u00c9vry\n".encode(),
            Shape("utf-8-sig", "|", header=True, number_column=0, columns=(None, "ville")),
        ),
        (
            "mobile;ville\n0612345678;\u00c9vry\n".encode("utf-16"),
            Shape("utf-16", ";", header=True, number_column=0, columns=(None, "ville")),
        ),
    ],
    ids=["numbers alone", "header", "commas", "Windows", "marked UTF-8", "UTF-16"],
)
def test_how_text_is_written_is_guessed(tmp_path: Path, data: bytes, shape: Shape) -> None:
    """Encoding, separator, header and the names of the columns."""
    path = tmp_path / "file"
    path.write_bytes(data)
    assert read(path)[0] == shape


def test_what_was_said_is_not_guessed(tmp_path: Path) -> None:
    """Another column, another separator, no header, names of one's own."""
    path = tmp_path / "file"
    path.write_bytes(b"Nina,0612345678\nOmar,0698765432\n")
    shape, rows = read(path, separator=",", header=False, number_column=1, columns=("prenom", None))
    assert shape == Shape("utf-8", ",", header=False, number_column=1, columns=("prenom", None))
    assert rows == [(1, ["Nina", "0612345678"]), (2, ["Omar", "0698765432"])]


def test_a_number_for_each_line_needs_no_separator(tmp_path: Path) -> None:
    """Empty lines say nothing, and count as lines."""
    path = tmp_path / "file"
    path.write_bytes(b"\n06 12 34 56 78\n\n  \n06 98 76 54 32")
    assert read(path)[1] == [(2, ["06 12 34 56 78"]), (5, ["06 98 76 54 32"])]


def test_a_cell_in_quotes_may_hold_what_separates_others(tmp_path: Path) -> None:
    """As RFC 4180 has it."""
    path = tmp_path / "file"
    path.write_bytes(b'0612345678;"Nina; la ""grande"""\n0698765432;Omar\n')
    assert read(path)[1][0] == (1, ["0612345678", 'Nina; la "grande"'])


@pytest.mark.parametrize("make", [xlsx, ods])
def test_the_first_sheet_of_a_spreadsheet_is_read(tmp_path: Path, make: object) -> None:
    """Whole numbers without a fraction, and what a formula last showed."""
    path = tmp_path / "file"
    make(path, [["mobile", "prenom"], [33612345678, "Nina"], ["06 98 76 54 32", "Omar"]])  # type: ignore[operator]  # a maker
    shape, rows = read(path)
    assert (shape, rows) == (
        Shape(None, None, header=True, number_column=0, columns=(None, "prenom")),
        [(2, ["33612345678", "Nina"]), (3, ["06 98 76 54 32", "Omar"])],
    )


def test_an_old_spreadsheet_is_read(request: pytest.FixtureRequest) -> None:
    """XLS, which nobody writes any more without Excel; a formula is what it last showed, or nothing."""
    shape, rows = read(request.config.rootpath / "tests" / "vectors" / "clients.xls")
    assert (shape.header, shape.columns) == (True, (None, "Prénom"))
    assert rows[:2] == [(2, ["33612345678", "Nina"]), (3, ["698765432", "Omar"])]


def test_an_apostrophe_that_keeps_a_spreadsheet_from_running_a_cell_is_taken_away(tmp_path: Path) -> None:
    """As this hub writes it, and other programs; one that was typed stays."""
    path = tmp_path / "file"
    path.write_bytes(b"mobile;'=prenom\n'+33612345678;'=1+1\n0698765432;'90\n")
    shape, rows = read(path)
    assert shape.columns == (None, "=prenom")
    assert rows == [(2, ["+33612345678", "=1+1"]), (3, ["0698765432", "'90"])]


def test_commas_inside_of_cells_do_not_pass_for_the_separator(tmp_path: Path) -> None:
    """However many there are, where they would tear a number's cell apart."""
    path = tmp_path / "file"
    path.write_bytes(b"0612345678;a,b,c\n0698765432;d,e,f\n")
    assert read(path)[0].separator == ";"


def test_a_file_that_says_that_it_is_text_is_text(tmp_path: Path) -> None:
    """By its mark, whatever characters it has."""
    path = tmp_path / "file"
    path.write_bytes("\ufeff0612345678;\x01\x02\x03\x04\n".encode())
    assert read(path)[1] == [(1, ["0612345678", "\x01\x02\x03\x04"])]


HOSTILE = {
    "nothing": (b"", "file_empty"),
    "blanks": (b" \n\t\n  ", "file_empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "not_text"),
    "an endless line": (b"0612345678;" + b"x" * 200_000, "line_too_long"),
    "an endless quote": (b'0612345678;"' + b"x\n" * 200_000, "quote_open"),
    "many columns": (b"0612345678" + b";x" * 300 + b"\n", "too_many_columns"),
    "no archive": (b"PK\x03\x04" + b"\x00" * 500, "sheet_unreadable"),
    "no workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 5000, "sheet_unreadable"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_cannot_be_read_is_named_for_what_it_is(tmp_path: Path, name: str) -> None:
    """Whatever it was made for."""
    data, code = HOSTILE[name]
    path = tmp_path / "file"
    path.write_bytes(data)
    assert code_of(path) == code


def test_an_archive_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    """Half a gigabyte of zeros is half a megabyte as it comes."""
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(500):
            part.write(b"\0" * 1024**2)
    assert code_of(path) == "sheet_too_large"


def test_a_file_in_another_encoding_than_was_said_is_refused(tmp_path: Path) -> None:
    """Nothing is guessed away."""
    path = tmp_path / "file"
    path.write_bytes("0612345678;Zo\u00e9\n".encode("cp1252"))
    assert code_of(path, encoding="utf-8") == "wrong_encoding"


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Counted as people count."""
    path = tmp_path / "file"
    path.write_bytes(b"0612345678;Nina\n")
    with pytest.raises(RequestRefused, match="no column 3: the widest"):
        read(path, number_column=2)


def test_nul_characters_are_left_out(tmp_path: Path) -> None:
    """No database keeps them."""
    path = tmp_path / "file"
    path.write_bytes(b"0612345678;Ni\0na\n" + b"0698765432;Omar\n" * 40)
    assert read(path)[1][0] == (1, ["0612345678", "Nina"])
