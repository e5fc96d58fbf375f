"""Faults of the pipeline this one replaces. Each is a test here so that none comes back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from forecast_platform.pipeline.forecasting import archived_forecast
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.warehouse import count_rows
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.small_project import (
    DAYS,
    FIRST_DAY,
    HORIZON,
    ITEMS,
    TYPES,
    after,
    run_steps,
    small_csv,
    small_params,
    small_workspace,
)

CUTOFF = after(DAYS)


def _published(workspace: Workspace) -> list[dict[str, str]]:
    text = workspace.bucket.read("quicksight/forecast.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def _count(workspace: Workspace, table: str) -> int:
    return count_rows(workspace.warehouse, "small", table).rows


def test_a_headerless_file_keeps_its_first_row_in_training_and_in_sql(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    run_steps(workspace, CUTOFF)
    assert _count(workspace, "train") == DAYS * len(ITEMS)
    first = workspace.warehouse.query("SELECT count(*) FROM train WHERE timestamp = '2025-01-01'", "small")
    assert first.rows == [(len(ITEMS),)]


def test_a_file_with_a_header_gives_the_same_forecast_as_one_without(tmp_path: Path) -> None:
    with_header, without = small_workspace(tmp_path / "with"), small_workspace(tmp_path / "without")
    with_header.bucket.write("train/days.csv", small_csv(header=True))
    run_steps(with_header, CUTOFF)
    run_steps(without, CUTOFF)
    assert _published(with_header) == _published(without)


def test_a_second_upload_retrains_and_forecasts_anew(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    workspace.bucket.write("train/days.csv", small_csv(days=50))
    run_steps(workspace, after(50))
    first = archived_forecast(workspace, after(50))
    workspace.bucket.write("train/more.csv", small_csv(first=50, days=10))
    run_steps(workspace, CUTOFF)
    second = archived_forecast(workspace, CUTOFF)
    assert first is not None
    assert second is not None
    assert second.predictor != first.predictor
    assert min(row["timestamp"] for row in _published(workspace) if row["type"] == "p50") == "2025-03-01"


def test_a_correction_of_trained_data_retrains(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    run_steps(workspace, CUTOFF)
    before = archived_forecast(workspace, CUTOFF)
    workspace.bucket.write("train/days.csv", small_csv().replace(b"2025-01-03,", b"2025-01-03,1"))
    run_steps(workspace, CUTOFF)
    now = archived_forecast(workspace, CUTOFF)
    assert before is not None
    assert now is not None
    assert now.predictor != before.predictor


def test_the_export_and_everything_before_it_is_deleted_in_the_service_when_asked(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path, small_params(PerformDelete=True))
    run_steps(workspace, CUTOFF)
    assert workspace.service.resources("small") == []
    raw = archived_forecast(workspace, CUTOFF)
    assert raw is not None
    assert all(workspace.bucket.head(key) for key in raw.keys), "the exported data stays"


def test_without_cleanup_the_service_keeps_what_it_made(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    run_steps(workspace, CUTOFF)
    kinds = {kind for kind, _ in workspace.service.resources("small")}
    assert kinds == {"dataset_import", "predictor", "forecast"}


def test_the_mean_is_a_forecast_type_like_any_other(tmp_path: Path) -> None:
    params = small_params(Forecast={"ForecastName": "small_forecast", "ForecastTypes": ["0.1", "mean", "0.9"]})
    workspace = small_workspace(tmp_path, params)
    run_steps(workspace, CUTOFF)
    assert {row["type"] for row in _published(workspace)} == {"p10", "mean", "p90"}


def test_extra_dimension_columns_keep_their_values(tmp_path: Path) -> None:
    params = small_params()
    params["Datasets"][0]["Schema"]["Attributes"].append({"AttributeName": "store", "AttributeType": "string"})
    params["Predictor"]["FeaturizationConfig"]["ForecastDimensions"] = ["store"]
    workspace = small_workspace(tmp_path, params)
    lines = [f"{line},{store}" for line in small_csv().decode().splitlines() for store in ("north", "south")]
    workspace.bucket.write("train/days.csv", "\n".join(lines).encode())
    run_steps(workspace, CUTOFF)
    rows = _published(workspace)
    assert list(rows[0]) == ["timestamp", "target_value", "item_id", "store", "type"]
    assert {row["store"] for row in rows} == {"north", "south"}
    assert len(rows) == 2 * len(ITEMS) * len(TYPES) * (HORIZON + 1)


def test_every_dataset_of_the_parameters_is_attached(tmp_path: Path) -> None:
    params = small_params()
    params["Datasets"] += [
        {
            "DatasetName": "small_related",
            "Domain": "CUSTOM",
            "DatasetType": "RELATED_TIME_SERIES",
            "DataFrequency": "D",
            "Schema": {
                "Attributes": [
                    {"AttributeName": "timestamp", "AttributeType": "timestamp"},
                    {"AttributeName": "item_id", "AttributeType": "string"},
                    {"AttributeName": "price", "AttributeType": "float"},
                ]
            },
        },
        {
            "DatasetName": "small_metadata",
            "Domain": "CUSTOM",
            "DatasetType": "ITEM_METADATA",
            "Schema": {
                "Attributes": [
                    {"AttributeName": "item_id", "AttributeType": "string"},
                    {"AttributeName": "category", "AttributeType": "string"},
                ]
            },
        },
    ]
    workspace = small_workspace(tmp_path, params)
    prices = [f"{line.split(',')[0]},{line.split(',')[2]},1.5" for line in small_csv().decode().splitlines()]
    workspace.bucket.write("train/prices.related.csv", "\n".join(prices).encode())
    workspace.bucket.write("train/items.metadata.csv", b"bread,bakery\nmilk,dairy\n")
    run_steps(workspace, CUTOFF)
    frames = workspace.frames(CUTOFF)
    assert frames.related is not None
    assert len(frames.related) == DAYS * len(ITEMS)
    assert frames.item_metadata is not None
    assert sorted(frames.item_metadata["category"]) == ["bakery", "dairy"]


def test_more_than_a_thousand_objects_are_seen(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    for day in range(1005):
        item = f"item_{day % 5}"
        workspace.bucket.write(f"train/part_{day:04}.csv", _one_row(day, item))
    run_steps(workspace, CUTOFF)
    assert _count(workspace, "train") == DAYS * len(ITEMS) + 1005


def test_the_published_folder_is_never_empty_while_it_is_replaced(tmp_path: Path) -> None:
    """A reader between any two changes finds one whole forecast; see also the kills in test_surviving."""
    workspace = small_workspace(tmp_path)
    run_steps(workspace, after(50))
    whole = len(ITEMS) * len(TYPES) * (HORIZON + 1)
    probe = InterruptingBucket(workspace.bucket, before_write=0, act=lambda: None)
    run_steps(replace(workspace, bucket=probe), after(55))
    for change in range(1, probe.changes + 1):
        seen: list[int] = []
        looking = InterruptingBucket(workspace.bucket, change, lambda: seen.append(len(_published(workspace))))  # noqa: B023
        run_steps(replace(workspace, bucket=looking), after(56) if change % 2 else after(57))
        assert seen in ([whole], [])


def test_the_published_rows_are_the_forecasts_and_one_bridge_per_item_and_type(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    run_steps(workspace, CUTOFF)
    assert len(_published(workspace)) == len(ITEMS) * HORIZON * len(TYPES) + len(ITEMS) * len(TYPES)


def test_each_items_last_observation_is_repeated_once_per_type_so_that_lines_touch(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    run_steps(workspace, CUTOFF)
    last = [row for row in _published(workspace) if row["timestamp"] < "2025-03-02"]
    bread = [row for row in last if row["item_id"] == "bread"]
    assert sorted(row["type"] for row in bread) == ["p10", "p50", "p90"]
    assert len({row["target_value"] for row in bread}) == 1


def _one_row(day: int, item: str) -> bytes:
    return f"{FIRST_DAY - timedelta(days=1 + day // 5):%Y-%m-%d},{day}.0,{item}\n".encode()
