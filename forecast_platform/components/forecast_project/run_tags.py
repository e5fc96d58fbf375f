"""Tags by which the sensors of a project know runs, Dagster's own among them."""

from __future__ import annotations

from collections.abc import Mapping

PARTITION_TAG = "dagster/partition"
WILL_RETRY_TAG = "dagster/will_retry"
"""Set on a failed run that Dagster starts again by itself; how that one ends is what people want to know."""
BACKFILL_TAG = "dagster/backfill"
INPUTS_TAG = "forecast_platform/inputs"
"""Which request of the data sensor a run is for."""
WAIT_TAG = "forecast_platform/wait"
"""Which wait a run goes on with."""


def carried(tags: Mapping[str, str]) -> dict[str, str]:
    """What the run that goes on keeps of the tags of the run before: whose request it is."""
    return {name: tags[name] for name in (INPUTS_TAG, BACKFILL_TAG) if name in tags}
