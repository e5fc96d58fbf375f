"""The monitor without Dagster and without a bucket: files in, SageMaker's documents out.

Belongs here: what the commands ``monitor baseline`` and ``monitor check`` do. Does not belong here: their arguments.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.constraints import read_constraints, suggest_constraints
from forecast_platform.model_monitor.documents import parse_document, write_document
from forecast_platform.model_monitor.execution import Looked, completed
from forecast_platform.model_monitor.profiling import profile_rows
from forecast_platform.model_monitor.report import ExecutionDocuments, execution_page
from forecast_platform.model_monitor.statistics import read_statistics, statistics_document
from forecast_platform.model_monitor.steps.looking import looked_at
from forecast_platform.model_monitor.tables import open_data
from forecast_platform.model_monitor.violations import Judgement, judge
from forecast_platform.output import write_output


@dataclass(frozen=True)
class Written:
    """What came of a command.

    Attributes:
        judgement: ``None`` for a baseline.
        set_aside: Where the constraints are that lay in the place of the new ones; ``None`` = there were no others.
    """

    looked: Looked
    features: int
    judgement: Judgement | None = None
    set_aside: Path | None = None


def write_baseline(data: Path, output: Path, *, header: bool) -> Written:
    """Write ``statistics.json`` and ``constraints.json`` of a dataset into ``output``.

    Other constraints that are there may have been edited: they are renamed, never overwritten.

    Args:
        data: A CSV, Parquet or capture file, or a folder of them.
        header: Whether the first row of CSV files names the columns; else they are ``_c0``, ``_c1``, …

    Raises:
        InputError: The data cannot be read or has no rows; nothing is written.
    """
    rows = open_data(data, header=header)
    profile = profile_rows(rows.batches())
    constraints = write_document(suggest_constraints(profile))
    set_aside = _set_aside(output / layout.CONSTRAINTS_FILE, constraints)
    statistics = write_document(statistics_document(profile))
    write_output(output, [(layout.STATISTICS_FILE, statistics), (layout.CONSTRAINTS_FILE, constraints)])
    return Written(looked_at(rows, profile.rows, profile.notes), len(profile.features), set_aside=set_aside)


def _set_aside(path: Path, replacement: bytes) -> Path | None:
    """Rename the file at ``path`` unless it is the ``replacement``; its new name."""
    if not path.exists() or path.read_bytes() == replacement:
        return None
    names = (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in count(1))
    return path.rename(next(name for name in names if not name.exists()))


def write_check(data: Path, baseline: Path, output: Path, *, header: bool) -> Written:
    """Judge a dataset by a baseline; write its ``statistics.json``, ``constraint_violations.json`` and a page.

    Args:
        baseline: A folder with ``constraints.json`` and, to compare distributions, ``statistics.json``.
        header: As for :func:`write_baseline`; columns without names get those of the baseline, in its order.

    Raises:
        InputError: The data or the baseline cannot be read, or would be overwritten; nothing is written.
    """
    if output.resolve() == baseline.resolve():
        problem = Problem(
            "--output", str(output), "another folder than the baseline's, whose statistics.json would be lost"
        )
        raise InputError("The baseline would be overwritten.", [problem])
    constraints = read_constraints(_read(baseline, layout.CONSTRAINTS_FILE), str(baseline / layout.CONSTRAINTS_FILE))
    statistics = _read(baseline, layout.STATISTICS_FILE)
    compared = read_statistics(statistics, str(baseline / layout.STATISTICS_FILE))
    rows = open_data(data, header=header, names=tuple(compared))
    profile = profile_rows(rows.batches())
    judgement = judge(profile, constraints, compared)
    looked = looked_at(rows, profile.rows)
    documents = _documents(data, looked, judgement)
    current = statistics_document(profile)
    page = execution_page(
        ExecutionDocuments(
            documents,
            statistics=current,
            baseline=parse_document(statistics),
            constraints=parse_document(_read(baseline, layout.CONSTRAINTS_FILE)),
            violations=judgement.document(),
            distances=[asdict(one) for one in judgement.distances],
        ),
        files={layout.STATISTICS_FILE: layout.STATISTICS_FILE, layout.VIOLATIONS_FILE: layout.VIOLATIONS_FILE},
    )
    files = [
        (layout.STATISTICS_FILE, write_document(current)),
        (layout.PAGE_FILE, page),
        (layout.VIOLATIONS_FILE, write_document(judgement.document())),
    ]
    write_output(output, files)
    return Written(looked, len(profile.features), judgement)


def _documents(data: Path, looked: Looked, judgement: Judgement) -> dict[str, object]:
    status, reason = completed(len(judgement.violations))
    return {
        "monitor": data.name,
        "kind": "DataQuality",
        "status": status.value,
        "reason": reason,
        "rows": looked.rows,
        "refused_rows": looked.refused_rows,
        "refused": [dict(one) for one in looked.refused],
        "notes": [*looked.notes, *judgement.notes],
    }


def _read(folder: Path, file: str) -> bytes:
    try:
        return (folder / file).read_bytes()
    except OSError:
        advice = "Write one with `forecast-platform monitor baseline`."
        raise InputError(
            f"There is no baseline in {folder}.", [Problem(str(folder / file), "no such file", f"a {file}", advice)]
        ) from None
