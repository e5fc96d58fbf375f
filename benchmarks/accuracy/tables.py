"""Results as tables, for a terminal and in Markdown.

Belongs here: rows, their order, and the summary over panels. Does not belong here: running anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.accuracy.results import Result

PANEL_COLUMNS = ("method", "mean wQL", "relative", "MASE", "coverage", "train s", "forecast s", "peak MB")
SUMMARY_COLUMNS = ("method", "relative wQL", "relative MASE", "coverage", "seconds", "panels")
NOTHING = "–"


@dataclass(frozen=True)
class Table:
    """A title, a header, and rows of text; the first column is a name, the others are numbers.

    Attributes:
        notes: Lines below the table: what failed or was skipped, and why.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """For a terminal."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in enumerate(row))
            for row in (list(zip(cells, widths, strict=True)) for cells in (self.columns, *self.rows))
        ]
        return "\n".join([self.title, *lines, *(f"  {note}" for note in self.notes), ""])

    def markdown(self) -> str:
        """For a page."""
        rule = "|".join(["---", *["---:"] * (len(self.columns) - 1)])
        lines = [f"| {' | '.join(cells)} |" for cells in (self.columns, *self.rows)]
        notes = [f"- {note.replace('|', chr(92) + '|')}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", lines[0], f"|{rule}|", *lines[1:], "", *notes, ""])


def panel_table(panel: str, results: Sequence[Result], reference: str) -> Table:
    """Every method on one panel, the most accurate first.

    ``relative`` is the mean wQL divided by that of ``reference``. Seconds are means over the windows.
    """
    ours = [result for result in results if result.panel == panel]
    base = next((result for result in ours if result.method == reference), None)
    scored = sorted((result for result in ours if result.windows), key=lambda result: _or(result.mean("wql"), math.inf))
    notes = [f"{result.method}: {result.status}: {result.message}" for result in ours if not result.windows]
    rows: list[tuple[str, ...]] = [
        (
            result.method,
            _number(result.mean("wql"), 4),
            _number(_ratio(result, base, "wql"), 3),
            _number(result.mean("mase"), 3),
            _number(result.mean("coverage"), 2),
            _number(result.mean("train_seconds"), 1),
            _number(result.mean("forecast_seconds"), 1),
            _number(result.peak_mebibytes, 0),
        )
        for result in scored
    ]
    rows += [(f"{result.method} ({result.status})", *[NOTHING] * 7) for result in ours if not result.windows]
    return Table(panel, PANEL_COLUMNS, tuple(rows), tuple(notes))


def summary_table(results: Sequence[Result], reference: str) -> Table:
    """Every method over all panels: geometric means relative to ``reference``, and on how many panels it ran.

    A method that failed on hard panels has a mean over the others: compare only rows of as many panels.
    """
    bases = {result.panel: result for result in results if result.method == reference and result.windows}
    panels = len({result.panel for result in results})
    ranked: list[tuple[float, tuple[str, ...]]] = []
    for method in dict.fromkeys(result.method for result in results):
        own = [result for result in results if result.method == method and result.windows]
        losses = geometric_mean([_ratio(result, bases.get(result.panel), "wql") for result in own])
        errors = geometric_mean([_ratio(result, bases.get(result.panel), "mase") for result in own])
        coverages = [coverage for result in own if (coverage := result.mean("coverage")) is not None]
        row = (
            method,
            _number(losses, 3),
            _number(errors, 3),
            _number(sum(coverages) / len(coverages) if coverages else None, 2),
            _number(_total_seconds(own), 1),
            f"{len(own)} of {panels}",
        )
        ranked.append((_or(losses, math.inf), row))
    rows = tuple(row for _, row in sorted(ranked, key=lambda pair: pair[0]))
    return Table(f"All panels, relative to {reference} (geometric mean)", SUMMARY_COLUMNS, rows)


def geometric_mean(ratios: Sequence[float | None]) -> float | None:
    """Of those that are defined; 0 when one is 0, ``None`` without any."""
    defined = [ratio for ratio in ratios if ratio is not None]
    if not defined:
        return None
    return 0.0 if 0 in defined else math.exp(sum(map(math.log, defined)) / len(defined))


def _ratio(result: Result, base: Result | None, attribute: str) -> float | None:
    value, reference = result.mean(attribute), None if base is None else base.mean(attribute)
    return None if value is None or not reference else value / reference


def _total_seconds(results: Sequence[Result]) -> float | None:
    windows = [window for result in results for window in result.windows]
    return sum(window.train_seconds + window.forecast_seconds for window in windows) if windows else None


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"
