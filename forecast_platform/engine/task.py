"""What is asked of the engine, as one value that JSON can hold.

Belongs here: the task and its JSON form. Does not belong here: params.json (the service translates it) or data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from forecast_platform.frequency import Frequency

DEFAULT_QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Filling:
    """How observations become one value per period of the forecast frequency.

    Attributes:
        aggregation: ``sum``, ``avg``, ``first``, ``min`` or ``max`` of the observations in one period.
        middlefill: For gaps between a series' first and last observation: ``zero``, ``nan``, ``value``,
            ``median``, ``mean``, ``min`` or ``max``.
        backfill: The same between a series' last observation and the end of the whole data.
        middlefill_value: Used when ``middlefill`` is ``value``.
        backfill_value: Used when ``backfill`` is ``value``.
    """

    aggregation: str = "sum"
    middlefill: str = "zero"
    backfill: str = "zero"
    middlefill_value: float = 0.0
    backfill_value: float = 0.0


@dataclass(frozen=True)
class RelatedFilling:
    """How the gaps of one feature of the related time series are filled; ``None`` = they stay gaps.

    The methods are ``zero``, ``value``, ``median``, ``mean``, ``min`` and ``max``.

    Attributes:
        feature: Column of the related time series.
        middlefill: Between a series' first and last value.
        backfill: Between a series' last value and the end of the target data.
        futurefill: Between the end of the target data and the end of the forecast.
        middlefill_value: Used when ``middlefill`` is ``value``; the others likewise.
    """

    feature: str
    middlefill: str | None = None
    backfill: str | None = None
    futurefill: str | None = None
    middlefill_value: float = 0.0
    backfill_value: float = 0.0
    futurefill_value: float = 0.0


@dataclass(frozen=True)
class Alignment:
    """Where periods begin when the user says so; ``None`` = the engine's default for the frequency.

    Attributes:
        month: 1-12, for yearly periods.
        day_of_month: 1-28, for monthly and yearly periods.
        day_of_week: 0 (Monday) to 6, for weekly periods.
        hour: 0-23, for daily periods.
    """

    month: int | None = None
    day_of_month: int | None = None
    day_of_week: int | None = None
    hour: int | None = None


@dataclass(frozen=True)
class Range:
    """What tuning tries for one hyperparameter.

    Attributes:
        name: Of the hyperparameter.
        low: Least number, included.
        high: Greatest number, included.
        scale: On which numbers are drawn: ``linear``, ``logarithmic``, ``reverse_logarithmic`` (logarithms of 1 - x),
            or ``auto``: the hyperparameter's own.
        choices: Texts to try instead of numbers.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    scale: str = "auto"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ForecastTask:
    """Everything that determines a predictor, besides the data.

    Attributes:
        frequency: Of the forecast.
        data_frequency: Of the observations; at most as long as ``frequency``.
        horizon: Steps of ``frequency`` to forecast.
        quantiles: Between 0.01 and 0.99, on which accuracy is measured.
        dimensions: Columns that, with ``item_id``, identify a series.
        algorithm: Name of the only algorithm to use; ``None`` = combine several per series.
        single: Without an algorithm: use the one that is best over all series instead of a combination, as the
            service's legacy AutoML does.
        hyperparameters: Of ``algorithm``, as ``TrainingParameters`` has them.
        tune: What is tried for hyperparameters of ``algorithm`` before training; empty = the documented ranges,
            ``None`` = nothing is tuned.
        preset: How much work is spent on candidates: ``fast``, ``balanced`` or ``best``.
        backtest_windows: How many are reported.
        backtest_window_offset: Periods from the end of the data to the start of the newest window.
        optimization_metric: What the selection minimises, as the API names it.
        related_fillings: At most one per feature; a feature without one is not filled.
        holidays: Two-letter code of the country whose public holidays are a feature.
    """

    frequency: Frequency
    data_frequency: Frequency
    horizon: int
    quantiles: tuple[float, ...] = DEFAULT_QUANTILES
    dimensions: tuple[str, ...] = ()
    algorithm: str | None = None
    single: bool = False
    hyperparameters: dict[str, str] = field(default_factory=dict)
    tune: tuple[Range, ...] | None = None
    preset: str = "balanced"
    backtest_windows: int = 1
    backtest_window_offset: int = 0
    optimization_metric: str = "AverageWeightedQuantileLoss"
    filling: Filling = field(default_factory=Filling)
    alignment: Alignment = field(default_factory=Alignment)
    related_fillings: tuple[RelatedFilling, ...] = ()
    holidays: str | None = None

    def __post_init__(self) -> None:
        if self.backtest_window_offset == 0:
            object.__setattr__(self, "backtest_window_offset", self.horizon)

    @property
    def keys(self) -> list[str]:
        """The columns that identify a series."""
        return ["item_id", *self.dimensions]

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads."""
        return {**asdict(self), "frequency": str(self.frequency), "data_frequency": str(self.data_frequency)}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> ForecastTask:
        """The inverse of :meth:`to_json`."""
        return cls(
            **{
                **document,
                "frequency": Frequency.parse(document["frequency"]),
                "data_frequency": Frequency.parse(document["data_frequency"]),
                "quantiles": tuple(document["quantiles"]),
                "dimensions": tuple(document["dimensions"]),
                "tune": _ranges(document.get("tune")),
                "filling": Filling(**document["filling"]),
                "alignment": Alignment(**document["alignment"]),
                "related_fillings": tuple(RelatedFilling(**one) for one in document.get("related_fillings", ())),
            }
        )


def _ranges(written: list[dict[str, Any]] | None) -> tuple[Range, ...] | None:
    return None if written is None else tuple(Range(**{**one, "choices": tuple(one["choices"])}) for one in written)
