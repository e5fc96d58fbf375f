"""Models from files: what is served, what is refused at the start and why, and whether numbers are right."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast_platform.errors import InputError
from forecast_platform.serving.models import load_model
from forecast_platform.serving.models.linear import CategoryFeature, LinearModel, NumberFeature
from forecast_platform.serving.models.linear_document import linear_model_json, read_linear_model
from forecast_platform.serving.refusal import RefusedError
from forecast_platform_tests.serving.running import LINEAR, write_linear


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(json.dumps(LINEAR))
    change(document)
    return json.dumps(document).encode()


class TestLinearModels:
    def test_a_score_is_the_logistic_function_of_the_sum(self) -> None:
        model = read_linear_model(json.dumps(LINEAR).encode(), "model.json")
        (prediction,) = model.predict([["50", "smith"]])
        assert prediction.score == pytest.approx(1 / (1 + math.exp(-(0.25 + 1.5 - 0.5))))
        assert prediction.label == "yes"

    @pytest.mark.parametrize(("age", "label"), [(1e6, "yes"), (-1e6, "no")])
    def test_far_away_it_neither_overflows_nor_leaves_0_to_1(self, age: float, label: str) -> None:
        (prediction,) = read_linear_model(json.dumps(LINEAR).encode(), "model.json").predict([[age, "x"]])
        assert isinstance(prediction.score, float)
        assert 0.0 <= prediction.score <= 1.0
        assert prediction.label == label

    def test_a_sum_that_overflows_is_refused(self) -> None:
        model = LinearModel((NumberFeature("a", 0, 1, 1e300),), 0.0)
        with pytest.raises(RefusedError, match="row 1: found numbers whose sum overflows"):
            model.predict([[1e300]])

    def test_a_missing_value_is_refused_where_the_model_has_no_stand_in(self) -> None:
        model = LinearModel((NumberFeature("a", 0, 1, 1), CategoryFeature("b", {"x": 1.0, "y": 2.0}, None)), 0.0)
        with pytest.raises(RefusedError) as refused:
            model.predict([["", "z"], [1, "x"]])
        assert refused.value.status == HTTPStatus.BAD_REQUEST
        assert 'row 1, a: found ""; expected a number' in refused.value.message
        assert 'row 1, b: found "z"; expected "x" or "y"' in refused.value.message

    def test_a_model_comes_back_from_its_file_as_it_was(self) -> None:
        for labels in (("a", "b"), (0, 1), None):
            model = LinearModel(
                (NumberFeature("n", 1.5, 2.5, -0.1, None), CategoryFeature("c", {"": 1.0, "ü": -2.0}, None)),
                0.5,
                labels,
            )
            assert read_linear_model(linear_model_json(model), "model.json") == model

    def test_a_number_that_is_not_finite_is_not_written(self) -> None:
        with pytest.raises(InputError, match="not finite"):
            linear_model_json(LinearModel((NumberFeature("n", math.nan, 1, 1),), 0.0))

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (lambda d: d.update(format="other"), "$.format"),
            (lambda d: d.update(version=2), "$.version: found 2; expected a whole number from 1 to 1"),
            (lambda d: d.pop("intercept"), "$.intercept: found nothing"),
            (lambda d: d.update(intercept="1"), "$.intercept"),
            (lambda d: d.pop("labels"), "$.labels: found nothing"),
            (lambda d: d.update(labels=["a"]), "1 labels"),
            (lambda d: d.update(labels=["a", "a"]), "different labels"),
            (lambda d: d.update(labels=[True, 1]), "$.labels[0]"),
            (lambda d: d.update(threshold=2), "$.threshold: found 2"),
            (lambda d: d.update(kind="linear_regression"), "$.labels: found a value"),
            (lambda d: d.update(features=[]), "0 features"),
            (lambda d: d["features"][0].update(scale=0), "$.features[0].scale: found 0; expected a number above 0"),
            (lambda d: d["features"][0].update(coefficients={}), "the unknown key"),
            (lambda d: d["features"][0].update(type="text"), "$.features[0].type"),
            (lambda d: d["features"][1].update(coefficients={"a": None}), "$.features[1].coefficients.a"),
            (lambda d: d["features"][1].update(name="age"), "different features"),
            (lambda d: d["features"].append(7), "$.features[2]"),
        ],
    )
    def test_a_file_that_is_not_right_is_refused_with_the_place(
        self, change: Callable[[dict[str, Any]], object], told: str
    ) -> None:
        with pytest.raises(InputError) as refused:
            read_linear_model(changed(change), "model.json")
        assert told in str(refused.value)

    def test_all_that_is_wrong_is_told_at_once(self) -> None:
        with pytest.raises(InputError) as refused:
            read_linear_model(changed(lambda d: d.update(version=9, intercept=None, threshold=-1)), "model.json")
        assert len(refused.value.problems) == 3

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": NaN}'])
    def test_what_is_no_such_document_is_bad_input(self, data: bytes) -> None:
        with pytest.raises(InputError):
            read_linear_model(data, "model.json")


class TestLightGbm:
    @pytest.fixture(scope="class")
    def trained(self) -> tuple[Any, np.ndarray]:
        import lightgbm

        rows = np.random.default_rng(0).random((300, 3))
        data = lightgbm.Dataset(rows, label=rows[:, 0] > 0.5, feature_name=["a", "b", "c"])
        options = {"objective": "binary", "num_threads": 1, "deterministic": True, "verbosity": -1, "num_leaves": 4}
        return lightgbm.train(options, data, 5), rows

    def test_its_scores_are_those_of_the_booster(self, trained: tuple[Any, np.ndarray], tmp_path: Path) -> None:
        booster, rows = trained
        booster.save_model(tmp_path / "model.txt")
        body = "\n".join(",".join(map(repr, row)) for row in rows[:20].tolist())
        answer = load_model(tmp_path).answer(body.encode(), "text/csv", "")
        assert [float(line) for line in answer.body.split(b"\n")] == booster.predict(rows[:20]).tolist()

    def test_an_empty_cell_is_a_missing_value_and_a_word_is_refused(
        self, trained: tuple[Any, np.ndarray], tmp_path: Path
    ) -> None:
        trained[0].save_model(tmp_path / "any.txt")
        model = load_model(tmp_path / "any.txt")
        answer = model.answer(b'{"a": null, "b": 1, "c": 2}', "application/json", "")
        assert set(json.loads(answer.body)["predictions"][0]) == {"score", "predicted_label"}
        with pytest.raises(RefusedError, match='row 1, b: found "x"'):
            model.answer(b"1,x,2", "text/csv", "")

    @pytest.mark.parametrize("data", [b"", b"some text", b"tree\nversion=v4\nnum_class=1\n"])
    def test_another_text_is_bad_input(self, data: bytes, tmp_path: Path) -> None:
        (tmp_path / "model.txt").write_bytes(data)
        with pytest.raises(InputError, match="a LightGBM text model"):
            load_model(tmp_path)

    def test_categories_of_pandas_are_refused_because_their_codes_would_be_guessed(self, tmp_path: Path) -> None:
        import lightgbm
        import pandas as pd

        frame = pd.DataFrame({"a": pd.Categorical(["x", "y"] * 50), "b": range(100)})
        booster = lightgbm.train(
            {"objective": "regression", "verbosity": -1, "num_threads": 1}, lightgbm.Dataset(frame, frame["b"]), 2
        )
        booster.save_model(tmp_path / "model.txt")
        with pytest.raises(InputError, match="categories of pandas"):
            load_model(tmp_path)


class TestScripts:
    def model(self, folder: Path, source: str) -> Any:
        (folder / "code").mkdir()
        (folder / "code" / "inference.py").write_text(source)
        return load_model(folder)

    def test_the_four_functions_are_called_as_sagemaker_calls_them(self, tmp_path: Path) -> None:
        source = """
