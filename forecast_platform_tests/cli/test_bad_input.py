"""Bad input through the one-shot command: what is said, and that nothing is written or lost.

How each kind of bad row is worded, and that quarantine keeps it, is tested with the reader (``training_data``).
"""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from forecast_platform.cli import cli
from forecast_platform.errors import InputError
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.one_shot import OneShotInput, forecast_files
from forecast_platform_tests.cli.command import forecast_platform, write_input
from forecast_platform_tests.small_project import (
    DAYS,
    HORIZON,
    ITEMS,
    after,
    quiet,
    run_steps,
    small_csv,
    small_params,
    small_workspace,
)

GOOD = small_csv()
GOOD_ROWS = DAYS * len(ITEMS)
NEXT = f"{after(DAYS):%Y-%m-%d}"


@dataclass(frozen=True)
class BadFile:
    """A training file that cannot be used as it is.

    Attributes:
        says: Parts of the message.
        refused: Rows in quarantine; ``None`` = the whole file is refused and stays where it is.
    """

    data: bytes
    says: tuple[str, ...]
    refused: int | None = 1


def _more(*rows: str) -> bytes:
    return GOOD + "".join(f"{row}\n" for row in rows).encode()


def _reordered(data: bytes) -> bytes:
    cells = (line.split(",") for line in data.decode().splitlines())
    return "".join(f"{item},{stamp},{number}\n" for stamp, number, item in cells).encode()


LAST = f"days.csv, line {GOOD_ROWS + 1}"
BAD_FILES = {
    "a missing column": BadFile(
        b"timestamp,target_value\n2025-01-01,1\n", ("days.csv: found a header", "Not in the file: item_id."), None
    ),
    "a misnamed column": BadFile(
        b"timestamp,demand,item_id\n2025-01-01,1,a\n",
        ("days.csv: found a header", "Not in the schema: 'demand'."),
        None,
    ),
    "a header in another order": BadFile(
        _reordered(b"timestamp,target_value,item_id\n" + GOOD), ("days.csv: found a header", "the order is not"), None
    ),
    "columns in another order": BadFile(
        _reordered(GOOD), ("days.csv: found columns that seem to be item_id, timestamp, target_value",), None
    ),
    "a timestamp in another format": BadFile(
        _more("02.03.2025,1,bread"), (f"{LAST}, column timestamp: found '02.03.2025'", "a timestamp as yyyy-MM-dd")
    ),
    "a number with a unit": BadFile(
        _more(f"{NEXT},12 kg,bread"), (f"{LAST}, column target_value: found '12 kg'", "a finite number")
    ),
    "an observation twice": BadFile(
        _more("2025-01-02,1,bread"), (f"{LAST}: found a second row for item_id 'bread'", "the first is on line 2")
    ),
    "another encoding": BadFile(
        GOOD + f"{NEXT},1,Caf".encode() + b"\xe9\n", (f"{LAST}, column item_id: found the byte 0xe9", "text in UTF-8")
    ),
    "a byte order mark in the middle": BadFile(
        GOOD + b"\xef\xbb\xbf" + f"{NEXT},1,bread\n".encode(), (LAST, "byte order mark")
    ),
    "an empty file": BadFile(b"", ("days.csv: found an empty file", "Is it still being uploaded?"), None),
    "half a gzip file": BadFile(
        gzip.compress(GOOD)[:-20], ("days.csv: found gzip data that ends in the middle",), None
    ),
    "a line of ten megabytes": BadFile(
        GOOD + b"x" * 10_000_000 + b"\n", (f"{LAST}: found a line of 10,000,000 characters",)
    ),
    "a quote that is never closed": BadFile(_more(f'{NEXT},1,"bread'), (LAST, "a quote that is never closed")),
}
bad_files = pytest.mark.parametrize("bad", BAD_FILES.values(), ids=BAD_FILES)


