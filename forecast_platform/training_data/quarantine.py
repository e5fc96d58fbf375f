"""The file in which refused rows wait for a person, safe to open in a spreadsheet.

Belongs here: its name and its bytes. Does not belong here: why rows are refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from forecast_platform.bucket import layout
from forecast_platform.training_data.conversion import Refusal
from forecast_platform.training_data.messages import printable_bytes

_HEADER = ("file", "line", "reason", "row")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_NAME = 200


def quarantine_key(key: str, digest: str) -> str:
    """Where the refused rows of the object ``key`` with the content ``digest`` are kept."""
    name = key.removeprefix(layout.TRAIN)
    folder, _, file = name.rpartition("/")
    clipped = file.encode("utf-8", "surrogateescape")[:_LONGEST_NAME].decode("utf-8", "ignore")
    return f"{layout.QUARANTINE}{folder}{'/' if folder else ''}{clipped}@{digest[:8]}.csv"


def quarantine_csv(key: str, refusals: Iterable[Refusal]) -> bytes:
    """The refused rows with their place and every reason, ordered by line.

    Cells that a spreadsheet would execute get an apostrophe in front (OWASP, "CSV Injection").
    """
    data = io.BytesIO()
    text = io.TextIOWrapper(data, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for line, raw, findings in refusals:
        reason = " ".join(finding.reason for finding in findings)
        row = printable_bytes(raw.rstrip("\r\n"))
        writer.writerow((_harmless(printable_bytes(key)), line, _harmless(reason), _harmless(row)))
    text.flush()
    return data.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
