"""What is learned about covariates before any network sees them: their scales, categories and typical levels.

Belongs here: numbers made of related series, item metadata and timestamps. Does not belong here: windows, networks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.contract import Covariates, Floats, History, Integers, Timestamps
from forecast_platform.frequency import Frequency

_MOST_CATEGORIES = 100  # per attribute; rarer ones are treated as unknown, because too little is known of them
_SERIES_AGAINST_DOUBT = 1.0  # a category's level is shrunk as if this many more series were at the mean of all


@dataclass(frozen=True)
class Feature:
    """A related time series, and how it is standardised."""

    name: str
    known_ahead: bool
    mean: float
    deviation: float


@dataclass(frozen=True)
class Attribute:
    """A column of the item metadata.

    Attributes:
        name: Of the column.
        categories: Texts with their own code, which is their position + 1; code 0 is every other text.
        effects: Per code, how far the logarithm of the level lies from the mean of all series.
    """

    name: str
    categories: tuple[str, ...]
    effects: tuple[float, ...]


@dataclass(frozen=True)
class Encoding:
    """How one training set was read, so that later data is read alike.

    Attributes:
        features: Those known ahead, then those that are not.
        attributes: Of the item metadata.
        level: Mean over the series of the logarithm of their mean absolute value.
        spread: Standard deviation of these logarithms.
    """

    features: tuple[Feature, ...]
    attributes: tuple[Attribute, ...]
    level: float
    spread: float

    def as_json(self) -> dict[str, Any]:
        return {
            "features": [vars(feature) for feature in self.features],
            "attributes": [vars(attribute) for attribute in self.attributes],
            "level": self.level,
            "spread": self.spread,
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Encoding:
        attributes = (
            Attribute(attribute["name"], tuple(attribute["categories"]), tuple(attribute["effects"]))
            for attribute in written["attributes"]
        )
        features = tuple(Feature(**feature) for feature in written["features"])
        return cls(features, tuple(attributes), written["level"], written["spread"])


@dataclass(frozen=True)
class Encoded:
    """A history in numbers for a network.

    Attributes:
        values: (series × periods); NaN where missing.
        calendar: (periods + horizon × waves).
        ahead: (series × periods + horizon × features known ahead), standardised; 0 where unknown.
        behind: (series × periods + horizon × other features), likewise.
        codes: (series × attributes, at least one) of the categories; 0 = unknown.
        levels: (series) level to expect from the attributes alone.
        has_known_category: (series) whether an attribute says anything about the series.
    """

    values: Floats
    calendar: Floats
    ahead: Floats
    behind: Floats
    codes: Integers
    levels: Floats
    has_known_category: Any


def learn_encoding(history: History, use_ahead: bool, use_behind: bool, use_attributes: bool) -> Encoding:
    """How to read ``history``, and others after it.

    Args:
        use_ahead: Whether to use related series that are known ahead.
        use_behind: Whether to use those that are not.
        use_attributes: Whether to use item metadata.
    """
    logs = _log_levels(history.values)
    seen = np.isfinite(logs)
    level = float(logs[seen].mean()) if seen.any() else 0.0
    spread = float(logs[seen].std()) if seen.any() else 0.0
    features: list[Feature] = []
    attributes: list[Attribute] = []
    covariates = history.covariates
    if covariates is not None:
        usable = {True: use_ahead, False: use_behind}
        features = [feature for feature in _features(covariates) if usable[feature.known_ahead]]
        if use_attributes:
            attributes = _attributes(covariates, logs - level)
    return Encoding(tuple(features), tuple(attributes), level, max(spread, 0.1))


def encode(history: History, horizon: int, encoding: Encoding, leave_out_own: bool = False) -> Encoded:
    """``history`` in numbers, with ``horizon`` periods after it.

    Args:
        leave_out_own: Expect the level of each series from the others only: for training, where the level of a
            series must not be known from itself.

    Raises:
        ValueError: A related series or an attribute that the model was trained with is missing.
    """
    periods = history.values.shape[1] + horizon
    codes = _codes(history.covariates, encoding.attributes, len(history.values))
    effects = _effects(history, codes, encoding) if leave_out_own else _learned_effects(codes, encoding.attributes)
    return Encoded(
        values=history.values,
        calendar=waves(history.timeline, history.frequency, periods),
        ahead=_standardised(history, [feature for feature in encoding.features if feature.known_ahead], periods),
        behind=_standardised(history, [feature for feature in encoding.features if not feature.known_ahead], periods),
        codes=codes if codes.shape[1] else np.zeros((len(codes), 1), dtype=np.int64),
        levels=np.exp(encoding.level + effects),
        has_known_category=(codes > 0).any(axis=1),
    )


def waves(timeline: Timestamps | None, frequency: Frequency | None, periods: int) -> Floats:
    """(periods × waves) sine and cosine of where each period lies in its hour, day, week, month and year.

    The cycles are those that the service derives for each frequency (Amazon Forecast developer guide, DeepAR+ and
    CNN-QR): a minute knows its hour, day, week, month and year, a month its year only.
    """
    if timeline is None or frequency is None:
        return np.zeros((periods, 0))
    instants = timeline[:periods].astype("datetime64[s]")
    days = instants.astype("datetime64[D]")
    months = instants.astype("datetime64[M]")
    years = instants.astype("datetime64[Y]")
    seconds = (instants - days).astype(np.float64)
    cycles = {
        "hour": (seconds % 3600) / 3600,
        "day": seconds / 86400,
        "week": ((days.astype(np.int64) + 3) % 7) / 7,
        "month": (days - months.astype("datetime64[D]")).astype(np.float64) / 31,
        "year": (days - years.astype("datetime64[D]")).astype(np.float64) / 366,
    }
    angles = [2 * np.pi * cycles[name] for name in _CYCLES[frequency.unit]]
    return np.array([wave(angle) for angle in angles for wave in (np.sin, np.cos)]).reshape(-1, periods).T


_CYCLES: dict[str, tuple[str, ...]] = {
    "min": ("hour", "day", "week", "month", "year"),
    "H": ("day", "week", "month", "year"),
    "D": ("week", "month", "year"),
    "W": ("month", "year"),
    "M": ("year",),
    "Y": (),
}


def _log_levels(values: Floats) -> Floats:
    """(series) logarithm of the mean absolute value; NaN without an observation other than zero."""
    observed = ~np.isnan(values)
    sums = np.abs(np.where(observed, values, 0)).sum(axis=1)
    usable = sums > 0
    means = sums / np.maximum(observed.sum(axis=1), 1)
    return np.where(usable, np.log(np.where(usable, means, 1)), np.nan)


def _features(covariates: Covariates) -> list[Feature]:
    features = []
    for index, name in enumerate(covariates.names):
        known = covariates.values[index][np.isfinite(covariates.values[index])]
        mean, deviation = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
        features.append(Feature(name, bool(covariates.known_ahead[index]), mean, deviation or 1.0))
    return sorted(features, key=lambda feature: not feature.known_ahead)


def _standardised(history: History, features: Sequence[Feature], periods: int) -> Floats:
    standardised: Any = np.zeros((len(history.values), periods, len(features)), dtype=np.float32)
    for position, feature in enumerate(features):
        values = _related_values(history.covariates, feature.name)[:, :periods]
        standardised[:, : values.shape[1], position] = np.nan_to_num((values - feature.mean) / feature.deviation)
    return np.asarray(standardised)


def _related_values(covariates: Covariates | None, name: str) -> Floats:
    if covariates is None or name not in covariates.names:
        raise ValueError(f"the model was trained with the related series '{name}', which this history lacks")
    return np.asarray(covariates.values[covariates.names.index(name)])


def _attributes(covariates: Covariates, deviations: Floats) -> list[Attribute]:
    """Effects are estimated one attribute after the other, each on what the ones before leave unexplained."""
    attributes = []
    left = deviations.copy()
    seen = np.isfinite(deviations)
    for index, name in enumerate(covariates.attribute_names):
        texts = _texts(covariates, index)
        counts = Counter(
            text for text, has_history in zip(texts, seen, strict=True) if has_history and text is not None
        )
        common = sorted(counts, key=lambda text: (-counts[text], text))[:_MOST_CATEGORIES]
        categories = tuple(sorted(common))
        codes = _codes_of(texts, categories)
        sums, sizes = _sums(codes, np.where(seen, left, 0), seen, len(categories) + 1)
        effects = sums / (sizes + _SERIES_AGAINST_DOUBT)
        effects[0] = 0.0
        attributes.append(Attribute(name, categories, tuple(float(effect) for effect in effects)))
        left = left - effects[codes]
    return attributes


def _effects(history: History, codes: Integers, encoding: Encoding) -> Floats:
    """Like :func:`_learned_effects`, but for each series from the others only."""
    left = _log_levels(history.values) - encoding.level
    seen = np.isfinite(left)
    expected = np.zeros(len(codes))
    for position, attribute in enumerate(encoding.attributes):
        code = codes[:, position]
        known = np.where(seen, left, 0)
        sums, sizes = _sums(code, known, seen, len(attribute.effects))
        others = (sums[code] - known) / (sizes[code] - seen + _SERIES_AGAINST_DOUBT)
        expected += np.where(code > 0, others, 0.0)
        left = left - np.array(attribute.effects)[code]
    return expected


def _learned_effects(codes: Integers, attributes: Sequence[Attribute]) -> Floats:
    effects = np.zeros(len(codes))
    for position, attribute in enumerate(attributes):
        effects += np.array(attribute.effects)[codes[:, position]]
    return effects


def _sums(codes: Integers, values: Floats, counted: Any, size: int) -> tuple[Floats, Floats]:
    """Per code: sum and number of the values that count."""
    sums: Any = np.bincount(codes, weights=values, minlength=size)
    numbers: Any = np.bincount(codes, weights=counted.astype(np.float64), minlength=size)
    return sums, numbers


def _codes(covariates: Covariates | None, attributes: Sequence[Attribute], series: int) -> Integers:
    codes = np.zeros((series, len(attributes)), dtype=np.int64)
    for position, attribute in enumerate(attributes):
        if covariates is None or attribute.name not in covariates.attribute_names:
            raise ValueError(f"the model was trained with the attribute '{attribute.name}', which this history lacks")
        texts = _texts(covariates, covariates.attribute_names.index(attribute.name))
        codes[:, position] = _codes_of(texts, attribute.categories)
    return codes


def _texts(covariates: Covariates, index: int) -> list[str | None]:
    categories = covariates.categories[index]
    return [categories[code] if code >= 0 else None for code in covariates.attributes[index]]


def _codes_of(texts: Sequence[str | None], categories: Sequence[str]) -> Integers:
    code_of = {text: code for code, text in enumerate(categories, start=1)}
    return np.array([code_of.get(text, 0) if text is not None else 0 for text in texts], dtype=np.int64)
