"""Forecasts of items that have no history, from items like them.

Belongs here: which items are alike, and how their forecasts become one. Does not belong here: algorithms that forecast
such items themselves (the neural ones do).
"""

from __future__ import annotations

import numpy as np

from forecast_platform.engine.algorithms.contract import LEVELS, Covariates, Floats, Integers
from forecast_platform.engine.backtesting import Distributions

_MOST_ALIKE = 200


def like_similar_items(
    known: Distributions, covariates: Covariates | None, cold: Covariates | None, count: int
) -> Floats:
    """The distribution of items without history: what the items with most attributes in common show, as a mixture.

    A mixture and not an average, because a new item may be as unlike the others as they are unlike each other.

    Args:
        known: (series × steps × levels): forecasts of the series with history.
        covariates: Of those series.
        cold: Of the items without history, with the same attributes.
        count: How many of them there are.

    Returns:
        (count × steps × levels).
    """
    distributions = np.empty((count, *known.shape[1:]))
    for row in range(count):
        similar = known[_most_alike(covariates, cold, row, len(known))]
        pooled = similar.transpose(1, 0, 2).reshape(known.shape[1], -1)
        distributions[row] = np.quantile(pooled, LEVELS, axis=1).T
    return distributions


def _most_alike(covariates: Covariates | None, cold: Covariates | None, row: int, series: int) -> Integers:
    """Rows of the series that share most attributes with a new item, evenly thinned; all when nothing is known."""
    if covariates is None or cold is None or len(covariates.attributes) == 0:
        alike = np.arange(series)
    else:
        own = cold.attributes[:, row, None]
        shared = ((covariates.attributes == own) & (own >= 0)).sum(axis=0)
        alike = np.flatnonzero(shared == shared.max())
    return alike[np.linspace(0, len(alike) - 1, min(len(alike), _MOST_ALIKE)).astype(np.int64)]
