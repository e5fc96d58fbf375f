"""The service as the pipeline uses it, against the peer."""

from __future__ import annotations

import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from forecast_platform.aws.clients import client
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.forecast_service.port import DeferringService, ForecastService, ImportRequest
from forecast_platform.pipeline.clean_forecast import read_wide_forecast
from forecast_platform.pipeline.forecasting import clean_up_project, export_forecast
from forecast_platform.pipeline.inputs import import_data, read_training_data
from forecast_platform.pipeline.training import stored_accuracy, train_predictor
from forecast_platform_tests.engine.series import quiet
from forecast_platform_tests.fakes.aws_peer import AwsPeer
from forecast_platform_tests.forecast_service.amazon.account import (
    parsed,
    project_bucket,
    service,
    shop,
    small_project_on_amazon,
    with_metadata,
)
from forecast_platform_tests.small_project import after


def creates(peer: AwsPeer) -> list[tuple[str, str]]:
    """The create calls since the last look, each of which was made once."""
    counts = peer.created()
    assert set(counts.values()) <= {1}
    peer.forget_calls()
    return list(counts)


def exported(made: ForecastService, forecast: str) -> list[dict[str, str]]:
    """The rows of a forecast."""
    bucket = project_bucket("elsewhere")
    keys = made.export_forecast(forecast, bucket, f"{forecast}/").keys
    return [row for key in keys for row in csv.DictReader(io.StringIO(bucket.read(key).decode(), newline=""))]


def must_not_load() -> TrainingFrames:
    raise AssertionError("loaded again")


def test_a_project_runs_and_running_it_again_makes_nothing(peer: AwsPeer, tmp_path: Path) -> None:
    workspace, cutoff = small_project_on_amazon(tmp_path), after(48)
    assert isinstance(workspace.service, DeferringService)
    names = []
    for _ in range(2):
        read_training_data(workspace, cutoff)
        imported = import_data(workspace, cutoff)
        trained = train_predictor(workspace, cutoff, quiet)
        forecast = export_forecast(workspace, cutoff, quiet)
        names.append((imported.name, trained.resource.name, trained.resource.details, trained.backtest, forecast.keys))
        made = creates(peer)
        if len(names) == 1:
            operations = [operation for operation, _ in made]
            assert operations == [
                "CreateDataset",
                "CreateDatasetGroup",
                "CreateDatasetImportJob",
                "CreatePredictor",
                "CreatePredictorBacktestExportJob",
                "CreateForecast",
                "CreateForecastExportJob",
            ]
        else:
            assert (made, imported.reused, trained.resource.reused, forecast.reused) == ([], True, True, True)
    assert names[0] == names[1]
    wide = read_wide_forecast(workspace, forecast)
    assert (len(wide), set(wide["item_id"]), wide["timestamp"].min()) == (10, {"bread", "milk"}, after(48))
    accuracy, items = stored_accuracy(workspace, cutoff)
    assert accuracy["PredictorEvaluationResults"][0]["AlgorithmArn"].endswith("/NPTS")
    assert set(items["backtest_window"]) == {"Summary", "Computed"}
    assert items["WAPE"].dtype == "float64"
    resources = workspace.service.resources("small")
    assert [kind for kind, _ in resources] == ["forecast", "predictor", "dataset_import"]
    assert clean_up_project(workspace) == [name for _, name in resources]
    assert (workspace.service.resources("small"), list(workspace.bucket.list("service/"))) == ([], [])


def test_what_exists_is_adopted_and_its_data_is_not_loaded_again(peer: AwsPeer) -> None:
    asked = with_metadata(shop())
    made = service().import_data(asked)
    assert [name for operation, name in creates(peer) if operation == "CreateDataset"] == [
        f"{made.name}_tts",
        f"{made.name}_item",
    ]
    again = service().import_data(replace(asked, frames=must_not_load))
    assert (again.name, again.reused, again.details, creates(peer)) == (made.name, True, made.details, [])