import os
from helper import double
def model_fn(model_dir): return os.path.basename(model_dir)
def input_fn(body, content_type): return body, content_type
def predict_fn(data, model): return double((data, model))
def output_fn(prediction, accept): return repr((prediction, accept))
"""
        (tmp_path / "code").mkdir()
        (tmp_path / "code" / "helper.py").write_text("def double(value): return value, value")
        (tmp_path / "code" / "inference.py").write_text(source)
        answer = load_model(tmp_path).answer(b"x", "a/b", "c/d")
        said = ((b"x", "a/b"), tmp_path.name)
        assert answer.body.decode() == repr(((said, said), "c/d"))
        assert answer.content_type == "c/d"

    def test_functions_that_are_missing_have_defaults_for_csv_and_json(self, tmp_path: Path) -> None:
        source = """
class Sum:
    def predict(self, rows): return [sum(row) for row in rows]
def model_fn(model_dir): return Sum()
"""
        model = self.model(tmp_path, source)
        assert model.answer(b"1,2\n3,4", "text/csv", "text/csv").body == b"3.0\n7.0\n"
        assert model.answer(b"[[1, 2]]", "application/json", "").body == b"[3]"
        with pytest.raises(RefusedError) as refused:
            model.answer(b"1,x", "text/csv", "")
        assert refused.value.status == HTTPStatus.BAD_REQUEST

    def test_transform_fn_takes_the_place_of_the_three(self, tmp_path: Path) -> None:
        source = """
