"""``forecast-platform forecast``: streams, exit codes, and what lies in the output folder afterwards."""

from __future__ import annotations

import csv
import gzip
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from forecast_platform.errors import InputError
from forecast_platform.pipeline.one_shot import OneShotInput, OneShotResult, forecast_files
from forecast_platform_tests.cli.command import Ended, forecast_platform, write_input
from forecast_platform_tests.small_project import (
    DAYS,
    FIRST_DAY,
    HORIZON,
    ITEMS,
    TYPES,
    after,
    quiet,
    small_csv,
    small_params,
    tree,
)

STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path]:
    """The end and the output folder of a forecast of the small project."""
    folder = tmp_path_factory.mktemp("small")
    output = folder / "deep" / "output"
    return forecast_platform("forecast", *write_input(folder), "--output", output), output


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def forecast_into(output: Path, given: Path, train: list[Path] | None = None, **options: object) -> OneShotResult:
    """The same as the command, without a process of its own."""
    facts = {"params": given / "params.json", "train": train or [given / "days.csv"], **options}
    return forecast_files(OneShotInput(**facts), output, quiet)  # type: ignore[arg-type]


def first_forecast_day(output: Path) -> str:
    return min(row["date"] for path in (output / "raw").glob("*.csv") for row in rows(path))


def test_a_success_is_exit_code_0_and_silence_when_piped(small: tuple[Ended, Path]) -> None:
    ended, _ = small
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_output_folder_holds_the_export_the_forecast_the_accuracy_and_the_dashboard(
    small: tuple[Ended, Path],
) -> None:
    _, output = small
    names = {str(path.relative_to(output)) for path in output.rglob("*") if path.is_file()}
    (export,) = (name for name in names if name.startswith("raw/"))
    assert export.endswith("_part0.csv")
    assert names == {export, "forecast.csv", "accuracy.json", "dashboard.html"}


def test_the_export_has_one_row_per_item_and_date_with_iso_dates(small: tuple[Ended, Path]) -> None:
    _, output = small
    (path,) = (output / "raw").glob("*.csv")
    export = rows(path)
    assert list(export[0]) == ["item_id", "date", *TYPES]
    assert all(STAMP.fullmatch(row["date"]) for row in export)
    days = [f"{after(DAYS) + timedelta(days=step):%Y-%m-%dT00:00:00Z}" for step in range(HORIZON)]
    assert [(row["item_id"], row["date"]) for row in export] == [(item, day) for item in ITEMS for day in days]
    assert all(float(row["p10"]) <= float(row["p50"]) <= float(row["p90"]) for row in export)


def test_the_forecast_is_long_with_a_type_and_starts_at_each_items_last_observation(
    small: tuple[Ended, Path],
) -> None:
    _, output = small
    forecast = rows(output / "forecast.csv")
    assert list(forecast[0]) == ["timestamp", "target_value", "item_id", "type"]
    assert len(forecast) == len(ITEMS) * len(TYPES) * (HORIZON + 1)
    last_day = f"{after(DAYS) - timedelta(days=1):%Y-%m-%d}"
    bridge = [(row["item_id"], row["type"]) for row in forecast if row["timestamp"] == last_day]
    assert sorted(bridge) == [(item, kind) for item in ITEMS for kind in TYPES]


def test_the_accuracy_has_the_shape_of_get_accuracy_metrics(small: tuple[Ended, Path]) -> None:
    _, output = small
    accuracy = json.loads((output / "accuracy.json").read_text())
    evaluation = accuracy["PredictorEvaluationResults"][0]
    assert evaluation["AlgorithmArn"].startswith("arn:aws:forecast:::algorithm/SeasonalNaive")
    assert {window["EvaluationType"] for window in evaluation["TestWindows"]} == {"SUMMARY", "COMPUTED"}
    for window in evaluation["TestWindows"]:
        assert STAMP.fullmatch(window["TestWindowStart"])
        assert window["ItemCount"] == len(ITEMS)
        metrics = window["Metrics"]
        assert {loss["Quantile"] for loss in metrics["WeightedQuantileLosses"]} == {0.1, 0.5, 0.9}
        assert 0 < metrics["AverageWeightedQuantileLoss"] < 1
        assert {"WAPE", "RMSE", "MASE", "MAPE"} <= set(metrics["ErrorMetrics"][0])
    assert accuracy["OptimizationMetric"] == "AverageWeightedQuantileLoss"


