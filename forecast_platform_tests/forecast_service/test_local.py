"""The local service, used as the pipeline uses it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.forecast_service.identity import Identity
from forecast_platform.forecast_service.local import LocalForecastService, artefacts
from forecast_platform.forecast_service.local.export import backtest_parts, export_parts
from forecast_platform.forecast_service.local.store import ResourceStore
from forecast_platform.forecast_service.port import ForecastService
from forecast_platform_tests.engine.series import quiet
from forecast_platform_tests.forecast_service import golden
from forecast_platform_tests.forecast_service.requests import ITEMS, params, request, sales

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def service(tmp_path: Path) -> ForecastService:
    return LocalForecastService(tmp_path / "service")


def files(folder: Path) -> dict[str, bytes]:
    """Every resource file below ``folder``; locks and temporary folders must be gone."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def start(home: Path, bucket: Path, algorithm: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "forecast_platform_tests.forecast_service.requests", str(home), str(bucket)]
    return subprocess.Popen([*command, algorithm], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


def test_what_exists_is_adopted_and_its_data_is_not_loaded_again(service: ForecastService) -> None:
    asked = request(sales())

    def must_not_load() -> None:
        raise AssertionError("loaded again")

    again = replace(asked, frames=must_not_load)
    trained = service.train_predictor(asked, quiet)
    assert trained.name == service.predictor_name(asked)
    made = service.create_forecast(trained.name, asked, quiet)
    assert (trained.reused, made.reused) == (False, False)
    assert service.import_data(again).reused
    assert service.train_predictor(again, quiet).reused
    assert service.create_forecast(trained.name, again, quiet).reused
    assert service.train_predictor(again, quiet).details == trained.details


def test_names_fit_the_rule_of_the_service_and_tell_requests_apart(service: ForecastService) -> None:
    longest = request(sales(), project="p" * 30)
    name = service.predictor_name(longest)
    assert len(name) <= 63
    assert name.startswith("p" * 30 + "_20240301T0000_")
    others = [
        request(sales(), params("ETS")),
        request(sales(), params(ForecastHorizon=6)),
        replace(request(sales()), data_hash="other"),
    ]
    names = {service.predictor_name(one) for one in [request(sales()), *others]}
    assert len(names) == 4


def test_a_resource_that_was_made_from_another_request_is_an_error(service: ForecastService, tmp_path: Path) -> None:
    asked = request(sales())
    made = service.import_data(asked)
    manifest = tmp_path / "service/shop/imports" / made.name / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"request_hash": "another"}))
    with pytest.raises(PermanentError, match="made from another request"):
        service.import_data(asked)


def test_the_export_has_the_columns_of_the_service(service: ForecastService, tmp_path: Path) -> None:
    asked = request(sales())
    made = service.create_forecast(service.train_predictor(asked, quiet).name, asked, quiet)
    bucket = LocalBucket(tmp_path / "bucket")
    (key,) = service.export_forecast(made.name, bucket, "tmp/2024/").keys
    assert key == f"tmp/2024/{made.name}_2024-03-01T00-00-00Z_part0.csv"
    rows = list(csv.DictReader(io.StringIO(bucket.read(key).decode())))
    assert list(rows[0]) == ["item_id", "store", "date", "p10", "p50", "p90", "mean"]
    assert {row["item_id"] for row in rows} == set(ITEMS)
    assert (rows[0]["date"], rows[0]["store"], len(rows)) == ("2024-03-01T00:00:00Z", "1", 15)
    before = bucket.read(key)
    service.export_forecast(made.name, bucket, "tmp/2024/")
    assert bucket.read(key) == before


def test_long_exports_are_cut_into_parts_that_lose_nothing() -> None:
    table = pd.DataFrame({"item_id": list("abcde"), "timestamp": pd.Timestamp("2024-01-01"), "p50": [0.1 + 0.2] * 5})
    parts = dict(export_parts(table, "f", pd.Timestamp("2024-01-01").to_pydatetime(), rows_per_part=2))
    assert list(parts) == [f"f_2024-01-01T00-00-00Z_part{part}.csv" for part in range(3)]
    frames = [pd.read_csv(io.BytesIO(content), float_precision="round_trip") for content in parts.values()]
    assert pd.concat(frames)["p50"].tolist() == [0.1 + 0.2] * 5


def test_an_older_predictor_forecasts_from_newer_data_with_an_item_it_never_saw(service: ForecastService) -> None:
    predictor = service.train_predictor(request(sales(60, ITEMS[:2])), quiet)
    made = service.create_forecast(predictor.name, request(sales(70)), quiet)
    assert made.details["items"] == 3
    assert "20240311T0000" in made.name


def test_accuracy_is_that_of_the_predictor(service: ForecastService) -> None:
    name = service.train_predictor(request(sales()), quiet).name
    accuracy = service.accuracy_metrics(name)
    assert accuracy["PredictorEvaluationResults"][0]["AlgorithmArn"].endswith("/SeasonalNaive")
    assert (accuracy["IsAutoPredictor"], accuracy["OptimizationMetric"]) == (False, "AverageWeightedQuantileLoss")
    assert set(service.item_accuracy(name)["item_id"]) == set(ITEMS)


