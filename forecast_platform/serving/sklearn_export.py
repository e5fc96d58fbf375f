"""From a fitted scikit-learn pipeline to a linear model that needs no pickle and no scikit-learn to be served.

Belongs here: which estimators are understood, and what they mean. Does not belong here: the file (``linear_document``).
scikit-learn is not imported: whoever has a fitted pipeline has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.serving.models.linear import CategoryFeature, Feature, LinearModel, NumberFeature

_LOGISTIC = ("LogisticRegression", "LogisticRegressionCV")
_LINEAR = ("LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV")


def linear_model(pipeline: Any, threshold: float = 0.5) -> LinearModel:
    """The linear model that ``pipeline`` is.

    Args:
        pipeline: A fitted ``Pipeline`` of a ``ColumnTransformer`` and a linear or a binary logistic regression. Its
            columns go through ``StandardScaler`` or ``"passthrough"`` (numbers) or ``OneHotEncoder`` (categories), each
            perhaps after a ``SimpleImputer``. It was fitted on a frame, so that columns have names.
        threshold: From this probability on, the second class is predicted.

    Raises:
        InputError: It holds something else, which the message names.
    """
    if _name(pipeline) != "Pipeline" or len(pipeline.steps) != 2:
        raise _unusable("the pipeline", _name(pipeline), "a Pipeline of a ColumnTransformer and a regression")
    (_, columns), (_, regression) = pipeline.steps
    if _name(columns) != "ColumnTransformer":
        raise _unusable("the first step", _name(columns), "a ColumnTransformer")
    coefficients, intercept, labels = _regression(regression)
    rest = iter(coefficients)
    features = {
        feature.name: feature
        for name, transformer, names in columns.transformers_
        for feature in _features(name, transformer, names, rest)
    }
    if next(rest, None) is not None:
        raise _unusable("the regression", "more coefficients than features", "one per encoded feature")
    in_order = (features[name] for name in map(str, columns.feature_names_in_) if name in features)
    return LinearModel(tuple(in_order), intercept, labels, threshold)


def _regression(regression: Any) -> tuple[list[float], float, tuple[str | int, str | int] | None]:
    kind = _name(regression)
    if kind in _LOGISTIC and len(regression.classes_) == 2:
        first, second = regression.classes_.tolist()
        return regression.coef_[0].tolist(), float(regression.intercept_[0]), (_label(first), _label(second))
    if kind in _LINEAR and regression.coef_.ndim == 1:
        return regression.coef_.tolist(), float(regression.intercept_), None
    raise _unusable("the last step", kind, "a binary logistic regression, or a linear regression of one target")


def _label(label: Any) -> str | int:
    return int(label) if isinstance(label, int) else str(label)


def _features(name: str, transformer: Any, names: Sequence[Any], coefficients: Iterator[float]) -> Iterable[Feature]:
    columns = [str(column) for column in names]
    imputed, encoder = _unwrapped(name, transformer, len(columns))
    if encoder == "drop":
        return []
    if _passes_through(encoder) or _name(encoder) == "StandardScaler":
        return list(_numbers(columns, encoder, imputed, coefficients))
    if _name(encoder) == "OneHotEncoder":
        return list(_categories(name, columns, encoder, imputed, coefficients))
    raise _unusable(f"the transformer {name!r}", _name(encoder), "StandardScaler, OneHotEncoder or passthrough")


def _unwrapped(name: str, transformer: Any, count: int) -> tuple[list[Any], Any]:
    """What stands for missing values per column (``None`` = nothing does), and the transformer proper."""
    if _name(transformer) != "Pipeline":
        return [None] * count, transformer
    steps = [step for _, step in transformer.steps]
    if len(steps) == 2 and _name(steps[0]) == "SimpleImputer" and not steps[0].add_indicator:
        return steps[0].statistics_.tolist(), steps[1]
    found = " and ".join(map(_name, steps))
    raise _unusable(f"the transformer {name!r}", found, "a SimpleImputer without indicator, and one transformer")


def _numbers(
    columns: list[str], scaler: Any, imputed: list[Any], coefficients: Iterator[float]
) -> Iterator[NumberFeature]:
    # A scaler that does not centre has means all the same.
    means = scaler.mean_ if getattr(scaler, "with_mean", False) else None
    scales = scaler.scale_ if getattr(scaler, "with_std", False) else None
    for index, column in enumerate(columns):
        mean = 0.0 if means is None else float(means[index])
        scale = 1.0 if scales is None else float(scales[index])
        missing = None if imputed[index] is None else float(imputed[index])
        yield NumberFeature(column, mean, scale, next(coefficients), missing)


def _categories(
    name: str, columns: list[str], encoder: Any, imputed: list[Any], coefficients: Iterator[float]
) -> Iterator[CategoryFeature]:
    if getattr(encoder, "infrequent_categories_", None) is not None and any(
        infrequent is not None for infrequent in encoder.infrequent_categories_
    ):
        raise _unusable(f"the transformer {name!r}", "infrequent categories", "an OneHotEncoder without them")
    unknown = None if encoder.handle_unknown == "error" else 0.0
    dropped = [None] * len(columns) if encoder.drop_idx_ is None else encoder.drop_idx_.tolist()
    for column, categories, drop, missing in zip(columns, encoder.categories_, dropped, imputed, strict=True):
        values = {
            str(category): 0.0 if index == drop else next(coefficients) for index, category in enumerate(categories)
        }
        if missing is not None and str(missing) in values:
            values.setdefault("", values[str(missing)])
        yield CategoryFeature(column, values, unknown)


def _passes_through(transformer: Any) -> bool:
    """Fitting turns ``"passthrough"`` into a FunctionTransformer without a function."""
    is_function = _name(transformer) == "FunctionTransformer"
    return transformer == "passthrough" if isinstance(transformer, str) else is_function and transformer.func is None


def _name(estimator: Any) -> str:
    return estimator if isinstance(estimator, str) else type(estimator).__name__


def _unusable(where: str, found: str, expected: str) -> InputError:
    return InputError("The pipeline cannot be exported.", [Problem(where, found, expected)])
