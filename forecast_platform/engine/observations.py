"""What was observed, one value per series and period of the forecast frequency, without filling.

Belongs here: the history people look at and forecasts are compared with. Does not belong here: what models are
trained on (``featurization``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from forecast_platform.engine.featurization import target_panel
from forecast_platform.engine.task import ForecastTask


def observed_series(target: pd.DataFrame, task: ForecastTask) -> pd.DataFrame:
    """Aggregate the target to the task's series and periods; a period without observation has no row.

    Args:
        target: ``item_id``, other string columns, ``timestamp`` (datetime64), ``target`` (float).

    Returns:
        The keys of the task, ``timestamp`` (start of the period) and ``target``, sorted by them.

    Raises:
        InputError: There is no observation, or not one complete period.
    """
    panel = target_panel(target, replace(task, filling=replace(task.filling, middlefill="nan", backfill="nan")))
    rows, columns = np.nonzero(~np.isnan(panel.values))
    observed = panel.series.iloc[rows].reset_index(drop=True)
    observed["timestamp"] = panel.timestamps(0, panel.periods)[columns]
    observed["target"] = panel.values[rows, columns]
    return observed
