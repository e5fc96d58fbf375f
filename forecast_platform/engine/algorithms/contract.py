"""What an algorithm sees and what it answers.

Belongs here: the contract between the engine and an algorithm. Does not belong here: any algorithm.

An algorithm takes a :class:`History` and answers with :class:`Forecasts`. A row of NaN says that it cannot forecast
this series (too short, say); it is then passed over for this series.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from forecast_platform.frequency import Frequency

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Timestamps = npt.NDArray[np.datetime64]

LEVELS = np.array([0.01, 0.02, 0.035, *np.arange(1, 20) / 20, 0.965, 0.98, 0.99])
"""Probabilities at which distributions are kept; those between are interpolated."""


@dataclass(frozen=True)
class Covariates:
    """What is known of the series besides their values.

    Attributes:
        names: Of the features (related time series, holidays).
        values: (features × series × periods + horizon); NaN where unknown.
        known_ahead: Per feature, whether its values within the horizon are known when a forecast is made.
        attribute_names: Of the item metadata.
        attributes: (attributes × series): code of the text, -1 where an item has none.
        categories: Per attribute, the texts in the order of their codes.
    """

    names: tuple[str, ...]
    values: Floats
    known_ahead: tuple[bool, ...] = ()
    attribute_names: tuple[str, ...] = ()
    attributes: Integers = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    categories: tuple[tuple[str, ...], ...] = ()

    def rows(self, rows: Integers | slice) -> Covariates:
        """The covariates of some of the series."""
        attributes = self.attributes[:, rows] if len(self.attributes) else self.attributes
        return replace(self, values=self.values[:, rows], attributes=attributes)


@dataclass(frozen=True)
class History:
    """What an algorithm sees.

    Attributes:
        values: (series × periods), all ending now. NaN before a series' first observation and in unfilled gaps.
        seasons: Season lengths of the frequency in periods, ascending; empty when there are none.
        frequency: Length of a period; ``None`` only where an algorithm that does not look at it is tried by hand.
        timeline: (periods + horizon) starts of the periods; ``None`` likewise.
        covariates: ``None`` when there are none.
    """

    values: Floats
    seasons: tuple[int, ...]
    frequency: Frequency | None = None
    timeline: Timestamps | None = None
    covariates: Covariates | None = None

    def rows(self, rows: Integers | slice) -> History:
        """The history of some of the series."""
        covariates = None if self.covariates is None else self.covariates.rows(rows)
        return replace(self, values=self.values[rows], covariates=covariates)

    def before(self, period: int, horizon: int) -> History:
        """What was known just before column ``period``: the values until then, and what is known ahead of them."""
        timeline = None if self.timeline is None else self.timeline[: period + horizon]
        covariates = self.covariates
        if covariates is not None:
            values = covariates.values[:, :, : period + horizon].copy()
            values[~np.array(covariates.known_ahead, dtype=bool), :, period:] = np.nan
            covariates = replace(covariates, values=values)
        return replace(self, values=self.values[:, :period], timeline=timeline, covariates=covariates)


@dataclass(frozen=True)
class Forecasts:
    """What an algorithm answers.

    Attributes:
        points: (series × horizon).
        failures: Row -> why the model raised, for rows that are NaN because of an error.
        quantiles: (series × horizon × :data:`LEVELS`), ascending along the levels, of algorithms that model a
            distribution. ``None`` from those that give points only; the engine makes a distribution of their errors
            in backtests.
    """

    points: Floats
    failures: dict[int, str] = field(default_factory=dict)
    quantiles: Floats | None = None


class Algorithm(Protocol):
    """One way to forecast. Implementations are frozen dataclasses: they travel to worker processes."""

    @property
    def name(self) -> str:
        """Unique; also the end of its AlgorithmArn."""
        ...

    @property
    def fits_each_series(self) -> bool:
        """It fits one model per series, so it is worth running on several processes."""
        ...

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """Forecast the ``horizon`` periods after the history. Each row depends on itself alone."""
        ...


class GlobalAlgorithm(Protocol):
    """One model of all series together: it is trained once, and then forecasts series that it may never have seen."""

    @property
    def name(self) -> str:
        """Unique; also the end of its AlgorithmArn."""
        ...

    def train(self, history: History, horizon: int) -> TrainedAlgorithm:
        """Learn from all rows of the history.

        Raises:
            MissingExtraError: A package that it needs is not installed.
        """
        ...


class TrainedAlgorithm(Algorithm, Protocol):
    """What training a :class:`GlobalAlgorithm` leaves behind; itself an :class:`Algorithm`."""

    def files(self) -> dict[str, bytes]:
        """File name -> content, without pickle: JSON, LightGBM text, NumPy arrays. The registry loads them again."""
        ...


def require(value: Any, what: str) -> Any:
    """``value``, which an algorithm cannot do without.

    Raises:
        ValueError: It is ``None``.
    """
    if value is None:
        raise ValueError(f"this algorithm needs the {what} of the history")
    return value
