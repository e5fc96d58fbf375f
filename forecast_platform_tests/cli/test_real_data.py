"""Real files, as they were published: they must run and keep their calendar.

The models are the simple ones wherever the point is the data. The files lie beside the checkout: we may not ship them.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain
from forecast_platform.pipeline.forecasting import archived_forecast
from forecast_platform.pipeline.one_shot import OneShotInput, OneShotResult, forecast_files
from forecast_platform.warehouse import count_rows
from forecast_platform_tests.small_project import quiet, run_steps, small_workspace

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data (shared/data beside the checkout) is not here")

Attributes = list[tuple[str, str]]
TARGET: Attributes = [("timestamp", "timestamp"), ("target_value", "float"), ("item_id", "string")]


def electricity_params(**predictor: Any) -> dict[str, Any]:
    """The old pipeline's own parameters with a model that is fast; ``predictor`` replaces keys of the Predictor."""
    params: dict[str, Any] = json.loads((DATA / "electricity" / "params.json").read_text())
    del params["Predictor"]["PerformAutoML"]
    params["Predictor"] |= {"AlgorithmArn": "arn:aws:forecast:::algorithm/SeasonalNaive", **predictor}
    return params


def params_for(
    frequency: str, horizon: int, algorithm: str, timestamp_format: str, **schemas: Attributes
) -> dict[str, Any]:
    """Parameters of the CUSTOM domain; ``schemas`` are the attributes by dataset type."""
    return {
        "DatasetGroup": {"DatasetGroupName": "real", "Domain": "CUSTOM"},
        "Datasets": [
            {
                "DatasetName": f"real_{kind.lower()}",
                "Domain": "CUSTOM",
                "DatasetType": kind,
                **({} if kind == "ITEM_METADATA" else {"DataFrequency": frequency}),
                "Schema": {
                    "Attributes": [{"AttributeName": name, "AttributeType": type_} for name, type_ in attributes]
                },
            }
            for kind, attributes in {"TARGET_TIME_SERIES": TARGET, **schemas}.items()
        ],
        "Predictor": {
            "PredictorName": "real_predictor",
            "ForecastHorizon": horizon,
            "FeaturizationConfig": {"ForecastFrequency": frequency},
            "AlgorithmArn": f"arn:aws:forecast:::algorithm/{algorithm}",
        },
        "Forecast": {"ForecastName": "real_forecast", "ForecastTypes": ["0.10", "0.50", "0.90"]},
        "TimestampFormat": timestamp_format,
        "PerformDelete": False,
    }


def forecast_of(
    folder: Path, params: dict[str, Any], train: Path, **files: list[Path]
) -> tuple[OneShotResult, pd.DataFrame]:
    """What the one-shot command says of these files, and the forecast it writes."""
    (folder / "params.json").write_text(json.dumps(params))
    given = OneShotInput(params=folder / "params.json", train=[train], **files)
    result = forecast_files(given, folder / "output", quiet)
    forecast = pd.read_csv(folder / "output" / "forecast.csv", dtype={"item_id": "str"})
    return result, forecast.assign(timestamp=pd.to_datetime(forecast["timestamp"]))


