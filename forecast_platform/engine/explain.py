"""How much each feature moves a forecast: Shapley values of the predictor's own forecasts.

Belongs here: which features there are, what is typical of each, and sharing a forecast's difference among them. Does
not belong here: scenarios (``what_if``), or where the scores are kept.

The game: a coalition of features has its real values, every other feature its typical one, and is worth the mean
forecast summed over the horizon. A feature's raw score is its Shapley value (Shapley 1953; for models: Lundberg and Lee
2017), in units of the target; the scores of a series sum to what its forecast differs from the forecast with all
features typical.

Typical of a related feature is the median of the series' own history; of holidays, that there are none; of an item
attribute, the text that most items have. What is known ahead is replaced within the horizon only, because the past is
what the models have learnt from; a feature that is not known ahead is replaced in the history.

The cost: with n features that differ from what is typical, 2^n forecasts of at most :data:`MOST_EXPLAINED` series, and
from ``shapley.MOST_EXACT`` + 1 features on about ``shapley.ORDERS`` x n. Candidates that do not look at features answer
twice.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast_platform.engine.algorithms.contract import Algorithm, Covariates, Floats, History, Integers
from forecast_platform.engine.backtesting import Answers, Lineup, Progress, ask
from forecast_platform.engine.distribution import mean_of
from forecast_platform.engine.executor import Executor, LocalExecutor
from forecast_platform.engine.featurization import Panel, build_panel
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import Predictor, lineup_of, predicted
from forecast_platform.engine.series_keys import rows_of
from forecast_platform.engine.shapley import coalition, coalitions_needed, shapley_values
from forecast_platform.errors import InputError, Problem

MOST_DETAILED = 50
"""Series with rows of their own; also the limit of CreateExplainability."""

MOST_EXPLAINED = 200
"""Series that the overall scores come from; of more, an evenly spread sample."""

AGGREGATE = "Aggregate"
NORMALIZED, RAW = "NormalizedImpactScore", "RawImpactScore"

NOTHING_TO_EXPLAIN = (
    "There are no related time series, no item metadata and no holidays, so there is nothing to explain."
)
_NOISE = 1e-9
"""Share of the forecast below which a difference is rounding."""


@dataclass(frozen=True)
class Explanation:
    """Impact scores.

    Attributes:
        features: Names, in the order of the columns.
        scores: In the columns of Amazon's export: the keys, ``timestamp`` (``Aggregate``: over the whole horizon), and
            of each feature ``<name>-NormalizedImpactScore`` and ``<name>-RawImpactScore``. The first row is the
            ``Aggregate`` of all series explained, the mean of their normalised scores, without raw ones. Normalised
            scores are the raw ones by the largest of the series, from -1 to 1. The sign is the direction in which the
            feature moves the forecast.
        totals: Per detailed series its keys, ``forecast`` and ``typical``: the mean forecast over the horizon, and the
            same with all features typical.
        explained: Series that the aggregate comes from.
        series: Series with a history.
        note: Why all scores are 0; empty otherwise.
    """

    features: tuple[str, ...]
    scores: pd.DataFrame
    totals: pd.DataFrame
    explained: int
    series: int
    note: str = ""


def explain(
    predictor: Predictor,
    frames: TrainingFrames,
    progress: Progress,
    executor: Executor | None = None,
    pretrained: Sequence[Algorithm] = (),
    only: pd.DataFrame | None = None,
) -> Explanation:
    """Explain the forecast that ``predictor`` makes from ``frames``; items without a history are left out.

    Args:
        executor: Where models of single series are fitted; ``None`` = on this machine, one process per core.
        pretrained: Algorithms that need files, made by the caller; those that were there in training.
        only: Keys of the series to explain; ``None`` = all, or a sample of them.

    Raises:
        InputError: There is no data, or none of the series to explain.
        PermanentError: A candidate that counts is not there any more.
    """
    panel = build_panel(frames, predictor.task)
    count = len(panel.series)
    panel = panel.rows(_sample(count) if only is None else _chosen(panel, only))
    players = _players(panel, frames, predictor)
    with executor or LocalExecutor() as running:
        game = _Game(predictor, panel, players, lineup_of(predictor, panel, pretrained), running, progress)
        raw = game.shapley_values()
    return _explanation(game, raw, count)


def _sample(count: int) -> Integers:
    return np.arange(count) if count <= MOST_EXPLAINED else np.linspace(0, count - 1, MOST_EXPLAINED).astype(np.int64)


def _chosen(panel: Panel, only: pd.DataFrame) -> Integers:
    chosen = np.flatnonzero(rows_of(panel.series, only) >= 0)
    if len(chosen) == 0:
        expected = "at least one series of the target time series"
        raise InputError(
            "There is nothing to explain.", [Problem("the series to explain", f"{len(only)} unknown", expected)]
        )
    return chosen


@dataclass(frozen=True)
class _Player:
    """A feature that people know by one name.

    Attributes:
        features: Its rows in the covariates' values.
        attribute: Its row in the covariates' attributes; ``None`` when it is none.
        are_holidays: None of them is what is typical.
    """

    name: str
    features: tuple[int, ...] = ()
    attribute: int | None = None
    are_holidays: bool = False


def _players(panel: Panel, frames: TrainingFrames, predictor: Predictor) -> tuple[_Player, ...]:
    covariates = panel.covariates
    if covariates is None:
        return ()
    related = 0 if frames.related is None else len(frames.related.select_dtypes("number").columns)
    players = [_Player(name, (index,)) for index, name in enumerate(covariates.names[:related])]
    holidays = tuple(range(related, len(covariates.names)))
    if holidays:
        players.append(_Player(f"Holiday_{predictor.task.holidays}", holidays, are_holidays=True))
    players += [_Player(name, attribute=index) for index, name in enumerate(covariates.attribute_names)]
    return tuple(players)


class _Game:
    """What each coalition of players is worth. Coalitions are numbers: bit ``i`` is player ``i``."""

    def __init__(
        self,
        predictor: Predictor,
        panel: Panel,
        players: tuple[_Player, ...],
        lineup: Lineup,
        executor: Executor,
        progress: Progress,
    ) -> None:
        self.panel, self.players, self.lineup = panel, players, lineup
        self._predictor, self._executor, self._progress = predictor, executor, progress
        self._real = panel.history(predictor.task.horizon)
        self._typical = _typical(self._real, players)
        self.active = [index for index, player in enumerate(players) if self._differs(player)]
        self._worth: dict[int, Floats] = {}
        self._forecasts = coalitions_needed(len(self.active))
        self._everyone = self._answers(coalition(self.active), lineup)
        self.deaf = self._deaf()

    def shapley_values(self) -> Floats:
        """(players × series)."""
        values = np.zeros((len(self.players), len(self.panel.series)))
        if len(self.deaf) < len(self.lineup.names):
            values[self.active] = shapley_values(self.active, self._worth_of)
        return values

    def forecast(self) -> Floats:
        """Per series: the worth of all players."""
        return self._worth_of(coalition(self.active))

    def typical(self) -> Floats:
        """Per series: the worth of nobody."""
        return self._worth_of(0)

    def _deaf(self) -> tuple[str, ...]:
        """Candidates that answer the same with and without all players, so that they need not be asked again.

        Found out rather than declared: whether a candidate looks at features depends on its options and on the data.
        """
        if not self.active:
            return self.lineup.names
        nobody = self._answers(0, self.lineup)
        self._worth[0] = self._worth_from(nobody)
        return tuple(name for name in self.lineup.names if _same(self._everyone, nobody, name))

    def _worth_of(self, members: int) -> Floats:
        if members not in self._worth:
            known = self._everyone
            if members != coalition(self.active):
                asked = [name for name in self.lineup.names if name not in self.deaf]
                known = _joined(known.only(self.deaf), self._answers(members, self.lineup.only(asked)))
            self._worth[members] = self._worth_from(known)
        return self._worth[members]

    def _worth_from(self, answers: Answers) -> Floats:
        rows = np.arange(len(self.panel.series))
        totals: Floats = mean_of(predicted(self._predictor, self.panel, rows, answers)).sum(axis=1)
        return totals

    def _answers(self, members: int, lineup: Lineup) -> Answers:
        self._progress("explaining", len(self._worth), self._forecasts)
        history = self._history(members)
        start, horizon = self.panel.periods, self._predictor.task.horizon
        return ask(history, [start], horizon, [lineup], self._executor, lambda _: None)

    def _history(self, members: int) -> History:
        real, typical = self._real.covariates, self._typical.covariates
        if real is None or typical is None:
            return self._real
        values, attributes = typical.values.copy(), typical.attributes.copy()
        for index, player in enumerate(self.players):
            if members >> index & 1:
                values[list(player.features)] = real.values[list(player.features)]
                if player.attribute is not None:
                    attributes[player.attribute] = real.attributes[player.attribute]
        return replace(self._real, covariates=replace(real, values=values, attributes=attributes))

    def _differs(self, player: _Player) -> bool:
        real, typical = self._real.covariates, self._typical.covariates
        if real is None or typical is None:
            return False
        if player.attribute is not None:
            return not np.array_equal(real.attributes[player.attribute], typical.attributes[player.attribute])
        rows = list(player.features)
        return not np.array_equal(real.values[rows], typical.values[rows], equal_nan=True)


def _typical(history: History, players: Sequence[_Player]) -> History:
    """The history with all players at what is typical of them."""
    covariates = history.covariates
    if covariates is None:
        return history
    periods = history.values.shape[1]
    values, attributes = covariates.values.copy(), covariates.attributes.copy()
    for player in players:
        if player.attribute is not None:
            attributes[player.attribute] = _most_common(attributes[player.attribute])
        for feature in player.features:
            known_ahead = covariates.known_ahead[feature]
            replaced = slice(periods, None) if known_ahead else slice(0, periods)
            usual = np.zeros(len(values[feature])) if player.are_holidays else _median(covariates, feature, periods)
            present = ~np.isnan(values[feature, :, replaced]) & ~np.isnan(usual)[:, None]
            values[feature, :, replaced] = np.where(present, usual[:, None], values[feature, :, replaced])
    return replace(history, covariates=replace(covariates, values=values, attributes=attributes))


def _median(covariates: Covariates, feature: int, periods: int) -> Floats:
    """Per series; NaN without any value."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice")
        return np.asarray(np.nanmedian(covariates.values[feature, :, :periods], axis=1))


