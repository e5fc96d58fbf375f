"""Deep_AR_Plus and CNN-QR, trained for seconds on small panels."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast_platform.engine.algorithms.contract import LEVELS, Covariates, Forecasts, GlobalAlgorithm, History
from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS, read_hyperparameters
from forecast_platform.engine.algorithms.neural.cnn_qr import CnnQr
from forecast_platform.engine.algorithms.neural.deep_ar import DeepARPlus
from forecast_platform.engine.algorithms.neural.encoding import encode, learn_encoding, waves
from forecast_platform.engine.algorithms.neural.windows import Shape, Training, cut
from forecast_platform.engine.algorithms.registry import load_trained
from forecast_platform.errors import InputError
from forecast_platform.frequency import Frequency
from forecast_platform_tests.engine.series import weekly_cycle

pytest.importorskip("torch", reason="needs the extra [neural]")
pytest.importorskip("gluonts", reason="needs the extra [neural]")

HORIZON = 7
DAYS = 84
MEDIAN = int(np.argmin(np.abs(LEVELS - 0.5)))


def deep_ar(**changes: Any) -> DeepARPlus:
    return DeepARPlus(**{"epochs": 15, "learning_rate": 0.01, "num_cells": 16, "num_layers": 1, **changes})


def cnn_qr(**changes: Any) -> CnnQr:
    return CnnQr(**{"epochs": 12, "context_length": 14, **changes})


BOTH = pytest.mark.parametrize("algorithm", [deep_ar(), cnn_qr()], ids=lambda algorithm: algorithm.name)


def panel(series: int = 12, days: int = DAYS, covariates: Covariates | None = None) -> History:
    """Daily series with a weekly cycle, those of the second half ten times as large."""
    values = [weekly_cycle(days, seed=row) * (1 if row < series // 2 else 10) for row in range(series)]
    timeline = np.datetime64("2024-01-01", "ns") + np.arange(days + HORIZON) * np.timedelta64(1, "D")
    return History(np.array(values), (7,), Frequency.parse("D"), timeline, covariates)


def with_sizes(history: History) -> History:
    """With an attribute that says which half an item belongs to."""
    rows, periods = history.values.shape
    sizes = (np.arange(rows) >= rows // 2).astype(np.int64)[None]
    covariates = Covariates((), np.zeros((0, rows, periods + HORIZON)), (), ("size",), sizes, (("small", "large"),))
    return replace(history, covariates=covariates)


def with_promotions(history: History, known_ahead: bool, at_the_end: float, seed: int = 1) -> History:
    """With a flag that doubles the values: of the same day if it is known ahead, else of the week after it."""
    rows, periods = history.values.shape
    flags = np.repeat(np.random.default_rng(seed).random((rows, periods // 7 + 1)) < 0.3, 7, axis=1).astype(float)
    flags = flags[:, : periods + HORIZON]
    shift = 0 if known_ahead else HORIZON
    flags[:, periods - shift : periods - shift + HORIZON] = at_the_end
    effects = np.concatenate([np.zeros((rows, shift)), flags], axis=1)[:, :periods]
    if not known_ahead:
        flags[:, periods:] = np.nan
    covariates = Covariates(("promotion",), flags[None], (known_ahead,))
    return replace(history, values=history.values * (1 + effects), covariates=covariates)


def expected(history: History) -> Any:
    """The next week of :func:`panel` without its noise."""
    rows, periods = history.values.shape
    cycle = 20 + 5 * np.sin(2 * np.pi * np.arange(periods, periods + HORIZON) / 7)
    return np.where(np.arange(rows) < rows // 2, 1, 10)[:, None] * cycle


def quantiles_of(answer: Forecasts) -> Any:
    assert answer.quantiles is not None
    return answer.quantiles


@BOTH
def test_it_learns_the_cycle_of_series_of_different_size(algorithm: GlobalAlgorithm) -> None:
    answer = algorithm.train(panel(), HORIZON).forecast(panel(), HORIZON)
    assert answer.points.shape == (12, HORIZON)
    assert (np.abs(answer.points - expected(panel())) / expected(panel())).mean() < 0.1


@BOTH
def test_quantiles_ascend_spread_around_the_data_and_their_median_is_the_point(algorithm: GlobalAlgorithm) -> None:
    answer = algorithm.train(panel(), HORIZON).forecast(panel(), HORIZON)
    quantiles = quantiles_of(answer)
    assert quantiles.shape == (12, HORIZON, len(LEVELS))
    assert (np.diff(quantiles, axis=2) >= 0).all()
    np.testing.assert_array_equal(answer.points, quantiles[:, :, MEDIAN])
    within = (quantiles[:, :, 0] <= expected(panel())) & (expected(panel()) <= quantiles[:, :, -1])
    assert within.mean() > 0.9


@BOTH
def test_same_data_and_seed_give_the_same_bits_and_another_seed_does_not(algorithm: Any) -> None:
    short = replace(algorithm, epochs=2)
    first, second = (short.train(panel(), HORIZON).forecast(panel(), HORIZON) for _ in range(2))
    np.testing.assert_array_equal(first.quantiles, second.quantiles)
    other = replace(short, seed=1).train(panel(), HORIZON).forecast(panel(), HORIZON)
    assert not np.array_equal(first.points, other.points)


@BOTH
def test_training_leaves_the_random_numbers_and_threads_of_the_process_alone(algorithm: Any) -> None:
    import torch

    torch.manual_seed(5)
    untouched, threads = torch.rand(1), torch.get_num_threads()
    torch.manual_seed(5)
    replace(algorithm, epochs=1).train(panel(), HORIZON)
    assert torch.equal(torch.rand(1), untouched)
    assert torch.get_num_threads() == threads


@BOTH
def test_what_was_written_and_read_again_forecasts_the_same_bits(algorithm: Any) -> None:
    history = with_sizes(panel())
    trained = replace(algorithm, epochs=2).train(history, HORIZON)
    files = trained.files()
    assert b"pickle" not in b"".join(files.values())
    loaded = load_trained(algorithm.name, files)
    assert loaded.files() == files
    np.testing.assert_array_equal(
        loaded.forecast(history, HORIZON).quantiles, trained.forecast(history, HORIZON).quantiles
    )


def test_a_model_of_another_algorithm_is_refused() -> None:
    files = cnn_qr(epochs=1).train(panel(), HORIZON).files()
    with pytest.raises(ValueError, match="hold a model of CNN-QR"):
        load_trained("Deep_AR_Plus", files)


@BOTH
def test_the_forecast_of_a_series_depends_on_no_other(algorithm: Any) -> None:
    history = panel(40)
    trained = replace(algorithm, epochs=1).train(history, HORIZON)
    alone = trained.forecast(history.rows(np.array([37])), HORIZON)
    np.testing.assert_array_equal(alone.quantiles[0], trained.forecast(history, HORIZON).quantiles[37])


@BOTH
def test_nothing_is_printed_logged_or_written(
    algorithm: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    replace(algorithm, epochs=2).train(panel(), HORIZON).forecast(panel(), HORIZON)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@BOTH
def test_related_series_known_ahead_change_the_forecast_as_they_changed_the_past(algorithm: GlobalAlgorithm) -> None:
    without, promoted = (with_promotions(panel(24), True, flag) for flag in (0.0, 1.0))
    trained = algorithm.train(without, HORIZON)
    ratio = trained.forecast(promoted, HORIZON).points / trained.forecast(without, HORIZON).points
    assert 1.4 < np.median(ratio) < 2.6


def test_cnn_qr_reads_related_series_that_are_not_known_ahead() -> None:
    without, promoted = (with_promotions(panel(24), False, flag) for flag in (0.0, 1.0))
    trained = cnn_qr(epochs=20).train(without, HORIZON)
    ratio = trained.forecast(promoted, HORIZON).points / trained.forecast(without, HORIZON).points
    assert np.median(ratio) > 1.3


@pytest.mark.parametrize("known_ahead", [True, False])
def test_cnn_qr_leaves_out_what_its_hyperparameters_exclude(known_ahead: bool) -> None:
    history = with_promotions(with_sizes(panel()), known_ahead, 0.0)
    kept = "HISTORICAL" if known_ahead else "FORWARD_LOOKING"
    trained = cnn_qr(epochs=1, use_related_data=kept, use_item_metadata="NONE").train(history, HORIZON)
    assert trained.encoding.features == ()
    assert trained.encoding.attributes == ()


def test_deep_ar_does_not_use_related_series_that_are_not_known_ahead() -> None:
    trained = deep_ar(epochs=1).train(with_promotions(panel(), False, 0.0), HORIZON)
    assert trained.encoding.features == ()


@BOTH
def test_items_without_history_are_forecast_from_their_attributes(algorithm: GlobalAlgorithm) -> None:
    history = with_sizes(panel(24))
    values = history.values.copy()
    values[[0, -1]] = np.nan  # one of each size is new
    answer = algorithm.train(replace(history, values=values), HORIZON).forecast(
        replace(history, values=values), HORIZON
    )
    small, large = answer.points[0], answer.points[-1]
    assert 10 < small.mean() < 30
    assert 100 < large.mean() < 300
    assert np.isfinite(quantiles_of(answer)).all()


@BOTH
def test_an_item_of_which_nothing_is_known_gets_no_forecast(algorithm: Any) -> None:
    values = panel().values.copy()
    values[0] = np.nan
    answer = replace(algorithm, epochs=1).train(panel(), HORIZON).forecast(replace(panel(), values=values), HORIZON)
    assert np.isnan(answer.points[0]).all()
    assert np.isfinite(answer.points[1:]).all()


@BOTH
def test_gaps_zeros_and_short_series_are_allowed(algorithm: Any) -> None:
    values = panel().values.copy()
    values[0, 30:45], values[1], values[2, :-2] = np.nan, 0.0, np.nan
    history = replace(panel(), values=values)
    answer = replace(algorithm, epochs=3).train(history, HORIZON).forecast(history, HORIZON)
    assert np.isfinite(quantiles_of(answer)).all()
    assert np.abs(answer.points[1]).max() < 1


@BOTH
def test_too_few_observations_are_refused_with_what_is_needed(algorithm: GlobalAlgorithm) -> None:
    with pytest.raises(InputError, match=r"found 140 observations in 20 periods; expected at least 300"):
        algorithm.train(panel(7, days=20), HORIZON)


@BOTH
def test_a_related_series_that_is_missing_later_is_named(algorithm: Any) -> None:
    trained = replace(algorithm, epochs=1).train(with_promotions(panel(), True, 0.0), HORIZON)
    with pytest.raises(ValueError, match="'promotion'"):
        trained.forecast(panel(), HORIZON)


@pytest.mark.parametrize("likelihood", ["gaussian", "negative-binomial", "piecewise-linear", "student-T"])
def test_every_likelihood_gives_a_distribution_around_the_data(likelihood: str) -> None:
    counts = replace(panel(), values=np.round(panel().values))
    answer = deep_ar(likelihood=likelihood).train(counts, HORIZON).forecast(counts, HORIZON)
    assert (np.abs(answer.points - expected(counts)) / expected(counts)).mean() < 0.2
    quantiles = quantiles_of(answer)
    assert (quantiles[:, :, -1] > quantiles[:, :, 0]).all()


def test_the_beta_likelihood_stays_between_zero_and_one() -> None:
    shares = replace(panel(), values=panel().values / np.array([40] * 6 + [400] * 6)[:, None])
    quantiles = quantiles_of(deep_ar(likelihood="beta").train(shares, HORIZON).forecast(shares, HORIZON))
    assert 0 <= quantiles.min() < 0.5 < quantiles.max() <= 1


def test_a_likelihood_that_cannot_produce_the_values_is_refused() -> None:
    with pytest.raises(InputError, match=r"'beta' with 1008 values such as .*; expected numbers from 0 to 1"):
        deep_ar(likelihood="beta").train(panel(), HORIZON)


def test_the_negative_binomial_likelihood_is_for_whole_numbers() -> None:
    with pytest.raises(InputError, match="expected whole numbers that are not negative"):
        deep_ar(likelihood="negative-binomial").train(panel(), HORIZON)


def test_deterministic_l1_gives_points_only() -> None:
    answer = deep_ar(likelihood="deterministic-L1").train(panel(), HORIZON).forecast(panel(), HORIZON)
    assert answer.quantiles is None
    assert (np.abs(answer.points - expected(panel())) / expected(panel())).mean() < 0.1


def test_cnn_qr_refuses_a_longer_horizon_and_gives_the_start_of_a_shorter_one() -> None:
    trained = cnn_qr(epochs=1).train(panel(), HORIZON)
    with pytest.raises(ValueError, match="trained to forecast 7 periods, not 8"):
        trained.forecast(panel(), 8)
    np.testing.assert_array_equal(trained.forecast(panel(), 3).points, trained.forecast(panel(), HORIZON).points[:, :3])


@pytest.mark.parametrize(("name", "algorithm"), [("Deep_AR_Plus", DeepARPlus), ("CNN-QR", CnnQr)])
def test_the_hyperparameters_of_the_service_are_those_of_the_algorithm(name: str, algorithm: Any) -> None:
    assert algorithm(**read_hyperparameters(name, {})) == algorithm()
    assert {parameter.name for parameter in HYPERPARAMETERS[name]} <= set(vars(algorithm()))


def test_without_the_extra_the_error_names_the_install_command_and_nothing_heavy_is_imported_before() -> None:
    program = """
