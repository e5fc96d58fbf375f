"""The step that reads what was captured in a window: one profile per hour, kept, and merged for the window.

Belongs here: which hours have to be read, and what is kept of them. Does not belong here: formats (``capture``,
``tables``), profiles.

An hour whose objects have not changed is not read again, so a day's report is a merge, and files that arrive late cost
the reading of their hours only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import StoredObject
from forecast_platform.errors import InputError
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.documents import write_document
from forecast_platform.model_monitor.execution import MOST_REFUSED_SHOWN, Looked
from forecast_platform.model_monitor.profile import DatasetProfile, merge_profiles, read_profile, write_profile
from forecast_platform.model_monitor.reading.rows import ReadingReport
from forecast_platform.model_monitor.steps.looking import looked_at, profile_of
from forecast_platform.model_monitor.steps.sources import rows_of_unit, units
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_MOST_CHECKED_ROWS = 1_000_000
"""How many rows of a window the user's own checks see: a data frame of more does not fit everywhere."""


@dataclass(frozen=True)
class CapturedData:
    """What was captured in a window.

    Attributes:
        objects: How many files it is in.
        hours: Begin of every hour that has some.
        digest: Of the files; changes when one is added or changed.
    """

    profile: DatasetProfile
    looked: Looked
    objects: int
    hours: tuple[datetime, ...]
    digest: str


def captured_data(workspace: MonitorWorkspace, window: Window) -> CapturedData:
    """The profile of everything that was captured in ``window``.

    Records that cannot be read are counted, and the first of them named; the others are read.
    """
    found, reading = units(workspace, window), workspace.reading_digest()
    parts = [_profile(workspace, hour, objects, reading) for hour, objects in found.items()]
    return CapturedData(
        profile=merge_profiles(profile for profile, _ in parts),
        looked=_together([looked for _, looked in parts]),
        objects=sum(map(len, found.values())),
        hours=tuple(found),
        digest=_digest(reading, [one for objects in found.values() for one in objects]),
    )


def captured_rows(workspace: MonitorWorkspace, window: Window) -> pd.DataFrame:
    """The rows themselves, numbers as numbers, for checks of single rows; at most a million."""
    import pandas as pd
    import pyarrow as pa

    from forecast_platform.model_monitor.tables import common_schema, conformed

    tables = list(_first_tables(workspace, window))
    if not tables:
        return pd.DataFrame()
    schema = common_schema([table.schema for table in tables])
    together = pa.concat_tables([conformed(table, schema) for table in tables])
    return numbers_as_numbers(together.slice(0, _MOST_CHECKED_ROWS).to_pandas())


def _first_tables(workspace: MonitorWorkspace, window: Window) -> Iterator[pa.Table]:
    rows = 0
    for hour, objects in units(workspace, window).items():
        for table in rows_of_unit(workspace, hour, objects).tables(ReadingReport()):
            yield table
            rows += len(table)
            if rows >= _MOST_CHECKED_ROWS:
                return


def numbers_as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with columns of text that hold nothing but numbers as numbers."""
    return frame.apply(_typed)


def _typed(column: pd.Series[Any]) -> pd.Series[Any]:
    """Text of nothing but numbers as numbers."""
    import pandas as pd

    if column.dtype != object:
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if numbers.notna().sum() == column.notna().sum() else column


def _profile(
    workspace: MonitorWorkspace, hour: datetime, objects: Sequence[StoredObject], reading: str
) -> tuple[DatasetProfile, Looked]:
    """The kept profile of one hour, or a new one if its files have changed."""
    monitor = workspace.monitor
    folder = layout.profiles(f"{monitor.reported_endpoint}/{monitor.variant}/", hour)
    digest = _digest(reading, objects)
    account, kept = f"{folder}{digest}.json", f"{folder}{digest}.parquet"
    try:
        # The account is written last: where it is, the profile is.
        return read_profile(workspace.bucket.read(kept)), _read_account(workspace.bucket.read(account))
    except (KeyError, ValueError):
        pass  # nothing is kept yet, or another version of this package wrote it: the files are read
    rows = rows_of_unit(workspace, hour, objects)
    try:
        profile = profile_of(rows)
    except InputError:
        # Not one row can be read, which is for the report to say.
        profile = DatasetProfile()
    looked = looked_at(rows, profile.rows)
    # Before it is complete: killed in between, the next run comes by here again.
    _forget_others(workspace, folder, digest)
    workspace.bucket.write(kept, write_profile(profile))
    workspace.bucket.write(account, write_document(_account(looked)))
    return profile, looked


def _digest(reading: str, objects: Sequence[StoredObject]) -> str:
    """Of everything that a profile depends on: how files are read and their columns are called, and the files."""
    facts = [reading, [[one.key, one.size, one.version] for one in objects]]
    return sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _forget_others(workspace: MonitorWorkspace, folder: str, digest: str) -> None:
    for stored in workspace.bucket.list(folder):
        if not stored.key.startswith(f"{folder}{digest}"):
            workspace.bucket.delete(stored.key)


def _account(looked: Looked) -> dict[str, Any]:
    return {
        "rows": looked.rows,
        "refused_rows": looked.refused_rows,
        "refused": [dict(one) for one in looked.refused],
        "notes": list(looked.notes),
    }


def _read_account(data: bytes) -> Looked:
    account = json.loads(data)
    return Looked(account["rows"], account["refused_rows"], tuple(account["refused"]), tuple(account["notes"]))


def _together(parts: Sequence[Looked]) -> Looked:
    return Looked(
        rows=sum(one.rows for one in parts),
        refused_rows=sum(one.refused_rows for one in parts),
        refused=tuple(refused for one in parts for refused in one.refused)[:MOST_REFUSED_SHOWN],
        notes=tuple(dict.fromkeys(note for one in parts for note in one.notes)),
    )
