"""How much each candidate's forecast counts, for each series.

Belongs here: losses of backtests made comparable, the weights, and the weighted mean. Does not belong here: making
forecasts, or the distribution around them (``distribution``).

Backtests of a few windows can seldom tell good candidates apart, but they show which ones are bad. So forecasts are
averaged with weights rather than one being chosen, and evidence is pooled: weights start from what a sample of the
panel has shown, and each series moves them by its own losses, shrunk towards the panel's so that a lucky window on a
short series does not decide. ``benchmarks/choices.py weights`` has the alternatives that were tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.algorithms.contract import Floats
from forecast_platform.engine.backtesting import Backtest
from forecast_platform.engine.metrics import nan_mean, row_quantiles

PRIOR_WINDOWS = 6.0
"""The panel's loss of a candidate weighs as much as this many windows of the series itself."""

SHARPNESS = 4.0
"""Weights fall with this power of the relative loss: a candidate 25 % worse than another counts four tenths of it."""

WORST_RELATIVE_LOSS = 10.0
"""Ratios are cut here: where the others are nearly perfect, one series would otherwise outweigh the panel."""

LEAST_WEIGHT = 0.01
"""What would count less is left out, so that it need not be computed."""

_BEST = 1e-6
_ROUNDING = 1e-9
_STEPS = 100
_MOST_POINTS = 10_000
DECILES = np.arange(1, 10) / 10


@dataclass(frozen=True)
class PanelWeights:
    """What a sample of the panel has shown about the candidates.

    Attributes:
        names: The candidates, from the best to the worst.
        losses: Mean loss of each, relative to that of the candidates that count; the worst there is when it could
            not be scored.
        weights: Of each in the combination for a series that nothing else is known of; they sum to 1.
    """

    names: tuple[str, ...]
    losses: Floats
    weights: Floats


def learn_weights(backtest: Backtest, scale: Floats, metric: str) -> PanelWeights:
    """What the windows of a backtest show about its candidates; equal weights when there is no window.

    Args:
        scale: Per series, what makes errors of different series comparable.
        metric: The optimisation metric, as the API names it.
    """
    names = backtest.names
    absolute = _losses(backtest, names, metric)
    rank = _mean_relative_losses(absolute, np.ones(len(names), dtype=bool))
    by_loss = (rank / rank.min()) ** -SHARPNESS
    weights = (by_loss / by_loss.sum() + _least_error_weights(backtest, scale)) / 2
    weights = np.where(weights < LEAST_WEIGHT, 0.0, weights)
    weights /= weights.sum()
    losses = _mean_relative_losses(absolute, weights > 0)
    order = np.argsort(losses, kind="stable")
    return PanelWeights(tuple(names[index] for index in order), losses[order], weights[order])


def series_weights(backtest: Backtest, panel: PanelWeights, metric: str) -> Floats:
    """Weights of each series: the panel's, moved by the series' own relative losses.

    A series' loss of a candidate is (Σ own relative losses + k·panel's loss) / (windows + k), with k =
    :data:`PRIOR_WINDOWS`; its weight is the panel's × (loss / panel's loss)^-:data:`SHARPNESS`, normalised.

    Returns:
        (series × candidates), candidates in the order of ``panel.names``; rows sum to 1.
    """
    relative = _relative_losses(_losses(backtest, panel.names, metric), panel.weights > 0)
    own, count = np.nansum(relative, axis=1), np.isfinite(relative).sum(axis=1)
    expected = panel.losses[:, None]
    shrunk = (own + PRIOR_WINDOWS * expected) / (count + PRIOR_WINDOWS)
    weights = panel.weights[:, None] * (np.maximum(shrunk, _BEST) / expected) ** -SHARPNESS
    weights = weights / weights.sum(axis=0)
    weights = np.where(weights < LEAST_WEIGHT, 0.0, weights)
    return np.asarray((weights / weights.sum(axis=0)).T)


def combine(points: Mapping[str, Floats], names: tuple[str, ...], weights: Floats) -> Floats:
    """The weighted mean of what the candidates forecast, of those that do.

    Where none of the weighted ones has a forecast, the first of ``names`` that has one stands in; where none has,
    the result is NaN.

    Args:
        points: Candidate -> (… × series × steps). A candidate that is missing has no forecast.
        weights: (series × candidates) in the order of ``names``.
    """
    some = next(iter(points.values()))
    total, mass = np.zeros_like(some), np.zeros(some.shape[:-1])
    for index, name in enumerate(names):
        if name not in points:
            continue
        usable = np.asarray(np.isfinite(points[name]).all(axis=-1))
        weight = np.where(usable, weights[:, index], 0.0)
        total += weight[..., None] * np.where(usable[..., None], points[name], 0.0)
        mass += weight
    combined = np.where(mass[..., None] > 0, total / np.where(mass > 0, mass, 1.0)[..., None], np.nan)
    for name in names:
        if name in points:
            combined = np.where(np.isnan(combined), points[name], combined)
    return np.asarray(combined)


