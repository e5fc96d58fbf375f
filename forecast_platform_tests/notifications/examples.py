"""Notifications that the tests send."""

from __future__ import annotations

from datetime import datetime

from forecast_platform.notifications.message import Notification, failure_message, success_message

CUTOFF = datetime(2014, 11, 30)


def success(run_id: str = "run-1", project: str = "electricity") -> Notification:
    return success_message(
        project,
        CUTOFF,
        run_id,
        rows=657,
        items=3,
        average_wql=0.08312,
        places={
            "Forecast": "/bucket/electricity/quicksight/forecast.csv",
            "Dashboard": "http://127.0.0.1:3001/electricity/",
        },
    )


def failure(run_id: str = "run-1", error: str = "raw_training_data: train/a.csv, line 17: found 'x'") -> Notification:
    return failure_message("electricity", CUTOFF, run_id, error=error, advice="Correct the file and upload it again.")
