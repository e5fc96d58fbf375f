"""What-if forecasts: scenarios of the related time series beside the forecast that they change.

Belongs here: making them and finding them again. Does not belong here: reading a scenario (``scenarios``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forecast_platform.aws_peer.forecast.engine.context import Context, no_progress
from forecast_platform.aws_peer.forecast.engine.documents import Document
from forecast_platform.aws_peer.forecast.engine.forecasts import forecast_table, request_behind, types_as_written
from forecast_platform.aws_peer.forecast.engine.scenarios import scenario_of
from forecast_platform.aws_peer.forecast.engine.selecting import rows_of_series, selected_series
from forecast_platform.engine.what_if import DIFFERENCE, WHAT_IF
from forecast_platform.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd


def what_if_forecast(context: Context, asked: Document, analysis: Document, forecast: Document) -> dict[str, Any]:
    """Forecast a scenario, from the data that the analysed forecast was made from.

    Raises:
        InputError: With all problems of the scenario.
        PermanentError: The forecast is not there.
    """
    predictor, request = request_behind(context, forecast["ForecastArn"])
    scenario = scenario_of(context.open_bucket, asked, request.params)
    compared = context.service.what_if(predictor, request, scenario, no_progress)
    forecast_series = _series_of(forecast_table(context, forecast), request.params.forecast_dimensions)
    chosen = selected_series(context.open_bucket, analysis, request.params)
    table = rows_of_series(rows_of_series(compared.table, forecast_series), chosen)
    context.keeper.keep_frame(asked["WhatIfForecastArn"], table.drop(columns=table.filter(regex=f"{DIFFERENCE}$")))
    context.keeper.keep(asked["WhatIfForecastArn"], {"analysis": analysis["WhatIfAnalysisArn"]})
    message = {"Message": " ".join(compared.notes)} if compared.notes else {}
    return {"ForecastTypes": types_as_written(request.params), **message}


def what_if_table(context: Context, asked: Document) -> pd.DataFrame:
    """The keys, ``timestamp`` and forecast types of a scenario.

    Raises:
        PermanentError: It is not there.
    """
    compared = context.keeper.frame(asked["WhatIfForecastArn"])
    types = _types(compared)
    return compared.drop(columns=types).rename(columns={f"{one}{WHAT_IF}": one for one in types})


def side_by_side(context: Context, what_ifs: Sequence[Document]) -> pd.DataFrame:
    """Scenarios of one analysis beside their baseline: the keys, ``Baseline_p50``, ``<what-if forecast>_p50`` …

    Raises:
        InputError: They are of several analyses.
        PermanentError: One of them is not there.
    """
    analyses = {context.keeper.record(one["WhatIfForecastArn"])["analysis"] for one in what_ifs}
    if len(analyses) > 1:
        problem = Problem("WhatIfForecastArns", f"forecasts of {len(analyses)} analyses", "forecasts of one analysis")
        raise InputError("The what-if forecasts cannot be exported.", [problem])
    first = context.keeper.frame(what_ifs[0]["WhatIfForecastArn"])
    types = _types(first)
    table = first.drop(columns=[f"{one}{WHAT_IF}" for one in types])
    table = table.rename(columns={one: f"Baseline_{one}" for one in types})
    for asked in what_ifs:
        scenario = what_if_table(context, asked)
        table = table.assign(**{f"{asked['WhatIfForecastName']}_{one}": scenario[one] for one in types})
    return table


def _types(compared: pd.DataFrame) -> list[str]:
    return [name.removesuffix(WHAT_IF) for name in compared.columns if name.endswith(WHAT_IF)]


def _series_of(table: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    return table[["item_id", *dimensions]].drop_duplicates(ignore_index=True)
