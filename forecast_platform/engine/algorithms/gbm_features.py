"""What the gradient-boosting model sees of a series: its recent past around one target period, free of scale.

Belongs here: features of (series, origin, step) and the base forecast they are measured from. Does not belong here:
which of them to train on, the trees, quantiles (``gbm``).

Every feature that is made of values of the series is a difference from the base forecast (or from the recent level) in
units of the series' own scale, so series of very different size are alike to the model, and so is a series times ten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats, History, Integers, require
from forecast_platform.engine.metrics import nan_mean

SAME_PHASES = 3
"""Earlier values of the target's phase that are looked at; with 2 all panels tried got worse, with 4 none better."""
RELATED = "related_"
"""How the names of features begin that are made of covariates."""
_SHORTEST_WINDOW = 8
_SCALE_WINDOWS = 3
_LEAST_RELATIVE_SCALE = 0.01  # of the mean absolute value: a perfectly regular series has no seasonal differences


@dataclass(frozen=True)
class Questions:
    """What is asked: the value of series ``series[i]``, ``steps[i]`` periods after column ``origins[i]``.

    Attributes:
        series: Rows of the history.
        origins: Columns of the newest value that may be looked at.
        steps: From 1.
    """

    series: Integers
    origins: Integers
    steps: Integers

    @property
    def targets(self) -> Integers:
        """Columns of the values asked for."""
        return self.origins + self.steps


