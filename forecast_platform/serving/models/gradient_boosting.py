"""LightGBM models from their text files.

Belongs here: rows for LightGBM, and what its answers mean. Does not belong here: training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.params.shapes import shown
from forecast_platform.serving.payloads import Cell, Prediction, Row
from forecast_platform.serving.refusal import bad_payload

_HEAD = b"tree\n"


class LightGbmModel:
    """A LightGBM model of numeric features; an empty cell is a missing value.

    Args:
        path: What ``Booster.save_model`` wrote.

    Raises:
        InputError: It is not such a file, or it was trained on pandas categories, whose codes are not known here.
    """

    def __init__(self, path: Path) -> None:
        import lightgbm

        # LightGBM aborts the process on some files that are something else.
        if path.read_bytes()[: len(_HEAD)] != _HEAD:
            raise _unusable(path, "another beginning", "a LightGBM text model, which begins with 'tree'")
        try:
            self._booster: Any = lightgbm.Booster(model_file=str(path))
        except lightgbm.basic.LightGBMError as error:
            raise _unusable(path, str(error), "a LightGBM text model") from error
        if any(self._booster.pandas_categorical or ()):
            raise _unusable(
                path,
                "categories of pandas",
                "numeric features",
                "Encode categories as numbers before training, or serve it with an inference.py.",
            )
        self._features = tuple(self._booster.feature_name())
        self._binary = self._booster.dump_model(num_iteration=1)["objective"].startswith("binary")

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in the order of a row."""
        return self._features

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction per row. Raises ``RefusedError`` with every cell that is not a number."""
        import numpy as np

        problems: list[Problem] = []
        numbers = [
            [_number(cell, f"row {index}, {name}", problems) for name, cell in zip(self._features, row, strict=True)]
            for index, row in enumerate(rows, start=1)
        ]
        if problems:
            raise bad_payload(problems)
        scores = self._booster.predict(np.array(numbers, dtype=float), num_threads=1)
        return [self._prediction(score) for score in scores.tolist()]

    def _prediction(self, score: float | list[float]) -> Prediction:
        if isinstance(score, list):
            return Prediction(score, score.index(max(score)))
        return Prediction(score, int(score >= 0.5)) if self._binary else Prediction(score)


def _number(cell: Cell, place: str, problems: list[Problem]) -> float:
    if cell is None or cell == "":
        return math.nan
    try:
        if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):
            raise ValueError(cell)
        value = float(cell)
        if not math.isfinite(value):
            raise ValueError(cell)
    except (ValueError, OverflowError):
        problems.append(Problem(place, shown(cell), "a number, or nothing"))
        return math.nan
    return value


def _unusable(path: Path, found: str, expected: str, advice: str = "") -> InputError:
    return InputError("The model cannot be served.", [Problem(str(path), found, expected, advice)])
