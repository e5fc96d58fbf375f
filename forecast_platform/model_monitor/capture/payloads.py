"""Payloads as rows, and the payloads of one record joined row by row.

Belongs here: encodings and content types, how input and output belong together. Does not belong here: columns.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Sequence

from forecast_platform.model_monitor.capture.records import CapturedRecord, Payload
from forecast_platform.model_monitor.reading.flattening import (
    MOST_COLUMNS,
    Values,
    parse_json,
    rows_of,
)
from forecast_platform.model_monitor.reading.rows import NotReadableError
from forecast_platform.training_data.messages import quoted

Paired = list[list[Values | None]]
"""Rows of a record; each has one entry for each payload that was asked for."""


def paired_rows(record: CapturedRecord, index_names: Sequence[str]) -> Paired:
    """The rows of ``record``: the first row of each payload together, then the second of each, and so on.

    A request with several lines is as many rows here. SageMaker's container takes the whole request for one row, which
    suits requests of one line only.

    Where one payload has n rows and another one row of n values, these belong to the rows one by one: XGBoost answers
    n lines with one line of n values. Where numbers of rows differ otherwise, missing rows are missing values.

    Args:
        index_names: The payloads, in the order in which their columns are wanted.

    Raises:
        NotReadableError: None of these payloads is there, or one cannot be read.
    """
    payloads = [record.payloads.get(name) for name in index_names]
    parts = [_rows_of_payload(payload) if payload and payload.data else [] for payload in payloads]
    length = max(map(len, parts), default=0)
    if not any(values for rows in parts for values in rows):
        wanted = " or ".join(index_names)
        raise NotReadableError(f"no values in {', '.join(record.payloads) or 'it'}", f"some in {wanted}")
    parts = [_one_value_each(rows) if length > 1 and _has_one_row_of(length, rows) else rows for rows in parts]
    return [[rows[index] if index < len(rows) else None for rows in parts] for index in range(length)]


def is_opaque(payload: Payload) -> bool:
    """Whether nothing is known of the payload's insides: base64 of neither text nor JSON, e.g. an image."""
    return payload.encoding == "BASE64" and not _is_text(payload.content_type)


def _has_one_row_of(length: int, rows: list[Values]) -> bool:
    return len(rows) == 1 and isinstance(rows[0], list) and len(rows[0]) == length


def _one_value_each(rows: list[Values]) -> list[Values]:
    return [[value] for value in rows[0]]


def _rows_of_payload(payload: Payload) -> list[Values]:
    if payload.encoding == "CSV":
        return _csv_rows(payload.data)
    if payload.encoding == "JSON":
        return _json_rows(payload.data)
    if payload.encoding == "BASE64":
        return _decoded_rows(payload)
    raise NotReadableError(f"the encoding {quoted(payload.encoding)}", "CSV, JSON or BASE64")


def _decoded_rows(payload: Payload) -> list[Values]:
    """SageMaker captures as base64 whatever content type it was not told to take for CSV or JSON.

    The content type still says what the bytes are: CSV and JSON are read as such, other text is one value, and
    anything else is one column of type Unknown without a value.
    """
    try:
        data = base64.b64decode("".join(payload.data.split()), validate=True)
    except ValueError as error:
        raise NotReadableError(quoted(payload.data), f"base64 ({error})") from None
    if is_opaque(payload):
        return [[None]]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotReadableError("bytes that are not UTF-8", payload.content_type) from None
    if "json" in payload.content_type.lower():
        return _json_rows(text)
    return _csv_rows(text) if "csv" in payload.content_type.lower() else [[text or None]]


def _is_text(content_type: str) -> bool:
    return any(kind in content_type.lower() for kind in ("csv", "json", "text/"))


def _csv_rows(text: str) -> list[Values]:
    rows = _cells(text.rstrip("\r\n"))
    if any(len(row) > MOST_COLUMNS for row in rows):
        raise NotReadableError(f"more than {MOST_COLUMNS:,} values in one row", "a row of a table")
    return [[cell or None for cell in row] for row in rows]


def _cells(text: str) -> list[list[str]]:
    if not ('"' in text or "\n" in text or "\r" in text):
        return [text.split(",")] if text else []
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise NotReadableError(quoted(text), f"CSV ({error})") from None


def _json_rows(text: str) -> list[Values]:
    """One JSON value, or one a line as in ``application/jsonlines``."""
    try:
        return rows_of(parse_json(text))
    except NotReadableError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [row for line in lines for row in rows_of(parse_json(line))]
