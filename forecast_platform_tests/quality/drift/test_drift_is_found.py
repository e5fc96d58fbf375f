"""What has changed is found: level, spread, zeros, a related series; overall, and in the right items."""

from __future__ import annotations

import numpy as np

from forecast_platform.quality.drift.verdict import judge_feature
from forecast_platform_tests.quality.drift.panels import Days, autocorrelated, independent, seasonal

CHANGED = slice(0, 20)


def test_a_level_that_rises_by_thirty_percent_is_found_in_the_items_where_it_did() -> None:
    panel = independent(np.random.default_rng(1), 200, 400, 28).changed(CHANGED, 1.3)
    _, each = panel.judged()
    assert each.drifted[CHANGED].sum() >= 16
    assert each.drifted[20:].sum() == 0


def test_a_level_that_rises_everywhere_is_found_also_with_memory_and_within_a_week() -> None:
    rng = np.random.default_rng(2)
    for panel in (independent(rng, 50, 200, 7), autocorrelated(rng, 50, 400, 28)):
        together, _ = panel.changed(slice(None), 1.3).judged()
        assert together.drifted[0]
        assert together.distance[0] > together.threshold[0]


def test_a_level_that_rises_is_found_in_the_middle_of_a_season() -> None:
    values = seasonal(np.random.default_rng(3), 100, 1095 + 30)
    together, _ = Days(values, 30).judged()
    assert together.by_season[0]
    assert not together.drifted[0]
    changed, _ = Days(values, 30).changed(slice(None), 1.3).judged()
    assert changed.drifted[0]


def test_growth_does_not_hide_a_jump() -> None:
    values = independent(np.random.default_rng(4), 50, 730, 28, spread=0.1).values * np.linspace(1, 2.2, 758)
    assert Days(values, 28).changed(slice(None), 1.3).judged()[0].drifted[0]
    _, each = Days(values, 28).changed(slice(0, 25), 1.3).judged()
    assert each.drifted[:25].sum() >= 20
    assert not each.drifted[25:].any()


def test_a_spread_that_doubles_is_found() -> None:
    panel = independent(np.random.default_rng(5), 100, 400, 60)
    values = panel.values.copy()
    values[:, 400:] = 100 * (values[:, 400:] / 100) ** 2
    together, _ = Days(values, 60).judged()
    assert together.drifted[0]


def test_zeros_where_there_were_none_are_found() -> None:
    rng = np.random.default_rng(6)
    panel = independent(rng, 200, 400, 28)
    together, each = panel.changed(CHANGED, (rng.random((20, 28)) < 0.5).astype(float)).judged()
    assert each.drifted[CHANGED].sum() >= 14
    assert not each.drifted[20:].any()
    assert together.points[0] == 200 * 28


def test_one_single_series_with_thirty_values_is_enough_for_a_large_change() -> None:
    found = 0
    for seed in range(20):
        values = 100 + 10 * np.random.default_rng(seed).standard_normal((1, 60))
        found += bool(Days(values, 30).changed(slice(None), 1.3).judged()[0].drifted[0])
    assert found >= 16


def test_a_price_that_rises_and_a_promotion_that_stops_are_found() -> None:
    rng = np.random.default_rng(7)
    price = independent(rng, 30, 400, 28, spread=0.05)
    assert judge_feature(price.changed(slice(None), 1.15).values, price.windows).drifted[0]
    promotion = Days((rng.random((30, 428)) < 0.3).astype(float), 28).changed(slice(None), 0.0)
    found = judge_feature(promotion.values, promotion.windows)
    assert found.method == "categorical LInfinity"
    assert found.drifted[0]


def test_the_same_data_gives_the_same_verdict() -> None:
    panel = independent(np.random.default_rng(8), 20, 200, 14)
    first, second = panel.judged()[1], panel.judged()[1]
    assert first.threshold.tobytes() == second.threshold.tobytes()
    assert first.p_value.tobytes() == second.p_value.tobytes()
