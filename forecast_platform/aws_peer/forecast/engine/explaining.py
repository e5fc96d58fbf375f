"""Explainability: impact scores of a predictor or a forecast.

Belongs here: whose scores are asked for. Does not belong here: computing them (``engine.explain``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast_platform.aws_peer.forecast.engine.context import Context, no_progress
from forecast_platform.aws_peer.forecast.engine.documents import Document
from forecast_platform.aws_peer.forecast.engine.forecasts import request_behind
from forecast_platform.aws_peer.forecast.engine.selecting import series_in_file
from forecast_platform.errors import InputError, Problem
from forecast_platform.forecast_service.local import artefacts

if TYPE_CHECKING:
    import pandas as pd

_SPECIFIC = "SPECIFIC"


def explain(context: Context, asked: Document, resource: Document) -> None:
    """Keep how much each feature moves the forecasts that a predictor or a forecast is about.

    Raises:
        InputError: The chosen series are wrong, or single time points are asked for.
        PermanentError: The resource is not there.
    """
    from forecast_platform.engine.explain import MOST_DETAILED
    from forecast_platform.engine.explain import explain as impact_scores

    config = asked["ExplainabilityConfig"]
    if config["TimePointGranularity"] == _SPECIFIC:
        expected = "ALL: the embedded engine explains the whole forecast horizon at once"
        problem = Problem("ExplainabilityConfig.TimePointGranularity", _SPECIFIC, expected)
        raise InputError("The forecast cannot be explained.", [problem])
    predictor, request = request_behind(context, resource.get("ForecastArn") or resource["PredictorArn"])
    chosen = None
    if config["TimeSeriesGranularity"] == _SPECIFIC:
        chosen = series_in_file(context.open_bucket, asked["DataSource"], asked["Schema"], request.params)
        if len(chosen) > MOST_DETAILED:
            problem = Problem("DataSource", f"{len(chosen)} series", f"at most {MOST_DETAILED}")
            raise InputError("The forecast cannot be explained.", [problem])
    stored = context.stored("dataset_import", context.service.import_name(request))
    frames = artefacts.read_frames(stored.folder)
    scores = impact_scores(context.predictor(predictor), frames, no_progress, only=chosen).scores
    context.keeper.keep_frame(asked["ExplainabilityArn"], scores)


def score_rows(context: Context, explainability: Document) -> pd.DataFrame:
    """The impact scores as they are exported: a raw score that there is none of is an empty cell.

    Raises:
        PermanentError: The explainability is not there.
    """
    scores = context.keeper.frame(explainability["ExplainabilityArn"])
    return scores.astype(object).where(scores.notna(), "")
