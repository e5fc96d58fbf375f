"""The choice per series and its guard."""

from __future__ import annotations

from collections import Counter

import numpy as np

from forecast_platform.engine.backtesting import Backtest
from forecast_platform.engine.selection import select


def backtest(errors: dict[str, list[list[float]]]) -> Backtest:
    """Absolute errors as (windows × series), one step each."""
    points = {name: np.array(values)[:, :, None] for name, values in errors.items()}
    shape = next(iter(points.values())).shape
    return Backtest(tuple(range(shape[0])), np.zeros(shape), points, {name: Counter() for name in points}, 1)


def test_each_series_gets_the_candidate_with_the_smaller_loss() -> None:
    made = select(backtest({"a": [[1.0, 4.0]] * 6, "b": [[3.0, 1.0]] * 6}), slice(None), "WAPE")
    assert [made.names[index] for index in made.chosen] == ["a", "b"]


def test_one_lucky_window_of_a_short_series_does_not_beat_the_panel() -> None:
    nan = float("nan")
    good = [[1.0] * 9 + [2.0], *([[1.0] * 9 + [nan]] * 5)]
    lucky = [[3.0] * 9 + [1.5], *([[3.0] * 9 + [nan]] * 5)]
    made = select(backtest({"good": good, "lucky": lucky}), slice(None), "WAPE")
    assert {made.names[index] for index in made.chosen} == {"good"}


def test_the_metric_asked_for_decides() -> None:
    steady, spiky = np.full((6, 1, 4), 3.0), np.tile([0.0, 0.0, 0.0, 9.0], (6, 1, 1))
    actuals = np.zeros((6, 1, 4))
    made = Backtest(tuple(range(6)), actuals, {"steady": steady, "spiky": spiky}, {}, 1)
    assert select(made, slice(None), "WAPE").names[0] == "spiky"
    assert select(made, slice(None), "RMSE").names[0] == "steady"


def test_without_any_loss_the_order_of_the_candidates_decides() -> None:
    made = select(backtest({"a": [[1.0]], "b": [[0.5]]}), slice(1, None), "WAPE")
    assert (made.names, made.chosen.tolist()) == (("a", "b"), [0])


def test_a_perfect_panel_has_no_favourite() -> None:
    made = select(backtest({"a": [[0.0]], "b": [[0.0]]}), slice(None), "WAPE")
    assert made.panel_loss == {"a": 1.0, "b": 1.0}


def test_where_the_chosen_candidate_has_no_forecast_the_next_best_steps_in() -> None:
    made = select(backtest({"a": [[1.0, 1.0]] * 3, "b": [[2.0, 2.0]] * 3}), slice(None), "WAPE")
    points = {"a": np.array([[1.0], [np.nan]]), "b": np.array([[2.0], [2.0]])}
    assert made.combine(points).tolist() == [[1.0], [2.0]]
