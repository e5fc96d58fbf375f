"""Shapley values: games with known answers, exact and sampled."""

from __future__ import annotations

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats
from forecast_platform.engine.shapley import MOST_EXACT, coalition, coalitions_needed, shapley_values


def gloves(members: int) -> Floats:
    """Player 0 has a left glove, 1 and 2 a right one each: a pair is worth 1. Shapley: 2/3, 1/6, 1/6."""
    return np.array([1.0 if members & 1 and members & 0b110 else 0.0])


def test_the_glove_game_has_its_textbook_answer() -> None:
    np.testing.assert_allclose(shapley_values([0, 1, 2], gloves), [[2 / 3], [1 / 6], [1 / 6]])


def test_players_keep_their_numbers_when_only_some_take_part() -> None:
    def only_the_fifth(members: int) -> Floats:
        return np.array(float(members >> 5 & 1))

    np.testing.assert_array_equal(shapley_values([2, 5], only_the_fifth), [0.0, 1.0])


def test_sampled_values_of_an_additive_game_are_exact_and_the_same_every_time() -> None:
    weights = np.array([3.0, -1.0, 0.0, 2.0, 7.0, 0.5, 4.0, 1.0])
    players = list(range(len(weights)))
    assert len(players) > MOST_EXACT
    asked: set[int] = set()

    def worth(members: int) -> Floats:
        asked.add(members)
        return np.array([weights[[one for one in players if members >> one & 1]].sum()])

    values = shapley_values(players, worth)
    np.testing.assert_allclose(values[:, 0], weights)
    np.testing.assert_array_equal(values, shapley_values(players, worth))
    assert len(asked) <= coalitions_needed(len(players))


def test_sampled_values_sum_to_the_whole_whatever_the_seed() -> None:
    def worth(members: int) -> Floats:
        return np.array([float(members.bit_count() ** 2), float(members & 1 and members & 2)])

    players = list(range(MOST_EXACT + 3))
    for seed in (0, 1):
        values = shapley_values(players, worth, seed)
        np.testing.assert_allclose(values.sum(axis=0), worth(coalition(players)) - worth(0))


def test_a_game_without_players_has_no_values() -> None:
    assert shapley_values([], gloves).shape == (0, 1)
