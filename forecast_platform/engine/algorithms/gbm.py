"""Gradient-boosted trees, one model for all series (LightGBM).

Belongs here: what is learnt, from which examples, and keeping it. Does not belong here: what the model sees of a series
(``gbm_features``).

The model is direct: one example is (series, origin, step), and the step is a feature. A first model corrects a base
forecast: the level now, plus how far the target's phase used to be from the level, plus a share of the recent trend.
A second one says how large the error of the first is, from which quantiles follow. The loss is Huber's in units of the
series' own scale: it learns a little from every example and never much from an outlier.

A recursive model (mlforecast, lags of standardised seasonal differences) was tried in one configuration on seven
panels, on the windows that this one's settings were chosen on. It was equal on two and worse on five, by 5 to 35 % of
WAPE; it cannot learn where the history is shorter than two seasons and its longest lag, and it asks the model once per
step. So LightGBM is used without mlforecast.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.algorithms.contract import LEVELS, Floats, Forecasts, History, Integers
from forecast_platform.engine.algorithms.gbm_features import (
    RELATED,
    Features,
    Layout,
    Questions,
    attribute_feature,
    describe,
)

_STEPS_PER_ORIGIN = 4
_MOST_VALUES_AT_ONCE = 2_000_000
_MOST_QUESTIONS_AT_ONCE = 200_000
# Where Huber's loss turns from squared to absolute, in scales. It also bounds what a tree may learn: 0.1 learns too
# slowly, and 1.0 is worse on most panels (by 2 % on average), but better where features move series by several scales.
_BEND = 0.3
_BENDS_WITH_FEATURES = (0.3, 1.0)
_LARGEST_CORRECTION = 30.0  # in scales; a correction beyond this is an accident of the series, not a lesson
_LEAST_SPREAD = 0.05  # of the median spread, so that a few perfect forecasts do not claim certainty
_SMALLEST = 1e-9
_TREND_SHARES = (0.0, 0.5, 1.0)
_FEWEST_EXAMPLES = 10
_FILES = {"center": "center.txt", "spread": "spread.txt", "other": "gbm.json"}


@dataclass(frozen=True)
class _Examples:
    """Questions whose answers are known.

    Attributes:
        names: Of the features.
        matrix: (examples × features).
        targets, drifts: Per example, in scales and from the base forecast.
        periods: Columns of the targets.
    """

    names: tuple[str, ...]
    matrix: Any
    targets: Floats
    drifts: Floats
    periods: Integers

    @classmethod
    def of(cls, features: Features, targets: Floats, periods: Integers) -> _Examples:
        """Those that can be learnt from: a series that is always zero has no scale."""
        with np.errstate(divide="ignore", invalid="ignore"):
            every = cls(
                features.names,
                features.matrix,
                (targets - features.base) / features.scale,
                features.drift / features.scale,
                periods,
            )
        return every.where(np.isfinite(every.targets) & np.isfinite(every.drifts))

    @classmethod
    def together(cls, parts: list[_Examples]) -> _Examples:
        """All of them, one part after the other."""
        arrays = ([getattr(part, name) for part in parts] for name in ("matrix", "targets", "drifts", "periods"))
        return cls(parts[0].names, *(np.concatenate(array) for array in arrays))

    def where(self, chosen: npt.NDArray[np.bool_]) -> _Examples:
        """Some of them."""
        return _Examples(
            self.names, self.matrix[chosen], self.targets[chosen], self.drifts[chosen], self.periods[chosen]
        )

    def corrections(self, trend_share: float) -> Floats:
        """What is left to learn if this share of the drift is expected."""
        return np.clip(self.targets - trend_share * self.drifts, -_LARGEST_CORRECTION, _LARGEST_CORRECTION)


@dataclass(frozen=True)
class Gbm:
    """See the module. The first six attributes are LightGBM's parameters of these names.

    Attributes:
        most_examples: Training takes this many at most, evenly from all series and from all of each one's past. More
            does not help: 30 000 and 60 000 differ by less than 1 %.
        seed: Of the choice of examples, and of rows and features per tree.
        threads: Of LightGBM. The numbers do not depend on it. One, because a process that was forked after another
            one used several can hang, and because the engine runs processes side by side.
    """

    num_iterations: int = 150
    learning_rate: float = 0.05
    num_leaves: int = 31
    min_data_in_leaf: int = 50
    feature_fraction: float = 0.7
    lambda_l2: float = 1.0
    most_examples: int = 40_000
    seed: int = 1
    threads: int = 1
    name: str = "GBM"

    def train(self, history: History, horizon: int) -> TrainedGbm:
        """Learn from all series. What is too short to learn from leaves a model that forecasts nothing.

        Raises:
            ValueError: The history has no frequency or no timestamps.
        """
        layout = Layout.of(history)
        examples = []
        for rows in _chunks(len(history.values), _MOST_VALUES_AT_ONCE // max(1, history.values.shape[1])):
            chunk = history.rows(rows)
            questions = self._choose_examples(chunk, rows.start, len(history.values), horizon, layout)
            if len(questions.series):
                targets = chunk.values[questions.series, questions.targets]
                examples.append(_Examples.of(describe(chunk, questions, layout), targets, questions.targets))
        if not examples:
            return TrainedGbm(layout)
        return self._learn(_Examples.together(examples), layout)

    def _choose_examples(
        self, history: History, first_row: int, all_rows: int, horizon: int, layout: Layout
    ) -> Questions:
        """Origins evenly over each series from its first season on, and some steps from each; targets observed."""
        seen = ~np.isnan(history.values)
        per_series = max(1, self.most_examples // all_rows)
        steps_per_origin = min(horizon, _STEPS_PER_ORIGIN, per_series)
        every = -(-all_rows // self.most_examples)  # with more series than examples, one in so many
        random = np.random.default_rng([self.seed, first_row])
        series, origins = _origins(seen, per_series // steps_per_origin, layout.main_season, every, random)
        ahead = np.minimum(horizon, seen.shape[1] - 1 - origins)[:, None]
        steps = 1 + np.floor(_strata(len(series), steps_per_origin, random) * ahead).astype(np.int64).ravel()
        questions = Questions(np.repeat(series, steps_per_origin), np.repeat(origins, steps_per_origin), steps)
        usable = seen[questions.series, questions.targets]
        return Questions(questions.series[usable], questions.origins[usable], questions.steps[usable])

    def _learn(self, examples: _Examples, layout: Layout) -> TrainedGbm:
        if len(examples.targets) < _FEWEST_EXAMPLES:
            return TrainedGbm(layout)
        share = min(_TREND_SHARES, key=lambda share: float(np.abs(examples.corrections(share)).mean()))
        corrections = examples.corrections(share)
        bends = _BENDS_WITH_FEATURES if any(name.startswith(RELATED) for name in examples.names) else (_BEND,)
        honest = {bend: self._honest_errors(examples, corrections, layout, bend) for bend in bends}
        bend, errors = min(honest.items(), key=lambda tried: float(np.abs(tried[1]).mean()))
        center = self._center(examples, corrections, layout, bend)
        spread = self._boost(examples, np.abs(errors), layout, {"objective": "regression_l1"})
        spreads = _predict(spread, examples.matrix, self.threads)
        least = max(float(np.median(spreads)) * _LEAST_SPREAD, _SMALLEST)
        standardised = np.quantile(errors / np.maximum(spreads, least), LEVELS)
        return TrainedGbm(
            layout, examples.names, share, center, spread, least, tuple(standardised.tolist()), self.threads
        )

    def _honest_errors(self, examples: _Examples, corrections: Floats, layout: Layout, bend: float) -> Floats:
        """Errors of a model of the earlier half on the later one, and the other way round.

        The errors of a model on its own examples are too small: with seven weekly series, intervals that should have
        held 80 % of the observations held 51 % by them, and 71 % by these.
        """
        later = examples.periods > np.median(examples.periods)
        errors = np.empty_like(corrections)
        for part in (later, ~later):
            if not part.any() or part.all():
                return corrections
            other = self._center(examples.where(~part), corrections[~part], layout, bend)
            errors[part] = corrections[part] - _predict(other, examples.matrix[part], self.threads)
        return errors

    def _center(self, examples: _Examples, corrections: Floats, layout: Layout, bend: float) -> str:
        return self._boost(examples, corrections, layout, {"objective": "huber", "alpha": bend})

    def _boost(self, examples: _Examples, answers: Floats, layout: Layout, objective: dict[str, Any]) -> str:
        """Trees as LightGBM's text."""
        import lightgbm

        parameters = {
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_data_in_leaf,
            "feature_fraction": self.feature_fraction,
            "lambda_l2": self.lambda_l2,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "max_bin": 127,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.threads,
            "verbosity": -1,
            **objective,
        }
        attributes = [examples.names.index(attribute_feature(name)) for name in layout.categories]
        data = lightgbm.Dataset(examples.matrix, answers, categorical_feature=attributes, params=parameters)
        booster = lightgbm.train(parameters, data, num_boost_round=self.num_iterations)
        return str(booster.model_to_string())


