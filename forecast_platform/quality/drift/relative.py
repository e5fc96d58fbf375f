"""Values of series relative to the level of their run-up, so that growth and weekdays are no drift.

Belongs here: the level and scale of a run-up. Does not belong here: which columns it has (``windows``), distances.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_platform.quality.drift.windows import Integers, Windows

Floats = npt.NDArray[np.float64]

_PHASE_PRIOR = 4.0
"""So many values of its whole run-up count for each phase besides its own few, which may be zeros by chance."""
_LEAST_LEVEL = 0.1
"""Of the mean in training. A run-up without a sale makes the next sale large, not infinite."""


class RelativeValues:
    """A panel whose windows can be looked at relative to their run-ups.

    A series without a negative value in training is divided by the level of the run-up, so that zeros stay zeros. Of
    another one the level is subtracted, and the difference divided by the spread of the run-up.
    """

    def __init__(self, values: Floats, windows: Windows) -> None:
        """``values``: (series × periods), NaN = not observed."""
        self.windows = windows
        self._values = values
        self._observed = (~np.isnan(values)).astype(np.float32)
        self._filled = np.nan_to_num(values, posinf=np.inf, neginf=-np.inf)
        trained = slice(0, windows.trained)
        mean = _mean(self._filled[:, trained], self._observed[:, trained])
        self._is_ratio = (self._filled[:, trained] >= 0).all(axis=1) & (mean > 0)
        self._least = np.where(mean > 0, _LEAST_LEVEL * mean, 1.0)

    def window(self, start: int, gap: int) -> Floats:
        """(series × length) of the window that begins at ``start``, relative to its run-up ``gap`` columns before."""
        run_up = self.windows.run_up(start, gap)
        level = self._level(start, run_up)
        return self._relative(self.windows.window(start), start, level, self._spread(start, run_up, level))

    def window_and_run_up(self, start: int, gap: int) -> tuple[Floats, Floats]:
        """The same, and (series × its columns) of the run-up, relative to itself."""
        run_up = self.windows.run_up(start, gap)
        level = self._level(start, run_up)
        spread = self._spread(start, run_up, level)
        window = self._relative(self.windows.window(start), start, level, spread)
        return window, self._relative(run_up, start, level, spread)

    def _relative(self, columns: Integers, start: int, level: Floats, spread: Floats) -> Floats:
        usual = level[:, (columns - start) % self.windows.cycle]
        ratio = self._is_ratio[:, None]
        relative = self._values[:, columns] - np.where(ratio, 0.0, usual)
        relative /= np.where(ratio, usual, spread)
        return relative

    def _level(self, start: int, run_up: Integers) -> Floats:
        """(series × phases of the cycle): mean of the run-up at each phase, drawn towards the mean of all phases."""
        filled, observed = self._filled[:, run_up], self._observed[:, run_up]
        overall = _mean(filled, observed)[:, None]
        is_phase = ((run_up - start) % self.windows.cycle)[:, None] == np.arange(self.windows.cycle)
        counts = observed @ is_phase.astype(np.float32) + _PHASE_PRIOR
        level = np.asarray((filled @ is_phase.astype(np.float64) + _PHASE_PRIOR * overall) / counts)
        return np.where(self._is_ratio[:, None], np.maximum(level, self._least[:, None]), level)

    def _spread(self, start: int, run_up: Integers, level: Floats) -> Floats:
        """(series × 1): root mean square of the run-up around its level; 1 where it is flat, so any change is seen."""
        spread = np.ones((len(level), 1))
        rows = ~self._is_ratio
        if rows.any():
            usual = level[rows][:, (run_up - start) % self.windows.cycle]
            observed = self._observed[rows][:, run_up]
            squares = np.where(observed > 0, self._filled[rows][:, run_up] - usual, 0.0) ** 2
            measured = np.sqrt(_mean(squares, observed))
            spread[rows, 0] = np.where(measured > 0, measured, 1.0)
        return spread


def _mean(filled: Floats, observed: npt.NDArray[np.float32]) -> Floats:
    return np.asarray(filled.sum(axis=1) / np.maximum(observed.sum(axis=1), 1))
