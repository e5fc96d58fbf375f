"""Pipelines of scikit-learn give the same predictions after they were exported."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.serving.models.linear_document import linear_model_json, read_linear_model
from forecast_platform.serving.sklearn_export import linear_model

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler  # noqa: E402


def table() -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "city": random.choice(["Ulm", "Bonn", "Köln"], 200),
            "age": random.normal(40, 10, 200).round(1),
            "hours": random.integers(1, 60, 200),
        }
    )
    return frame, (frame["age"] + 10 * (frame["city"] == "Ulm") + random.normal(0, 5, 200)).to_numpy()


def fitted(regression: Any, target: Any, numbers: Any = None, categories: Any = None) -> tuple[Any, pd.DataFrame]:
    frame, values = table()
    columns = ColumnTransformer(
        [
            ("numbers", numbers or StandardScaler(), ["age", "hours"]),
            ("categories", categories or OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ]
    )
    return Pipeline([("columns", columns), ("regression", regression)]).fit(frame, target(values)), frame


def above(values: np.ndarray) -> np.ndarray:
    return np.where(values > 45, "rich", "poor")


def scores(pipeline: Any, frame: pd.DataFrame) -> list[Any]:
    model = read_linear_model(linear_model_json(linear_model(pipeline)), "model.json")
    assert model.features == tuple(frame.columns)
    return model.predict(frame.astype(object).where(frame.notna(), None).to_numpy().tolist())


@pytest.mark.parametrize(
    "encoder", [OneHotEncoder(handle_unknown="ignore"), OneHotEncoder(drop="first"), OneHotEncoder(drop="if_binary")]
)
def test_a_logistic_regression_gives_the_same_probabilities_and_labels(encoder: Any) -> None:
    pipeline, frame = fitted(LogisticRegression(), above, categories=encoder)
    predictions = scores(pipeline, frame)
    np.testing.assert_allclose([one.score for one in predictions], pipeline.predict_proba(frame)[:, 1], rtol=1e-9)
    assert [one.label for one in predictions] == pipeline.predict(frame).tolist()


@pytest.mark.parametrize("regression", [LinearRegression(), Ridge(2.0)])
@pytest.mark.parametrize("numbers", [StandardScaler(), StandardScaler(with_mean=False), "passthrough"])
def test_a_linear_regression_gives_the_same_values(regression: Any, numbers: Any) -> None:
    pipeline, frame = fitted(regression, lambda values: values, numbers=numbers)
    np.testing.assert_allclose([one.score for one in scores(pipeline, frame)], pipeline.predict(frame), rtol=1e-9)


def test_missing_numbers_and_unknown_categories_count_as_in_the_pipeline() -> None:
    pipeline, _ = fitted(
        LogisticRegression(), above, numbers=make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    )
    odd = pd.DataFrame({"city": ["Rom", "Ulm"], "age": [np.nan, 30.0], "hours": [40.0, np.nan]})
    model = linear_model(pipeline)
    rows = [["Rom", "", "40"], ["Ulm", "30", None]]
    np.testing.assert_allclose([one.score for one in model.predict(rows)], pipeline.predict_proba(odd)[:, 1])


def test_a_category_that_the_encoder_refuses_is_refused() -> None:
    pipeline, _ = fitted(LogisticRegression(), above, categories=OneHotEncoder())
    assert linear_model(pipeline).inputs[0].unknown is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("pipeline", "told"),
    [
        (LogisticRegression, "found LogisticRegression"),
        (lambda: fitted(RandomForestClassifier(5), above)[0], "found RandomForestClassifier"),
        (lambda: fitted(LogisticRegression(), lambda values: values.astype(int) // 20)[0], "a binary logistic"),
        (lambda: fitted(LinearRegression(), lambda values: values, MinMaxScaler())[0], "found MinMaxScaler"),
        (
            lambda: fitted(LinearRegression(), lambda v: v, categories=OneHotEncoder(min_frequency=0.4))[0],
            "infrequent categories",
        ),
    ],
)
def test_what_is_not_understood_is_named(pipeline: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        linear_model(pipeline())
