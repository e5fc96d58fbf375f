"""What both algorithms do before training and around forecasting.

Belongs here: enough data, the held-out horizon, which rows can be forecast. Does not belong here: networks.
"""

from __future__ import annotations

import numpy as np

from forecast_platform.engine.algorithms.contract import History, Integers
from forecast_platform.engine.algorithms.neural.encoding import Encoded, Encoding
from forecast_platform.engine.algorithms.neural.windows import Shape, Training
from forecast_platform.errors import InputError, Problem

_LEAST_OBSERVATIONS = 300  # in all series together; the service's own limit for DeepAR+ (developer guide)
_LEAST_PERIODS = 8


def training_data(algorithm: str, data: Encoded, encoding: Encoding, shape: Shape) -> Training:
    """Training windows, with the last horizon, or a quarter of a short history, held out for early stopping.

    Raises:
        InputError: There are too few observations to learn from.
    """
    periods = data.values.shape[1]
    observations = int(np.count_nonzero(~np.isnan(data.values)))
    end = periods - min(shape.horizon, periods // 4)
    learnable = (~np.isnan(data.values[:, : end - 1])).any() and (~np.isnan(data.values[:, end:])).any()
    if observations < _LEAST_OBSERVATIONS or periods < _LEAST_PERIODS or not learnable:
        found = f"{observations} observations in {periods} periods"
        expected = f"at least {_LEAST_OBSERVATIONS} observations in all, some before and some in the last horizon"
        advice = "Choose an algorithm for short series, for example ETS, or bring more history."
        problem = Problem("the training data", found, expected, advice)
        raise InputError(f"{algorithm} cannot be trained on so little data.", [problem])
    return Training(data, shape, (encoding.level, encoding.spread), bool(encoding.attributes), end)


def usable_rows(history: History, data: Encoded) -> Integers:
    """Rows that anything is known of: their history, or a category that was met in training."""
    return np.flatnonzero((~np.isnan(history.values)).any(axis=1) | data.has_known_category)