def refused(folder: Path, output: str = "output", **options: Any) -> str:
    """The message with which the one-shot forecast of the files in ``folder`` is refused; nothing is written."""
    facts = {"params": folder / "params.json", "train": [folder / "days.csv"], **options}
    with pytest.raises(InputError) as caught:
        forecast_files(OneShotInput(**facts), folder / output, quiet)
    assert not (folder / output).exists()
    return str(caught.value)


@bad_files
def test_a_bad_file_is_refused_with_its_place_and_nothing_is_written(bad: BadFile, tmp_path: Path) -> None:
    write_input(tmp_path, data=bad.data)
    message = refused(tmp_path)
    assert str(tmp_path / "days.csv") in message
    for part in bad.says:
        assert part in message
    assert (tmp_path / "days.csv").read_bytes() == bad.data


@bad_files
def test_in_a_project_every_row_of_a_bad_file_is_used_in_quarantine_or_still_in_the_file(
    bad: BadFile, tmp_path: Path
) -> None:
    workspace = small_workspace(tmp_path)
    workspace.bucket.write("train/days.csv", bad.data)
    (report,) = read_training_data(workspace, after(DAYS)).snapshot.objects
    assert workspace.bucket.read("train/days.csv") == bad.data
    if bad.refused is None:
        assert (report.rows, report.file_refused) == (0, True)
        return
    assert (report.rows, report.refused_rows, report.file_refused) == (GOOD_ROWS, bad.refused, False)
    assert report.quarantine_key is not None
    assert workspace.bucket.head(report.quarantine_key) is not None


def test_a_timestamp_off_the_frequency_is_refused(tmp_path: Path) -> None:
    params = small_params(TimestampFormat="yyyy-MM-dd HH:mm:ss")
    stamped = "".join(f"{line[:10]} 00:00:00{line[10:]}\n" for line in GOOD.decode().splitlines())
    write_input(tmp_path, params, f"{stamped}{NEXT} 07:30:00,1,bread\n".encode())
    message = refused(tmp_path)
    assert f"{LAST}, column timestamp: found '{NEXT} 07:30:00'" in message


def test_the_command_ends_with_2_and_the_message_on_stderr(tmp_path: Path) -> None:
    """One of the cases above in a process of its own: streams and exit code are the same for all."""
    options = write_input(tmp_path, data=_more("02.03.2025,1,bread", f"{NEXT},12 kg,milk"))
    ended = forecast_platform("forecast", *options, "--output", tmp_path / "output")
    assert (ended.returncode, ended.stdout) == (2, "")
    summary, *problems = ended.stderr.splitlines()
    assert summary == "The training data has 2 problems:"
    assert [problem.partition(": found ")[0] for problem in problems] == [
        f"  - {tmp_path / 'days.csv'}, line {GOOD_ROWS + 1}, column timestamp",
        f"  - {tmp_path / 'days.csv'}, line {GOOD_ROWS + 2}, column target_value",
    ]
    assert not (tmp_path / "output").exists()


def test_of_very_many_problems_the_first_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    write_input(tmp_path, data=_more(*(f"{NEXT},x,item {number}" for number in range(1000))))
    message = refused(tmp_path).splitlines()
    assert message[0] == "The training data has 1000 problems; the first 20:"
    assert len(message) == 21


ODD_NAMES = (
    *("a,b", 'say "hi"', "two\nlines", "../../etc/passwd", "'; DROP TABLE train; --", "=1+1", "NA", " spaced "),
    *("한글", "😀", "<script>alert(1)</script>"),
)


