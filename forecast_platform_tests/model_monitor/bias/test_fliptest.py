"""The fliptest: similar people of the other group."""

from __future__ import annotations

import numpy as np

from forecast_platform.model_monitor.bias import fliptest as module
from forecast_platform.model_monitor.bias.fliptest import fliptest


def test_members_are_compared_with_the_nearest_of_the_others() -> None:
    # Facet a: at 0 and 1 rejected, at 10 and 11 accepted. Facet d: at 0.1 accepted, at 10.1 and 10.2 and 11.1 rejected.
    features = np.array([[0.0], [1.0], [10.0], [11.0], [0.1], [10.1], [10.2], [11.1]])
    sensitive = np.array([False] * 4 + [True] * 4)
    predicted = np.array([False, False, True, True, True, False, False, False])
    assert fliptest(features, sensitive, predicted) == (1 - 3) / 4


def test_with_ten_others_five_neighbours_vote() -> None:
    features = np.array([[float(number)] for number in range(10)] + [[2.0]])
    sensitive = np.array([False] * 10 + [True])
    predicted = np.array([True, True, False, True, False] + [False] * 5 + [False])
    assert fliptest(features, sensitive, predicted) == -1  # Of 0 to 4 three are accepted, though the nearest is not.


def test_groups_that_are_treated_alike_have_0() -> None:
    features = np.array([[0.0], [5.0], [0.0], [5.0]])
    assert fliptest(features, np.array([False, False, True, True]), np.array([False, True, False, True])) == 0


def test_of_very_many_rows_evenly_spread_ones_are_looked_at() -> None:
    rows = module.MOST_ROWS + 5000
    features = np.arange(2 * rows, dtype=float)[:, None]
    sensitive = np.arange(2 * rows) % 2 == 1
    assert fliptest(features, sensitive, np.ones(2 * rows, dtype=bool)) == 0
