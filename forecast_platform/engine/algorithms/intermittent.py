"""Models of sparse series, in which most periods have no demand, and how sparse a series is.

Belongs here: the Croston family and its kin, fitted by statsforecast, and a measure of sparsity. Does not belong here:
which series get which model (``candidates``), distributions (the engine makes them from backtests).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats
from forecast_platform.engine.algorithms.statistical import StatsforecastModel


@dataclass(frozen=True)
class Intermittent(StatsforecastModel):
    """Forecasts a rate of demand that is the same in each period of the horizon.

    Every series with an observation gets a forecast, sparse or not. Zeros say how often there is demand, so a model
    sees 1000 periods where others see 300; a fit still takes 0.02 to 0.2 ms.
    """

    shortest_kept: int = 1000
    shortest_fitted: int = 1


@dataclass(frozen=True)
class CrostonSba(Intermittent):
    """Croston's method times 0.95, which takes out most of its bias (Syntetos and Boylan 2005)."""

    name: str = "CrostonSBA"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import CrostonSBA

        return CrostonSBA()


@dataclass(frozen=True)
class Tsb(Intermittent):
    """Smooths size and probability of demand; the probability falls with each period without (Teunter et al. 2011).

    So it follows an item that goes out of use, where Croston's method keeps its last rate for ever.
    """

    name: str = "TSB"
    size_smoothing: float = 0.1
    probability_smoothing: float = 0.1

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import TSB

        return TSB(alpha_d=self.size_smoothing, alpha_p=self.probability_smoothing)


@dataclass(frozen=True)
class Imapa(Intermittent):
    """The mean of such forecasts over all lengths of sums up to the mean interval (Petropoulos and Kourentzes 2015)."""

    name: str = "IMAPA"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import IMAPA

        return IMAPA()


def sparsity(values: Floats) -> Floats:
    """Share of zeros among the observations of each row of (series × periods); NaN where a row has none."""
    observed = (~np.isnan(values)).sum(axis=1)
    return np.where(observed > 0, (values == 0).sum(axis=1) / np.maximum(observed, 1), np.nan)