def written(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    path = folder / name
    frame.to_csv(path, index=False)
    return path


def test_the_old_pipelines_sample_gives_its_657_rows_and_a_warning_about_hh(tmp_path: Path) -> None:
    train = DATA / "electricity" / "train" / "item-demand-time.csv"
    result, forecast = forecast_of(tmp_path, electricity_params(), train)
    assert (result.items, result.rows, result.cutoff) == (3, 657, datetime(2014, 11, 30))
    (warning,) = result.warnings
    assert "hh" in warning.found
    assert (forecast["timestamp"].min(), forecast["timestamp"].max()) == (
        pd.Timestamp("2014-11-29 23:00"),
        pd.Timestamp("2014-12-02 23:00"),
    )


@pytest.mark.slow
def test_the_old_pipelines_sample_runs_with_its_own_automl(tmp_path: Path) -> None:
    params = json.loads((DATA / "electricity" / "params.json").read_text())
    result, _ = forecast_of(tmp_path, params, DATA / "electricity" / "train" / "item-demand-time.csv")
    accuracy = json.loads((tmp_path / "output" / "accuracy.json").read_text())
    assert result.rows == 657
    assert len(accuracy["PredictorEvaluationResults"]) > 1
    assert 0 < result.average_wql < 0.2


def test_a_second_upload_that_repeats_the_first_plus_a_day_retrains_and_moves_the_forecast_one_day(
    tmp_path: Path,
) -> None:
    first, second = (DATA / "electricity_retrain" / f"elec_data_small_{name}.csv" for name in ("first", "new"))
    schedule = CutoffSchedule(Cadence.DAILY, datetime(2014, 11, 1))
    params = electricity_params(ForecastHorizon=24)
    workspace = small_workspace(tmp_path, params, schedule=schedule, retrain=Retrain.DAILY)
    workspace.bucket.delete("train/days.csv")
    days = (datetime(2014, 11, 29), datetime(2014, 11, 30))
    begins = []
    for upload, day in zip((first, second), days, strict=True):
        workspace.bucket.write(f"train/{upload.name}", upload.read_bytes())
        run_steps(workspace, day)
        published = workspace.warehouse.query(
            "SELECT min(timestamp) FROM forecast_with_history WHERE type = 'p50'", "small"
        )
        begins.append(published.rows[0][0])
    assert count_rows(workspace.warehouse, "small", "train").rows == 984
    predictors = {raw.predictor for day in days if (raw := archived_forecast(workspace, day))}
    assert len(predictors) == 2
    assert begins[1] - begins[0] == days[1] - days[0]


def test_weekly_sales_on_fridays_are_forecast_for_fridays(tmp_path: Path) -> None:
    horizon, covariates = 8, ["IsHoliday", "Temperature", "Fuel_Price", "CPI", "Unemployment"]
    sales = pd.read_csv(DATA / "weekly_sales" / "walmart_sales_weekly.csv", dtype={"id": "str"})
    sales = sales.rename(columns={"Date": "timestamp", "Weekly_Sales": "target_value", "id": "item_id"})
    sales["IsHoliday"] = sales["IsHoliday"].astype(int)
    known = sorted(sales["timestamp"].unique())[:-horizon]
    train = written(tmp_path, "sales.csv", sales[sales["timestamp"].isin(known)][[name for name, _ in TARGET]])
    related = written(tmp_path, "covariates.csv", sales[["timestamp", "item_id", *covariates]])
    items = sales[["item_id", "Type", "Size"]].drop_duplicates()
    params = params_for(
        "W",
        horizon,
        "Theta",
        "yyyy-MM-dd",
        RELATED_TIME_SERIES=[
            ("timestamp", "timestamp"),
            ("item_id", "string"),
            *((name, "float") for name in covariates),
        ],
        ITEM_METADATA=[("item_id", "string"), ("Type", "string"), ("Size", "string")],
    )
    result, forecast = forecast_of(
        tmp_path, params, train, related=[related], item_metadata=[written(tmp_path, "stores.csv", items)]
    )
    assert (result.items, result.rows) == (7, 7 * 3 * (horizon + 1))
    assert set(forecast["timestamp"].dt.day_name()) == {"Friday"}
    assert (
        sorted(f"{day:%Y-%m-%d}" for day in forecast["timestamp"].unique())[1:]
        == sorted(sales["timestamp"].unique())[-horizon:]
    )
    assert result.average_wql < 0.2


def test_monthly_orders_at_month_ends_are_forecast_with_their_related_series_and_metadata(tmp_path: Path) -> None:
    folder, horizon = DATA / "related_series", 12
    orders = pd.read_csv(folder / "instrument_TTS.csv")
    orders.columns = pd.Index(["timestamp", "item_id", "target_value"])
    related = pd.read_csv(folder / "instrument_RTS.csv").rename(
        columns={"Timestamp": "timestamp", "Model_ID": "item_id"}
    )
    items = pd.read_csv(folder / "instrument_IM.csv").rename(columns={"Model_ID": "item_id"})
    params = params_for(
        "M",
        horizon,
        "SeasonalNaive",
        "yyyy-MM-dd HH:mm:ss",
        RELATED_TIME_SERIES=[
            ("timestamp", "timestamp"),
            ("item_id", "string"),
            ("Loss_Rate", "float"),
            ("Customer_Request", "integer"),
        ],
        ITEM_METADATA=[("item_id", "string"), ("Model_Type", "string")],
    )
    result, forecast = forecast_of(
        tmp_path,
        params,
        written(tmp_path, "orders.csv", orders[[name for name, _ in TARGET]]),
        related=[written(tmp_path, "related.csv", related)],
        item_metadata=[written(tmp_path, "items.csv", items)],
    )
    assert (result.items, result.rows) == (20, 20 * 3 * (horizon + 1))
    months = forecast["timestamp"].dt.to_period("M")
    assert (str(months.min()), str(months.max())) == ("2021-11", "2022-11")