@dataclass(frozen=True)
class Layout:
    """What training fixes about the features, so that another history gives the same ones.

    Attributes:
        seasons: Season lengths in use, ascending.
        categories: Attribute -> its texts in the order of the codes that the model knows.
    """

    seasons: tuple[int, ...]
    categories: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, history: History) -> Layout:
        """The layout for training on this history: seasons of which its longest series shows a quarter more than one.

        What is seen once is worth repeating, and the quarter shows how well that works.
        """
        seen = ~np.isnan(history.values)
        longest = int((seen.shape[1] - seen.argmax(axis=1))[seen.any(axis=1)].max(initial=0))
        covariates = history.covariates
        return cls(
            tuple(season for season in history.seasons if season + season // 4 <= longest),
            {} if covariates is None else dict(zip(covariates.attribute_names, covariates.categories, strict=True)),
        )

    @property
    def main_season(self) -> int:
        """The longest season that contains the shorter ones (a week contains days, a year no weeks); 1 without any."""
        main = 1
        for season in self.seasons:
            if season % main == 0:
                main = season
        return main

    @property
    def window(self) -> int:
        """Periods that a level is measured over: whole cycles, so that the level has no cycle of its own."""
        return self.main_season * -(-_SHORTEST_WINDOW // self.main_season)


@dataclass(frozen=True)
class Features:
    """The features of questions.

    Attributes:
        names: Of the features.
        matrix: (questions × features), NaN where unknown.
        base: Per question, the forecast that the model corrects; NaN where nothing was observed before the origin.
        drift: Per question, what the base misses if the series goes on growing as its level did of late.
        scale: Per question, the unit of the correction, at least 0; NaN where nothing was observed.
    """

    names: tuple[str, ...]
    matrix: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    base: Floats
    drift: Floats
    scale: Floats


def describe(history: History, questions: Questions, layout: Layout) -> Features:
    """The features of each question, from what was known at its origin.

    Raises:
        ValueError: There are no timestamps, or an attribute that training saw is missing.
    """
    past = _Past(history.values, questions, layout)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            **dict(_shape_of_the_past(past)),
            **dict(_calendar(history, questions)),
            **dict(_covariates(history, questions, layout)),
            **dict(_attributes(history, questions, layout)),
        }
    matrix = np.stack([column.astype(np.float32) for column in columns.values()], axis=1)
    matrix[~np.isfinite(matrix)] = np.nan
    return Features(tuple(columns), matrix, past.base, past.drift, past.scale)


class _WindowMeans:
    """Means over windows of columns that leave NaN out, in constant time per window (prefix sums)."""

    def __init__(self, values: Floats) -> None:
        seen = ~np.isnan(values)
        self._counts = np.pad(seen.cumsum(axis=1), ((0, 0), (1, 0)))
        self._sums = np.pad(np.where(seen, values, 0.0).cumsum(axis=1), ((0, 0), (1, 0)))

    def ending_at(self, series: Integers, last: Integers, length: int | None) -> Floats:
        """Mean of the ``length`` columns up to ``last``, both included; of all columns until then for ``None``."""
        end = np.maximum(last + 1, 0)
        start = np.zeros_like(end) if length is None else np.maximum(last + 1 - length, 0)
        counts = self._counts[series, end] - self._counts[series, start]
        sums = self._sums[series, end] - self._sums[series, start]
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def count(self, series: Integers, last: Integers) -> Integers:
        """Columns up to ``last`` that are not NaN."""
        return np.asarray(self._counts[series, last + 1])


class _Past:
    """The values behind each origin, looked at in several ways. All results are per question."""

    def __init__(self, values: Floats, questions: Questions, layout: Layout) -> None:
        self.questions = questions
        self.layout = layout
        self._values = values
        self._means = _WindowMeans(values)
        change = np.full_like(values, np.nan)
        season = layout.main_season
        change[:, season:] = values[:, season:] - values[:, :-season]
        self._changes = _WindowMeans(change)
        self._sizes = _WindowMeans(np.abs(values))
        self._change_sizes = _WindowMeans(np.abs(change))
        self.size = self._with_fallback(self._sizes, 2 * layout.window)
        self.level = self._with_fallback(self._means, layout.window)
        self.level_before = self._means.ending_at(questions.series, questions.origins - layout.window, layout.window)
        self.same_phase = {season: self._same_phase(season) for season in (*layout.seasons, layout.main_season)}
        self.levels = self._levels()
        # How far the values of the target's phase were from the level of the season that they ended in.
        self.deviations = self.same_phase[layout.main_season] - self.levels
        self.base = _first_known(self.level + nan_mean(self.deviations, axis=0), self.level)
        self.slope = (self.level - self.level_before) / layout.window
        back = periods_back(questions.steps, layout.main_season)
        self.drift = _first_known(self.slope * back, np.zeros(len(back)))
        self.scale = self._scale()

    def value(self, columns: Integers) -> Floats:
        """The series' values there; NaN before the first column."""
        return value_at(self._values, self.questions.series, columns)

    def recent_change(self, length: int) -> Floats:
        """Mean change from one main season to the next over the last ``length`` periods."""
        return self._changes.ending_at(self.questions.series, self.questions.origins, length)

    def count(self) -> Integers:
        """Observations so far."""
        return self._means.count(self.questions.series, self.questions.origins)

    def _with_fallback(self, means: _WindowMeans, length: int) -> Floats:
        series, origins = self.questions.series, self.questions.origins
        return _first_known(means.ending_at(series, origins, length), means.ending_at(series, origins, None))

    def _same_phase(self, season: int) -> Floats:
        newest = self.questions.targets - periods_back(self.questions.steps, season)
        return np.stack([self.value(newest - back * season) for back in range(SAME_PHASES)])

    def _levels(self) -> Floats:
        """At the origin, one main season before it, and so on."""
        ends = [self.questions.origins - back * self.layout.main_season for back in range(SAME_PHASES)]
        return np.stack([self._means.ending_at(self.questions.series, end, self.layout.window) for end in ends])

    def _scale(self) -> Floats:
        """Mean absolute seasonal difference of the recent past, the unit of MASE."""
        differences = self._change_sizes.ending_at(
            self.questions.series, self.questions.origins, _SCALE_WINDOWS * self.layout.window
        )
        return np.fmax(_first_known(differences, self.size), _LEAST_RELATIVE_SCALE * self.size)


def _shape_of_the_past(past: _Past) -> Iterator[tuple[str, Floats]]:
    layout, steps = past.layout, past.questions.steps
    season = layout.main_season
    for name, forecast in _simple_forecasts(past):
        yield name, (forecast - past.base) / past.scale
    yield "step", steps.astype(np.float64)
    yield "trend", past.slope * layout.window / past.scale
    yield "drift", past.drift / past.scale
    for length in sorted({1, 3, *layout.seasons, max(2, season // 4)}):
        yield f"change_{length}", past.recent_change(length) / past.scale
    yield "relative_size", past.size / past.scale
    yield "observations", np.minimum(past.count(), 4 * layout.window)


def _simple_forecasts(past: _Past) -> Iterator[tuple[str, Floats]]:
    """Forecasts that a person would make with one rule."""
    layout = past.layout
    for season in layout.seasons:
        for back, values in enumerate(past.same_phase[season]):
            yield f"season_{season}_back_{back + 1}", values
        yield f"season_{season}_mean", nan_mean(past.same_phase[season], axis=0)
    newest = past.same_phase[layout.main_season][0]
    yield "level", past.level
    yield "last", past.value(past.questions.origins)
    yield "newest_deviation", past.level + past.deviations[0]
    yield "proportional", past.level * nan_mean(past.same_phase[layout.main_season] / past.levels, axis=0)
    for length in (layout.main_season, max(1, layout.main_season // 4)):
        yield f"newest_and_change_{length}", newest + past.recent_change(length)


def _calendar(history: History, questions: Questions) -> Iterator[tuple[str, Floats]]:
    unit = require(history.frequency, "frequency").unit
    when = require(history.timeline, "timeline")[questions.targets]
    days, months, years = (when.astype(f"datetime64[{part}]") for part in "DMY")
    if unit in ("min", "H"):
        yield "hour", (when - days) / np.timedelta64(1, "h")
    if unit in ("min", "H", "D"):
        yield "day_of_week", (days.astype(np.int64) + 3) % 7
    if unit == "D":
        yield "day_of_month", (days - months).astype(np.int64)
    if unit in ("D", "M"):
        yield "month", months.astype(np.int64) % 12
    if unit == "W":
        yield "week_of_year", (days - years).astype(np.int64) // 7


def _covariates(history: History, questions: Questions, layout: Layout) -> Iterator[tuple[str, Floats]]:
    """What is known ahead, at the target and against the periods the base is made of; the rest as of the origin."""
    if history.covariates is None:
        return
    season = layout.main_season
    newest = questions.targets - periods_back(questions.steps, season)
    for name, values, known_ahead in zip(
        history.covariates.names, history.covariates.values, history.covariates.known_ahead, strict=True
    ):
        columns = questions.targets if known_ahead else questions.origins
        current = value_at(values, questions.series, columns)
        same_phase = [value_at(values, questions.series, newest - back * season) for back in range(SAME_PHASES)]
        before = _WindowMeans(values).ending_at(questions.series, questions.origins, layout.window)
        yield f"{RELATED}{name}", current
        yield f"{RELATED}{name}_against_recent", current - before
        if known_ahead:
            yield f"{RELATED}{name}_against_same_phase", current - nan_mean(np.stack(same_phase), axis=0)


def _attributes(history: History, questions: Questions, layout: Layout) -> Iterator[tuple[str, Floats]]:
    """Codes as training saw them. The same text can have another code here; a text unseen in training is unknown."""
    covariates = history.covariates
    for name, known in layout.categories.items():
        if covariates is None or name not in covariates.attribute_names:
            raise ValueError(f"this algorithm was trained with the attribute {name!r}, which the history lacks")
        row = covariates.attribute_names.index(name)
        codes = {text: float(code) for code, text in enumerate(known)}
        trained = np.array([*(codes.get(text, np.nan) for text in covariates.categories[row]), np.nan])
        yield attribute_feature(name), trained[covariates.attributes[row][questions.series]]


def attribute_feature(name: str) -> str:
    """The name of the feature that an attribute becomes."""
    return f"attribute_{name}"


def periods_back(steps: Integers, season: int) -> Integers:
    """From the target to the newest period of its phase that is not after the origin: whole seasons."""
    return np.asarray(-(-steps // season) * season)


def value_at(values: Floats, series: Integers, columns: Integers) -> Floats:
    """(series × periods) at some rows and columns; NaN before the first column."""
    return np.where(columns >= 0, values[series, np.maximum(columns, 0)], np.nan)


def _first_known(preferred: Floats, otherwise: Floats) -> Floats:
    return np.where(np.isnan(preferred), otherwise, preferred)
