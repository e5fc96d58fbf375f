"""Models of sparse series, in which most periods have no demand, and how sparse a series is.

Belongs here: the Croston family and its kin, fitted by statsforecast, and the classification of demand. Does not belong
here: which series get which model (``selection``), distributions (the engine makes them from backtests).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.algorithms.contract import Floats
from forecast_platform.engine.algorithms.statistical import StatsforecastModel

SMOOTH, INTERMITTENT, ERRATIC, LUMPY, NO_DEMAND = "smooth", "intermittent", "erratic", "lumpy", "no demand"

_INTERMITTENT_FROM = 1.32
_ERRATIC_FROM = 0.49


@dataclass(frozen=True)
class Intermittent(StatsforecastModel):
    """Forecasts a rate of demand that is the same in each period of the horizon.

    Every series with an observation gets a forecast, sparse or not. Zeros say how often there is demand, so a model
    sees 1000 periods where others see 300; a fit still takes 0.02 to 0.2 ms.
    """

    shortest_kept: int = 1000
    shortest_fitted: int = 1


@dataclass(frozen=True)
class Croston(Intermittent):
    """Size and interval of demand, each smoothed with 0.1 (Croston 1972)."""

    name: str = "Croston"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import CrostonClassic

        return CrostonClassic()


@dataclass(frozen=True)
class CrostonOptimized(Intermittent):
    """Croston's method with both smoothing parameters fitted to the series."""

    name: str = "CrostonOptimized"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import CrostonOptimized as Optimized

        return Optimized()


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
class Adida(Intermittent):
    """Smooths sums over the mean interval of demand, and deals them out evenly (Nikolopoulos et al. 2011)."""

    name: str = "ADIDA"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import ADIDA

        return ADIDA()


@dataclass(frozen=True)
class Imapa(Intermittent):
    """The mean of such forecasts over all lengths of sums up to the mean interval (Petropoulos and Kourentzes 2015)."""

    name: str = "IMAPA"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import IMAPA

        return IMAPA()


@dataclass(frozen=True)
class DemandProfile:
    """What decides how a series is best forecast, per series.

    Attributes:
        interval: Mean interval between periods with demand (ADI), at least 1; infinite without any demand.
        variation: Squared coefficient of variation (CV²) of the demand where there is some; NaN without any.
        kind: ``smooth``, ``intermittent``, ``erratic`` (of varying size), ``lumpy`` (both) or ``no demand``.
    """

    interval: Floats
    variation: Floats
    kind: npt.NDArray[np.str_]


def sparsity(values: Floats) -> Floats:
    """Share of zeros among the observations of each row of (series × periods); NaN where a row has none."""
    observed = (~np.isnan(values)).sum(axis=1)
    return _ratio((values == 0).sum(axis=1), observed, np.nan)


def demand_profile(values: Floats) -> DemandProfile:
    """The classification of Syntetos, Boylan and Croston (2005) of each row of (series × periods).

    Intermittent from an interval of 1.32 periods, erratic from a CV² of 0.49. Gaps count neither as zero nor as demand.
    """
    observed = (~np.isnan(values)).sum(axis=1)
    is_demand = ~np.isnan(values) & (values != 0)
    demand, count = np.where(is_demand, values, 0.0), is_demand.sum(axis=1)
    interval = _ratio(observed, count, np.inf)
    mean = _ratio(demand.sum(axis=1), count, np.nan)
    deviation = np.where(is_demand, values - mean[:, None], 0.0)
    variation = _ratio((deviation**2).sum(axis=1), count * mean**2, np.nan)
    intermittent, erratic = interval >= _INTERMITTENT_FROM, variation >= _ERRATIC_FROM
    kind = np.select(
        [count == 0, intermittent & erratic, intermittent, erratic], [NO_DEMAND, LUMPY, INTERMITTENT, ERRATIC], SMOOTH
    )
    return DemandProfile(interval, variation, kind)


def _ratio(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any], otherwise: float) -> Floats:
    """The quotient, and ``otherwise`` where the denominator is zero."""
    quotient = np.full(len(denominator), otherwise)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
