"""Which candidate forecasts which series.

Belongs here: losses of backtests made comparable, and the choice. Does not belong here: making forecasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.backtesting import Backtest
from forecast_platform.engine.metrics import nan_mean

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PRIOR_WINDOWS = 3.0
"""The panel-wide loss of a candidate weighs as much as this many windows of the series itself, so that one lucky
window on a short series does not decide."""

WORST_RELATIVE_LOSS = 10.0
"""Ratios are cut here: where the reference is nearly perfect, one series would otherwise outweigh the panel."""


@dataclass(frozen=True)
class Selection:
    """The choice.

    Attributes:
        names: The candidates, from the best of the whole panel to the worst.
        chosen: Per series, index into ``names``.
        panel_loss: Candidate -> its mean relative loss over the panel, for those that were scored.
    """

    names: tuple[str, ...]
    chosen: Integers
    panel_loss: dict[str, float]

    def combine(self, points: dict[str, Floats]) -> Floats:
        """Each series' chosen forecast, or where that is NaN the forecast of the best candidate that has one.

        Args:
            points: Candidate -> (series × steps).
        """
        stacked = np.stack([points[name] for name in self.names])
        combined = stacked[self.chosen, np.arange(stacked.shape[1])]
        for forecast in stacked:
            missing = np.isnan(combined).any(axis=1)
            combined[missing] = forecast[missing]
        return np.asarray(combined)


def select(backtest: Backtest, windows: slice, metric: str) -> Selection:
    """Choose by the losses in ``windows``; without any loss, the candidates' own order decides.

    Losses are taken relative to the candidates that were run everywhere. A series' score of a candidate is
    (Σ own relative losses + k·panel-wide relative loss) / (windows + k), with k = :data:`PRIOR_WINDOWS`.
    """
    names = list(backtest.points)
    relative = _relative_losses(
        np.stack([_losses(backtest.residuals(name)[windows], backtest.actuals[windows], metric) for name in names])
    )
    panel = nan_mean(relative.reshape(len(names), -1), axis=1)
    # A candidate that could not be scored at all comes last, but in its place when none could.
    rank = np.where(np.isnan(panel), WORST_RELATIVE_LOSS, panel)
    order = np.argsort(rank, kind="stable")
    own, count = np.nansum(relative, axis=1), np.isfinite(relative).sum(axis=1)
    score = (own + PRIOR_WINDOWS * rank[:, None]) / (count + PRIOR_WINDOWS)
    return Selection(
        names=tuple(names[index] for index in order),
        chosen=score[order].argmin(axis=0).astype(np.int64),
        panel_loss={names[index]: float(panel[index]) for index in order if np.isfinite(panel[index])},
    )


def _losses(residuals: Floats, actuals: Floats, metric: str) -> Floats:
    """(windows × series): the point loss that goes with the optimisation metric; NaN where nothing was scored."""
    errors = np.abs(residuals)
    if metric == "RMSE":
        errors = errors**2
    elif metric == "MAPE":
        errors = errors / np.where(actuals == 0, np.nan, np.abs(actuals))
    return np.asarray(nan_mean(errors, axis=2))


def _relative_losses(losses: Floats) -> Floats:
    """(candidates × windows × series) -> the same, divided by the mean of the reference candidates; 0/0 counts as 1."""
    scored = np.isfinite(losses)
    everywhere = (scored == scored.any(axis=0)).all(axis=(1, 2))
    reference = nan_mean(losses[everywhere] if everywhere.any() else losses, axis=0)
    perfect = (losses == 0) & (reference == 0)
    ratio = np.where(perfect, 1.0, losses / np.where(reference > 0, reference, np.nan))
    ratio = np.where(scored & np.isnan(ratio), WORST_RELATIVE_LOSS, ratio)
    return np.where(scored, np.minimum(ratio, WORST_RELATIVE_LOSS), np.nan)
