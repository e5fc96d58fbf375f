"""The counterfactual fliptest (FT): would similar people of the other group have been answered differently?

Belongs here: nearest neighbours and their votes. Does not belong here: metrics that follow from counts (``formulas``).
"""

from __future__ import annotations

import numpy as np

from forecast_platform.model_monitor.model_quality.measured import Booleans, Floats, Integers

NEIGHBOURS = 5
"""Of each member of facet d in facet a; 1 where facet a has fewer than ten. Constants of smclarify."""

_FEWEST = 9
MOST_ROWS = 20_000
"""Of either facet that are looked at; of more, evenly spread ones."""


def fliptest(features: Floats, sensitive: Booleans, predicted: Booleans) -> float:
    """FT: members of facet d predicted positive whose neighbours are mostly not, less the reverse, by those looked at.

    Signed as smclarify does; the guide ("Counterfactual Fliptest") subtracts the other way round.

    Args:
        features: (rows × features), finite; distances are Euclidean in the features' own units, as in smclarify.
        sensitive: (rows), whether in facet d; both facets have rows.
        predicted: (rows), whether the predicted outcome is positive.
    """
    from scipy.spatial import cKDTree

    others, members = _some(np.flatnonzero(~sensitive)), _some(np.flatnonzero(sensitive))
    count = NEIGHBOURS if len(others) > _FEWEST else 1
    _, nearest = cKDTree(features[others]).query(features[members], k=[*range(1, count + 1)])
    expected = predicted[others][nearest].mean(axis=1) > 0.5
    favoured, disfavoured = predicted[members] & ~expected, ~predicted[members] & expected
    return float((favoured.sum() - disfavoured.sum()) / len(members))


def _some(rows: Integers) -> Integers:
    if len(rows) <= MOST_ROWS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.int64)]
