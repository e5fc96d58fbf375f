"""Where the steps of one project work: its bucket prefix, its service, its warehouse.

Belongs here: what every step needs and how the data of a cutoff is found. Does not belong here: any step.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from forecast_platform.bucket import Bucket, layout
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.errors import InputError, Problem
from forecast_platform.forecast_service.port import ForecastService, ImportRequest
from forecast_platform.params import ParsedParams, parse_params
from forecast_platform.pipeline.publication import Edition
from forecast_platform.project import Project

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.metrics.port import MetricSink
    from forecast_platform.training_data import Snapshot
    from forecast_platform.warehouse import Warehouse


@dataclass(frozen=True)
class Workspace:
    """One project and the engines it runs on.

    Attributes:
        bucket: The project's prefix of the bucket.
        metrics: Where metrics go besides the tables; ``None`` = nowhere.
    """

    project: Project
    bucket: Bucket
    service: ForecastService
    warehouse: Warehouse
    metrics: MetricSink | None = None

    @cached_property
    def parsed_params(self) -> ParsedParams:
        """The project's ``params.json``.

        Raises:
            InputError: It is not there, or everything that is wrong with it.
        """
        try:
            data = self.bucket.read(layout.PARAMS)
        except KeyError:
            where = self.bucket.uri(layout.PARAMS)
            raise InputError(
                f"Project {self.project.name} has no parameters.",
                [Problem(where, "no such file", "the project's params.json", "Upload it there.")],
            ) from None
        return parse_params(data, source=layout.PARAMS)

    def snapshot(self, cutoff: datetime) -> Snapshot:
        """The state of ``train/`` that the run of ``cutoff`` checked, or else the newest one.

        Raises:
            InputError: Nothing has been read yet.
        """
        from forecast_platform.training_data import current_snapshot, stored_snapshot

        try:
            pinned = stored_snapshot(
                self.bucket, json.loads(self.bucket.read(layout.pinned_snapshot(cutoff)))["digest"]
            )
        except KeyError:
            pinned = None
        snapshot = pinned or current_snapshot(self.bucket)
        if snapshot is None:
            raise InputError(
                f"The training data of project {self.project.name} has not been read yet. "
                "Materialize raw_training_data first."
            )
        return snapshot

    def import_request(self, cutoff: datetime, snapshot: Snapshot) -> ImportRequest:
        """The data of ``snapshot`` that is visible at ``cutoff``, as the service takes it.

        Raises:
            InputError: No observation is complete at ``cutoff``.
        """
        from forecast_platform.training_data import data_hash

        frames = self._visible(cutoff, snapshot)
        return ImportRequest(
            self.project.name,
            cutoff,
            self.parsed_params.params,
            data_hash(frames),
            lambda: frames,
            self.project.preset,
        )

    def frames(self, cutoff: datetime, snapshot: Snapshot | None = None) -> TrainingFrames:
        """The data that is visible at ``cutoff``.

        Args:
            snapshot: In which state of ``train/``; ``None`` = that of ``cutoff``.

        Raises:
            InputError: No observation is complete at ``cutoff``.
        """
        return self._visible(cutoff, snapshot or self.snapshot(cutoff))

    def _visible(self, cutoff: datetime, snapshot: Snapshot) -> TrainingFrames:
        from forecast_platform.training_data import load_frames

        frames = load_frames(self.bucket, snapshot, self.parsed_params.params, cutoff)
        if frames.target.empty:
            raise no_data_before(self.project, cutoff, snapshot)
        return frames

    def edition(self, cutoff: datetime, target: pd.DataFrame) -> Edition:
        """What a publication of the forecast that was made at ``cutoff`` from ``target`` is known by."""
        params = self.parsed_params.params
        newest = target["timestamp"].max().to_pydatetime()
        return Edition(cutoff, (params.target.frequency or params.frequency).period_end(newest))


def no_data_before(project: Project, cutoff: datetime, snapshot: Snapshot) -> InputError:
    """The error for a cutoff ahead of all data."""
    first = snapshot.first_timestamp
    have = f"the first readable observation is of {first:%Y-%m-%d %H:%M:%S}" if first else "no row is readable"
    return InputError(
        f"Project {project.name} has no data before the cutoff {cutoff:%Y-%m-%d %H:%M:%S}.",
        [
            *snapshot.problems,
            Problem(
                layout.TRAIN,
                have,
                f"observations that are complete by {cutoff:%Y-%m-%d %H:%M:%S}",
                "Upload earlier data, or choose a later cutoff.",
            ),
        ],
    )
