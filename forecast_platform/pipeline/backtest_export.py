"""The backtest of a predictor in the bucket, in the two folders of Amazon's export.

Belongs here: when it is written, and what goes when another predictor takes its place. Does not belong here: its rows
(the service writes them).
"""

from __future__ import annotations

import json
from datetime import datetime

from forecast_platform.bucket import Bucket, layout
from forecast_platform.pipeline.workspace import Workspace


def keep_backtest(workspace: Workspace, trained_at: datetime, predictor: str) -> tuple[str, ...]:
    """Write the backtest of ``predictor`` unless it is there, and remove that of an earlier one.

    Args:
        trained_at: The cutoff of the retraining grid on whose data the predictor was trained.

    Returns:
        The keys of its CSV files.
    """
    bucket, folder = workspace.bucket, layout.backtest(trained_at)
    keys = backtest_keys(bucket, trained_at, predictor)
    there = {stored.key for stored in bucket.list(folder)}
    if keys is None or not there.issuperset(keys):
        keys = workspace.service.export_backtest(predictor, bucket, folder).keys
        record = {"predictor": predictor, "keys": keys}
        bucket.write(layout.backtest_pointer(trained_at), json.dumps(record, indent=1).encode())
    # Also when nothing was written now: a run killed before this line has left them behind, and whoever reads the
    # folder as one table would count them twice.
    for key in there - {*keys, layout.backtest_pointer(trained_at)}:
        bucket.delete(key)
    return keys


def backtest_keys(bucket: Bucket, trained_at: datetime, predictor: str) -> tuple[str, ...] | None:
    """The CSV files of the backtest of ``predictor``, or ``None`` when it was not written completely."""
    try:
        record = json.loads(bucket.read(layout.backtest_pointer(trained_at)))
    except KeyError:
        return None
    return tuple(record["keys"]) if record["predictor"] == predictor else None