def test_the_backtest_is_written_when_it_is_asked_for_and_is_that_of_the_accuracy(tmp_path: Path) -> None:
    write_input(tmp_path)
    output = tmp_path / "output"
    forecast_into(output, tmp_path, backtest=True)
    (values,) = (rows(path) for path in output.glob("backtest/forecasted-values/*.csv"))
    (metrics,) = (rows(path) for path in output.glob("backtest/accuracy-metrics-values/*.csv"))
    assert {row["item_id"] for row in values} == {row["item_id"] for row in metrics} == set(ITEMS)
    off = sum(abs(float(row["mean"]) - float(row["target_value"])) for row in values)
    accuracy = json.loads((output / "accuracy.json").read_text())
    errors = accuracy["PredictorEvaluationResults"][0]["TestWindows"][1]["Metrics"]["ErrorMetrics"][0]
    assert errors["WAPE"] == pytest.approx(off / sum(float(row["target_value"]) for row in values))


def test_an_earlier_backtest_goes_when_another_predictor_is_trained(tmp_path: Path) -> None:
    write_input(tmp_path)
    output = tmp_path / "output"
    forecast_into(output, tmp_path, backtest=True, as_of=after(50))
    forecast_into(output, tmp_path, backtest=True)
    assert len(list(output.glob("backtest/*/*.csv"))) == 2


def test_the_preset_decides_what_is_tried(tmp_path: Path) -> None:
    params = small_params()
    del params["Predictor"]["AlgorithmArn"]
    params["Predictor"]["PerformAutoML"] = True
    options = [*write_input(tmp_path, params), "--preset", "fast", "--backtest", "--output", tmp_path / "output"]
    ended = forecast_platform("forecast", *options)
    assert (ended.returncode, ended.stderr) == (0, "")
    accuracy = json.loads((tmp_path / "output" / "accuracy.json").read_text())
    names = {one["AlgorithmArn"].rpartition("/")[2] for one in accuracy["PredictorEvaluationResults"]}
    assert "Theta" in names
    assert "GBM" not in names
    assert len(list((tmp_path / "output" / "backtest").glob("*/*.csv"))) == 2


def test_a_preset_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    ended = forecast_platform("forecast", *write_input(tmp_path), "--preset", "slow", "--output", tmp_path / "output")
    assert ended.returncode == 2
    assert "'fast', 'balanced', 'best'" in ended.stderr


def test_the_dashboard_is_one_page_that_needs_no_network(small: tuple[Ended, Path]) -> None:
    _, output = small
    page = (output / "dashboard.html").read_text(encoding="utf-8")
    assert "bread" in page
    assert not re.search(r"""<(script|link|img)[^>]+(src|href)=["']https?:""", page)


def test_the_same_files_give_the_same_bytes(small: tuple[Ended, Path], tmp_path: Path) -> None:
    _, output = small
    write_input(tmp_path)
    forecast_into(tmp_path / "again", tmp_path)
    assert tree(tmp_path / "again") == tree(output)


def test_warnings_about_the_parameters_are_all_that_is_said_on_stderr(tmp_path: Path) -> None:
    params = small_params(TimestampFormat="yyyy-MM-dd hh:mm:ss")
    data = small_csv().replace(b",", b" 00:00:00,", 1).decode()
    stamped = re.sub(r"^(\d{4}-\d\d-\d\d),", r"\1 00:00:00,", data, flags=re.MULTILINE).encode()
    ended = forecast_platform("forecast", *write_input(tmp_path, params, stamped), "--output", tmp_path / "output")
    assert (ended.returncode, ended.stdout) == (0, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"warning: {tmp_path / 'params.json'}: $.TimestampFormat: found ")


