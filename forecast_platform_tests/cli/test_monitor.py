"""``forecast-platform monitor`` as a person runs it: exit codes, files, and words about bad input."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from forecast_platform.cli import cli
from forecast_platform.errors import InputError
from forecast_platform_tests.cli.command import forecast_platform
from forecast_platform_tests.model_monitor.small_monitor import DAY, baseline_csv, capture_line, rows

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
HERE = pytest.mark.skipif(not DATA.is_dir(), reason="the real data (shared/data beside the checkout) is not here")


def monitor(*arguments: str | Path) -> Result:
    """The command in this process; far cheaper than a process of its own, which two tests below use."""
    return CliRunner().invoke(cli, ["monitor", *map(str, arguments)])


def learn(data: Path, output: Path, *options: str) -> dict[str, Any]:
    """A baseline of ``data``; its constraints."""
    result = monitor("baseline", data, "--output", output, *options)
    assert result.exit_code == 0, result.stderr
    return dict(json.loads((output / "constraints.json").read_text()))


def check(data: Path, baseline: Path, output: Path, *options: str) -> tuple[int, list[dict[str, str]]]:
    """A check of ``data``; the exit code and the violations."""
    result = monitor("check", data, "--baseline", baseline, "--output", output, *options)
    return result.exit_code, json.loads((output / "constraint_violations.json").read_text())["violations"]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(baseline_csv(labels=False))
    return path


def test_a_person_runs_baseline_and_check_and_reads_the_exit_code(people: Path, tmp_path: Path) -> None:
    made = forecast_platform("monitor", "baseline", people, "--output", tmp_path / "expected")
    assert (made.returncode, made.stdout) == (0, "")
    clean = forecast_platform(
        "monitor", "check", people, "--baseline", tmp_path / "expected", "--output", tmp_path / "a"
    )
    assert (clean.returncode, clean.stdout) == (0, "")
    other = tmp_path / "other.csv"
    other.write_bytes(people.read_bytes().replace(b",a\n", b",z\n"))
    found = forecast_platform(
        "monitor", "check", other, "--baseline", tmp_path / "expected", "--output", tmp_path / "b"
    )
    assert found.returncode == 3
    assert "group: categorical_values_check: Value: " in found.stdout
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        "constraint_violations.json",
        "report.html",
        "statistics.json",
    ]


def test_bad_input_is_exit_code_2_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    ended = forecast_platform("monitor", "baseline", tmp_path / "empty.csv", "--output", tmp_path / "out")
    assert ended.returncode == 2
    assert "empty.csv" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_columns_without_a_header_are_called_by_their_position(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_bytes(b"1,a\n2,b\n")
    constraints = learn(path, tmp_path / "out", "--no-header")
    assert [(one["name"], one["inferred_type"]) for one in constraints["features"]] == [
        ("_c0", "Integral"),
        ("_c1", "String"),
    ]
    assert check(path, tmp_path / "out", tmp_path / "check", "--no-header") == (0, [])


def test_a_capture_is_judged_by_the_baseline_of_a_csv_file(people: Path, tmp_path: Path) -> None:
    learn(people, tmp_path / "expected")
    path = tmp_path / "captured.jsonl"
    path.write_text("".join(capture_line(row, str(index), DAY) + "\n" for index, row in enumerate(rows(500, 2))))
    assert check(path, tmp_path / "expected", tmp_path / "out") == (0, [])


def test_what_others_put_beside_captures_does_not_change_how_they_are_read(people: Path, tmp_path: Path) -> None:
    """An empty _SUCCESS was taken for the format of the folder, and the columns lost the baseline's names."""
    learn(people, tmp_path / "expected")
    folder = tmp_path / "captured"
    folder.mkdir()
    (folder / "_SUCCESS").write_text("")
    lines = [capture_line(row, str(index), DAY) + "\n" for index, row in enumerate(rows(500, 2))]
    (folder / "a.jsonl").write_text("".join(lines))
    assert check(folder, tmp_path / "expected", tmp_path / "out") == (0, [])


def test_parquet_gzip_and_folders_are_read_as_well(people: Path, tmp_path: Path) -> None:
    table = pa.table({"x": [1, 2, 3], "s": ["a", "b", None]})
    folder = tmp_path / "folder"
    folder.mkdir()
    pq.write_table(table, folder / "one.parquet")
    pq.write_table(table, folder / "two.parquet")
    assert [one["completeness"] for one in learn(folder, tmp_path / "a")["features"]] == [1.0, pytest.approx(4 / 6)]
    zipped = tmp_path / "people.csv.gz"
    zipped.write_bytes(gzip.compress(people.read_bytes()))
    assert learn(zipped, tmp_path / "b") == learn(people, tmp_path / "c")


