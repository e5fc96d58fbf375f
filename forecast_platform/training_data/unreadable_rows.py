"""The findings for rows of CSV that cannot be looked at: broken text, or another number of columns.

Belongs here: wording that any reader of CSV needs. Does not belong here: what the cells mean (``conversion``).
"""

from __future__ import annotations

from collections.abc import Sequence

from forecast_platform.training_data.messages import Finding, quoted
from forecast_platform.training_data.text import has_broken_text, has_undecodable

_SHOWN_NAMES = 30


def column_count_finding(row: Sequence[str], names: Sequence[str]) -> Finding:
    """What to say of a row that has not one cell for each of ``names``."""
    listed = ", ".join(names[:_SHOWN_NAMES]) + (", …" if len(names) > _SHOWN_NAMES else "")
    return Finding(
        "",
        f"{len(row)} columns" if len(row) != 1 else "1 column",
        f"{len(names)} columns: {listed}" if len(names) != 1 else f"1 column: {listed}",
        "Is a comma missing or too many? Put a cell that holds a comma in double quotes.",
    )


def broken_text_finding(row: Sequence[str], names: Sequence[str]) -> Finding:
    """What to say of a row in which some cell holds a NUL, a byte order mark or an undecodable byte."""
    broken = next((index for index, cell in enumerate(row) if has_broken_text(cell)), 0)
    column = names[broken] if broken < len(names) else ""
    cell = row[broken]
    if "\0" in cell:
        return Finding(column, f"a NUL character in {quoted(cell)}", "text", "Was the file damaged, or cut by a crash?")
    if has_undecodable(cell):
        codes = [f"0x{ord(part) - 0xDC00:02x}" for part in cell if 0xDC80 <= ord(part) <= 0xDCFF]
        name = f"the {'byte' if len(codes) == 1 else 'bytes'} {' '.join(codes[:8])} in {quoted(cell)}"
        return Finding(column, name, "text in UTF-8", "Save the file as UTF-8; it mixes encodings or has another one.")
    return Finding(
        column,
        f"a byte order mark in {quoted(cell)}",
        "one at the start of the file only",
        "Files were joined: remove the mark, U+FEFF.",
    )
