"""Read the first sheet of a spreadsheet, as a program of its own: a file that is made to harm harms nobody else.

    python -m hub.contacts.imports.sheets FILE

writes a JSON list per row, and ends with 3 and a word where it is none that can be read. What it may use is limited:
the library holds a whole sheet in memory. Formulas are not computed; what a cell last showed is read.
"""

from __future__ import annotations

import json
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

MOST_MEMORY = 1536 * 1024 * 1024
MOST_CPU_S = 120
MOST_UNPACKED = 400 * 1024 * 1024
MOST_PARTS = 5000
REFUSED = 3


def main(path: Path) -> int:
    """Write the rows; the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    if why := _too_large_unpacked(path):
        return _refuse(why)
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(path)
        if not book.sheet_names:
            return _refuse("sheet_empty")
        for row in book.get_sheet_by_index(0).iter_rows():
            sys.stdout.write(json.dumps([_text(cell) for cell in row], ensure_ascii=False) + "\n")
    except PasswordError:
        return _refuse("sheet_locked")
    except MemoryError:
        return _refuse("sheet_too_large")
    except (CalamineError, ValueError, OSError):
        return _refuse("sheet_unreadable")
    return 0


def _too_large_unpacked(path: Path) -> str | None:
    """XLSX and ODS are archives: what they say of their size is asked before anything is unpacked."""
    if not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return "sheet_unreadable"
    too_large = len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED
    return "sheet_too_large" if too_large else None


def _text(cell: object) -> str:
    """A cell as a person sees it: whole numbers without a fraction, times as ISO 8601."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return str(int(cell))
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return str(cell) if not isinstance(cell, timedelta) else str(cell.total_seconds())


def _refuse(why: str) -> int:
    sys.stderr.write(why)
    return REFUSED


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