import sys
from forecast_platform.engine.algorithms.contract import History
from forecast_platform.engine.algorithms.neural.cnn_qr import CnnQr
from forecast_platform.engine.algorithms.neural.deep_ar import DeepARPlus
assert not {"torch", "gluonts", "lightning", "pandas"} & set(sys.modules)
sys.modules["gluonts"] = None  # what an import finds where it is not installed
for algorithm in (CnnQr(), DeepARPlus()):
    try:
        algorithm.train(History(None, ()), 7)
    except Exception as error:
        print(type(error).__name__, error)
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.count("MissingExtraError") == 2
    assert printed.count("pip install 'forecast-platform[neural]'") == 2


def test_training_never_sees_the_held_out_horizon() -> None:
    history = panel()
    shape = Shape(past=14, context=14, horizon=HORIZON)
    encoding = learn_encoding(history, True, True, True)
    end = DAYS - HORIZON
    marked = history.values.copy()
    marked[:, end:] = 1e9
    data = encode(replace(history, values=marked), HORIZON, encoding)
    training = Training(data, shape, (encoding.level, encoding.spread), False, end)
    for windows in training.batches(20, 64, np.random.default_rng(0)):
        assert (windows.target * windows.scale[:, None]).max() < 1e6
        assert windows.observed[:, 14:].any(axis=1).all()


