"""Windows: the past and the future of a series around a moment, scaled, as a network takes them.

Belongs here: cutting and drawing windows. Does not belong here: networks, training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats, Integers
from forecast_platform.engine.algorithms.neural.encoding import Encoded

_LEAST_SCALE = 1e-3  # of the level to expect; keeps a series of zeros from being divided by zero
_HIDDEN_PASTS = 0.1  # of the training windows, so that the network learns what to do for items without history
_HIDDEN_CODES = 0.05  # likewise for categories that it has never met


@dataclass(frozen=True)
class Shape:
    """Lengths of a window in periods.

    Attributes:
        past: What is cut out before the moment.
        context: The end of it, whose mean absolute value is the scale.
        horizon: What is cut out after it.
    """

    past: int
    context: int
    horizon: int


@dataclass(frozen=True)
class Windows:
    """Some windows; ``times`` = past + horizon.

    Attributes:
        target: (windows × times) values divided by the scale; 0 where missing.
        observed: (windows × times) 1 where there is a value, else 0.
        scale: (windows).
        log_scale: (windows) its logarithm, standardised with the levels of the training series.
        ahead: (windows × times × inputs) what is known ahead: calendar, age, related series.
        behind: (windows × past × inputs) related series that are not known ahead.
        codes: (windows × attributes).
    """

    target: Floats
    observed: Floats
    scale: Floats
    log_scale: Floats
    ahead: Floats
    behind: Floats
    codes: Integers

    def __len__(self) -> int:
        return len(self.target)


def cut(
    data: Encoded, rows: Integers, moments: Integers, shape: Shape, levels: tuple[float, float], hidden: Any = None
) -> Windows:
    """The windows of ``rows`` around ``moments``: the first column of the future of each.

    Args:
        data: What to cut; columns outside of it are missing.
        rows: Of ``data``.
        moments: Columns; one per row.
        shape: Lengths.
        levels: Mean and standard deviation of the logarithms of the levels of the training series.
        hidden: Per window, whether to hide its past, as if the item were new. ``None`` = none is.
    """
    times = np.arange(-shape.past, shape.horizon)
    columns = moments[:, None] + times
    values = _at(data.values, rows, columns)
    first = _first_observed(data.values[rows])
    if hidden is not None:
        values[np.ix_(hidden, times < 0)] = np.nan
        first = np.where(hidden, moments, first)
    observed = ~np.isnan(values)
    scale = _scale(values[:, : shape.past], shape.context, data.levels[rows])
    age = np.log10(2.0 + np.maximum(columns - np.minimum(first, moments)[:, None], 0)) - 2
    clipped = np.clip(columns, 0, len(data.calendar) - 1)
    # The future is to be filled in by forecasts, so the network is told that its values are there.
    present = np.where(times < 0, observed, True)
    ahead = [data.calendar[clipped], age[..., None], present[..., None], data.ahead[rows[:, None], clipped]]
    return Windows(
        target=np.where(observed, values / scale[:, None], 0).astype(np.float32),
        observed=observed.astype(np.float32),
        scale=scale,
        log_scale=((np.log(scale) - levels[0]) / levels[1]).astype(np.float32),
        ahead=np.concatenate(ahead, axis=2).astype(np.float32),
        behind=data.behind[rows[:, None], clipped[:, : shape.past]].astype(np.float32),
        codes=data.codes[rows],
    )


@dataclass(frozen=True)
class Training:
    """Where training windows may lie: anywhere before the held-out periods.

    Attributes:
        data: Values from ``end`` on are never shown.
        shape: Of a window.
        levels: As in :func:`cut`.
        learns_new_items: Whether some windows are shown without their past.
        end: The first held-out column.
    """

    data: Encoded
    shape: Shape
    levels: tuple[float, float]
    learns_new_items: bool
    end: int

    def batches(self, count: int, size: int, draw: np.random.Generator) -> Iterator[Windows]:
        """``count`` batches of ``size`` windows, drawn evenly from all moments after a series' first observation."""
        values = self.data.values[:, : self.end]
        first = _first_observed(values)
        room = np.maximum(values.shape[1] - first - 1, 0)
        shown = replace(self.data, values=values)
        for _ in range(count):
            rows = draw.choice(len(values), size=size, p=room / room.sum())
            moments = first[rows] + 1 + (draw.random(size) * room[rows]).astype(np.int64)
            hidden = draw.random(size) < (_HIDDEN_PASTS if self.learns_new_items else 0)
            windows = cut(shown, rows, moments, self.shape, self.levels, hidden)
            codes = np.where(draw.random(windows.codes.shape) < _HIDDEN_CODES, 0, windows.codes)
            yield replace(windows, codes=codes)

    def held_out(self, most: int) -> Windows:
        """The last window of at most ``most`` series, spread over all that have values in it."""
        usable = np.flatnonzero((~np.isnan(self.data.values[:, self.end :])).any(axis=1))
        rows = usable[np.unique(np.linspace(0, len(usable) - 1, min(most, len(usable))).astype(np.int64))]
        return cut(self.data, rows, np.full(len(rows), self.end), self.shape, self.levels)


def _at(values: Floats, rows: Integers, columns: Integers) -> Floats:
    """The values at ``columns``; NaN outside."""
    inside = (columns >= 0) & (columns < values.shape[1])
    return np.where(inside, values[rows[:, None], np.clip(columns, 0, values.shape[1] - 1)], np.nan)


def _first_observed(values: Floats) -> Integers:
    """(series) the column of the first observation; the number of columns without one."""
    observed = ~np.isnan(values)
    return np.asarray(np.where(observed.any(axis=1), observed.argmax(axis=1), values.shape[1]))


def _scale(past: Floats, context: int, levels: Floats) -> Floats:
    """(windows) mean absolute value of the context, or else of the past, or else what the attributes suggest."""
    recent, all_of_it = _mean_absolute(past[:, -context:]), _mean_absolute(past)
    measured = np.where(recent > 0, recent, all_of_it)
    return np.where(np.isnan(measured), levels, np.maximum(measured, _LEAST_SCALE * levels))


def _mean_absolute(values: Floats) -> Floats:
    observed = ~np.isnan(values)
    sums = np.abs(np.where(observed, values, 0)).sum(axis=1)
    counts = observed.sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
