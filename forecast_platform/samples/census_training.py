"""The model of the sample ``census``: how ``census_model.json`` came about, with scikit-learn.

Belongs here: the pipeline; ``python -m forecast_platform.samples.census_training`` writes the file anew. Does not
belong here: serving. The file is kept beside this module because scikit-learn is not in the default install, and its
solver does not give the same last digits on every machine.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from forecast_platform.samples.census_people import FEATURES, People
from forecast_platform.serving.models.linear import CategoryFeature, Feature, LinearModel, NumberFeature
from forecast_platform.serving.models.linear_document import linear_model_json, read_linear_model
from forecast_platform.serving.sklearn_export import linear_model

MODEL = Path(__file__).with_name("census_model.json")
_DIGITS = 5


def kept_model() -> LinearModel:
    """The model that is kept beside this module."""
    return read_linear_model(MODEL.read_bytes(), MODEL.name)


def fit(frame: Any, labels: Any, **options: Any) -> Any:
    """A logistic regression: numbers standardised, with their median for missing ones; texts one-hot encoded.

    Args:
        frame: A pandas frame of features.
        options: Of scikit-learn's ``LogisticRegression``.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = list(frame.select_dtypes("number").columns)
    columns = ColumnTransformer(
        [
            ("numbers", Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())]), numbers),
            ("texts", OneHotEncoder(handle_unknown="ignore"), [one for one in frame.columns if one not in numbers]),
        ]
    )
    return Pipeline([("columns", columns), ("regression", LogisticRegression(max_iter=1000, **options))]).fit(
        frame, labels
    )


def train(people: People) -> LinearModel:
    """The model of ``people``, its numbers rounded to five significant digits."""
    import pandas as pd

    frame = pd.DataFrame(people.rows, columns=list(FEATURES))
    numbers = {name: int for name in FEATURES if frame[name].str.isdecimal().all()}
    return _rounded(linear_model(fit(frame.astype(numbers), people.labels)))


def _rounded(model: LinearModel) -> LinearModel:
    return replace(
        model, intercept=_round(model.intercept), inputs=tuple(_rounded_feature(one) for one in model.inputs)
    )


def _rounded_feature(feature: Feature) -> Feature:
    if isinstance(feature, CategoryFeature):
        return replace(feature, coefficients={name: _round(number) for name, number in feature.coefficients.items()})
    missing = None if feature.missing is None else _round(feature.missing)
    mean, scale, coefficient = map(_round, (feature.mean, feature.scale, feature.coefficient))
    return NumberFeature(feature.name, mean, scale, coefficient, missing)


def _round(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


if __name__ == "__main__":
    from forecast_platform.samples.census import training_people

    MODEL.write_bytes(linear_model_json(train(training_people())))
