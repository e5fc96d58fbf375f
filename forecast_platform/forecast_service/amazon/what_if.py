"""Forecasting scenarios with Amazon Forecast.

Belongs here: a scenario as requests, the jobs, and their files beside the baseline. Does not belong here: checking and
applying scenarios (``engine.what_if``), how jobs are made (``jobs``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import Bucket
from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.amazon.analyses import folder_of, schema_of, table_of, text_of
from forecast_platform.forecast_service.amazon.api import Found
from forecast_platform.forecast_service.amazon.exports import Exports
from forecast_platform.forecast_service.amazon.imports import Told
from forecast_platform.forecast_service.amazon.job import Job
from forecast_platform.forecast_service.amazon.jobs import Jobs
from forecast_platform.forecast_service.amazon.kinds import (
    WHAT_IF_ANALYSIS,
    WHAT_IF_FORECAST,
    WHAT_IF_FORECAST_EXPORT,
    Kind,
)
from forecast_platform.forecast_service.amazon.requests import Requests
from forecast_platform.forecast_service.amazon.staging import Staged
from forecast_platform.forecast_service.identity import Identity, request_hash
from forecast_platform.forecast_service.port import ImportRequest
from forecast_platform.params.schema import DATE, DATE_AND_TIME

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.what_if import Scenario, Transformation, WhatIf

_UNMOVED = "The forecast stays as it is: the predictor does not answer differently with this change."


class WhatIfs:
    """What-if forecasts: one analysis per forecast, one what-if forecast and one export per scenario."""

    def __init__(self, bucket: Bucket, jobs: Jobs, requests: Requests, exports: Exports) -> None:
        self._bucket, self._jobs, self._requests, self._exports = bucket, jobs, requests, exports

    def what_if(self, forecast: Found, request: ImportRequest, scenario: Scenario, told: Told) -> WhatIf:
        """A scenario beside the forecast that it changes.

        A scenario that changes nothing of the plan is not sent to Amazon.

        Args:
            scenario: One that :func:`require_valid` accepts.
        """
        from forecast_platform.engine.what_if import DIFFERENCE, WhatIf, apply, compare, without_effect

        baseline = self._baseline(forecast, request)
        start = baseline["timestamp"].min()
        _, counts = apply(scenario, request.frames(), start)
        types = request.params.forecast_types
        made = self._forecast(forecast, request, scenario, baseline, told) if any(counts) else baseline
        table = compare(baseline, made, types)
        notes = list(without_effect(scenario, counts, start))
        if any(counts) and not table[[f"{name}{DIFFERENCE}" for name in types]].any(axis=None):
            notes.append(_UNMOVED)
        return WhatIf(table, counts, tuple(notes))

    def _baseline(self, forecast: Found, request: ImportRequest) -> pd.DataFrame:
        files = [content for _, content in self._exports.files(forecast)]
        return _table(files, request, {name: name for name in request.params.forecast_types})

    def _forecast(
        self, forecast: Found, request: ImportRequest, scenario: Scenario, baseline: pd.DataFrame, told: Told
    ) -> pd.DataFrame:
        """The forecast of the scenario, row by row beside the baseline."""
        folder = folder_of(forecast, "what_if")
        analysis = _job(WHAT_IF_ANALYSIS, request, {"ForecastArn": forecast.arn}, forecast.name)
        analysis_arn = self._jobs.ensure(analysis, told).found.arn
        change, content = self._change(request, scenario, baseline["timestamp"].min(), folder)
        asked = {"WhatIfAnalysisArn": analysis_arn, **change}
        job = _job(WHAT_IF_FORECAST, request, asked, forecast.name, content)
        files = self._exported(job, self._jobs.ensure(job, told).found, self._exports.data_of(forecast), folder)
        exported = _table(files, request, _columns(files, request.params.forecast_types))
        keys = [name for name in baseline.columns if name not in request.params.forecast_types]
        return baseline[keys].merge(exported, on=keys, how="left", validate="one_to_one")

    def _exported(self, job: Job, made: Found, data: Staged, folder: str) -> list[bytes]:
        destination = self._requests.s3_config(self._bucket.uri(folder))
        asked = {"WhatIfForecastArns": [made.arn], "Destination": destination, "Format": "CSV"}
        export = Job(WHAT_IF_FORECAST_EXPORT, job.name, asked, job.request_hash)
        return self._exports.contents(export, folder, data)

    def _change(
        self, request: ImportRequest, scenario: Scenario, start: pd.Timestamp, folder: str
    ) -> tuple[dict[str, Any], str]:
        """The scenario as the API takes it, and what tells it from others. Rows of before the forecast are left out."""
        if scenario.replacement is None:
            item = request.params.item_column
            changes = [_transformation(one, item) for one in scenario.transformations]
            return {"TimeSeriesTransformations": changes}, request_hash(changes)
        rows = scenario.replacement[scenario.replacement["timestamp"] >= start]
        data = text_of(rows, request.params.strptime_format)
        digest = sha256(data).hexdigest()
        key = f"{folder}replacement-{digest[:16]}.csv"
        self._bucket.write(key, data)
        day_only = request.params.timestamp_format == DATE
        source = {
            **self._requests.s3_config(self._bucket.uri(key)),
            "Schema": schema_of(request, rows),
            "Format": "CSV",
            "TimestampFormat": DATE if day_only else DATE_AND_TIME,
        }
        return {"TimeSeriesReplacementsDataSource": source}, request_hash(source["Schema"], digest)


def require_valid(scenario: Scenario, request: ImportRequest) -> None:
    """Refuse a scenario that does not go with the data.

    Raises:
        InputError: With all problems.
    """
    from forecast_platform.engine.what_if import check, raise_problems

    raise_problems(check(scenario, request.frames()))


def _job(kind: Kind, request: ImportRequest, asked: dict[str, Any], *determined_by: str) -> Job:
    hashed = request_hash(kind.label, *determined_by)
    return Job(kind, Identity(request.project, request.cutoff, hashed).name, asked, hashed)


def _transformation(one: Transformation, item: str) -> dict[str, Any]:
    def named(attribute: str) -> str:
        return item if attribute == "item_id" else attribute

    action = {"AttributeName": named(one.attribute), "Operation": one.operation, "Value": one.value}
    conditions = [
        {"AttributeName": named(each.attribute), "Condition": each.condition, "AttributeValue": each.value}
        for each in one.conditions
    ]
    return {"Action": action, **({"TimeSeriesConditions": conditions} if conditions else {})}


def _columns(files: Sequence[bytes], types: Iterable[str]) -> dict[str, str]:
    """Forecast type -> its column in an export of what-if forecasts, which may have the baseline beside it.

    Raises:
        PermanentError: There is not exactly one.
    """
    header = files[0].decode().splitlines()[0].split(",")
    found = {}
    for name in types:
        fitting = [
            column
            for column in header
            if column == name or (column.endswith(f"_{name}") and not column.lower().startswith("baseline_"))
        ]
        if len(fitting) != 1:
            raise PermanentError(
                f"The export of a what-if forecast has {len(fitting)} columns of {name}, not one: {', '.join(header)}."
            )
        found[name] = fitting[0]
    return found


def _table(files: Sequence[bytes], request: ImportRequest, columns: Mapping[str, str]) -> pd.DataFrame:
    """The keys, ``timestamp`` and forecast types of an export, sorted."""
    import pandas as pd

    order = ["item_id", *request.params.forecast_dimensions, "timestamp"]
    written = {column: name for name, column in columns.items()}
    table = table_of(files, [*order[:-1], "date"]).rename(columns={"date": "timestamp", **written})
    table["timestamp"] = pd.to_datetime(table["timestamp"], utc=True).dt.tz_localize(None)
    return table[[*order, *columns]].sort_values(order, kind="stable", ignore_index=True)
