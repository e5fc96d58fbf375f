"""Chronos-2 through its own package, with a tiny model of random weights that the tests make themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forecast_platform.engine.algorithms.chronos import Chronos2
from forecast_platform.engine.algorithms.contract import LEVELS, Covariates, History
from forecast_platform.forecast_service.local.pretrained import find_chronos_weights
from forecast_platform_tests.engine.series import weekly_cycle

pytest.importorskip("chronos", reason="needs the extra [chronos]")

HORIZON = 7
TRAINED_LEVELS = [0.01, *(round(step / 20, 2) for step in range(1, 20)), 0.99]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as the package saves it: two layers of 16, contexts of 64 periods, outputs of 8."""
    import torch
    from chronos.chronos2.config import Chronos2CoreConfig
    from chronos.chronos2.model import Chronos2Model

    torch.manual_seed(0)
    forecasting = {
        "context_length": 64,
        "output_patch_size": 8,
        "input_patch_size": 8,
        "input_patch_stride": 8,
        "quantiles": TRAINED_LEVELS,
        "use_reg_token": True,
        "use_arcsinh": True,
        "max_output_patches": 4,
        "time_encoding_scale": 64,
    }
    config = Chronos2CoreConfig(
        d_model=16,
        d_kv=8,
        d_ff=16,
        num_layers=2,
        num_heads=2,
        chronos_config=forecasting,
        chronos_pipeline_class="Chronos2Pipeline",
        architectures=["Chronos2Model"],
    )
    made = tmp_path_factory.mktemp("weights") / "chronos-2"
    Chronos2Model(config).save_pretrained(made)
    return made


def history(series: int = 3, days: int = 80) -> History:
    return History(np.array([weekly_cycle(days, seed=row, level=20.0 * (row + 1)) for row in range(series)]), (7,))


def with_price(price_of_the_last_week: float) -> History:
    """One series, with a price that is known ahead and a count of visitors that is not."""
    one = history(1)
    values = np.ones((2, 1, 80 + HORIZON))
    values[0, 0, 80:] = price_of_the_last_week
    values[1] = np.random.default_rng(0).random((1, 80 + HORIZON))
    values[1, 0, 80:] = np.nan
    return History(one.values, (7,), covariates=Covariates(("price", "visitors"), values, (True, False)))


def test_weights_are_found_in_the_folder_or_one_level_below(folder: Path) -> None:
    assert find_chronos_weights(folder) == folder
    assert find_chronos_weights(folder.parent) == folder


def test_without_weights_there_is_no_candidate(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert find_chronos_weights(None) is None
    assert find_chronos_weights(tmp_path / "nothing") is None
    assert find_chronos_weights(tmp_path) is None


def test_it_forecasts_ascending_quantiles_of_every_series(folder: Path) -> None:
    answer = Chronos2(folder).forecast(history(), HORIZON)
    assert answer.quantiles is not None
    assert answer.quantiles.shape == (3, HORIZON, len(LEVELS))
    assert np.isfinite(answer.quantiles).all()
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    np.testing.assert_array_equal(answer.points, answer.quantiles[:, :, 12])


def test_it_agrees_with_the_package(folder: Path) -> None:
    from chronos import BaseChronosPipeline

    values = history(1).values
    pipeline = BaseChronosPipeline.from_pretrained(folder, dtype="float32", local_files_only=True)
    expected, _ = pipeline.predict_quantiles([values[0]], prediction_length=HORIZON, quantile_levels=TRAINED_LEVELS)
    uncrossed = np.sort(expected[0][0].numpy(), axis=1)[:, [TRAINED_LEVELS.index(level) for level in (0.1, 0.5, 0.9)]]
    answer = Chronos2(folder, device="cpu").forecast(History(values, (7,)), HORIZON)
    assert answer.quantiles is not None
    ours = answer.quantiles[0][:, [np.argmin(np.abs(LEVELS - level)) for level in (0.1, 0.5, 0.9)]]
    np.testing.assert_allclose(ours, uncrossed, rtol=1e-5)


def test_the_forecast_of_a_series_depends_on_no_other(folder: Path) -> None:
    everything = history(40)
    alone = Chronos2(folder).forecast(everything.rows(np.array([37])), HORIZON)
    together = Chronos2(folder).forecast(everything, HORIZON)
    np.testing.assert_array_equal(alone.quantiles[0], together.quantiles[37])  # type: ignore[index]


def test_a_horizon_longer_than_what_the_model_was_made_for_is_rolled_out(folder: Path) -> None:
    assert np.isfinite(Chronos2(folder).forecast(history(), 50).points).all()


def test_gaps_are_allowed_and_a_series_without_history_gets_no_forecast(folder: Path) -> None:
    values = history().values.copy()
    values[0, 10:20] = np.nan
    values[1] = np.nan
    answer = Chronos2(folder).forecast(History(values, (7,)), HORIZON)
    assert np.isfinite(answer.points[[0, 2]]).all()
    assert np.isnan(answer.points[1]).all()


def test_related_series_known_ahead_change_the_forecast(folder: Path) -> None:
    cheap, dear = (Chronos2(folder).forecast(with_price(price), HORIZON).points for price in (1.0, 5.0))
    assert not np.allclose(cheap, dear)
    ignored = Chronos2(folder, use_covariates=False)
    np.testing.assert_array_equal(
        ignored.forecast(with_price(1.0), HORIZON).points, ignored.forecast(with_price(5.0), HORIZON).points
    )


def test_a_folder_without_weights_is_an_error_and_nothing_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises((OSError, ValueError)):
        Chronos2(tmp_path).forecast(history(), HORIZON)