@pytest.mark.parametrize("name", ["shop_20240301T0000_0123456789", "../../etc", ""])
def test_what_is_gone_is_worth_another_run(service: ForecastService, tmp_path: Path, name: str) -> None:
    for call in (service.accuracy_metrics, service.item_accuracy):
        with pytest.raises(TransientError, match="has no predictor"):
            call(name)
    with pytest.raises(TransientError, match="has no forecast"):
        service.export_forecast(name, LocalBucket(tmp_path / "bucket"), "")
    with pytest.raises(TransientError, match="has no predictor"):
        service.export_backtest(name, LocalBucket(tmp_path / "bucket"), "")


@pytest.mark.parametrize("written", [{"format": 1}, {"format": artefacts.FORMAT + 1}, {"format": None}])
def test_a_predictor_in_another_format_says_why_it_cannot_be_used(
    service: ForecastService, tmp_path: Path, written: dict[str, int | None]
) -> None:
    asked = request(sales())
    name = service.train_predictor(asked, quiet).name
    document = tmp_path / "service/shop/predictors" / name / "predictor.json"
    document.write_text(json.dumps(json.loads(document.read_text()) | written))
    with pytest.raises(PermanentError, match=rf"format {written['format']}, and[\s\S]*Train it again"):
        service.create_forecast(name, asked, quiet)


def test_a_predictor_that_is_older_than_a_change_of_the_numbers_still_forecasts(
    service: ForecastService, tmp_path: Path
) -> None:
    asked = request(sales())
    name = service.train_predictor(asked, quiet).name
    document = tmp_path / "service/shop/predictors" / name / "predictor.json"
    document.write_text(json.dumps(json.loads(document.read_text()) | {"engine_version": "0"}))
    assert service.create_forecast(name, asked, quiet).details["items"] == 3


def test_a_predictor_that_an_earlier_version_trained_forecasts_the_same_as_then(tmp_path: Path) -> None:
    made = golden.forecast_by(tmp_path, golden.put_into(tmp_path))
    expected = pd.read_csv(golden.EXPECTED, parse_dates=["timestamp"], dtype={"store": str})
    # Of an item that is new, a later version may expect something else.
    learnt = made["item_id"].isin(ITEMS[:2])
    pd.testing.assert_frame_equal(made[learnt], expected[learnt], rtol=1e-6)
    assert made[~learnt].notna().all().all()
    assert (~learnt).sum() == 5


def test_a_task_of_an_earlier_version_lacks_what_was_added_since(tmp_path: Path) -> None:
    name = golden.put_into(tmp_path)
    document = tmp_path / "shop/predictors" / name / "predictor.json"
    predictor = json.loads(document.read_text())
    for added_later in ("tune", "related_fillings", "holidays", "preset"):
        del predictor["task"][added_later]
    document.write_text(json.dumps(predictor))
    assert len(golden.forecast_by(tmp_path, name)) == 15


def test_no_file_of_a_resource_is_a_pickle(service: ForecastService, tmp_path: Path) -> None:
    asked = request(sales(), params(None))
    service.create_forecast(service.train_predictor(asked, quiet).name, asked, quiet)
    kinds = set()
    for name, content in files(tmp_path / "service").items():
        kinds.add(Path(name).suffix)
        if name.endswith(".npz"):
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                assert all(arrays[one].dtype.kind in "fiu" for one in arrays.files)
        elif name.endswith(".json"):
            json.loads(content)
        elif name.endswith(".parquet"):
            pd.read_parquet(io.BytesIO(content))
        else:
            content.decode()
    assert {".npz", ".json", ".parquet"} <= kinds


def test_the_backtest_export_has_the_folders_and_columns_of_the_service(
    service: ForecastService, tmp_path: Path
) -> None:
    evaluation = {"NumberOfBacktestWindows": 2, "BackTestWindowOffset": 6}
    name = service.train_predictor(request(sales(), params(EvaluationParameters=evaluation)), quiet).name
    bucket = LocalBucket(tmp_path / "bucket")
    values_key, metrics_key = service.export_backtest(name, bucket, "backtest/2024/").keys
    assert values_key == f"backtest/2024/forecasted-values/{name}_2024-03-01T00-00-00Z_part0.csv"
    assert metrics_key == f"backtest/2024/accuracy-metrics-values/{name}_2024-03-01T00-00-00Z_part0.csv"
    values, metrics = (list(csv.reader(io.StringIO(bucket.read(key).decode()))) for key in (values_key, metrics_key))
    times = ["backtestwindow_start_time", "backtestwindow_end_time"]
    assert values[0] == ["item_id", "timestamp", "target_value", *times, "store", "mean", "p10", "p50", "p90"]
    losses = ["wQL[0.1]", "wQL[0.5]", "wQL[0.9]", "Average wQL"]
    assert metrics[0] == ["item_id", "store", "backtest_window", *times, *losses, "RMSE", "WAPE", "MAPE", "MASE"]
    assert values[1][:2] + values[1][3:6] == [
        *("bread", "2024-02-19T00:00:00"),
        *("2024-02-19T00:00:00", "2024-02-23T00:00:00", "1"),
    ]
    assert len(values) == 1 + 3 * 2 * 5
    assert [row[2] for row in metrics[1:4]] == ["Computed", "Computed", "Summary"]
    assert len(metrics) == 1 + 3 * 3
    before = {key: bucket.read(key) for key in (values_key, metrics_key)}
    service.export_backtest(name, bucket, "backtest/2024/")
    assert {key: bucket.read(key) for key in before} == before


