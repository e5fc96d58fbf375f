"""Whether forecasts are still as good as they were: decay against the backtest, bias, and the windows that are judged.

Belongs here: statistics of windows that have their actuals. Does not belong here: measuring them
(``engine.comparison``), shares (``calibration``), what is done about it (``pipeline.retraining``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.quality.calibration import SPANS

Floats = npt.NDArray[np.float64]

DECAY_WINDOWS = 5
"""Over so many of the newest windows the loss is averaged: few, so that a change is seen soon."""
TOLERATED_LOSS = 1.2
"""A loss up to so many times that of the backtest is no decay: no two seasons are equally hard to forecast."""
TOLERATED_BIAS = 0.05
"""So much of the actuals may forecasts be above or below them on the whole."""
CONFIDENCE = 0.99
_NEXT_TO_NOTHING = 1e-9
"""Added to losses, which are shares of the actuals, so that those of perfect forecasts compare."""


@dataclass(frozen=True)
class Decay:
    """The loss of recent forecasts against the backtests of the predictors that made them.

    Attributes:
        windows: How many windows were compared.
        ratio: Geometric mean of loss / backtest loss; 1 = as good as promised. NaN without any window.
        limit: The ratio above which it is no chance; NaN = too little to tell, e.g. one window and one backtest window.
    """

    windows: int
    ratio: float
    limit: float

    @property
    def judged(self) -> bool:
        """Whether there was enough to compare."""
        return bool(np.isfinite(self.limit))

    @property
    def decayed(self) -> bool:
        """The forecasts have become worse than the backtests promised, by more than is tolerated and beyond chance."""
        return self.judged and self.ratio > self.limit


@dataclass(frozen=True)
class Bias:
    """Whether forecasts are too high or too low on the whole.

    Attributes:
        bias: Mean over the windows of Σ (ŷ−y) / Σ |y|; NaN without a window.
        limit: What its absolute value may be; NaN = too few windows to tell.
        tracking_signal: Cumulative forecast error in units of the mean absolute one, both of the windows' bias:
            from minus to plus the number of windows, where it is when all are wrong in the same direction.
    """

    windows: int
    bias: float
    limit: float
    tracking_signal: float

    @property
    def judged(self) -> bool:
        """Whether there was enough to judge."""
        return bool(np.isfinite(self.limit))

    @property
    def holds(self) -> bool:
        """Whether the bias is within its limit, or cannot be judged."""
        return not self.judged or abs(self.bias) <= self.limit


def separate_windows(by_cutoff: pd.DataFrame, as_of: datetime, most: int) -> pd.DataFrame:
    """The newest windows that are complete, had ended by ``as_of`` and do not overlap, oldest first.

    Overlapping windows forecast the same actuals: counted as independent, they would make chance look like certainty.

    Args:
        by_cutoff: Rows of the table ``forecast_accuracy_by_cutoff``: at least ``window_start``, ``window_end``
            (exclusive) and ``provisional``.
        most: At most so many.
    """
    complete = by_cutoff[~by_cutoff["provisional"] & (by_cutoff["window_end"] <= as_of)]
    newest_first = complete.sort_values(["window_end", "window_start"], ascending=False, kind="stable")
    chosen: list[int] = []
    before = None
    for position, (start, end) in enumerate(zip(newest_first["window_start"], newest_first["window_end"], strict=True)):
        if (before is None or end <= before) and len(chosen) < most:
            chosen.append(position)
            before = start
    return newest_first.iloc[chosen[::-1]]


def has_decayed(windows: pd.DataFrame) -> Decay:
    """Compare the loss of forecasts with what the backtests of their predictors promised.

    The mean of ln(loss / backtest loss) over the windows is tested, one-sided with Student's t, against
    ln :data:`TOLERATED_LOSS`. Its variance is pooled from the windows and from the backtests; the fewer there are of
    both, the larger the ratio has to be. The decision depends on nothing but the rows, so a caller who passes windows
    that had ended by a cutoff (:func:`separate_windows`) gets the same answer whenever it asks.

    Args:
        windows: One row per complete window, none overlapping: ``loss`` (wQL, or WAPE of a forecast without quantiles),
            ``backtest_loss`` (the same of the predictor's backtest, mean of its windows), ``backtest_windows`` (their
            number) and ``backtest_spread`` (standard deviation of ln of their losses; NaN for one). Rows without a
            loss or a backtest are left out. Pass only windows of the predictor in use to ask whether that one has
            decayed.

    Returns:
        ``.decayed`` is the answer; ``.judged`` says whether there was enough to tell.
    """
    from scipy.stats import t

    known = windows[windows["loss"].notna() & windows["backtest_loss"].notna()]
    count = len(known)
    if count == 0:
        return Decay(0, np.nan, np.nan)
    worse = np.log((known["loss"] + _NEXT_TO_NOTHING) / (known["backtest_loss"] + _NEXT_TO_NOTHING))
    tested = known["backtest_windows"].to_numpy(dtype=np.float64)
    spread = known["backtest_spread"].dropna().to_numpy(dtype=np.float64)
    # Backtests of successive predictors share most of their data: together they know no more than the largest one.
    of_live, of_backtest = count - 1, (int(tested.max()) - 1 if len(spread) else 0)
    if of_live + of_backtest == 0:
        return Decay(count, float(np.exp(worse.mean())), np.nan)
    squares = of_live * (worse.var() if of_live else 0.0) + of_backtest * (np.mean(spread**2) if of_backtest else 0.0)
    variance = squares / (of_live + of_backtest) * (1 / count + np.mean(1 / tested))
    margin = t.ppf(CONFIDENCE, of_live + of_backtest) * np.sqrt(variance)
    return Decay(count, float(np.exp(worse.mean())), float(TOLERATED_LOSS * np.exp(min(margin, 100.0))))


def judge_bias(windows: pd.DataFrame) -> Bias:
    """Judge the bias of a mean forecast over the newest windows, of each of :data:`SPANS`: Student's t, two-sided.

    Not for a median: of skewed demand it is rightly below the mean, and its share of hits is judged instead.

    Args:
        windows: One row per complete window, none overlapping, oldest first: ``bias``; rows without it are left out.

    Returns:
        The verdict over the longest span in which the bias is beyond its limit, or else over all.
    """
    bias = windows["bias"].dropna().to_numpy(dtype=np.float64)
    verdicts = [_judge_span(bias[-span:]) for span in SPANS]
    return next((one for one in verdicts if not one.holds), verdicts[0])


def _judge_span(bias: Floats) -> Bias:
    from scipy.stats import t

    if len(bias) == 0:
        return Bias(0, np.nan, np.nan, np.nan)
    deviation = float(np.abs(bias).mean())
    signal = float(bias.sum() / deviation) if deviation > 0 else 0.0
    limit = np.nan
    if len(bias) > 2:
        error = bias.std(ddof=1) / np.sqrt(len(bias))
        level = 1 - (1 - CONFIDENCE) / len(SPANS) / 2
        limit = float(TOLERATED_BIAS + t.ppf(level, len(bias) - 1) * error)
    return Bias(len(bias), float(bias.mean()), limit, signal)
