"""Values for gaps, for models that cannot leave them open.

Belongs here: what a model needs to run. Does not belong here: the fills that people ask for (``engine.filling``).
"""

from __future__ import annotations

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats


def without_gaps(values: Floats, season: int) -> Floats:
    """A gap takes the value one season earlier, or else the one before; nothing is made up before the first value.

    Args:
        values: (series × periods).
        season: In periods.
    """
    if not np.isnan(values).any():
        return values
    filled = values.copy()
    for period in np.flatnonzero(np.isnan(values).any(axis=0)):
        missing = np.isnan(filled[:, period])
        if period >= season:
            filled[missing, period] = filled[missing, period - season]
        still = np.isnan(filled[:, period])
        if period >= 1:
            filled[still, period] = filled[still, period - 1]
    return filled
