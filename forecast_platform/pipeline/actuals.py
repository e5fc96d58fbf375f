"""What has been observed until now, and a digest of any part of it, by which late and corrected values are noticed.

Belongs here: the actuals of a project as one value. Does not belong here: comparing forecasts with them
(``forecast_accuracy``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast_platform.engine.comparison import seasonal_scale
from forecast_platform.engine.observations import observed_series
from forecast_platform.forecast_service.task import task_of
from forecast_platform.training_data import load_frames

if TYPE_CHECKING:
    import numpy.typing as npt

    from forecast_platform.engine.task import ForecastTask
    from forecast_platform.pipeline.workspace import Workspace
    from forecast_platform.training_data import Snapshot

_VERSION = 1
"""Of what a comparison holds. Another number makes all of them anew."""


@dataclass(frozen=True)
class Actuals:
    """Everything observed until now: a comparison, unlike a forecast, must see what came after the cutoff.

    Attributes:
        target: As loaded: ``item_id``, other string columns, ``timestamp``, ``target``.
        observed: One row per series and period of the forecast: the keys of the task, ``timestamp``, ``target``.
    """

    target: pd.DataFrame
    observed: pd.DataFrame
    task: ForecastTask

    @property
    def newest(self) -> pd.Timestamp:
        """Start of the newest period with an observation."""
        return self.observed["timestamp"].max()

    def scale(self, before: pd.Timestamp) -> pd.DataFrame:
        """The denominator of MASE of every series, see :func:`seasonal_scale`."""
        return seasonal_scale(self.target, self.task, before)

    def digest(self, start: pd.Timestamp, end: pd.Timestamp) -> str:
        """Names what was observed from ``start`` to before ``end``: the same text for the same values only."""
        stamps, sums = self._periods
        first, last = np.searchsorted(stamps, np.array([start, end], dtype="datetime64[ns]"))
        return sha256(stamps[first:last].tobytes() + sums[first:last].tobytes()).hexdigest()[:32]

    @cached_property
    def _periods(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint64]]:
        """Every period with an observation, and a sum over its rows of a hash of each: the order does not matter."""
        hashes = pd.util.hash_pandas_object(self.observed, index=False).to_numpy(dtype=np.uint64)
        period, stamps = pd.factorize(self.observed["timestamp"].to_numpy(dtype="datetime64[ns]"), sort=True)
        sums = np.zeros(len(stamps), dtype=np.uint64)
        np.add.at(sums, period, hashes)
        return stamps, sums


def load_actuals(workspace: Workspace, snapshot: Snapshot) -> Actuals:
    """The actuals in ``snapshot``.

    Raises:
        InputError: There is not one complete period.
        TransientError: The snapshot has been removed because newer ones took its place.
    """
    params = workspace.parsed_params.params
    target, task = load_frames(workspace.bucket, snapshot, params, None).target, task_of(params)
    return Actuals(target, observed_series(target, task), task)


def state_of(workspace: Workspace, snapshot: Snapshot) -> str:
    """Names everything that comparisons depend on besides the forecasts."""
    facts = [_VERSION, snapshot.digest, workspace.parsed_params.params.raw]
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