@pytest.mark.slow
def test_forecasts_of_many_cutoffs_by_one_predictor_are_each_made_from_their_own_data(peer: AwsPeer) -> None:
    """Amazon forecasts from the newest import into the predictor's datasets, whoever made that."""
    requests = [shop(days) for days in (63, 60, 62)]
    predictor = service().train_predictor(requests[1], quiet).name

    def forecast(asked: ImportRequest) -> str:
        return service().create_forecast(predictor, asked, quiet).name

    with ThreadPoolExecutor(3) as pool:
        names = list(pool.map(forecast, requests))
    assert set(peer.created().values()) == {1}
    for asked, name in zip(requests, names, strict=True):
        rows = exported(service(), name)
        assert (min(row["date"] for row in rows), len(rows)) == (f"{asked.cutoff:%Y-%m-%dT%H:%M:%SZ}", 10)
    assert all(service().create_forecast(predictor, asked, quiet).reused for asked in requests)


@pytest.mark.slow
def test_an_older_cutoff_is_imported_again_after_a_newer_one(peer: AwsPeer) -> None:
    monday, tuesday = shop(60), shop(61)
    predictor = service().train_predictor(monday, quiet).name
    newer = service().create_forecast(predictor, tuesday, quiet)
    older = service().create_forecast(predictor, monday, quiet)
    imports = [name for operation, name in creates(peer) if operation == "CreateDatasetImportJob"]
    assert [name.split("_")[1] for name in imports] == ["20240301T0000", "20240302T0000", "20240301T0000"]
    assert min(row["date"] for row in exported(service(), older.name)) == "2024-03-01T00:00:00Z"
    assert min(row["date"] for row in exported(service(), newer.name)) == "2024-03-02T00:00:00Z"


def test_items_come_back_in_the_spelling_of_the_data(peer: AwsPeer) -> None:
    asked = shop(items=("Bread, WHITE", "milk", "한글 🍞"))
    made = service()
    predictor = made.train_predictor(asked, quiet).name
    rows = exported(made, made.create_forecast(predictor, asked, quiet).name)
    assert {row["item_id"] for row in rows} == {"Bread, WHITE", "milk", "한글 🍞"}
    assert set(made.item_accuracy(predictor)["item_id"]) == {"Bread, WHITE", "milk", "한글 🍞"}


@pytest.mark.slow
def test_a_backtest_is_exported_once_for_all_that_want_it(peer: AwsPeer) -> None:
    asked, bucket = shop(), project_bucket()
    predictor = service().train_predictor(asked, quiet).name
    service().item_accuracy(predictor)
    keys = service().export_backtest(predictor, bucket, "backtest/").keys
    assert {key.split("/")[1] for key in keys} == {"accuracy-metrics-values", "forecasted-values"}
    for key in keys:
        bucket.delete(key)
    assert service().export_backtest(predictor, bucket, "backtest/").keys == keys
    assert len([one for one in creates(peer) if one[0] == "CreatePredictorBacktestExportJob"]) == 1


@pytest.mark.slow
def test_an_export_whose_files_were_removed_is_made_again(peer: AwsPeer) -> None:
    asked, bucket = shop(), project_bucket()
    predictor = service().train_predictor(asked, quiet).name
    assert service().export_backtest(predictor, bucket, "backtest/").keys
    for stored in list(bucket.list("service/backtests/")):
        bucket.delete(stored.key)
    assert service().export_backtest(predictor, bucket, "backtest/").keys


