"""Pictures for the metadata."""

from __future__ import annotations

import struct
import warnings
from dataclasses import replace

import numpy as np
import pytest

from forecast_platform.dashboards import DashboardData
from forecast_platform.dashboards.charts import accuracy_chart, forecast_chart, impact_chart, what_if_chart
from forecast_platform.dashboards.drawing import MAX_BYTES
from forecast_platform_tests.dashboards.sample import ACCURACY, algorithm_accuracy, publication


def draw(data: DashboardData, title: str = "Electricity") -> bytes:
    return forecast_chart(data.history, data.forecast, data.forecast_types, title)


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.mark.parametrize("items", [1, 40])
def test_a_forecast_chart_fits_into_the_metadata_and_is_sharp_at_its_width(items: int):
    picture = draw(publication([f"item {n}" for n in range(items)]))
    assert len(picture) <= MAX_BYTES
    assert size(picture)[0] >= 700


def test_a_noisy_chart_is_drawn_coarser_rather_than_larger():
    data = publication([f"item {n}" for n in range(4)], points=8000, horizon=1000)
    noise = np.random.default_rng(1).normal(0, 50, len(data.history))
    noisy = replace(data, history=data.history.assign(target=data.history["target"] + noise))
    assert len(draw(noisy)) <= MAX_BYTES


def test_the_same_data_gives_the_same_picture():
    data = publication(["a", "b"])
    assert draw(data) == draw(data)


def test_names_in_any_script_are_drawn_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw(publication(["한글", "$\\frac{1}{", "🍜\n\x07", "x" * 500], stores=["매장"]), title="$ 제목")


def test_more_quantiles_a_mean_and_missing_values_are_drawn():
    data = publication(["a"], types=("p5", "p10", "p50", "p90", "p99", "mean"))
    gaps = replace(data, history=data.history.assign(target=float("nan")))
    assert draw(data) != draw(gaps)


def test_a_forecast_without_a_median_or_of_one_step_is_drawn():
    assert draw(publication(["a"], types=("p10", "p90"), horizon=1))
    assert draw(publication(["a"], types=("mean",)))


def test_nothing_to_draw_is_said_in_a_picture():
    data = publication(["a"])
    assert size(draw(replace(data, forecast=data.forecast.iloc[:0])))
    assert size(accuracy_chart({}))


def test_an_accuracy_chart_of_many_algorithms_fits_into_the_metadata():
    many = {"PredictorEvaluationResults": [algorithm_accuracy(f"Algorithm-{n}", 0.1 + n / 100) for n in range(12)]}
    assert len(accuracy_chart(many)) <= MAX_BYTES
    assert accuracy_chart(ACCURACY) == accuracy_chart(ACCURACY)


def test_impacts_in_both_directions_and_none_at_all_are_drawn():
    for impacts in ([("price", -1.0), ("holiday", 0.4), ("$x^{", 0.0)], []):
        assert 0 < len(impact_chart(impacts)) <= MAX_BYTES


@pytest.mark.parametrize(("items", "horizon"), [(1, 1), (40, 100)])
def test_a_scenario_is_drawn_beside_the_baseline(items: int, horizon: int):
    data = publication([f"item {n}" for n in range(items)], horizon=horizon)
    table = data.forecast
    for name in data.forecast_types:
        table = table.assign(**{f"{name}_what_if": table[name] * 1.1, f"{name}_difference": table[name] * 0.1})
    picture = what_if_chart(table, data.forecast_types, "sale")
    assert len(picture) <= MAX_BYTES
    assert size(picture)[0] >= 700