def _losses(backtest: Backtest, names: Sequence[str], metric: str) -> Floats:
    """(candidates × windows × series): the loss that goes with the optimisation metric; NaN = not scored."""
    actuals = backtest.actuals
    unasked = np.full(actuals.shape, np.nan)
    of_error = _LOSSES[metric]
    rounding = _ROUNDING * nan_mean(np.abs(actuals), axis=2)[..., None]
    losses = []
    for name in names:
        points = backtest.answers.points.get(name, unasked)
        # Rounding is no error: where one candidate is perfect, another one's 1e-14 would count as infinitely worse.
        points = np.where(np.abs(actuals - points) <= rounding, actuals, points)
        losses.append(nan_mean(of_error(actuals, points), axis=2))
    return np.stack(losses)


def _spread_loss(actuals: Floats, points: Floats) -> Floats:
    """Mean quantile loss of the distribution that a series' own errors make around the points.

    Not the error of the points: around a forecast that is off by the same amount everywhere the distribution is as
    narrow as around a perfect one, and on sparse series the point with the least absolute error is 0, which says
    nothing.
    """
    errors = actuals - points
    rows = errors.transpose(1, 0, 2).reshape(errors.shape[1], -1)
    quantiles = row_quantiles(rows, DECILES)
    losses = np.zeros_like(errors)
    for decile, quantile in zip(DECILES, quantiles.T, strict=True):
        losses += _pinball(errors - quantile[:, None], decile)
    return losses / len(DECILES)


def _pinball(error: Floats, quantile: float) -> Floats:
    return np.maximum(quantile * error, (quantile - 1) * error)


_LOSSES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "AverageWeightedQuantileLoss": _spread_loss,
    "WAPE": lambda actuals, points: np.abs(actuals - points),
    "MASE": lambda actuals, points: np.abs(actuals - points),
    "RMSE": lambda actuals, points: (actuals - points) ** 2,
    "MAPE": lambda actuals, points: np.abs(actuals - points) / np.where(actuals == 0, np.nan, np.abs(actuals)),
}


def _relative_losses(losses: Floats, reference: npt.NDArray[np.bool_]) -> Floats:
    """The losses divided by their mean over those of the reference candidates that were scored; 0/0 counts as 1."""
    mean = nan_mean(losses[reference], axis=0)
    ratio = np.where(mean > 0, losses / np.where(mean > 0, mean, 1.0), np.where(losses > 0, WORST_RELATIVE_LOSS, 1.0))
    return np.where(np.isfinite(losses), np.minimum(ratio, WORST_RELATIVE_LOSS), np.nan)


def _mean_relative_losses(losses: Floats, reference: npt.NDArray[np.bool_]) -> Floats:
    mean = nan_mean(_relative_losses(losses, reference).reshape(len(losses), -1), axis=1)
    return np.maximum(np.where(np.isnan(mean), WORST_RELATIVE_LOSS, mean), _BEST)


def _least_error_weights(backtest: Backtest, scale: Floats) -> Floats:
    """Weights on the simplex for which the errors of the mean forecast have the narrowest distribution over all series.

    Found by exponentiated gradient descent (Kivinen and Warmuth 1997), which starts from equal weights and so stays
    near them where the data does not say otherwise. Errors are in units of each series' scale.
    """
    count = len(backtest.names)
    weights = best = np.full(count, 1 / count)
    if count == 1:
        return best
    unit = np.where(scale > 0, scale, np.nan)[:, None]
    points = np.stack([backtest.answers.points[name] for name in backtest.names]) / unit
    actuals = (backtest.actuals / unit).ravel()
    points = points.reshape(count, -1)
    scored = np.flatnonzero(np.isfinite(points).all(axis=0) & np.isfinite(actuals))
    if len(scored) > _MOST_POINTS:
        scored = scored[np.linspace(0, len(scored) - 1, _MOST_POINTS).astype(np.int64)]
    points, actuals = points[:, scored], actuals[scored]
    usual = np.abs(actuals - points.mean(axis=0)).mean() if len(scored) else 0.0
    if usual == 0:
        return best
    least = np.inf
    for step in range(_STEPS):
        errors = actuals - (weights[:, None] * points).sum(axis=0)
        around = errors - np.quantile(errors, DECILES)[:, None]
        loss = np.maximum(DECILES[:, None] * around, (DECILES[:, None] - 1) * around).mean()
        if loss < least:
            least, best = loss, weights
        slope = np.where(around > 0, DECILES[:, None], DECILES[:, None] - 1).mean(axis=0)
        gradient = -2 * (points * slope).mean(axis=1) / usual
        weights = weights * np.exp(-2 / np.sqrt(1 + step) * (gradient - (gradient * weights).sum()))
        weights = weights / weights.sum()
    return best
