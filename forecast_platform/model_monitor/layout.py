"""What the keys of a monitor's prefix mean.

Belongs here: names of objects and folders, relative to the monitor's prefix. Does not belong here: reading or writing
them. Hours are folders ``yyyy/mm/dd/hh/``, in UTC, as SageMaker writes them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

BASELINE = "baseline/"
"""The baseline dataset, as a person uploaded it."""
CAPTURED = "captured/"
FILES = "files/"
GROUND_TRUTH = "ground_truth/"
BASELINE_RESULTS = "monitoring/baseline/"
REPORTS = "monitoring/reports/"
INDEX_PAGE = "monitoring/reports/index.html"
PROFILES = "monitoring/profiles/"
METRICS = "monitoring/tables/metrics/"
VIOLATIONS = "monitoring/tables/violations/"
EXECUTIONS = "monitoring/tables/executions/"
SENT_METRICS = "monitoring/sent_metrics/"
"""Which metrics were sent to where people watch them, and which are still to be."""

STATISTICS_FILE = "statistics.json"
CONSTRAINTS_FILE = "constraints.json"
SUGGESTED_CONSTRAINTS_FILE = "suggested_constraints.json"
"""What was suggested last; while ``constraints.json`` is the same, nobody has edited it."""
VIOLATIONS_FILE = "constraint_violations.json"
EXECUTION_FILE = "execution.json"
PAGE_FILE = "report.html"


_IN_HOUR_OR_DAY = re.compile(r"(\d{4})/(\d\d)/(\d\d)/(?:(\d\d)/.*|[^/]*)")


def hour_folder(hour: datetime) -> str:
    """``yyyy/mm/dd/hh/`` of an instant; aware instants are taken in UTC."""
    return (hour.astimezone(UTC) if hour.tzinfo else hour).strftime("%Y/%m/%d/%H/")


def day_folder(day: datetime) -> str:
    """``yyyy/mm/dd/``."""
    return day.strftime("%Y/%m/%d/")


def hour_of(path: str) -> datetime | None:
    """The begin of the hour in whose folder ``path`` leads, below the folder of all hours; of a day its first hour.

    ``None`` when it leads into no such folder.
    """
    found = _IN_HOUR_OR_DAY.fullmatch(path)
    if found is None:
        return None
    try:
        return datetime(*(int(number or 0) for number in found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None


def baseline_result(kind: str, file: str) -> str:
    """A result of the baseline. Those of data quality lie at the top, where SageMaker's own baselining puts them."""
    folder = "" if kind == "DataQuality" else f"{kind}/"
    return f"{BASELINE_RESULTS}{folder}{file}"


def profiles(source: str, hour: datetime) -> str:
    """Folder of the profile of one hour of ``source``."""
    return f"{PROFILES}{source}{hour_folder(hour)}"


def report(endpoint: str, schedule: str, window_start: datetime, file: str) -> str:
    """A file of the report of one execution: ``{endpoint}/{schedule}/yyyy/mm/dd/hh/``, with the window's start."""
    return f"{REPORTS}{endpoint}/{schedule}/{hour_folder(window_start)}{file}"


def table_part(table: str, schedule: str, window_start: datetime) -> str:
    """The rows of one execution in one of the monitoring tables."""
    return f"{table}schedule={schedule}/window={window_start.strftime('%Y-%m-%dT%H')}/rows.parquet"
