"""The checks of ``forecast``. Belongs here: what is asked of what is published. Does not belong here: what is asked of
the forecast itself (``exported_forecast``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.validation import Batch

if TYPE_CHECKING:
    import pandas as pd


def checks() -> tuple[Check, ...]:
    """Whether people see what was forecast. Batch: :func:`batch`."""
    return (
        Check(
            "lines_touch",
            "The published forecast repeats the last observation of every series, once per forecast type.",
            "warning",
            (
                Expectation(
                    "ExpectColumnPairValuesToBeEqual", {"column_A": "bridge_rows", "column_B": "forecast_types"}
                ),
            ),
            "{with_bridge} of {series} series have their last observation in the published forecast once for each of "
            "the forecast types; expected: all.{superseded}",
        ),
    )


def batch(bridges: pd.DataFrame | None) -> Batch:
    """One row per series.

    Args:
        bridges: The keys, ``last_observation``, ``bridge_rows`` (how many are published) and ``forecast_types``
            (how many there are); ``None`` = a newer forecast is published.
    """
    import pandas as pd

    if bridges is None:
        nothing = pd.DataFrame({"bridge_rows": [], "forecast_types": []})
        told = " A newer forecast is published: there is nothing to look at."
        return Batch(nothing, {"with_bridge": 0, "series": 0, "superseded": told})
    touching = int((bridges["bridge_rows"] == bridges["forecast_types"]).sum())
    return Batch(bridges, {"with_bridge": touching, "series": len(bridges), "superseded": ""})
