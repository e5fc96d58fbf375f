"""Explaining a forecast with Amazon Forecast.

Belongs here: which series are asked about, the jobs, and their files as an explanation. Does not belong here: how jobs
are made (``jobs``), how impact scores come about (Amazon's business; ``engine.explain`` for the embedded engine).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, PermanentError, Problem
from forecast_platform.forecast_service.amazon.analyses import folder_of, keys_of, schema_of, table_of, text_of
from forecast_platform.forecast_service.amazon.api import Found
from forecast_platform.forecast_service.amazon.exports import Exports
from forecast_platform.forecast_service.amazon.imports import Told
from forecast_platform.forecast_service.amazon.job import Job
from forecast_platform.forecast_service.amazon.jobs import Jobs
from forecast_platform.forecast_service.amazon.kinds import EXPLAINABILITY, EXPLAINABILITY_EXPORT
from forecast_platform.forecast_service.amazon.requests import Requests
from forecast_platform.forecast_service.identity import Identity, request_hash
from forecast_platform.forecast_service.port import ImportRequest

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.explain import Explanation


class Explanations:
    """Explainabilities of forecasts, of every time point of the horizon together."""

    def __init__(self, bucket: Bucket, jobs: Jobs, requests: Requests, exports: Exports) -> None:
        self._bucket, self._jobs, self._requests, self._exports = bucket, jobs, requests, exports

    def explain(self, forecast: Found, request: ImportRequest, told: Told) -> Explanation:
        """The impact scores of a forecast of an AutoPredictor.

        Of more series than Amazon explains, an evenly spread sample is explained.
        """
        from forecast_platform.engine.explain import MOST_DETAILED

        series = keys_of(request)
        chosen = series if len(series) <= MOST_DETAILED else series.iloc[_spread(len(series), MOST_DETAILED)]
        folder = folder_of(forecast, "explainability")
        job = self._job(forecast, request, None if chosen is series else chosen, folder)
        made = self._jobs.ensure(job, told)
        export = self._export(job, made.found, folder)
        files = self._exports.contents(export, folder, self._exports.data_of(forecast))
        return explanation_of(files, list(series.columns), explained=len(chosen), series=len(series))

    def _job(self, forecast: Found, request: ImportRequest, chosen: pd.DataFrame | None, folder: str) -> Job:
        asked: dict[str, Any] = {
            "ResourceArn": forecast.arn,
            "ExplainabilityConfig": {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"},
            "EnableVisualization": True,
        }
        if chosen is not None:
            key = f"{folder}series.csv"
            self._bucket.write(key, text_of(chosen))
            asked["ExplainabilityConfig"]["TimeSeriesGranularity"] = "SPECIFIC"
            asked["DataSource"] = self._requests.s3_config(self._bucket.uri(key))
            asked["Schema"] = schema_of(request, chosen)
        hashed = request_hash(forecast.name, EXPLAINABILITY.label)
        name = Identity(request.project, request.cutoff, hashed).name
        return Job(EXPLAINABILITY, name, asked, hashed, forecast.arn)

    def _export(self, job: Job, made: Found, folder: str) -> Job:
        destination = self._requests.s3_config(self._bucket.uri(folder))
        asked = {"ExplainabilityArn": made.arn, "Destination": destination, "Format": "CSV"}
        return Job(EXPLAINABILITY_EXPORT, job.name, asked, job.request_hash)


def require_auto_predictor(request: ImportRequest) -> None:
    """Amazon Forecast explains forecasts of an AutoPredictor only.

    Raises:
        InputError: The parameters ask for another predictor.
    """
    if request.params.auto_predictor:
        return
    problem = Problem(
        "params.json",
        "Predictor",
        "AutoPredictor: Amazon Forecast explains forecasts of those that CreateAutoPredictor made, and no others",
        "Ask for an AutoPredictor, or use the embedded engine (service: local), which explains every forecast.",
    )
    raise InputError(f"The forecast of project {request.project} cannot be explained.", [problem])


def has_features(request: ImportRequest) -> bool:
    """Whether there is anything that could move a forecast besides the past."""
    params = request.params
    return bool(params.related or params.item_metadata or params.supplementary_features)


def nothing_to_explain(request: ImportRequest) -> Explanation:
    """The explanation of a forecast from the past alone."""
    import pandas as pd

    from forecast_platform.engine.explain import AGGREGATE, NOTHING_TO_EXPLAIN, Explanation

    series = keys_of(request)
    scores = pd.DataFrame({name: [AGGREGATE] for name in [*series.columns, "timestamp"]})
    return Explanation((), scores, _no_totals(list(series.columns)), 0, len(series), NOTHING_TO_EXPLAIN)


def explanation_of(files: Sequence[bytes], keys: Sequence[str], *, explained: int, series: int) -> Explanation:
    """An export as an explanation.

    Args:
        files: CSV in the spelling of the data.
        keys: ``item_id`` and the forecast dimensions.
        explained, series: How many were explained, and how many there are.

    Raises:
        PermanentError: The export has no impact score.
    """
    from forecast_platform.engine.explain import AGGREGATE, NORMALIZED, RAW, Explanation

    table = table_of(files, [*keys, "timestamp"])
    features = tuple(one.removesuffix(f"-{NORMALIZED}") for one in table.columns if one.endswith(f"-{NORMALIZED}"))
    if not features:
        raise PermanentError(f"The export of an explainability has no impact score: {', '.join(table.columns)}.")
    over_horizon = table["timestamp"].str.lower() == AGGREGATE.lower()
    table = table[over_horizon].assign(timestamp=AGGREGATE)
    of_all = table["item_id"].str.lower() == AGGREGATE.lower()
    overall, single = table[of_all], table[~of_all].sort_values(list(keys), kind="stable")
    scores = [f"{feature}-{kind}" for feature in features for kind in (NORMALIZED, RAW)]
    ordered = _with_overall(overall.assign(**dict.fromkeys(keys, AGGREGATE)), single, keys, features)
    moved = ordered[[f"{feature}-{NORMALIZED}" for feature in features]].fillna(0.0).to_numpy().any()
    return Explanation(
        features=features,
        scores=ordered.reindex(columns=[*keys, "timestamp", *scores]),
        totals=_no_totals(keys),
        explained=explained,
        series=series,
        note="" if moved else "All scores are 0: no feature moves these forecasts.",
    )


def _with_overall(
    overall: pd.DataFrame, single: pd.DataFrame, keys: Sequence[str], features: Sequence[str]
) -> pd.DataFrame:
    """First the scores of all series together, which are the mean of theirs where the export has none."""
    import pandas as pd

    from forecast_platform.engine.explain import AGGREGATE, NORMALIZED

    if overall.empty:
        means = {f"{feature}-{NORMALIZED}": [single[f"{feature}-{NORMALIZED}"].mean()] for feature in features}
        overall = pd.DataFrame({**{key: [AGGREGATE] for key in [*keys, "timestamp"]}, **means})
    return pd.concat([overall.iloc[:1], single], ignore_index=True)


def _no_totals(keys: Sequence[str]) -> pd.DataFrame:
    """Amazon does not say what the forecast would be with typical features."""
    import pandas as pd

    return pd.DataFrame(columns=[*keys, "forecast", "typical"])


def _spread(count: int, most: int) -> list[int]:
    """Positions of ``most`` of ``count`` rows, evenly spread, the first and the last among them."""
    return [round(index * (count - 1) / (most - 1)) for index in range(most)]
