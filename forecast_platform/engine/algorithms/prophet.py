"""Prophet: trend with changes, seasons and regressors, one series at a time.

Belongs here: how a series and its features reach the prophet package, and what of its answer counts. Does not belong
here: holidays (they arrive as features that are known ahead). The package is the extra ``prophet``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.contract import LEVELS, Floats, Forecasts, History, Timestamps, require
from forecast_platform.errors import MissingExtraError

_FEWEST_OBSERVATIONS = 8
_MOST_PERIODS = 5000
_MEDIAN = int(np.flatnonzero(LEVELS == 0.5)[0])


@dataclass(frozen=True)
class Prophet:
    """The package with its own defaults: it finds changes of trend and daily, weekly and yearly seasons itself.

    Features known ahead become regressors, of each series those without a gap. Quantiles are those of samples of its
    predictive distribution, points its medians. Gaps are left out. Series of fewer than eight observations are passed
    over.

    Attributes:
        seed: Of the samples; the same for each series, so that a series' forecast does not depend on the others.
        samples: How many paths are drawn.
    """

    name: str = "Prophet"
    fits_each_series: bool = True
    seed: int = 0
    samples: int = 1000

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """See :class:`Algorithm`.

        Raises:
            MissingExtraError: The package is not installed.
            ValueError: The history has no timeline.
        """
        prophet = _package()
        timeline = require(history.timeline, "timeline")[-_MOST_PERIODS - horizon :]
        quantiles = np.full((len(history.values), horizon, len(LEVELS)), np.nan)
        failures = {}
        for row, series in enumerate(history.values[:, -_MOST_PERIODS:]):
            if np.count_nonzero(~np.isnan(series)) < _FEWEST_OBSERVATIONS:
                continue
            try:
                quantiles[row] = self._forecast_one(prophet, series, timeline, _regressors(history, row, len(timeline)))
            except Exception as error:  # whatever a model raises sinks this series' candidate only, and is reported
                failures[row] = f"{type(error).__name__}: {error}"
        return Forecasts(quantiles[:, :, _MEDIAN].copy(), failures, quantiles)

    def _forecast_one(self, prophet: Any, series: Floats, timeline: Timestamps, regressors: Floats) -> Floats:
        import pandas as pd

        names = [f"regressor_{index}" for index in range(len(regressors))]
        frame = pd.DataFrame({"ds": timeline, **dict(zip(names, regressors, strict=True))})
        observed = ~np.isnan(series)
        with _quiet(), _seeded(self.seed):
            model = prophet.Prophet(uncertainty_samples=self.samples)
            for name in names:
                model.add_regressor(name)
            model.fit(frame[: len(series)].assign(y=series)[observed], seed=self.seed)
            paths = model.predictive_samples(frame[len(series) :].reset_index(drop=True))["yhat"]
        if not np.isfinite(paths).all():
            raise ArithmeticError("the model returned numbers that are not finite")
        return np.asarray(np.quantile(paths, LEVELS, axis=1).T, dtype=np.float64)


def _regressors(history: History, row: int, periods: int) -> Floats:
    """(features × periods + horizon): those known ahead that are complete and have varied since the series began."""
    covariates = history.covariates
    if covariates is None:
        return np.zeros((0, periods))
    values = covariates.values[np.array(covariates.known_ahead, dtype=np.bool_), row, -periods:]
    observed = np.flatnonzero(~np.isnan(history.values[row, -_MOST_PERIODS:]))
    seen = values[:, observed]
    # Gaps before a series' first observation do no harm: the model is not fitted there.
    complete = ~np.isnan(seen).any(axis=1) & ~np.isnan(values[:, observed[-1] :]).any(axis=1)
    varies = seen.min(axis=1) < seen.max(axis=1)
    return np.asarray(values[complete & varies])


def _package() -> Any:
    try:
        import cmdstanpy  # noqa: F401  # the first import sets its log level: before that is changed, not after
        import prophet
    except ImportError as error:
        raise MissingExtraError("The algorithm Prophet", "prophet") from error
    return prophet


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Prophet draws from NumPy's global generator, which is put back as it was."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without two lines in the log for each series."""
    loggers = [logging.getLogger(name) for name in ("cmdstanpy", "prophet")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
