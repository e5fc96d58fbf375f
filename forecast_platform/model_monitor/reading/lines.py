"""The lines of a text file, numbered, those with broken text refused.

Belongs here: what all formats of one record a line share. Does not belong here: what a line means.
"""

from __future__ import annotations

from collections.abc import Iterator

from forecast_platform.model_monitor.reading.pieces import Piece, read_pieces
from forecast_platform.model_monitor.reading.rows import ReadingReport
from forecast_platform.model_monitor.reading.sources import Source
from forecast_platform.training_data.messages import FileRefusedError, Finding
from forecast_platform.training_data.text import has_undecodable
from forecast_platform.training_data.unreadable_rows import broken_text_finding


def pieces_of(source: Source, report: ReadingReport) -> Iterator[Piece]:
    """The text of ``source``; where it breaks off, what is whole, and a refusal."""
    with source.open() as stream:
        try:
            yield from read_pieces(stream)
        except FileRefusedError as refusal:
            advice = refusal.advice.replace("CSV (UTF-8)", "text in UTF-8")
            report.refuse(source.name, Finding("", refusal.found, "a file of lines", advice))


def lines_of(piece: Piece, name: str, report: ReadingReport) -> Iterator[tuple[int, str]]:
    """Number and text of the lines of ``piece`` that are not blank and can be read.

    A byte order mark at the start of a line is left out: it is there when files were joined.
    """
    suspicious = has_undecodable(piece.text)
    for number, line in enumerate(piece.lines(), piece.first):
        text = line.strip().removeprefix("\ufeff")
        if suspicious and has_undecodable(line):
            report.refuse(f"{name}, line {number}", broken_text_finding([text], []))
        elif text:
            yield number, text