def test_as_of_uses_only_what_is_complete_then(tmp_path: Path) -> None:
    write_input(tmp_path)
    forecast_into(tmp_path / "as of", tmp_path, as_of=after(50) + timedelta(hours=23))
    assert first_forecast_day(tmp_path / "as of") == f"{after(50):%Y-%m-%dT00:00:00Z}"
    (tmp_path / "days.csv").write_bytes(small_csv(days=50))
    forecast_into(tmp_path / "cut", tmp_path)
    assert (tmp_path / "as of" / "forecast.csv").read_bytes() == (tmp_path / "cut" / "forecast.csv").read_bytes()


@pytest.mark.parametrize(
    "written", ["2025-02-20", "2025-02-20T00:00:00", "2025-02-20 00:00:00", "2025-02-20T00:00:00Z"]
)
def test_as_of_is_understood_in_every_usual_form(written: str, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from forecast_platform.cli import cli

    arguments = ["forecast", *write_input(tmp_path), "--as-of", written, "--output", str(tmp_path / "output")]
    assert CliRunner().invoke(cli, arguments, catch_exceptions=False).exit_code == 0
    assert first_forecast_day(tmp_path / "output") == "2025-02-20T00:00:00Z"


def test_bad_input_is_exit_code_2_with_the_message_on_stderr_and_no_output_folder(tmp_path: Path) -> None:
    options = write_input(tmp_path, data=small_csv() + b"2025-03-02,many,bread\n")
    ended = forecast_platform("forecast", *options, "--output", tmp_path / "output")
    assert (ended.returncode, ended.stdout) == (2, "")
    where = f"{tmp_path / 'days.csv'}, line {len(ITEMS) * DAYS + 1}, column target_value"
    assert f"{where}: found 'many'; expected a finite number" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "output").exists()


def test_bad_input_leaves_an_earlier_output_as_it_was(tmp_path: Path) -> None:
    write_input(tmp_path)
    forecast_into(tmp_path / "output", tmp_path)
    before = tree(tmp_path / "output")
    (tmp_path / "days.csv").write_bytes(b"")
    with pytest.raises(InputError, match="an empty file"):
        forecast_into(tmp_path / "output", tmp_path)
    assert tree(tmp_path / "output") == before


def test_an_existing_output_folder_is_replaced_file_by_file(tmp_path: Path) -> None:
    """Earlier exports go too, as ``raw/*.csv`` would read them; other people's files stay."""
    write_input(tmp_path)
    output = tmp_path / "output"
    forecast_into(output, tmp_path, as_of=after(50))
    (output / "raw" / "mine.csv").write_text("mine")
    (output / "notes.txt").write_text("mine")
    forecast_into(output, tmp_path)
    forecast_into(tmp_path / "fresh", tmp_path)
    assert tree(output) == tree(tmp_path / "fresh") | {"raw/mine.csv": b"mine", "notes.txt": b"mine"}


@pytest.mark.parametrize("place", ["file", "below a file", "read-only folder"])
def test_an_output_that_cannot_be_written_is_told_in_one_line(place: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    output = {"file": "taken", "below a file": "taken/output", "read-only folder": "/proc/output"}[place]
    ended = forecast_platform("forecast", *write_input(tmp_path), "--output", output, folder=tmp_path)
    assert ended.returncode == (2 if place == "file" else 1)
    assert "Traceback" not in ended.stderr
    assert output in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "name", ["days.csv.gz", "two words.csv", "판매 데이터 😀.csv", "days", "days.related.csv", "DAYS.CSV"]
)
def test_a_file_may_have_any_usual_name(name: str, small: tuple[Ended, Path], tmp_path: Path) -> None:
    write_input(tmp_path)
    content = gzip.compress(small_csv()) if name.endswith(".gz") else small_csv()
    (tmp_path / name).write_bytes(content)
    forecast_into(tmp_path / "output", tmp_path, [tmp_path / name])
    assert tree(tmp_path / "output") == tree(small[1])


