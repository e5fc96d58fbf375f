"""The names that ``AlgorithmArn`` may say, and the candidates each stands for.

Belongs here: making algorithms by name, and loading trained ones. Does not belong here: which of them are worth trying
on some data (``candidates``). Modules with heavy libraries are imported when an algorithm of theirs is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from forecast_platform.engine.algorithms.contract import Algorithm, GlobalAlgorithm, TrainedAlgorithm
from forecast_platform.engine.algorithms.hyperparameters import read_hyperparameters

Candidate = Algorithm | GlobalAlgorithm


@dataclass(frozen=True)
class Definition:
    """How a name becomes candidates.

    Attributes:
        make: From the season lengths and the values of the hyperparameters; empty when it needs a season and there
            is none.
        load: The inverse of :meth:`TrainedAlgorithm.files`; ``None`` for algorithms that are not trained.
    """

    make: Callable[[tuple[int, ...], dict[str, Any]], list[Candidate]]
    load: Callable[[Mapping[str, bytes]], TrainedAlgorithm] | None = None


def candidates(
    name: str, seasons: tuple[int, ...], hyperparameters: Mapping[str, str] | None = None
) -> list[Candidate]:
    """The candidates that ``name`` stands for.

    Args:
        hyperparameters: As ``TrainingParameters`` has them.

    Raises:
        KeyError: There is no such algorithm.
        InputError: A hyperparameter that it does not have, or a value that is not allowed.
    """
    definition = REGISTRY[name]
    return definition.make(seasons, read_hyperparameters(name, hyperparameters or {}))


def load_trained(family: str, files: Mapping[str, bytes]) -> TrainedAlgorithm:
    """What :meth:`TrainedAlgorithm.files` of a candidate of the algorithm ``family`` gave.

    Raises:
        MissingExtraError: A package that it needs is not installed.
    """
    load = REGISTRY[family].load
    if load is None:
        raise KeyError(f"{family} is not an algorithm that is trained")
    return load(files)


def family_of(candidate: str) -> str:
    """The algorithm whose candidate has this name: ``PooledAR`` of ``PooledAR_4``."""
    if candidate in REGISTRY:
        return candidate
    return max((name for name in REGISTRY if candidate.startswith(name)), key=len)


def _seasonal_naive(seasons: tuple[int, ...], _: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.naive import SeasonalNaive

    return [SeasonalNaive(season) for season in (*reversed(seasons), 1)]


def _holt_winters(_: tuple[int, ...], __: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.smoothing import HoltWinters

    return [HoltWinters(), HoltWinters(logarithms=True)]


def _theta(_: tuple[int, ...], __: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.theta import Theta

    return [Theta()]


def _seasonal_autoregression(seasons: tuple[int, ...], _: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.autoregression import SeasonalAutoregression

    cycles = (1, 4) if seasons else (1,)
    return [SeasonalAutoregression(count, logarithms) for logarithms in (False, True) for count in cycles]


def _pooled_autoregression(seasons: tuple[int, ...], _: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.autoregression import PooledAutoregression

    cycles = (1, 4) if seasons else (1,)
    return [PooledAutoregression(count, logarithms) for logarithms in (False, True) for count in cycles]


def _load_pooled_autoregression(files: Mapping[str, bytes]) -> TrainedAlgorithm:
    from forecast_platform.engine.algorithms.autoregression import load

    return load(files)


def _npts(_: tuple[int, ...], parameters: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.npts import Npts

    return [Npts(**parameters)]


def _statistical(class_name: str, needs_season: bool = False) -> Definition:
    def make(seasons: tuple[int, ...], _: dict[str, Any]) -> list[Candidate]:
        from forecast_platform.engine.algorithms import statistical

        return [getattr(statistical, class_name)()] if seasons or not needs_season else []

    return Definition(make)


def _intermittent(class_name: str) -> Definition:
    def make(_: tuple[int, ...], __: dict[str, Any]) -> list[Candidate]:
        from forecast_platform.engine.algorithms import intermittent

        return [getattr(intermittent, class_name)()]

    return Definition(make)


def _prophet(_: tuple[int, ...], __: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.prophet import Prophet

    return [Prophet()]


def _gbm(_: tuple[int, ...], parameters: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.gbm import Gbm

    return [Gbm(**parameters)]


def _load_gbm(files: Mapping[str, bytes]) -> TrainedAlgorithm:
    from forecast_platform.engine.algorithms.gbm import load

    return load(files)


def _deep_ar(_: tuple[int, ...], parameters: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.neural.deep_ar import DeepARPlus

    return [DeepARPlus(**parameters)]


def _load_deep_ar(files: Mapping[str, bytes]) -> TrainedAlgorithm:
    from forecast_platform.engine.algorithms.neural.deep_ar import load

    return load(files)


def _cnn_qr(_: tuple[int, ...], parameters: dict[str, Any]) -> list[Candidate]:
    from forecast_platform.engine.algorithms.neural.cnn_qr import CnnQr

    return [CnnQr(**parameters)]


def _load_cnn_qr(files: Mapping[str, bytes]) -> TrainedAlgorithm:
    from forecast_platform.engine.algorithms.neural.cnn_qr import load

    return load(files)


TRAINED_ONCE = ("Deep_AR_Plus", "CNN-QR")
"""Training takes so long that all windows of a backtest share a model from before the oldest."""

REGISTRY: dict[str, Definition] = {
    "SeasonalNaive": Definition(_seasonal_naive),
    "NPTS": Definition(_npts),
    "HoltWinters": Definition(_holt_winters),
    "SeasonalAR": Definition(_seasonal_autoregression),
    "PooledAR": Definition(_pooled_autoregression, _load_pooled_autoregression),
    "ETS": _statistical("Ets"),
    "ARIMA": _statistical("Arima"),
    "Theta": Definition(_theta),
    "DynamicTheta": _statistical("DynamicTheta"),
    "CES": _statistical("Ces"),
    "MSTL": _statistical("Mstl", needs_season=True),
    "CrostonSBA": _intermittent("CrostonSba"),
    "TSB": _intermittent("Tsb"),
    "IMAPA": _intermittent("Imapa"),
    "Prophet": Definition(_prophet),
    "GBM": Definition(_gbm, _load_gbm),
    "Deep_AR_Plus": Definition(_deep_ar, _load_deep_ar),
    "CNN-QR": Definition(_cnn_qr, _load_cnn_qr),
}