def test_the_scale_of_a_window_comes_from_its_past_alone() -> None:
    history = panel(2)
    encoding = learn_encoding(history, True, True, True)
    data = encode(history, HORIZON, encoding)
    rows, moments = np.array([0, 1]), np.array([50, 50])
    windows = cut(data, rows, moments, Shape(14, 14, HORIZON), (encoding.level, encoding.spread))
    np.testing.assert_allclose(windows.scale, np.abs(history.values[:, 36:50]).mean(axis=1))


def test_the_level_of_an_attribute_is_learned_from_the_other_series() -> None:
    history = with_sizes(panel())
    encoding = learn_encoding(history, True, True, True)
    values = history.values.copy()
    values[0] *= 1000
    odd = encode(replace(history, values=values), HORIZON, encoding, leave_out_own=True)
    usual = encode(history, HORIZON, encoding, leave_out_own=True)
    assert odd.levels[0] == pytest.approx(usual.levels[0])
    assert odd.levels[1] > usual.levels[1]


@pytest.mark.parametrize(("frequency", "cycles"), [("15min", 5), ("H", 4), ("D", 3), ("W", 2), ("M", 1), ("Y", 0)])
def test_the_calendar_has_the_cycles_that_the_service_derives(frequency: str, cycles: int) -> None:
    timeline = np.array(["2024-01-01", "2024-07-01"], dtype="datetime64[ns]")
    assert waves(timeline, Frequency.parse(frequency), 2).shape == (2, 2 * cycles)
