"""How far counts go by chance alone. Belongs here: the one rule by which checks decide that a number is no chance. Does
not belong here: which numbers are looked at.
"""

from __future__ import annotations

import math

_RARE = 1e-4
"""What chance alone brings less often than this is called no chance: once in 27 years of daily cutoffs."""
_DEVIATIONS = 3.719
"""A normal number is farther above its mean than this many standard deviations with the chance :data:`_RARE`."""


def count_by_chance(expected: float) -> int:
    """The largest count that a Poisson process explains of which ``expected`` is the mean."""
    from scipy.stats import poisson

    return int(poisson.isf(_RARE, expected)) if expected else 0


def recurring_by_chance(count: int, windows: float) -> int:
    """The largest count of one window that is explained when earlier ``windows`` together had ``count``.

    The count of a Poisson process whose rate is itself estimated is a negative binomial one. What was never seen
    before is explained by nothing.
    """
    from scipy.stats import nbinom

    return int(nbinom.isf(_RARE, count, windows / (windows + 1))) if count else 0


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
