"""A forecast service that is not waited for: the embedded engine, with jobs that take as long as a test says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.local import LocalForecastService
from forecast_platform.forecast_service.port import ImportRequest, JobUnderWayError, Progress, Resource

Job = tuple[str, str]
"""Kind and name."""
UNDER_WAY, ENDED = "CREATE_IN_PROGRESS", "ACTIVE"


@dataclass(frozen=True)
class Jobs:
    """What the service works on, as files below ``folder``: a killed process leaves them as they are."""

    folder: Path

    def status(self, job: Job) -> str | None:
        """``None`` = there is no such job."""
        file = self._file(job)
        return file.read_text() if file.exists() else None

    def create(self, job: Job) -> None:
        """Begin it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file(job).write_text(UNDER_WAY)
        with (self.folder / "created").open("a") as log:
            log.write(" ".join(job) + "\n")

    def end(self, kind: str = "", status: str = ENDED) -> int:
        """All jobs that are under way, or those of one kind, end so; how many those were."""
        ending = [file for file in self._of_kind(kind) if file.read_text() == UNDER_WAY]
        for file in ending:
            file.write_text(status)
        return len(ending)

    def delete(self, kind: str = "") -> None:
        """Somebody deletes all jobs, or those of one kind."""
        for file in self._of_kind(kind):
            file.unlink()

    @property
    def created(self) -> list[str]:
        """Kinds of jobs, in the order in which they were created."""
        log = self.folder / "created"
        return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []

    def _of_kind(self, kind: str) -> Sequence[Path]:
        return sorted(self.folder.glob(f"job.{kind or '*'}.*"))

    def _file(self, job: Job) -> Path:
        return self.folder / ".".join(["job", *job])


class DeferringService(LocalForecastService):
    """Imports, trains and forecasts like the embedded engine, each only after a job has ended.

    Attributes:
        asked: Every job that :meth:`has_ended` was asked about.
    """

    def __init__(self, root: Path, jobs: Jobs, kinds: Sequence[str], asked: list[Job]) -> None:
        super().__init__(root)
        self._jobs, self._kinds, self.asked = jobs, kinds, asked

    def import_data(self, request: ImportRequest) -> Resource:
        self._after("dataset_import", self.import_name(request))
        return super().import_data(request)

    def train_predictor(self, request: ImportRequest, progress: Progress) -> Resource:
        self._after("predictor", self.predictor_name(request))
        return super().train_predictor(request, progress)

    def create_forecast(self, predictor: str, request: ImportRequest, progress: Progress) -> Resource:
        self._after("forecast", f"{predictor}_{request.cutoff:%Y%m%d}")
        return super().create_forecast(predictor, request, progress)

    def explain(self, predictor: str, request: ImportRequest, progress: Progress) -> Any:
        self._after("explainability", f"{predictor}_{request.cutoff:%Y%m%d}")
        return super().explain(predictor, request, progress)

    def has_ended(self, kind: str, name: str) -> bool:
        self.asked.append((kind, name))
        return self._jobs.status((kind, name)) != UNDER_WAY

    def _after(self, kind: str, name: str) -> None:
        if kind not in self._kinds:
            return
        status = self._jobs.status((kind, name))
        if status is None:
            self._jobs.create((kind, name))
            status = UNDER_WAY
        if status == UNDER_WAY:
            raise JobUnderWayError(kind, name, status)
        if status != ENDED:
            raise PermanentError(f"Amazon Forecast could not make the {kind} {name}: {status}")
