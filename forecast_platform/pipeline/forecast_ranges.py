"""How far forecasts may be from the history that they were made from.

Belongs here: the history as it is forecast, and the range of its series. Does not belong here: what is done about a
forecast out of its range (``quality``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


def forecast_ranges(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    """The range that the history of every series allows for its forecast at ``cutoff``.

    The history is aggregated to the forecast frequency and filled as models see it.

    Returns:
        Series with enough history: ``item_id``, the forecast dimensions, ``lowest``, ``highest`` and
        ``lowest_by_sign`` (NaN = anything).
    """
    import numpy as np

    from forecast_platform.engine.featurization import target_panel
    from forecast_platform.forecast_service.task import task_of
    from forecast_platform.quality.arrivals.values import usual_ranges

    panel = target_panel(workspace.frames(cutoff).target, task_of(workspace.parsed_params.params))
    series, period = np.nonzero(~np.isnan(panel.values))
    ranges = usual_ranges(panel.values[series, period], series)
    return panel.series.join(ranges, how="inner").reset_index(drop=True)
