"""Exports of Amazon Forecast: made once in a folder of the service, copied to wherever they are wanted.

Belongs here: export jobs, and their files in the spelling of the data. Does not belong here: what the files say.

Amazon writes all text in lower case and often leaves parts without a row. What is handed on has the spelling of the
training data, and those parts are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from forecast_platform.bucket import Bucket, layout
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.forecast_service.amazon.api import ForecastApi, Found
from forecast_platform.forecast_service.amazon.job import Job
from forecast_platform.forecast_service.amazon.jobs import Jobs
from forecast_platform.forecast_service.amazon.kinds import BACKTEST_EXPORT, FORECAST, FORECAST_EXPORT
from forecast_platform.forecast_service.amazon.patience import Patience
from forecast_platform.forecast_service.amazon.removal import remove
from forecast_platform.forecast_service.amazon.requests import IMPORT_TAG, Requests
from forecast_platform.forecast_service.amazon.staging import Staged, staged
from forecast_platform.forecast_service.identity import request_hash

if TYPE_CHECKING:
    import pandas as pd

FORECASTS = f"{layout.SERVICE}exports/"
BACKTESTS = f"{layout.SERVICE}backtests/"
_ACCURACY = "accuracy-metrics-values/"
_TEXT = ("backtest_window", "backtestwindow_start_time", "backtestwindow_end_time")
_UNDEFINED = ("", "not defined", "nan", "NaN")


class Exports:
    """Exports of the forecasts and predictors of a project."""

    def __init__(self, bucket: Bucket, api: ForecastApi, patience: Patience, jobs: Jobs, requests: Requests) -> None:
        self._bucket, self._api, self._patience, self._jobs, self._requests = bucket, api, patience, jobs, requests

    def copy(self, source: Found, bucket: Bucket, prefix: str) -> tuple[str, ...]:
        """Export a forecast or the backtest of a predictor below ``prefix`` of ``bucket``; returns the keys."""
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        keys = []
        for path, content in self.files(source):
            bucket.write(below + path, content)
            keys.append(below + path)
        return tuple(keys)

    def files(self, source: Found) -> Iterator[tuple[str, bytes]]:
        """The files of an export by their path in it, in the spelling of the data."""
        data = self.data_of(source)
        kind, folder = (FORECAST_EXPORT, FORECASTS) if source.kind is FORECAST else (BACKTEST_EXPORT, BACKTESTS)
        below = f"{folder}{source.name}/"
        job = Job(
            kind,
            source.name,
            {
                kind.parent or "": source.arn,
                "Destination": self._requests.s3_config(self._bucket.uri(below)),
                "Format": "CSV",
            },
            request_hash(kind.label, source.arn),
            source.arn,
        )
        keys = self._keys(job, below)
        empty: dict[str, str] = {}
        filled = set()
        for key in keys:
            content, parent = self._read(key), str(PurePosixPath(key).parent)
            if has_rows(content):
                filled.add(parent)
                yield key.removeprefix(below), respelled(content, data)
            else:
                empty.setdefault(parent, key)
        for parent in empty.keys() - filled:
            yield empty[parent].removeprefix(below), respelled(self._read(empty[parent]), data)

    def contents(self, job: Job, folder: str, data: Staged) -> list[bytes]:
        """The CSV files of an export job below ``folder``, in the spelling of the data."""
        return [respelled(self._read(key), data) for key in self._keys(job, folder)]

    def _keys(self, job: Job, folder: str) -> list[str]:
        """The CSV files that an export job writes below ``folder``; it is made, and made again if they are gone."""
        ensured = self._jobs.ensure(job)
        found = self._written(ensured.found, folder)
        if not found and ensured.reused:
            remove(self._api, self._patience, ensured.found)
            found = self._written(self._jobs.ensure(job).found, folder)
        if not found:
            raise PermanentError(
                f"The {job.kind.words} {job.name} is ready, and has written no file below {self._bucket.uri(folder)}."
            )
        return found

    def item_accuracy(self, predictor: Found) -> pd.DataFrame:
        """The ``accuracy-metrics-values`` of a predictor's backtest; NaN where a metric is not defined."""
        import pandas as pd

        data = self.data_of(predictor)
        text = (*data.spelling, *_TEXT)
        parts = [content for path, content in self.files(predictor) if path.startswith(_ACCURACY)]
        if not parts:
            raise PermanentError(f"The backtest export of the predictor {predictor.name} says nothing of its items.")
        header = next(csv.reader(io.StringIO(parts[0].decode())))
        numbers = [column for column in header if column not in text]
        types = dict.fromkeys(text, "str") | dict.fromkeys(numbers, "float64")
        missing = {column: list(_UNDEFINED) for column in numbers}
        tables = [pd.read_csv(io.BytesIO(one), dtype=types, keep_default_na=False, na_values=missing) for one in parts]
        keys = [*data.spelling, "backtest_window", "backtestwindow_start_time"]
        return pd.concat(tables, ignore_index=True).sort_values(keys, kind="stable", ignore_index=True)

    def data_of(self, source: Found) -> Staged:
        """The data that a forecast or a predictor was made from.

        Raises:
            PermanentError: Its import was deleted.
        """
        name = self._api.tags(source.arn).get(IMPORT_TAG, "")
        data = staged(self._bucket, name)
        if data is None:
            raise PermanentError(
                f"The data of the {source.kind.words} {source.name} was deleted. Delete it too, and run again."
            )
        return data

    def _read(self, key: str) -> bytes:
        try:
            return self._bucket.read(key)
        except KeyError:
            raise TransientError(f"{key} was deleted meanwhile. Run again to have it exported again.") from None

    def _written(self, export: Found, folder: str) -> list[str]:
        """An earlier export of the same name, whose source or which itself was made again, may have left files."""
        since = (export.created or datetime.min.replace(tzinfo=UTC)).replace(microsecond=0)
        return [
            stored.key
            for stored in self._bucket.list(folder)
            if stored.size
            and stored.last_modified >= since
            and PurePosixPath(stored.key).name.startswith(f"{export.name}_")
            and stored.key.endswith(".csv")
        ]


def has_rows(content: bytes) -> bool:
    """Whether there is anything below the header."""
    return b"\n" in content.strip()


def respelled(content: bytes, data: Staged) -> bytes:
    """CSV with the item as ``item_id``, dimensions under the names of the schema, and texts as the data spells them."""
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    header = next(rows)
    names = {name.lower(): name for name in data.spelling} | {data.item_column.lower(): "item_id"}
    renamed = [names.get(name.lower(), name) for name in header]
    spelling: list[tuple[int, Mapping[str, str]]] = [
        (index, data.spelling[name]) for index, name in enumerate(renamed) if data.spelling.get(name)
    ]
    if renamed == header and not spelling:
        return content
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(renamed)
    for row in rows:
        for index, known in spelling:
            row[index] = known.get(row[index], row[index])
        writer.writerow(row)
    return text.getvalue().encode()
