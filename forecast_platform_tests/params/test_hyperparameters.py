"""TrainingParameters, PerformHPO and HPOConfig against the hyperparameters that the algorithms have."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS
from forecast_platform.engine.algorithms.registry import REGISTRY
from forecast_platform.params import HyperparameterRange
from forecast_platform.params.schema import ALGORITHMS, AMAZON_ALGORITHMS, TUNABLE_ALGORITHMS
from forecast_platform_tests.params.documents import Json, legacy, message, messages, minimal, params, parsed

RANGES = "params.json: $.Predictor.HPOConfig.ParameterRanges"


def with_training_parameters(algorithm: str, **hyperparameters: str) -> Json:
    document = minimal()
    document["Predictor"]["AlgorithmArn"] = f"arn:aws:forecast:::algorithm/{algorithm}"
    document["Predictor"]["TrainingParameters"] = hyperparameters
    return document


def with_range(kind: str, algorithm: str = "Deep_AR_Plus", **entry: Any) -> Json:
    document = with_training_parameters(algorithm)
    document["Predictor"] |= {"PerformHPO": True, "HPOConfig": {"ParameterRanges": {f"{kind}ParameterRanges": [entry]}}}
    return document


def test_every_algorithm_of_the_local_service_can_be_chosen_and_no_other() -> None:
    # Chronos-2 has no line in the registry: it needs weights, which only the service can find.
    assert set(ALGORITHMS) == {*REGISTRY, "Chronos-2"}
    assert len(set(ALGORITHMS)) == len(ALGORITHMS)


def test_the_algorithms_that_are_tuned_are_those_of_the_service_and_ours() -> None:
    assert set(HYPERPARAMETERS) <= set(ALGORITHMS)
    assert {"CNN-QR", "Deep_AR_Plus"} == set(TUNABLE_ALGORITHMS) & set(AMAZON_ALGORITHMS)


def test_reading_parameters_loads_no_library_of_an_algorithm() -> None:
    heavy = ("numpy", "pandas", "statsforecast", "lightgbm", "torch", "optuna")
    program = f"import sys, forecast_platform.params; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("algorithm", "name", "text"),
    [
        ("Deep_AR_Plus", "likelihood", "student-t"),
        ("Deep_AR_Plus", "learning_rate", "1e-3"),
        ("NPTS", "use_seasonal_model", "False"),
        ("NPTS", "context_length", "63"),
        ("CNN-QR", "use_related_data", "FORWARD_LOOKING"),
    ],
)
def test_a_hyperparameter_is_read_as_the_service_writes_it(algorithm: str, name: str, text: str) -> None:
    view = parsed(with_training_parameters(algorithm, **{name: text}))

    assert view.warnings == ()
    assert view.params.training_parameters == {name: text}


@pytest.mark.parametrize(
    ("algorithm", "name", "text", "said"),
    [
        ("Deep_AR_Plus", "epochs", "many", 'found "many"; expected a whole number from 1 to 100000, in double quotes.'),
        ("Deep_AR_Plus", "epochs", "0", 'found "0"; expected a whole number from 1 to 100000'),
        ("Deep_AR_Plus", "epochs", "1.5", 'found "1.5"; expected a whole number'),
        ("Deep_AR_Plus", "learning_rate", "nan", 'found "nan"; expected a number from 1e-06 to 1'),
        ("Deep_AR_Plus", "likelihood", "students-T", "Did you mean 'student-T'?"),
        ("NPTS", "use_seasonal_model", "perhaps", 'found "perhaps"; expected true or false, in double quotes.'),
        ("CNN-QR", "context_length", "5", 'found "5"; expected a whole number from 10 to 500'),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(algorithm: str, name: str, text: str, said: str) -> None:
    problem = message(with_training_parameters(algorithm, **{name: text}))

    assert problem.startswith(f"params.json: $.Predictor.TrainingParameters.{name}: ")
    assert said in problem


def test_a_name_that_an_algorithm_of_amazon_does_not_have_is_ignored_with_a_warning() -> None:
    (warning,) = parsed(with_training_parameters("NPTS", kernel_typ="uniform")).warnings

    assert str(warning) == (
        "params.json: $.Predictor.TrainingParameters.kernel_typ: found the unknown hyperparameter 'kernel_typ'; "
        "expected a hyperparameter of NPTS (context_length, kernel_type, exp_kernel_weights, use_seasonal_model or "
        "use_default_time_features). It is ignored. Did you mean 'kernel_type'?"
    )
    (warning,) = parsed(with_training_parameters("ETS", alpha="0.1")).warnings
    assert "expected nothing: ETS has none. It is ignored." in str(warning)


def test_a_name_that_an_algorithm_of_ours_does_not_have_is_refused() -> None:
    assert "found the unknown hyperparameter 'alpha'; expected nothing: Theta has none." in message(
        with_training_parameters("Theta", alpha="0.1")
    )


def test_hyperparameters_are_optimized_only_where_there_are_some() -> None:
    document = minimal()
    document["Predictor"]["PerformHPO"] = True

    assert "found true for ETS; expected true only for " in message(document)


def test_there_must_be_something_to_tune() -> None:
    everything = {"context_length": "20", "use_related_data": "ALL", "use_item_metadata": "ALL"}
    document = with_training_parameters("CNN-QR", **everything)
    document["Predictor"]["PerformHPO"] = True

    assert "$.Predictor.PerformHPO: found true where TrainingParameters sets everything that is tuned" in message(
        document
    )
    del document["Predictor"]["TrainingParameters"]["context_length"]
    assert params(document).perform_hpo


def test_ranges_are_part_of_the_parameters() -> None:
    assert params(legacy()).hpo_ranges == (
        HyperparameterRange("likelihood", choices=("gaussian", "student-T")),
        HyperparameterRange("learning_rate", 1e-5, 0.1, "Logarithmic"),
        HyperparameterRange("epochs", 10, 100, "Auto"),
    )
    assert params(minimal()).hpo_ranges == ()


def test_ranges_need_the_optimization_and_the_right_order() -> None:
    backwards, off = legacy(), legacy()
    backwards["Predictor"]["HPOConfig"]["ParameterRanges"]["IntegerParameterRanges"][0]["MinValue"] = 101
    off["Predictor"]["PerformHPO"] = False

    assert "IntegerParameterRanges[0].MaxValue: found 100; expected at least the MinValue, 101." in message(backwards)
    assert "$.Predictor.HPOConfig: found an object; expected nothing without PerformHPO true." in message(off)


@pytest.mark.parametrize(
    ("kind", "entry", "said"),
    [
        ("Integer", {"Name": "epoch", "MinValue": 1, "MaxValue": 2}, "[0].Name: found 'epoch'; expected a hyperparame"),
        ("Integer", {"Name": "epoch", "MinValue": 1, "MaxValue": 2}, "Did you mean 'epochs'?"),
        (
            "Continuous",
            {"Name": "num_cells", "MinValue": 30, "MaxValue": 100},
            "[0].Name: found 'num_cells'; expected 'num_cells' in IntegerParameterRanges.",
        ),
        (
            "Integer",
            {"Name": "num_layers", "MinValue": 1, "MaxValue": 50},
            "[0].MaxValue: found 50; expected a whole number from 1 to 20.",
        ),
        (
            "Categorical",
            {"Name": "likelihood", "Values": ["gaussian", "poisson"]},
            '[0].Values[1]: found "poisson"; expected one of beta, deterministic-L1, gaussian',
        ),
        (
            "Integer",
            {"Name": "num_cells", "MinValue": 30, "MaxValue": 100, "ScalingType": "ReverseLogarithmic"},
            'found "ReverseLogarithmic"; expected Auto, Linear or Logarithmic for a whole number.',
        ),
        (
            "Continuous",
            {"Name": "learning_rate", "MinValue": 0.1, "MaxValue": 1, "ScalingType": "ReverseLogarithmic"},
            'found "ReverseLogarithmic"; expected ReverseLogarithmic only for values from 0 to less than 1.',
        ),
        (
            "Integer",
            {"Name": "max_learning_rate_decays", "MinValue": 0, "MaxValue": 9, "ScalingType": "Logarithmic"},
            'found "Logarithmic" with the MinValue 0; expected Logarithmic only for values above 0.',
        ),
    ],
)
def test_a_range_that_cannot_be_searched_is_refused(kind: str, entry: Json, said: str) -> None:
    problem = message(with_range(kind, **entry))

    assert problem.startswith(f"{RANGES}.{kind}ParameterRanges[0]")
    assert said in problem


def test_a_hyperparameter_has_one_range() -> None:
    document = with_range("Integer", Name="epochs", MinValue=1, MaxValue=2)
    ranges = document["Predictor"]["HPOConfig"]["ParameterRanges"]
    ranges["IntegerParameterRanges"].append(dict(ranges["IntegerParameterRanges"][0]))

    (problem,) = messages(document)
    assert problem == (
        f"{RANGES}.IntegerParameterRanges[1].Name: found 'epochs' again; expected one range each. "
        "$.Predictor.HPOConfig.ParameterRanges.IntegerParameterRanges[0] has it too."
    )