@pytest.mark.parametrize("name", ["판매 데이터 😀.csv", "two words.csv.gz", "days.txt", "2/days.csv"])
def test_a_message_names_the_file_as_it_was_given(name: str, tmp_path: Path) -> None:
    write_input(tmp_path)
    bad = tmp_path / name
    bad.parent.mkdir(exist_ok=True)
    bad.write_bytes(b"2025-01-01,1,bread\n2025-01-02,?,bread\n")
    with pytest.raises(InputError) as caught:
        forecast_into(tmp_path / "output", tmp_path, [tmp_path / "days.csv", bad])
    (problem,) = caught.value.problems
    assert problem.where == f"{bad}, line 2, column target_value"


def test_a_name_that_no_bucket_can_hold_says_to_rename_the_file(tmp_path: Path) -> None:
    write_input(tmp_path)
    odd = [tmp_path / "two\nlines.csv", tmp_path / ".hidden.csv", tmp_path / f"{'long' * 62}.csv"]
    for path in odd:
        path.write_bytes(small_csv())
    related = [tmp_path / f"{'long' * 62}.csv"]
    with pytest.raises(InputError) as caught:
        forecast_into(tmp_path / "output", tmp_path, odd[:2], related=related)
    assert [problem.where for problem in caught.value.problems] == [str(path) for path in odd]
    assert {problem.advice for problem in caught.value.problems} == {"Rename the file."}


def test_files_of_one_name_in_two_folders_are_both_used(small: tuple[Ended, Path], tmp_path: Path) -> None:
    write_input(tmp_path)
    parts = [tmp_path / item / "days.csv" for item in ITEMS]
    for path, item in zip(parts, ITEMS, strict=True):
        path.parent.mkdir()
        path.write_bytes(small_csv(items=(item,)))
    forecast_into(tmp_path / "output", tmp_path, parts)
    assert tree(tmp_path / "output") == tree(small[1])


def test_of_two_files_about_the_same_days_the_later_given_one_counts(tmp_path: Path) -> None:
    write_input(tmp_path)
    old, new = tmp_path / "z.csv", tmp_path / "a.csv"
    old.write_bytes(small_csv().replace(b",bread", b"0,bread"))
    new.write_bytes(small_csv())
    forecast_into(tmp_path / "output", tmp_path, [old, new])
    forecast_into(tmp_path / "new only", tmp_path, [new])
    assert tree(tmp_path / "output") == tree(tmp_path / "new only")


def test_dimensions_are_columns_of_the_export(tmp_path: Path) -> None:
    params = small_params()
    params["Datasets"][0]["Schema"]["Attributes"].append({"AttributeName": "store", "AttributeType": "string"})
    params["Predictor"]["FeaturizationConfig"]["ForecastDimensions"] = ["store"]
    lines = [f"{line},{store}" for line in small_csv().decode().splitlines() for store in ("north", "south")]
    write_input(tmp_path, params, "\n".join(lines).encode())
    forecast_into(tmp_path / "output", tmp_path)
    (path,) = (tmp_path / "output" / "raw").glob("*.csv")
    assert list(rows(path)[0]) == ["item_id", "store", "date", *TYPES]
    assert len(rows(path)) == len(ITEMS) * 2 * HORIZON


def test_the_first_day_is_where_the_small_project_says() -> None:
    """Guards the literal dates above."""
    assert after(50).isoformat() == "2025-02-20T00:00:00"
    assert FIRST_DAY.isoformat() == "2025-01-01T00:00:00"