def _most_common(codes: Integers) -> int:
    """Of those that some item has, the first of several; -1 when none has any."""
    known = codes[codes >= 0]
    return int(np.bincount(known).argmax()) if len(known) else -1


def _same(one: Answers, other: Answers, name: str) -> bool:
    return np.array_equal(one.points[name], other.points[name], equal_nan=True) and np.array_equal(
        one.distribution(name), other.distribution(name), equal_nan=True
    )


def _joined(one: Answers, other: Answers) -> Answers:
    return Answers(one.points | other.points, one.quantiles | other.quantiles, one.failures | other.failures)


def _explanation(game: _Game, raw: Floats, series: int) -> Explanation:
    forecast, typical = game.forecast(), game.typical()
    raw = np.where(np.abs(raw) > _NOISE * np.maximum(np.abs(forecast), np.abs(typical)), raw, 0.0)
    largest = np.abs(raw).max(axis=0, initial=0.0)
    normalized = raw / np.where(largest > 0, largest, 1.0)
    rows = np.sort(np.argsort(-forecast, kind="stable")[:MOST_DETAILED])
    keys = game.panel.series.iloc[rows].reset_index(drop=True)
    names = tuple(player.name for player in game.players)
    overall = pd.DataFrame({key: [AGGREGATE] for key in keys.columns})
    table = pd.concat([overall, keys], ignore_index=True).assign(timestamp=AGGREGATE)
    columns = {}
    for index, name in enumerate(names):
        columns[f"{name}-{NORMALIZED}"] = np.append(normalized[index].mean(), normalized[index, rows])
        columns[f"{name}-{RAW}"] = np.append(np.nan, raw[index, rows])
    return Explanation(
        features=names,
        scores=pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1),
        totals=keys.assign(forecast=forecast[rows], typical=typical[rows]),
        explained=len(forecast),
        series=series,
        note=_note(game),
    )


def _note(game: _Game) -> str:
    if not game.players:
        return NOTHING_TO_EXPLAIN
    if not game.active:
        return "All scores are 0: every feature has its typical value for every series."
    if len(game.deaf) == len(game.lineup.names):
        return (
            f"All scores are 0: no candidate that counts in this predictor ({', '.join(game.lineup.names)}) answers "
            "differently with other features."
        )
    return ""