@pytest.mark.slow
def test_files_of_an_export_that_was_made_before_are_not_taken_for_those_of_the_new_one(peer: AwsPeer) -> None:
    """Somebody deletes the forecast in the console, which leaves its files; an export that fails leaves some too."""
    asked, made = shop(), service()
    predictor = made.train_predictor(asked, quiet).name
    first = made.create_forecast(predictor, asked, quiet)
    assert len(exported(made, first.name)) == 10
    client("forecast").delete_resource_tree(ResourceArn=first.details["arn"])
    time.sleep(1)  # S3 tells seconds apart
    again = made.create_forecast(predictor, asked, quiet)
    assert (again.name, again.reused) == (first.name, False)
    assert len(list(project_bucket().list(f"service/exports/{again.name}/"))) == 1
    assert len(exported(made, again.name)) == 10


def test_parts_of_an_export_without_even_a_header_are_left_out(peer: AwsPeer) -> None:
    asked, made = shop(), service()
    forecast = made.create_forecast(made.train_predictor(asked, quiet).name, asked, quiet).name
    project_bucket().write(f"service/exports/{forecast}/{forecast}_2124-01-01T00-00-00Z_part9.csv", b"")
    assert len(exported(made, forecast)) == 10


def test_a_resource_of_the_name_that_is_not_ours_is_an_error_that_says_what_to_do(peer: AwsPeer) -> None:
    asked = shop()
    name = service().import_name(asked)
    client("forecast").create_dataset(
        DatasetName=f"{name}_tts",
        Domain="RETAIL",
        DatasetType="TARGET_TIME_SERIES",
        DataFrequency="D",
        Schema=asked.params.raw["Datasets"][0]["Schema"],
    )
    with pytest.raises(PermanentError, match=r"was not made by this platform. Delete arn:.*_tts and run again"):
        service().import_data(asked)
    assert service().resources("shop") == []


@pytest.mark.slow
def test_a_resource_that_was_made_from_another_request_is_an_error(peer: AwsPeer) -> None:
    made = service().import_data(shop())
    arn = made.details["dataset_group"]
    client("forecast").tag_resource(
        ResourceArn=arn, Tags=[{"Key": "forecast-platform:request-hash", "Value": "another"}]
    )
    with pytest.raises(PermanentError, match=r"was made from another request"):
        service().import_data(shop())


@pytest.mark.slow
def test_resources_of_other_projects_are_left_alone(peer: AwsPeer) -> None:
    mine, other = shop(), replace(shop(), project="shop_two")
    service().import_data(mine)
    service(project_bucket("two")).import_data(other)
    assert service().delete(service().resources("shop")) == [service().import_name(mine)]
    assert service().resources("shop_two") == [("dataset_import", service().import_name(other))]


@pytest.mark.slow
def test_an_import_whose_predictor_is_kept_is_kept_too(peer: AwsPeer) -> None:
    asked = shop()
    predictor = service().train_predictor(asked, quiet).name
    imported = ("dataset_import", service().import_name(asked))
    assert service().delete([imported]) == []
    assert service().delete([imported, ("predictor", predictor)]) == [predictor, imported[1]]
    assert service().delete([imported, ("predictor", predictor)]) == []


def test_a_predictor_by_which_another_forecast_is_made_is_kept(peer: AwsPeer) -> None:
    """Two cutoffs of one week at once, each of which cleans up: the last one deletes what both needed."""
    monday, tuesday = shop(60), shop(61)
    predictor = ("predictor", service().train_predictor(monday, quiet).name)
    first, second = (
        ("forecast", service().create_forecast(predictor[1], one, quiet).name) for one in (monday, tuesday)
    )
    imported = ("dataset_import", service().import_name(monday))
    assert service().delete([first, predictor, imported]) == [first[1]]
    assert service().delete([second, predictor, imported]) == [second[1], predictor[1], imported[1]]