def test_what_a_backtest_could_not_measure_is_written_as_the_service_writes_it() -> None:
    cutoff = pd.Timestamp("2024-01-02").to_pydatetime()
    metrics = pd.DataFrame({"item_id": ["a", "b"], "WAPE": [0.5, float("nan")]})
    ((_, content),) = backtest_parts(metrics, "f", cutoff)
    assert content.decode() == "item_id,WAPE\na,0.5\nb,not defined\n"
    values = pd.DataFrame({"timestamp": [pd.Timestamp("2024-01-01")] * 2, "target_value": [1.0, float("nan")]})
    ((_, content),) = backtest_parts(values, "f", cutoff)
    assert content.decode() == "timestamp,target_value\n2024-01-01T00:00:00,1.0\n2024-01-01T00:00:00,\n"


def test_everything_of_a_project_can_be_listed_and_deleted(service: ForecastService) -> None:
    asked = request(sales())
    predictor = service.train_predictor(asked, quiet)
    made = service.create_forecast(predictor.name, asked, quiet)
    held = service.resources("shop")
    assert [kind for kind, _ in held] == ["forecast", "predictor", "dataset_import"]
    deleted = service.delete([*reversed(held), ("forecast", "shop_20240301T0000_0123456789")])
    assert deleted[:2] == [made.name, predictor.name]
    assert len(deleted) == 3
    assert service.resources("shop") == []
    assert not service.train_predictor(asked, quiet).reused


def test_what_a_kill_left_half_made_is_ignored_and_cleaned_up(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from datetime import datetime; from pathlib import Path\n"
        "from forecast_platform.forecast_service.identity import Identity\n"
        "from forecast_platform.forecast_service.local.store import ResourceStore\n"
        "def die(folder):\n"
        "    (folder / 'half.parquet').write_bytes(b'x'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "ResourceStore(Path(sys.argv[1])).create('predictor', Identity('shop', datetime(2024, 3, 1), 'a' * 64), die)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=CHECKOUT, check=False)
    assert [path.name for path in tmp_path.rglob("half.parquet")] == ["half.parquet"]
    store = ResourceStore(tmp_path)
    assert store.names("shop") == []
    identity = Identity("shop", pd.Timestamp("2024-03-01").to_pydatetime(), "a" * 64)
    assert store.create("predictor", identity, lambda folder: {})[1]
    assert list(tmp_path.rglob("half.parquet")) == []


def test_the_folder_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    store, cutoff = ResourceStore(tmp_path), pd.Timestamp("2024-03-01").to_pydatetime()

    def make_another_meanwhile(folder: Path) -> dict[str, bool]:
        store.create("forecast", Identity("shop", cutoff, "b" * 64), lambda other: {})
        return {"still_there": folder.exists()}

    made = store.create("forecast", Identity("shop", cutoff, "a" * 64), make_another_meanwhile)[0]
    assert made.details == {"still_there": True}


def test_of_two_makers_of_the_same_resource_the_later_adopts(tmp_path: Path) -> None:
    store, identity = ResourceStore(tmp_path), Identity("shop", pd.Timestamp("2024-03-01").to_pydatetime(), "a" * 64)

    def slow(folder: Path) -> dict[str, str]:
        store.create("predictor", identity, lambda other: {"by": "the other"})
        return {"by": "me"}

    stored, made = store.create("predictor", identity, slow)
    assert (stored.details, made) == ({"by": "the other"}, False)


def test_two_processes_at_once_end_with_one_complete_state(tmp_path: Path) -> None:
    both = [start(tmp_path / "home", tmp_path / "bucket", "SeasonalNaive") for _ in range(2)]
    answers = [json.loads(process.communicate()[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert answers[0][:-1] == answers[1][:-1]
    assert len(LocalForecastService(tmp_path / "home").resources("shop")) == 3
    assert not list((tmp_path / "home").rglob(".tmp-*"))


def test_of_two_runs_that_need_one_predictor_the_second_waits_and_adopts(tmp_path: Path) -> None:
    trainings = []

    def count(what: str, done: int, total: int) -> None:
        if done == total:
            trainings.append(what)

    def train(_: int) -> bool:
        return LocalForecastService(tmp_path).train_predictor(request(sales()), count).reused

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(train, range(2))) == [False, True]
    assert trainings == ["backtesting"]


def test_the_same_request_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    both = [start(tmp_path / f"home{run}", tmp_path / f"bucket{run}") for run in range(2)]
    for process in both:
        process.communicate()
    assert files(tmp_path / "home0") == files(tmp_path / "home1") != {}
    assert files(tmp_path / "bucket0") == files(tmp_path / "bucket1") != {}
