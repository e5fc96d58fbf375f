"""Rules about TrainingParameters, PerformHPO and HPOConfig.

Belongs here: what may be set and searched of one algorithm's hyperparameters. Does not belong here: which
hyperparameters there are (``engine.algorithms.hyperparameters``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS, Hyperparameter
from forecast_platform.params.model import HyperparameterRange
from forecast_platform.params.schema import AMAZON_ALGORITHMS, TUNABLE_ALGORITHMS
from forecast_platform.params.shapes import Problems, child, did_you_mean, entries_at, one_of, shown, value_at

_CATEGORICAL, _CONTINUOUS, _INTEGER = (
    "CategoricalParameterRanges",
    "ContinuousParameterRanges",
    "IntegerParameterRanges",
)


@dataclass(frozen=True)
class _Written:
    """One range as it is in the file."""

    path: str
    kind: str
    entry: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return value_at(self.entry, key)


def check_hyperparameters(path: str, fields: dict[str, Any], problems: Problems, warnings: Problems) -> None:
    """Report what is wrong with the hyperparameters of a legacy predictor.

    Args:
        path: Of the predictor.
        fields: Of the predictor, as the shape has read them.
    """
    algorithm = value_at(fields, "AlgorithmArn")
    for written in _ranges(path, fields):
        _check_order(written, problems)
    if algorithm is None or value_at(fields, "PerformAutoML"):
        return
    _check_training_parameters(path, fields, algorithm, problems, warnings)
    if value_at(fields, "PerformHPO"):
        _check_tuning(path, fields, algorithm, problems)
    elif value_at(fields, "HPOConfig") is not None and fields.get("PerformHPO", False) is False:
        problems.add(f"{path}.HPOConfig", "an object", "nothing without PerformHPO true")


def hyperparameter_ranges(fields: dict[str, Any]) -> tuple[HyperparameterRange, ...]:
    """What HPOConfig asks to be tried, of a predictor without problems."""
    return tuple(
        HyperparameterRange(written["Name"], choices=tuple(written["Values"]))
        if written.kind == _CATEGORICAL
        else HyperparameterRange(
            written["Name"], float(written["MinValue"]), float(written["MaxValue"]), written["ScalingType"] or "Auto"
        )
        for written in _ranges("", fields)
    )


def _ranges(path: str, fields: dict[str, Any]) -> Iterator[_Written]:
    for kind in (_CATEGORICAL, _CONTINUOUS, _INTEGER):
        for index, entry in entries_at(fields, "HPOConfig", "ParameterRanges", kind):
            yield _Written(f"{path}.HPOConfig.ParameterRanges.{kind}[{index}]", kind, entry)


def _check_training_parameters(
    path: str, fields: dict[str, Any], algorithm: str, problems: Problems, warnings: Problems
) -> None:
    """A name that Amazon's service might know is ignored with a warning; the names of our own algorithms we know."""
    known = _known(algorithm)
    for name, text in (value_at(fields, "TrainingParameters") or {}).items():
        place = child(f"{path}.TrainingParameters", name)
        if name not in known:
            found, expected = f"the unknown hyperparameter '{name}'", _allowed_names(algorithm)
            if algorithm in AMAZON_ALGORITHMS:
                warnings.add(place, found, expected, f"It is ignored. {did_you_mean(name, known)}".rstrip())
            else:
                problems.add(place, found, expected, did_you_mean(name, known))
        elif isinstance(text, str) and not _accepts(known[name], text):
            problems.add(
                place,
                shown(text),
                f"{known[name].expected}, in double quotes",
                did_you_mean(text, known[name].choices),
            )


def _check_tuning(path: str, fields: dict[str, Any], algorithm: str, problems: Problems) -> None:
    if algorithm not in TUNABLE_ALGORITHMS:
        problems.add(
            f"{path}.PerformHPO",
            f"true for {algorithm}",
            f"true only for {one_of(TUNABLE_ALGORITHMS)}",
            "The other algorithms have no hyperparameters to optimize.",
        )
        return
    first: dict[str, str] = {}
    for written in _ranges(path, fields):
        if written["Name"] is None:
            continue
        other = first.setdefault(written["Name"], written.path)
        if other != written.path:
            problems.add(f"{written.path}.Name", f"'{written['Name']}' again", "one range each", f"{other} has it too.")
        _check_range(written, algorithm, problems)
    set_already = value_at(fields, "TrainingParameters") or {}
    if not first and all(one.name in set_already for one in HYPERPARAMETERS[algorithm] if one.tuned):
        problems.add(
            f"{path}.PerformHPO",
            "true where TrainingParameters sets everything that is tuned by default",
            "something to tune",
            "Leave hyperparameters out of TrainingParameters, or add ranges in HPOConfig.",
        )


def _check_range(written: _Written, algorithm: str, problems: Problems) -> None:
    known, name = _known(algorithm), written["Name"]
    if name not in known:
        problems.add(f"{written.path}.Name", f"'{name}'", _allowed_names(algorithm), did_you_mean(name, known))
        return
    parameter = known[name]
    if written.kind != _kind(parameter):
        problems.add(f"{written.path}.Name", f"'{name}'", f"'{name}' in {_kind(parameter)}")
    elif written.kind == _CATEGORICAL:
        for index, value in entries_at(written.entry, "Values"):
            if not _accepts(parameter, value):
                problems.add(f"{written.path}.Values[{index}]", shown(value), parameter.expected)
    else:
        for key in ("MinValue", "MaxValue"):
            value = written[key]
            if value is not None and not _accepts(parameter, str(value)):
                problems.add(f"{written.path}.{key}", shown(value), parameter.expected)
        _check_scaling(written, problems)


def _check_scaling(written: _Written, problems: Problems) -> None:
    scaling, low, high = written["ScalingType"], written["MinValue"], written["MaxValue"]
    if scaling is None or low is None or high is None:
        return
    place = f"{written.path}.ScalingType"
    if scaling == "Logarithmic" and low <= 0:
        problems.add(place, f'"Logarithmic" with the MinValue {low}', "Logarithmic only for values above 0")
    if scaling == "ReverseLogarithmic" and written.kind == _INTEGER:
        problems.add(place, '"ReverseLogarithmic"', "Auto, Linear or Logarithmic for a whole number")
    elif scaling == "ReverseLogarithmic" and not 0 <= low <= high < 1:
        problems.add(place, '"ReverseLogarithmic"', "ReverseLogarithmic only for values from 0 to less than 1")


def _check_order(written: _Written, problems: Problems) -> None:
    low, high = written["MinValue"], written["MaxValue"]
    if low is not None and high is not None and low > high:
        problems.add(f"{written.path}.MaxValue", f"{high}", f"at least the MinValue, {low}")


def _known(algorithm: str) -> dict[str, Hyperparameter]:
    return {parameter.name: parameter for parameter in HYPERPARAMETERS.get(algorithm, ())}


def _allowed_names(algorithm: str) -> str:
    known = _known(algorithm)
    return f"a hyperparameter of {algorithm} ({one_of(known)})" if known else f"nothing: {algorithm} has none"


def _accepts(parameter: Hyperparameter, text: str) -> bool:
    try:
        parameter.read(text)
    except (ValueError, KeyError):
        return False
    return True


def _kind(parameter: Hyperparameter) -> str:
    if parameter.choices or isinstance(parameter.default, bool):
        return _CATEGORICAL
    return _CONTINUOUS if isinstance(parameter.default, float) else _INTEGER
