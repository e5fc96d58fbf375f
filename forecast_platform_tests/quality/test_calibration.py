"""Calibrated forecasts raise no more alarms than designed, and those that are not are found; all with fixed seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from forecast_platform.quality.calibration import (
    binomial_band,
    discoveries,
    effective_observations,
    judge_series,
    judge_share,
)

SEEDS = range(20)
INNER = norm.ppf(0.9)
"""80 % of standard normal errors are between minus and plus this."""


def errors(
    seed: int, series: int, steps: int, windows: int, *, persistence: float = 0.0, common: float = 0.0
) -> np.ndarray:
    """Standard normal errors, (windows × series × steps).

    Args:
        persistence: Correlation of neighbouring steps.
        common: Share of the variance that all series have in common.
    """
    random = np.random.default_rng(seed)

    def persistent(shape: tuple[int, ...]) -> np.ndarray:
        values = random.normal(size=shape)
        for step in range(1, shape[-1]):
            fresh = np.sqrt(1 - persistence**2) * values[..., step]
            values[..., step] = persistence * values[..., step - 1] + fresh
        return values

    own, shared = persistent((windows, series, steps)), persistent((windows, 1, steps))
    return np.asarray(np.sqrt(1 - common) * own + np.sqrt(common) * shared)


def periods(found: np.ndarray) -> pd.DataFrame:
    """Errors as counts per window and step."""
    windows, series, steps = found.shape
    inside = (np.abs(found) <= INNER).sum(axis=1).ravel()
    window = np.repeat(np.arange(windows), steps)
    return pd.DataFrame({"window": window, "observations": series, "closed": inside, "opened": inside})


def per_series(found: np.ndarray) -> pd.DataFrame:
    """Errors as counts per window and series."""
    windows, series, steps = found.shape
    inside = (np.abs(found) <= INNER).sum(axis=2).ravel()
    items = np.tile(np.arange(series), windows)
    return pd.DataFrame({"item_id": items, "observations": steps, "closed": inside, "opened": inside})


def test_the_band_is_the_binomial_one_and_narrows_with_the_observations() -> None:
    low, high = binomial_band(0.8, 100, false_alarms=0.05, tolerance=0.0)
    assert (low, high) == (binom.ppf(0.025, 100, 0.8) / 100, binom.ppf(0.975, 100, 0.8) / 100)
    widths = [high - low for low, high in (binomial_band(0.8, number) for number in (20, 100, 2000, 10**6))]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == pytest.approx(0.04, abs=0.01), "the tolerance stays"
    assert binomial_band(0.8, 0.5) == (0.0, 1.0)


@pytest.mark.parametrize(
    "panel",
    [
        {"series": 1, "steps": 7, "windows": 10},
        {"series": 50, "steps": 7, "windows": 4},
        {"series": 50, "steps": 7, "windows": 4, "persistence": 0.6},
        {"series": 50, "steps": 7, "windows": 10, "persistence": 0.6, "common": 0.3},
        {"series": 20, "steps": 24, "windows": 5, "persistence": 0.8, "common": 0.3},
        {"series": 200, "steps": 1, "windows": 40, "common": 0.3},
    ],
    ids=str,
)
def test_calibrated_intervals_are_not_blamed(panel: dict[str, float]) -> None:
    alarms = [seed for seed in SEEDS if not judge_share(periods(errors(seed, **panel)), 0.8).holds]  # type: ignore[arg-type]
    assert alarms == []


@pytest.mark.parametrize(("wrong", "side"), [(1.8, "low"), (0.5, "high")], ids=["too narrow", "too wide"])
def test_intervals_that_are_not_what_they_promise_are_found(wrong: float, side: str) -> None:
    for seed in SEEDS:
        verdict = judge_share(periods(wrong * errors(seed, 50, 7, 10, persistence=0.5, common=0.1)), 0.8)
        assert not verdict.holds
        assert (verdict.closed < verdict.low) == (side == "low")


@pytest.mark.parametrize(("steps", "windows", "shifted"), [(7, 10, 3), (7, 10, 5), (1, 40, 12)])
def test_a_change_in_the_middle_is_not_taken_for_errors_that_go_together(
    steps: int, windows: int, shifted: int
) -> None:
    for seed in SEEDS:
        found = errors(seed, 50, steps, windows, persistence=0.5)
        found[-shifted:] *= 2.5
        verdict = judge_share(periods(found), 0.8)
        assert not verdict.holds
        assert verdict.windows <= 2 * shifted


def test_errors_that_go_together_are_fewer_observations() -> None:
    def effective(**how: float) -> float:
        found = periods(errors(1, 50, 7, 10, **how))
        inside, count = (found[name].to_numpy(dtype=np.float64) for name in ("closed", "observations"))
        return effective_observations(inside, count, found["window"].to_numpy(), 0.8)

    alone = effective()
    assert 2000 < alone <= 3500
    assert effective(persistence=0.9) < alone
    assert effective(common=0.5) < alone / 5


def test_zeros_on_the_bounds_of_sparse_demand_are_not_an_interval_that_is_too_wide() -> None:
    rows = periods(errors(1, 50, 7, 10)).assign(closed=50, opened=35)
    assert judge_share(rows, 0.8).holds
    assert not judge_share(rows.assign(opened=50), 0.8).holds
    assert not judge_share(rows.assign(closed=35), 0.8).holds


@pytest.mark.parametrize(
    "found",
    [
        periods(3 * errors(1, 50, 20, 1)),
        periods(3 * errors(1, 50, 4, 2)),
        periods(errors(1, 50, 7, 4)).assign(observations=0, closed=0, opened=0),
        periods(errors(1, 50, 7, 4)).head(0),
    ],
    ids=["one window", "eight periods", "no actuals", "no rows"],
)
def test_too_little_to_judge_passes_and_says_so(found: pd.DataFrame) -> None:
    verdict = judge_share(found, 0.8)
    assert verdict.holds
    assert not verdict.judged


def test_of_five_thousand_calibrated_items_none_is_named() -> None:
    for seed in SEEDS:
        for persistence in (0.0, 0.6):
            found = judge_series(per_series(errors(seed, 5000, 7, 4, persistence=persistence)), ["item_id"], 0.8)
            assert (found["observations"] == 28).all()
            assert found["is_off"].sum() == 0
            assert (found["closed"] / 28 < 0.7).mean() > 0.05, "which a fixed limit would have named"


def test_items_whose_intervals_are_far_too_narrow_are_named_and_hardly_any_other() -> None:
    wrong, others = 0, 0
    for seed in SEEDS:
        found = errors(seed, 500, 14, 6, persistence=0.4)
        found[:, :10] *= 3
        off = judge_series(per_series(found), ["item_id"], 0.8)["is_off"].to_numpy()
        wrong, others = wrong + off[:10].sum(), others + off[10:].sum()
    assert wrong == 10 * len(SEEDS)
    assert others <= 0.02 * wrong


def test_one_window_names_no_item() -> None:
    found = errors(1, 5, 14, 1)
    found[:, 0] *= 100
    assert not judge_series(per_series(found), ["item_id"], 0.8)["is_off"].any()


def test_discoveries_by_hand() -> None:
    p_values = np.array([0.04, 0.0001, 0.015, 0.9])
    assert discoveries(p_values, rate=0.05).tolist() == [False, True, True, False]
    assert discoveries(np.array([]), rate=0.05).tolist() == []