@pytest.mark.slow
def test_cutoffs_of_one_week_that_run_at_once_and_clean_up_leave_nothing(peer: AwsPeer, tmp_path: Path) -> None:
    small = small_project_on_amazon(tmp_path)
    project = replace(small.project, cleanup=True)

    def run(cutoff: datetime) -> datetime:
        workspace = replace(small, project=project, service=service(small.bucket))
        while True:
            try:
                read_training_data(workspace, cutoff)
                import_data(workspace, cutoff)
                return export_forecast(workspace, cutoff, quiet).trained_at
            except TransientError:
                continue

    with ThreadPoolExecutor(3) as pool:
        trained = set(pool.map(run, [after(days) for days in (48, 49, 50)]))
    assert trained == {after(48)}
    assert (service(small.bucket).resources("small"), list(small.bucket.list("service/"))) == ([], [])


def test_what_is_deleted_between_two_steps_is_worth_another_run(peer: AwsPeer) -> None:
    """By the clean-up of another cutoff of the week: the next run trains again."""
    asked = shop()
    trained = service().train_predictor(asked, quiet)
    client("forecast").delete_resource_tree(ResourceArn=trained.details["arn"])
    with pytest.raises(TransientError, match=r"deleted meanwhile"):
        service().create_forecast(trained.name, asked, quiet)


@pytest.mark.slow
def test_what_a_kill_has_left_of_an_import_is_found_and_deleted(peer: AwsPeer) -> None:
    asked = shop()
    peer.fault("error", "CreateDatasetGroup", times=1)
    with pytest.raises(TransientError, match="create the dataset group"):
        service().import_data(asked)
    left = [("dataset_import", service().import_name(asked))]
    assert service().resources("shop") == left
    assert service().delete(left) == [left[0][1]]
    assert list(client("forecast").list_datasets()["Datasets"]) == []


@pytest.mark.parametrize("name", ["shop_20240301T0000_0123456789", "../../etc", ""])
def test_what_is_gone_is_worth_another_run(peer: AwsPeer, name: str) -> None:
    for call in (service().accuracy_metrics, service().item_accuracy):
        with pytest.raises(TransientError, match="has no predictor"):
            call(name)
    with pytest.raises(TransientError, match="has no forecast"):
        service().export_forecast(name, project_bucket(), "")
    with pytest.raises(TransientError, match="has no predictor"):
        service().create_forecast(name, shop(), quiet)


@pytest.mark.slow
def test_an_auto_predictor_is_found_although_its_arn_cannot_be_guessed(peer: AwsPeer) -> None:
    raw = {key: value for key, value in shop().params.raw.items() if key != "Predictor"}
    written = {"PredictorName": "Auto", "ForecastHorizon": 5, "ForecastFrequency": "D", "ForecastDimensions": ["store"]}
    asked = replace(shop(), params=parsed({**raw, "AutoPredictor": written}))
    trained = service().train_predictor(asked, quiet)
    assert not trained.details["arn"].endswith(trained.name)
    forecast = service().create_forecast(trained.name, asked, quiet)
    assert len(exported(service(), forecast.name)) == 10
    accuracy = service().accuracy_metrics(trained.name)
    first = accuracy["PredictorEvaluationResults"][0]["AlgorithmArn"]
    assert (accuracy["IsAutoPredictor"], first) == (True, "arn:aws:forecast:::algorithm/AutoPredictor")
    assert len(service().item_accuracy(trained.name)) > 0
    assert service().train_predictor(asked, quiet).reused
    assert service().create_forecast(trained.name, asked, quiet).reused
    creates(peer)
    assert len(service().delete(service().resources("shop"))) == 3
    assert service().resources("shop") == []


@pytest.mark.slow
def test_auto_ml_says_first_what_it_chose(peer: AwsPeer) -> None:
    raw = shop().params.raw
    written = {key: value for key, value in raw["Predictor"].items() if key != "AlgorithmArn"}
    asked = replace(shop(), params=parsed({**raw, "Predictor": {**written, "PerformAutoML": True}}), preset="fast")
    trained = service().train_predictor(asked, quiet)
    accuracy = service().accuracy_metrics(trained.name)
    first = accuracy["PredictorEvaluationResults"][0]["AlgorithmArn"]
    assert trained.details["AutoMLAlgorithmArns"] == [first]
