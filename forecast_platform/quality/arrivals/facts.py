"""What the checks of the training data as a whole look at. Belongs here: putting it together. Does not belong here: how
each of the facts is found.
"""

from __future__ import annotations

from dataclasses import dataclass

from forecast_platform.quality.arrivals.gaps import Gaps, ItemChange, find_gaps, find_item_change
from forecast_platform.quality.arrivals.observations import Observations
from forecast_platform.quality.arrivals.volume import Volume, find_volume


@dataclass(frozen=True)
class Arrivals:
    """What came since the last cutoff, against what was there before."""

    gaps: Gaps
    items: ItemChange
    volume: Volume

    @classmethod
    def of(cls, observations: Observations) -> Arrivals:
        """All facts of ``observations``."""
        return cls(find_gaps(observations), find_item_change(observations), find_volume(observations))
