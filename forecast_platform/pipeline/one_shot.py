"""A forecast from files to files: the same steps as a project's, in a temporary home.

Belongs here: laying out the files as a bucket and bringing the results back. Does not belong here: any step.
"""

from __future__ import annotations

import itertools
import json
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain
from forecast_platform.errors import InputError, Problem
from forecast_platform.forecast_service.port import Progress
from forecast_platform.output import write_output
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.project import Project
from forecast_platform.settings import Settings

if TYPE_CHECKING:
    from forecast_platform.training_data import Snapshot

_ROLE_SUFFIXES = {"train": "", "related": ".related", "item_metadata": ".metadata"}
_EXTENSIONS = re.compile(r"(\.(related|metadata))?(\.csv)?(?P<gz>\.gz)?$", re.IGNORECASE)
_EXPORT = "forecast_*Z_part*.csv"


@dataclass(frozen=True)
class OneShotInput:
    """The files of one forecast.

    Attributes:
        as_of: Only observations complete at this instant are used; ``None`` = all.
        preset: How much work a predictor is worth; ``None`` = as the parameters say.
        backtest: Also give out the backtest of the predictor.
    """

    params: Path
    train: Sequence[Path]
    related: Sequence[Path] = ()
    item_metadata: Sequence[Path] = ()
    as_of: datetime | None = None
    preset: str | None = None
    backtest: bool = False


@dataclass(frozen=True)
class OneShotResult:
    """What was written."""

    cutoff: datetime
    items: int
    rows: int
    average_wql: float
    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class LaidOut:
    """The files of a forecast as a bucket.

    Attributes:
        paths: Key in the bucket to the path that the person gave, in the order of the options; the parameters first.
        warnings: About the parameters.
    """

    workspace: Workspace
    paths: Mapping[str, Path]
    warnings: tuple[Problem, ...]

    @contextmanager
    def naming_files(self) -> Iterator[None]:
        """Name files in problems by the path that the person gave, not by the key that they have in the bucket."""
        try:
            yield
        except InputError as error:
            raise InputError(error.summary, [self._as_given(problem) for problem in error.problems]) from error

    def _as_given(self, problem: Problem) -> Problem:
        key = re.split(r", line |: \$", problem.where, maxsplit=1)[0]
        path = self.paths.get(key)
        return replace(problem, where=f"{path}{problem.where.removeprefix(key)}") if path else problem


def forecast_files(given: OneShotInput, output: Path, progress: Progress) -> OneShotResult:
    """Forecast from ``given`` and write the results below ``output``; on an error nothing is written.

    Raises:
        InputError: Every problem of the parameters, or of the files.
    """
    with tempfile.TemporaryDirectory(prefix="forecast-platform-") as home:
        laid = lay_out(given, Settings(home=Path(home)))
        with laid.naming_files():
            _, cutoff = readable_cutoff(laid.workspace, given.as_of)
            files, result = _forecast(laid, cutoff, progress)
            if given.backtest:
                files.extend(_backtest(laid.workspace, cutoff))
        _write(output, files)
    return result


def lay_out(given: OneShotInput, settings: Settings) -> LaidOut:
    """A workspace whose bucket holds the files of ``given``.

    Raises:
        InputError: The parameters cannot be used, and nothing of the data has been read then; or a file has a name that
            no bucket can hold.
    """
    from forecast_platform.params import parse_params
    from forecast_platform.platform import Platform

    # Any cadence does: with ALWAYS, a cutoff is its own retraining cutoff.
    schedule = CutoffSchedule(Cadence.DAILY, datetime(1900, 1, 1))
    project = Project(
        "forecast", prefix="", schedule=schedule, retrain=Retrain.ALWAYS, cleanup=False, preset=given.preset
    )
    workspace = Platform(settings).workspace(project)
    params = given.params.read_bytes()
    warnings = parse_params(params, source=str(given.params)).warnings
    workspace.bucket.write(layout.PARAMS, params)
    paths = {layout.PARAMS: given.params}
    problems = []
    for role, path in _files(given):
        key = _free_key(path, role, paths)
        paths[key] = path
        try:
            workspace.bucket.write(key, path.read_bytes())
        except ValueError as error:
            problems.append(Problem(str(path), str(error), "a file name that a bucket can hold", "Rename the file."))
    if problems:
        raise InputError("Files cannot be put into a bucket.", problems)
    return LaidOut(workspace, paths, warnings)