def test_rows_that_cannot_be_read_are_named_and_the_others_are_judged(people: Path, tmp_path: Path) -> None:
    learn(people, tmp_path / "expected")
    broken = tmp_path / "broken.csv"
    broken.write_bytes(people.read_bytes() + b"0.5,1\n0.5,1,50,a,7\n")
    result = monitor("check", broken, "--baseline", tmp_path / "expected", "--output", tmp_path / "out")
    assert result.exit_code == 0
    assert "line 4002" in result.stderr
    assert "line 4003" in result.stderr


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        (b"", "constraints.json"),
        (b'{"features": [{"name": "x", "inferred_type": "Whole"}]}', "$.features[0].inferred_type"),
        (b'{"features": [{"name": "x"}, {"name": "x"}]}', "a name that no other feature has"),
    ],
)
def test_constraints_that_cannot_be_used_are_said_with_their_place(
    people: Path, tmp_path: Path, constraints: bytes, said: str
) -> None:
    learn(people, tmp_path / "expected")
    (tmp_path / "expected" / "constraints.json").write_bytes(constraints)
    result = monitor("check", people, "--baseline", tmp_path / "expected", "--output", tmp_path / "out")
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_baseline_that_is_not_there_says_how_to_make_one(people: Path, tmp_path: Path) -> None:
    result = monitor("check", people, "--baseline", tmp_path, "--output", tmp_path / "out")
    assert "monitor baseline" in str(result.exception)


def test_a_check_does_not_overwrite_its_baseline(people: Path, tmp_path: Path) -> None:
    learn(people, tmp_path / "expected")
    before = (tmp_path / "expected" / "statistics.json").read_bytes()
    result = monitor(
        "check", people, "--baseline", tmp_path / "expected", "--output", tmp_path / "x" / ".." / "expected"
    )
    assert isinstance(result.exception, InputError)
    assert "--output: found" in str(result.exception)
    assert (tmp_path / "expected" / "statistics.json").read_bytes() == before


def test_a_new_baseline_keeps_edited_constraints_under_another_name(people: Path, tmp_path: Path) -> None:
    folder = tmp_path / "expected"
    learn(people, folder)
    suggested = (folder / "constraints.json").read_bytes()
    for edition in (b"{}", b"[]"):
        (folder / "constraints.json").write_bytes(edition)
        learn(people, folder)
    learn(people, folder)
    assert (folder / "constraints.json").read_bytes() == suggested
    assert (folder / "constraints.1.json").read_bytes() == b"{}"
    assert (folder / "constraints.2.json").read_bytes() == b"[]"
    assert not (folder / "constraints.3.json").exists()


def test_a_violation_is_one_line_whatever_the_feature_is_called(tmp_path: Path) -> None:
    header = b'"two\nlines","\x1b[2Jcleared"\n'
    for name, value in (("before.csv", b"1,1\n"), ("after.csv", b"7,7\n")):
        (tmp_path / name).write_bytes(header + value * 500)
    learn(tmp_path / "before.csv", tmp_path / "expected")
    baseline, output = tmp_path / "expected", tmp_path / "out"
    result = monitor("check", tmp_path / "after.csv", "--baseline", baseline, "--output", output)
    assert [line.split(": ")[0] for line in result.stdout.splitlines()] == ["two\\nlines", "\\x1b[2Jcleared"]


def test_a_constraint_for_a_feature_that_is_gone_is_a_missing_column(people: Path, tmp_path: Path) -> None:
    learn(people, tmp_path / "expected")
    fewer = tmp_path / "fewer.csv"
    fewer.write_bytes(b"".join(line.rsplit(b",", 1)[0] + b"\n" for line in people.read_bytes().splitlines()))
    code, violations = check(fewer, tmp_path / "expected", tmp_path / "out")
    assert code == 3
    assert [one["constraint_check_type"] for one in violations] == ["missing_column_check"]


@HERE
@pytest.mark.parametrize("name", ["capture.jsonl", "captured-data.jsonl", "captured_from_notebook_output.jsonl"])
def test_real_captures_are_a_baseline_and_meet_it(name: str, tmp_path: Path) -> None:
    learn(DATA / "capture" / name, tmp_path / "expected")
    assert check(DATA / "capture" / name, tmp_path / "expected", tmp_path / "out") == (0, [])


@HERE
def test_a_real_capture_breaks_the_baseline_of_its_training_data_as_aws_shows(tmp_path: Path) -> None:
    """The model answers a probability where the training data has the label; AWS's own walk-through finds that too."""
    learn(DATA / "capture" / "training-dataset-with-header.csv", tmp_path / "expected")
    capture = DATA / "capture" / "captured_from_notebook_output.jsonl"
    code, violations = check(capture, tmp_path / "expected", tmp_path / "out")
    assert code == 3
    assert violations == [
        {
            "feature_name": "Churn",
            "constraint_check_type": "data_type_check",
            "description": "Data type match requirement is not met. Expected data type: Integral, "
            "Expected match: 100.0%. Observed: Only 0.0% of data is Integral.",
        }
    ]


@HERE
def test_statistics_of_the_real_training_data_are_numpys(tmp_path: Path) -> None:
    import numpy as np
    import pandas as pd

    path = DATA / "capture" / "training-dataset-with-header.csv"
    learn(path, tmp_path / "expected")
    document = json.loads((tmp_path / "expected" / "statistics.json").read_text())
    frame = pd.read_csv(path)
    assert [one["name"] for one in document["features"]] == list(frame.columns)
    for one in document["features"]:
        found, values = one["numerical_statistics"], frame[one["name"]].to_numpy(dtype=float)
        assert found["mean"] == pytest.approx(values.mean(), rel=1e-12)
        assert found["std_dev"] == pytest.approx(np.std(values), rel=1e-9)
        assert sum(bucket["count"] for bucket in found["distribution"]["kll"]["buckets"]) == len(frame)
