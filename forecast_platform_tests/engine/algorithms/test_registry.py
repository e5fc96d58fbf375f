"""Algorithms by the names that ``AlgorithmArn`` may say."""

from __future__ import annotations

import pytest

from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS
from forecast_platform.engine.algorithms.registry import REGISTRY, candidates, load_trained
from forecast_platform.errors import InputError, MissingExtraError

SERVICE = {"ARIMA", "CNN-QR", "Deep_AR_Plus", "ETS", "NPTS", "Prophet"}


def names(algorithm: str, seasons: tuple[int, ...]) -> list[str]:
    return [candidate.name for candidate in candidates(algorithm, seasons)]


def test_every_algorithm_of_the_service_is_there() -> None:
    assert set(REGISTRY) >= SERVICE


@pytest.mark.parametrize("algorithm", REGISTRY)
def test_every_name_becomes_a_candidate_where_there_is_a_season(algorithm: str) -> None:
    try:
        made = candidates(algorithm, (7,))
    except MissingExtraError as error:
        pytest.skip(str(error))
    assert made
    assert len({candidate.name for candidate in made}) == len(made)


def test_only_hyperparameters_of_algorithms_that_exist_are_known() -> None:
    assert set(HYPERPARAMETERS) <= set(REGISTRY)


def test_seasonal_naive_stands_for_every_season_of_the_frequency_and_for_none() -> None:
    assert names("SeasonalNaive", (24, 168)) == ["SeasonalNaive_168", "SeasonalNaive_24", "SeasonalNaive_1"]
    assert names("SeasonalNaive", ()) == ["SeasonalNaive_1"]


def test_smoothing_is_tried_additively_and_multiplicatively() -> None:
    assert names("HoltWinters", (12,)) == ["HoltWinters", "HoltWintersMultiplicative"]


def test_what_needs_a_season_is_no_candidate_where_there_is_none() -> None:
    assert names("MSTL", ()) == []


def test_hyperparameters_reach_the_algorithm() -> None:
    (npts,) = candidates("NPTS", (7,), {"kernel_type": "uniform", "context_length": "30"})
    assert (npts.kernel_type, npts.context_length) == ("uniform", 30)  # type: ignore[union-attr]


def test_a_hyperparameter_of_another_algorithm_is_refused() -> None:
    with pytest.raises(InputError, match="epochs"):
        candidates("NPTS", (7,), {"epochs": "3"})


def test_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        candidates("Magic", (7,))
    with pytest.raises(KeyError, match="ETS is not an algorithm that is trained"):
        load_trained("ETS", {})
