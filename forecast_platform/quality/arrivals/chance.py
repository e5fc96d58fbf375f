"""How far counts go by chance alone. Belongs here: the one rule by which checks decide that a number is no chance. Does
not belong here: which numbers are looked at.
"""

from __future__ import annotations

import math

_DEVIATIONS = 4.0
"""A normal number is farther out than this once in 16,000: less than once in forty years of daily cutoffs."""


def count_by_chance(expected: float, windows: float = math.inf) -> float:
    """The largest count that a Poisson process explains.

    Args:
        expected: The mean count of earlier windows.
        windows: How many windows the mean is of; it is itself uncertain by that much.
    """
    return expected + _DEVIATIONS * math.sqrt(expected * (1 + 1 / windows))


def share_by_chance(count: int, of: int, sample: int) -> float:
    """The largest share (0-1) of ``sample`` that is explained when earlier it was ``count`` ``of`` as many.

    Both shares vary as binomial ones; (count + 1) / (of + 2), the rule of succession, is the earlier one, so that what
    was never seen has a share of its own.
    """
    share = (count + 1) / (of + 2)
    return share + _DEVIATIONS * math.sqrt(share * (1 - share) * (1 / sample + 1 / (of + 2)))


def differ(one: int, other: int) -> bool:
    """Whether two Poisson counts of one rate differ by more than chance: their difference varies by their sum."""
    return abs(one - other) > _DEVIATIONS * math.sqrt(one + other)