def test_any_item_name_goes_through_every_step_unchanged(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    quoted = ['"' + name.replace('"', '""') + '"' for name in ODD_NAMES]
    for number, name in enumerate(quoted):
        workspace.bucket.write(f"train/{number}.csv", small_csv(items=("milk",)).replace(b"milk", name.encode()))
    run_steps(workspace, after(DAYS))
    published = workspace.bucket.read("quicksight/forecast.csv").decode()
    assert {row["item_id"] for row in csv.DictReader(io.StringIO(published, newline=""))} == {*ITEMS, *ODD_NAMES}
    found = workspace.warehouse.query("SELECT DISTINCT item_id FROM forecast", "small").rows
    assert {name for (name,) in found} == {*ITEMS, *ODD_NAMES}
    assert b"<script>alert(1)</script>" not in workspace.bucket.read("dashboard/index.html")


def test_a_horizon_too_long_for_the_history_says_how_much_there_is_and_how_much_is_needed(tmp_path: Path) -> None:
    write_input(tmp_path, data=small_csv(days=HORIZON))
    message = refused(tmp_path)
    assert "The horizon is too long for the history." in message
    assert "ForecastHorizon" in message


def test_an_as_of_before_the_data_says_when_the_data_begins(tmp_path: Path) -> None:
    write_input(tmp_path)
    message = refused(tmp_path, as_of=datetime(2024, 6, 1))
    assert "found 2024-06-01 00:00:00; expected 2025-01-02 00:00:00 or later" in message


def test_a_cutoff_before_the_data_says_when_the_data_begins(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    workspace.bucket.write("train/days.csv", small_csv(first=45, days=15))
    with pytest.raises(InputError) as caught:
        run_steps(workspace, after(41))
    assert "no data before the cutoff 2025-02-11 00:00:00" in str(caught.value)
    assert "the first readable observation is of 2025-02-15 00:00:00" in str(caught.value)


def test_every_problem_of_the_parameters_is_told_at_once_with_its_path(tmp_path: Path) -> None:
    params = small_params(TimestampFormat="dd.MM.yyyy", PerformDelet=True)
    params["Predictor"]["ForecastHorizon"] = "five"
    params["Forecast"]["ForecastTypes"] = ["1.5"]
    write_input(tmp_path, params, b"not read at all")
    problems = refused(tmp_path).splitlines()[1:]
    start = f"  - {tmp_path / 'params.json'}: $."
    assert [problem.removeprefix(start).partition(": found ")[0] for problem in problems] == [
        "Predictor.ForecastHorizon",
        "Forecast.ForecastTypes[0]",
        "TimestampFormat",
        "PerformDelet",
    ]
    assert problems[-1].endswith("Did you mean 'PerformDelete'?")


@pytest.mark.parametrize(
    ("text", "says"),
    [(b"", "empty"), (b"{", "line 1"), (b"[]", "found"), (b"\xff\xfe\x00", "found")],
    ids=["empty", "cut off", "a list", "no text"],
)
def test_a_params_json_that_is_no_json_object_is_refused(text: bytes, says: str, tmp_path: Path) -> None:
    write_input(tmp_path)
    (tmp_path / "params.json").write_bytes(text)
    message = refused(tmp_path)
    assert f"{tmp_path / 'params.json'}" in message
    assert says in message


def test_an_algorithm_the_service_does_not_have_is_told_with_the_path_of_the_parameters(tmp_path: Path) -> None:
    params = small_params()
    params["Predictor"]["AlgorithmArn"] = "arn:aws:forecast:::algorithm/DeepAR"
    write_input(tmp_path, params)
    assert f"{tmp_path / 'params.json'}: $.Predictor.AlgorithmArn" in refused(tmp_path)


@pytest.mark.parametrize("option", ["--params", "--train", "--related", "--item-metadata"])
def test_a_file_that_is_not_there_is_named(option: str, tmp_path: Path) -> None:
    arguments = ["forecast", *write_input(tmp_path), option, str(tmp_path / "missing"), "--output", str(tmp_path / "o")]
    ended = CliRunner().invoke(cli, arguments)
    assert ended.exit_code == 2
    assert f"'{tmp_path / 'missing'}' does not exist" in ended.output
    assert not (tmp_path / "o").exists()


def test_a_related_file_without_a_dataset_in_the_parameters_is_told(tmp_path: Path) -> None:
    write_input(tmp_path)
    (tmp_path / "prices.csv").write_text("2025-01-01,bread,1\n")
    message = refused(tmp_path, related=[tmp_path / "prices.csv"])
    assert f"{tmp_path / 'prices.csv'}: found a file with related time series" in message
    assert "Add the dataset to params.json, or remove the file." in message
