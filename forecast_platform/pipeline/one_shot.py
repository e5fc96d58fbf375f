"""A forecast from files to files: the same steps as a project's, in a temporary home.

Belongs here: laying out the files as a bucket and bringing the results back. Does not belong here: any step.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain
from forecast_platform.errors import InputError, Problem
from forecast_platform.forecast_service.port import Progress
from forecast_platform.pipeline.workspace import Workspace, no_data_before
from forecast_platform.project import Project
from forecast_platform.settings import Settings

if TYPE_CHECKING:
    from forecast_platform.training_data import Snapshot

_ROLE_SUFFIXES = {"train": "", "related": ".related", "item_metadata": ".metadata"}
_EXTENSIONS = re.compile(r"(\.(related|metadata))?(\.csv)?(\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True)
class OneShotInput:
    """The files of one forecast.

    Attributes:
        as_of: Only observations complete at this instant are used; ``None`` = all.
    """

    params: Path
    train: Sequence[Path]
    related: Sequence[Path] = ()
    item_metadata: Sequence[Path] = ()
    as_of: datetime | None = None


@dataclass(frozen=True)
class OneShotResult:
    """What was written."""

    cutoff: datetime
    items: int
    rows: int
    average_wql: float
    warnings: tuple[Problem, ...]


def forecast_files(given: OneShotInput, output: Path, progress: Progress) -> OneShotResult:
    """Forecast from ``given`` and write the results below ``output``; on an error nothing is written.

    Raises:
        InputError: Every problem of the parameters, or of the files.
    """
    with tempfile.TemporaryDirectory(prefix="forecast-platform-") as home:
        workspace = laid_out(given, Settings(home=Path(home)))
        _, cutoff = readable_cutoff(workspace, given.as_of)
        files, result = _forecast(workspace, cutoff, progress)
        _write(output, files)
    return result


def laid_out(given: OneShotInput, settings: Settings) -> Workspace:
    """A workspace whose bucket holds the files of ``given``.

    Raises:
        InputError: The parameters cannot be used; nothing of the data has been read then.
    """
    from forecast_platform.platform import Platform

    # Any cadence does: with ALWAYS, a cutoff is its own retraining cutoff.
    schedule = CutoffSchedule(Cadence.DAILY, datetime(1900, 1, 1))
    project = Project("forecast", prefix="", schedule=schedule, retrain=Retrain.ALWAYS, cleanup=False)
    workspace = Platform(settings).workspace(project)
    workspace.bucket.write(layout.PARAMS, given.params.read_bytes())
    _ = workspace.parsed_params
    taken: Counter[str] = Counter()
    for role, paths in (("train", given.train), ("related", given.related), ("item_metadata", given.item_metadata)):
        for path in paths:
            key = _key(path, role)
            taken[key] += 1
            folder = f"{taken[key]}/" if taken[key] > 1 else ""
            workspace.bucket.write(f"{layout.TRAIN}{folder}{key}", path.read_bytes())
    return workspace


def _key(path: Path, role: str) -> str:
    """The file's name, with the suffix that tells its role in ``train/``."""
    return f"{_EXTENSIONS.sub('', path.name)}{_ROLE_SUFFIXES[role]}.csv"


def readable_cutoff(workspace: Workspace, as_of: datetime | None) -> tuple[Snapshot, datetime]:
    """The data, when every row of it can be read, and the cutoff to forecast at: ``as_of`` or the end of the data.

    Raises:
        InputError: A row or a file cannot be read, or there is none.
    """
    from forecast_platform.training_data import take_snapshot

    snapshot = take_snapshot(workspace.bucket, workspace.parsed_params.params)
    if snapshot.problem_count:
        raise InputError(f"The training data has {snapshot.problem_count} problems.", snapshot.problems)
    if snapshot.data_end is None:
        raise no_data_before(workspace.project, as_of or datetime.max, snapshot)
    return snapshot, as_of or snapshot.data_end


def _forecast(
    workspace: Workspace, cutoff: datetime, progress: Progress
) -> tuple[list[tuple[str, bytes]], OneShotResult]:
    from forecast_platform.dashboards import render_page
    from forecast_platform.pipeline.clean_forecast import publish_forecast
    from forecast_platform.pipeline.dashboard import dashboard_data
    from forecast_platform.pipeline.forecasting import export_forecast
    from forecast_platform.pipeline.training import average_wql, stored_accuracy

    raw = export_forecast(workspace, cutoff, progress)
    published = publish_forecast(workspace, cutoff)
    accuracy, _ = stored_accuracy(workspace, cutoff)
    bucket = workspace.bucket
    files = [(f"raw/{key.rpartition('/')[2]}", bucket.read(key)) for key in raw.keys]
    files.append(("forecast.csv", bucket.read(layout.PUBLISHED_FORECAST)))
    files.append(("accuracy.json", json.dumps(accuracy, indent=1).encode()))
    files.extend(render_page(dashboard_data(workspace, cutoff), page="dashboard.html", data="dashboard-data"))
    result = OneShotResult(
        cutoff=cutoff,
        items=published.items,
        rows=published.rows,
        average_wql=average_wql(accuracy),
        warnings=workspace.parsed_params.warnings,
    )
    return files, result


def _write(output: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """Each file by one rename, so that none is ever half-written."""
    for name, data in files:
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(data)
        partial.replace(path)