def model_fn(model_dir): return "m"
def transform_fn(model, body, content_type, accept): return body + b"!", "text/plain"
"""
        answer = self.model(tmp_path, source).answer(b"x", "text/csv", "")
        assert (answer.body, answer.content_type) == (b"x!", "text/plain")

    @pytest.mark.parametrize(
        ("source", "told"),
        [
            ("def predict_fn(data, model): ...", "no function model_fn"),
            ("import nothing_of_this_name", "nothing_of_this_name"),
            ("def model_fn(folder): raise RuntimeError('no weights')", "RuntimeError: no weights"),
            ("def model_fn(", "SyntaxError"),
        ],
    )
    def test_a_script_that_cannot_be_used_is_bad_input_at_the_start(
        self, source: str, told: str, tmp_path: Path
    ) -> None:
        with pytest.raises(InputError) as refused:
            self.model(tmp_path, source)
        assert told in str(refused.value)


class TestLoading:
    def test_a_file_and_a_folder_with_one_are_the_same(self, tmp_path: Path) -> None:
        folder = write_linear(tmp_path / "model")
        for path in (folder, folder / "model.json"):
            assert load_model(path).answer(b"40,x", "text/csv", "").body.startswith(b"0.56")

    def test_a_pickle_is_never_loaded(self, tmp_path: Path) -> None:
        trap = tmp_path / "trap"
        (tmp_path / "model.joblib").write_bytes(pickle.dumps(_Trap(trap)))
        for path in (tmp_path, tmp_path / "model.joblib"):
            with pytest.raises(InputError, match="A pickle runs code"):
                load_model(path)
        assert not trap.exists()

    def test_a_folder_without_a_model_says_what_is_in_it(self, tmp_path: Path) -> None:
        (tmp_path / "notes.md").touch()
        with pytest.raises(InputError, match=r"found notes\.md; expected inference\.py"):
            load_model(tmp_path)

    def test_of_several_models_none_is_guessed(self, tmp_path: Path) -> None:
        for name in ("a.json", "b.json"):
            (tmp_path / name).write_text(json.dumps(LINEAR))
        with pytest.raises(InputError, match=r"a\.json, b\.json"):
            load_model(tmp_path)


class _Trap:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)
