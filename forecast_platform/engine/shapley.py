"""Shapley values of any game: what each player adds to what a coalition is worth.

Belongs here: sharing a worth among players. Does not belong here: who the players are and what a coalition is worth
(``explain``: features of a forecast; ``model_monitor.attribution``: features of any model).

Shapley (1953); by sampling orders: Castro, Gómez, Tejada (2009).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import factorial

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats

MOST_EXACT = 6
"""Players up to which every coalition is asked for."""

ORDERS = 16
"""Random orders in which more players join, each of them forwards and backwards."""

Worth = Callable[[int], Floats]
"""What a coalition is worth, in several games at once: an array of one shape for every coalition. Coalitions are
numbers: bit ``i`` is player ``i``. Asked more than once for the same coalition, so it should remember."""


def shapley_values(players: Sequence[int], worth: Worth, seed: int = 0, orders: int = ORDERS) -> Floats:
    """(players × shape of a worth), in the order of ``players``: exact up to :data:`MOST_EXACT` players, else sampled.

    In either case the values of a game sum to what all players are worth less what nobody is worth.

    Args:
        orders: Even. More of them take longer and vary less; only where the values are sampled.
    """
    if not players:
        return np.zeros((0, *np.shape(worth(0))))
    return _all_coalitions(players, worth) if len(players) <= MOST_EXACT else _orders(players, worth, seed, orders)


def coalition(members: Iterable[int]) -> int:
    """The number of the coalition of ``members``."""
    return sum(1 << member for member in members)


def coalitions_needed(players: int) -> int:
    """How many different coalitions are asked for, at most."""
    return 1 << players if players <= MOST_EXACT else ORDERS * (players - 1) + 2


def _all_coalitions(players: Sequence[int], worth: Worth) -> Floats:
    count = len(players)
    values = np.zeros((count, *np.shape(worth(0))))
    for index, player in enumerate(players):
        others = [one for one in players if one != player]
        for members in _subsets(others):
            share = factorial(len(members)) * factorial(count - len(members) - 1) / factorial(count)
            values[index] += share * (worth(coalition([*members, player])) - worth(coalition(members)))
    return values


def _orders(players: Sequence[int], worth: Worth, seed: int, orders: int) -> Floats:
    """The mean gain of each player when players join in random orders; the gains of any order sum to the whole."""
    count = len(players)
    values = np.zeros((count, *np.shape(worth(0))))
    random = np.random.default_rng(seed)
    for _ in range(orders // 2):
        order = random.permutation(count)
        # The same order backwards: a player that came early comes late, which halves the variance at least.
        for joining in (order, order[::-1]):
            steps = [coalition(players[one] for one in joining[:size]) for size in range(count + 1)]
            for player, (before, after) in zip(joining, pairwise(steps), strict=True):
                values[player] += (worth(after) - worth(before)) / orders
    return values


def _subsets(members: Sequence[int]) -> Iterable[list[int]]:
    for chosen in range(1 << len(members)):
        yield [member for index, member in enumerate(members) if chosen >> index & 1]