def _files(given: OneShotInput) -> Iterator[tuple[str, Path]]:
    for role, paths in (("train", given.train), ("related", given.related), ("item_metadata", given.item_metadata)):
        for path in paths:
            yield role, path


def _free_key(path: Path, role: str, taken: Collection[str]) -> str:
    """The file's name, with the suffix that tells its role in ``train/``; in a folder when the name is taken."""
    match = _EXTENSIONS.search(path.name)
    compressed = ".gz" if match and match["gz"] else ""
    name = f"{path.name[: match.start()] if match else path.name}{_ROLE_SUFFIXES[role]}.csv{compressed}"
    candidates = (
        f"{layout.TRAIN}{folder}{name}" for folder in itertools.chain([""], map("{}/".format, itertools.count(2)))
    )
    return next(key for key in candidates if key not in taken)


def readable_cutoff(workspace: Workspace, as_of: datetime | None) -> tuple[Snapshot, datetime]:
    """The data, when every row of it can be read, and the cutoff to forecast at: ``as_of`` or the end of the data.

    Raises:
        InputError: A row or a file cannot be read, or there is none, or none is complete at ``as_of``.
    """
    from forecast_platform.training_data import take_snapshot

    params = workspace.parsed_params.params
    snapshot = take_snapshot(workspace.bucket, params)
    if snapshot.problem_count:
        raise InputError(_summary(snapshot), snapshot.problems)
    if snapshot.data_end is None or snapshot.first_timestamp is None:
        raise InputError("The training data has no rows.")
    complete = (params.target.frequency or params.frequency).period_end(snapshot.first_timestamp)
    if as_of is not None and as_of < complete:
        expected = f"{complete:%Y-%m-%d %H:%M:%S} or later, when the first observation is complete"
        raise InputError(
            "There is no data to forecast from.", [Problem("as of", f"{as_of:%Y-%m-%d %H:%M:%S}", expected)]
        )
    return snapshot, as_of or snapshot.data_end


def _summary(snapshot: Snapshot) -> str:
    count, shown = snapshot.problem_count, len(snapshot.problems)
    text = f"The training data has {count} problem{'s' if count > 1 else ''}"
    return f"{text}; the first {shown}:" if shown < count else f"{text}:"


def _forecast(laid: LaidOut, cutoff: datetime, progress: Progress) -> tuple[list[tuple[str, bytes]], OneShotResult]:
    from forecast_platform.dashboards import render_page
    from forecast_platform.pipeline.clean_forecast import publish_forecast
    from forecast_platform.pipeline.dashboard import dashboard_data
    from forecast_platform.pipeline.forecasting import export_forecast
    from forecast_platform.pipeline.training import average_wql, stored_accuracy

    workspace = laid.workspace
    raw = export_forecast(workspace, cutoff, progress)
    published = publish_forecast(workspace, cutoff)
    accuracy, _ = stored_accuracy(workspace, cutoff)
    bucket = workspace.bucket
    files = [(f"raw/{key.rpartition('/')[2]}", bucket.read(key)) for key in raw.keys]
    files.append(("forecast.csv", bucket.read(layout.PUBLISHED_FORECAST)))
    files.append(("accuracy.json", json.dumps(accuracy, indent=1).encode()))
    page = dashboard_data(workspace, cutoff, workspace.frames(cutoff).target)
    files.extend(render_page(page, page="dashboard.html", data="dashboard-data"))
    result = OneShotResult(
        cutoff=cutoff,
        items=published.items,
        rows=published.rows,
        average_wql=average_wql(accuracy),
        warnings=laid.warnings,
    )
    return files, result


def _backtest(workspace: Workspace, cutoff: datetime) -> Iterator[tuple[str, bytes]]:
    from forecast_platform.pipeline.backtest_export import backtest_keys
    from forecast_platform.pipeline.forecasting import require_archived

    bucket = workspace.bucket
    for key in backtest_keys(bucket, cutoff, require_archived(workspace, cutoff).predictor) or ():
        yield f"backtest/{key.removeprefix(layout.backtest(cutoff))}", bucket.read(key)


def _write(output: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """All files; then earlier exports go, which ``raw/*.csv`` and ``backtest/*/*.csv`` would read as well."""
    write_output(output, files)
    written = {output / name for name, _ in files}
    for path in (*output.glob(f"raw/{_EXPORT}"), *output.glob(f"backtest/*/{_EXPORT}")):
        if path not in written:
            path.unlink()