@dataclass(frozen=True)
class TrainedGbm:
    """What training leaves. Both models are kept as text, also in memory, so that a loaded one is the same.

    Attributes:
        layout: How features are made.
        names: Of the features, in the models' order.
        trend_share: How much of the recent growth of the level is expected to go on.
        center: Corrections of the base forecast, in scales; empty when there was nothing to learn from.
        spread: Median absolute errors of the corrections, in scales.
        least_spread: What is below counts as this.
        standardised: Quantiles at :data:`LEVELS` of errors divided by spreads.
        threads: As in :class:`Gbm`.
    """

    layout: Layout
    names: tuple[str, ...] = ()
    trend_share: float = 0.0
    center: str = ""
    spread: str = ""
    least_spread: float = 0.0
    standardised: tuple[float, ...] = ()
    threads: int = 1
    name: str = "GBM"
    fits_each_series: bool = False

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """See :class:`~forecast_platform.engine.algorithms.contract.Algorithm`. Rows without observations are NaN.

        Raises:
            ValueError: The features are not those that training saw.
        """
        points = np.full((len(history.values), horizon), np.nan)
        quantiles = np.full((*points.shape, len(LEVELS)), np.nan)
        if self.center:
            most = min(_MOST_VALUES_AT_ONCE // max(1, history.values.shape[1]), _MOST_QUESTIONS_AT_ONCE // horizon)
            for rows in _chunks(len(points), most):
                points[rows], quantiles[rows] = self._forecast_chunk(history.rows(rows), horizon)
        return Forecasts(points, quantiles=quantiles)

    def _forecast_chunk(self, history: History, horizon: int) -> tuple[Floats, Floats]:
        count, periods = history.values.shape
        questions = Questions(
            np.repeat(np.arange(count), horizon),
            np.full(count * horizon, periods - 1),
            np.tile(np.arange(1, horizon + 1), count),
        )
        features = describe(history, questions, self.layout)
        if features.names != self.names:
            differing = sorted(set(features.names) ^ set(self.names))
            raise ValueError(f"this algorithm was trained with other features; differing: {', '.join(differing)}")
        corrections = features.scale * _predict(self.center, features.matrix, self.threads)
        points = features.base + self.trend_share * features.drift + corrections
        spreads = features.scale * np.maximum(_predict(self.spread, features.matrix, self.threads), self.least_spread)
        quantiles = points[:, None] + spreads[:, None] * np.array(self.standardised)
        return points.reshape(count, horizon), quantiles.reshape(count, horizon, len(LEVELS))

    def files(self) -> dict[str, bytes]:
        """See :class:`~forecast_platform.engine.algorithms.contract.TrainedAlgorithm`."""
        other = {**asdict(self), "layout": asdict(self.layout)}
        models = {_FILES[part]: str(other.pop(part)).encode() for part in ("center", "spread")}
        return {**models, _FILES["other"]: json.dumps(other, indent=1).encode()}


def load(files: Mapping[str, bytes]) -> TrainedGbm:
    """The inverse of :meth:`TrainedGbm.files`."""
    other = json.loads(files[_FILES["other"]])
    layout = other.pop("layout")
    categories = {name: tuple(texts) for name, texts in layout["categories"].items()}
    return TrainedGbm(
        **{
            **other,
            "layout": Layout(tuple(layout["seasons"]), categories),
            "names": tuple(other["names"]),
            "standardised": tuple(other["standardised"]),
            "center": files[_FILES["center"]].decode(),
            "spread": files[_FILES["spread"]].decode(),
        }
    )


def _origins(
    seen: npt.NDArray[np.bool_], most: int, season: int, every: int, random: np.random.Generator
) -> tuple[Integers, Integers]:
    """Rows and columns of origins, at most ``most`` a row; a first part of the series is only looked back at.

    They are spread evenly but at random in detail: an even distance may be half a season, which shows two phases only.
    """
    rows, periods = seen.shape
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), periods)
    warm_up = np.minimum(season, np.maximum(2, (periods - first) // 4))
    room = np.maximum(periods - 1 - (first + warm_up), 0)
    room[np.arange(rows) % every != 0] = 0
    counts = np.minimum(room, most)
    series = np.repeat(np.arange(rows), counts)
    place = np.arange(len(series)) - np.repeat(np.cumsum(counts) - counts, counts)
    spread = np.floor((place + random.random(len(series))) * room[series] / counts[series]).astype(np.int64)
    return series, (first + warm_up)[series] + spread


def _strata(rows: int, count: int, random: np.random.Generator) -> Floats:
    """(rows × count): one random number from each of ``count`` equal parts of 0 to 1."""
    return (np.arange(count) + random.random((rows, count))) / count


def _chunks(count: int, most: int) -> Iterator[slice]:
    size = max(1, most)
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _predict(model: str, matrix: Any, threads: int) -> Floats:
    import lightgbm

    return np.asarray(lightgbm.Booster(model_str=model).predict(matrix, num_threads=threads), dtype=np.float64)
