"""Files as a whole: headers, encodings, compression, and files that cannot be used at all."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import InputError, Problem, TransientError
from forecast_platform.params import parse_params
from forecast_platform.training_data import ObjectReport, take_snapshot
from forecast_platform.training_data.parsing import parse_object
from forecast_platform.training_data.schema import Role, table_schema
from forecast_platform_tests.training_data.conftest import Project, make_params, rows

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
DATA = ["2024-01-01 00:00:00,1.5,A", "2024-01-01 01:00:00,2.5,A", "2024-01-01 00:00:00,3.5,B"]

TARGET_SCHEMA = table_schema(Role.TARGET, make_params())


def refusal(report: ObjectReport, rows_in_file: int) -> Problem:
    """The problem of a file that was refused as a whole."""
    assert (report.file_refused, report.rows, report.refused_rows) == (True, 0, rows_in_file)
    (problem,) = report.problems
    assert problem.where == report.key
    return problem


def test_a_headerless_file_keeps_its_first_row(project: Project) -> None:
    """The old pipeline's table skipped one line of every file, and its files had no header."""
    report = project.read(rows(*DATA))
    assert (report.rows, report.refused_rows) == (3, 0)
    assert project.target()["target"].tolist() == [1.5, 2.5, 3.5]


@pytest.mark.skipif(not SHARED.exists(), reason="the old pipeline's sample data is not beside this checkout")
def test_the_old_pipelines_training_file_keeps_all_its_rows(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    bucket.write("train/item-demand-time.csv", (SHARED / "electricity/train/item-demand-time.csv").read_bytes())
    params = parse_params((SHARED / "electricity/params.json").read_bytes()).params
    snapshot = take_snapshot(bucket, params)
    assert (snapshot.rows, snapshot.refused_rows, snapshot.items) == (23_973, 0, 3)
    assert f"{snapshot.first_timestamp} … {snapshot.data_end}" == "2014-01-01 01:00:00 … 2014-11-30 00:00:00"


@pytest.mark.parametrize(
    "header",
    ["timestamp,target_value,item_id", "Timestamp, Target Value ,ITEM_ID", '"timestamp","target_value","item_id"'],
)
def test_a_header_with_the_schemas_names_is_no_row(project: Project, header: str) -> None:
    report = project.read(rows(header, *DATA))
    assert (report.rows, report.refused_rows) == (3, 0)


def test_a_header_in_another_order_is_refused_with_both_orders(project: Project) -> None:
    problem = refusal(project.read(rows("item_id,timestamp,target_value", "A,2024-01-01 00:00:00,1")), 1)
    assert problem.found == "a header with the columns 'item_id', 'timestamp', 'target_value'"
    assert problem.expected == (
        "the columns timestamp, target_value, item_id in this order, as in the schema in params.json"
    )
    assert problem.advice.startswith("The names are right, the order is not")


@pytest.mark.parametrize(
    ("header", "missing", "unknown"),
    [
        ("timestamp,demand,item_id", "target_value", "'demand'"),
        ("timestamp,target_value", "item_id", None),
        ("timestamp,target_value,item_id,store", None, "'store'"),
        ("date,qty,sku", "timestamp, target_value, item_id", "'date', 'qty', 'sku'"),
    ],
)
def test_a_header_with_other_names_tells_which_differ(
    project: Project, header: str, missing: str | None, unknown: str | None
) -> None:
    width = header.count(",") + 1
    data = ["2024-01-01 00:00:00", "1", "A", "north"][:width]
    problem = refusal(project.read(rows(header, ",".join(data))), 1)
    assert ("Not in the file" in problem.advice) == (missing is not None)
    assert ("Not in the schema" in problem.advice) == (unknown is not None)
    assert missing is None or f"Not in the file: {missing}." in problem.advice
    assert unknown is None or f"Not in the schema: {unknown}." in problem.advice


def test_an_item_that_is_called_like_a_column_is_data(project: Project) -> None:
    assert project.read(rows("2024-01-01 00:00:00,1,item_id")).rows == 1


def test_columns_in_another_order_without_a_header_are_recognised(project: Project) -> None:
    problem = refusal(project.read(rows("A,2024-01-01 00:00:00,1", "B,2024-01-01 00:00:00,2")), 2)
    assert problem.found == "columns that seem to be item_id, timestamp, target_value"
    assert "timestamp, target_value, item_id in this order" in problem.expected


def test_swapped_items_and_values_without_a_header_are_recognised(project: Project) -> None:
    problem = refusal(project.read(rows("2024-01-01 00:00:00,A,1", "2024-01-01 00:00:00,B,2")), 2)
    assert problem.found == "columns that seem to be timestamp, item_id, target_value"


def test_items_that_look_like_numbers_are_fine(project: Project) -> None:
    report = project.read(rows("2024-01-01 00:00:00,1,1001", "2024-01-01 00:00:00,2,1002"))
    assert (report.rows, report.refused_rows) == (2, 0)
    assert project.target()["item_id"].tolist() == ["1001", "1002"]


def test_a_separator_other_than_a_comma_is_recognised(project: Project) -> None:
    problem = refusal(project.read(rows(*(row.replace(",", ";") for row in DATA))), 3)
    assert "separated by semicolons" in problem.advice


def test_a_column_too_many_in_every_row_is_told_once(project: Project) -> None:
    problem = refusal(project.read(rows(*(f"{row},x" for row in DATA))), 3)
    assert problem.found == "4 columns in most rows"


def test_an_empty_file_is_told_so(project: Project) -> None:
    for content in (b"", b"\n\n", b"\xef\xbb\xbf"):
        problem = refusal(project.read(content), 0)
        assert problem.found == "an empty file"
        assert problem.advice == "Is it still being uploaded?"


def test_a_file_with_only_a_header_is_told_so(project: Project) -> None:
    report = project.read("timestamp,target_value,item_id\n")
    assert (report.rows, report.refused_rows, report.file_refused) == (0, 0, False)
    (problem,) = report.problems
    assert problem.found == "a header and no rows"


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: gzip.compress(text.encode("utf-8-sig")),
        lambda text: gzip.compress(text.encode("utf-16")),
    ],
    ids=["UTF-8", "UTF-8 with mark", "UTF-16 LE", "UTF-16 BE", "gzip with mark", "gzip UTF-16"],
)
@pytest.mark.parametrize("header", [True, False])
def test_every_usual_encoding_gives_the_same_rows(
    project: Project, encode: Callable[[str], bytes], header: bool
) -> None:
    text = rows(*(["timestamp,target_value,item_id"] if header else []), "2024-01-01 00:00:00,1,한글 😀 é")
    report = project.read(encode(text))
    assert (report.rows, report.refused_rows) == (1, 0)
    assert project.target()["item_id"].tolist() == ["한글 😀 é"]


def test_utf16_without_a_mark_is_told_so(project: Project) -> None:
    problem = refusal(project.read(rows(*DATA).encode("utf-16-le")), 0)
    assert "UTF-16 without a byte order mark" in problem.found


def test_utf16_that_breaks_off_is_told_so(project: Project) -> None:
    problem = refusal(project.read(rows(*DATA).encode("utf-16")[:-1]), 2)
    assert "UTF-16 text that breaks off" in problem.found


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("closed", [True, False])
def test_every_line_end_works_and_the_last_line_may_lack_its_own(project: Project, end: str, closed: bool) -> None:
    report = project.read(end.join(DATA) + (end if closed else ""))
    assert (report.rows, report.refused_rows) == (3, 0)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "A.CSV.GZ"])
def test_gzip_is_recognised_by_its_content(project: Project, name: str) -> None:
    assert project.read(gzip.compress(rows(*DATA).encode()), name).rows == 3
    assert project.read(rows(*DATA), name).rows == 3


def test_gzip_that_breaks_off_is_told_so(project: Project) -> None:
    problem = refusal(project.read(gzip.compress(rows(*DATA).encode())[:-12]), 0)
    assert problem.found == "gzip data that ends in the middle"
    assert problem.advice == "Is it still being uploaded? Otherwise upload it again."


def test_damaged_gzip_is_told_so(project: Project) -> None:
    data = bytearray(gzip.compress(rows(*DATA).encode()))
    data[15:25] = b"\xff" * 10
    assert "damaged" in refusal(project.read(bytes(data)), 0).found


@pytest.mark.parametrize(("magic", "name"), [(b"PK\x03\x04...", "an Excel workbook"), (b"PAR1...", "a Parquet file")])
def test_another_format_named_csv_is_recognised(project: Project, magic: bytes, name: str) -> None:
    assert refusal(project.read(magic), 0).found.startswith(name)


@pytest.mark.parametrize(
    "item",
    [
        *("a,b", 'say "hi"', "two\nlines", "two\r\nlines", "../../etc/passwd", "'; DROP TABLE train; --", "=1+1"),
        *("@SUM(A1)", "한국 상점", "😀", "Ünï", " spaced ", "MiXed", "null", "NaN", "1e5", "\u202eright to left"),
        *("a\tb", "-"),
    ],
)
def test_any_item_name_arrives_unchanged(project: Project, item: str) -> None:
    quoted = '"' + item.replace('"', '""') + '"'
    report = project.read(rows(f"2024-01-01 00:00:00,1,{quoted}", "2024-01-01 00:00:00,2,B"))
    assert (report.rows, report.refused_rows) == (2, 0)
    assert set(project.target()["item_id"]) == {item, "B"}


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_no_bytes_whatever_crash_the_reader(data: bytes) -> None:
    report = parse_object(lambda: io.BytesIO(data), "train/a.csv", "d" * 64, TARGET_SCHEMA).report
    assert report.rows == 0 or not report.file_refused
    assert (report.problem_count > 0) == (report.refused_rows > 0 or report.file_refused or report.rows == 0)


CELLS = st.sampled_from(
    ["", "A", "1", "1.5", "2024-01-01 00:00:00", "2024-01-01 01:00:00", "x y", "é", "\x85", "\u2028"]
)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4).map(",".join), min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_every_row_of_a_file_is_either_accepted_or_refused(lines: list[str]) -> None:
    """Other programs take U+0085 and U+2028 for line ends; CSV does not."""
    lines = ["2024-01-01 05:00:00,1,first", *lines]
    parsed = parse_object(lambda: io.BytesIO(rows(*lines).encode()), "train/a.csv", "d" * 64, TARGET_SCHEMA)
    assert parsed.report.rows + parsed.report.refused_rows == len(lines)
    if not parsed.report.file_refused:
        refused = {line: raw for line, raw, _ in parsed.refusals}
        assert len(refused) == parsed.report.refused_rows
        assert all(raw == f"{lines[line - 1]}\n" for line, raw in refused.items())


class _ChangingBucket(LocalBucket):
    """A bucket in which somebody else goes on writing an object as soon as it is opened."""

    def open(self, key: str):  # type: ignore[no-untyped-def]
        stream = super().open(key)
        if key.startswith("train/"):
            self.write(key, stream.read() + b"2024-01-01 02:00:00,9,A\n")
            stream.seek(0)
        return stream


def test_a_file_that_changes_while_it_is_read_can_be_tried_again(project: Project) -> None:
    project.upload("a.csv", rows(*DATA))
    with pytest.raises(TransientError, match=r"train/a\.csv is still being written"):
        take_snapshot(_ChangingBucket(project.root), project.params)
    assert project.snapshot().rows == 4


class _VanishingBucket(LocalBucket):
    """A bucket whose objects are removed between the listing and the reading."""

    def open(self, key: str):  # type: ignore[no-untyped-def]
        if key.startswith("train/"):
            self.delete(key)
        return super().open(key)


def test_a_file_that_is_removed_while_it_is_read_can_be_tried_again(project: Project) -> None:
    project.upload("a.csv", rows(*DATA))
    with pytest.raises(TransientError, match=r"train/a\.csv was removed"):
        take_snapshot(_VanishingBucket(project.root), project.params)


def test_no_file_at_all_says_where_to_put_which(project: Project) -> None:
    with pytest.raises(InputError) as caught:
        project.snapshot()
    (problem,) = caught.value.problems
    assert problem.where == f"{project.root}/train/"
    assert "train/target.csv" in problem.advice
    assert ".related.csv" in problem.advice
    assert ".metadata.csv" in problem.advice


def test_other_names_are_ignored_but_listed(project: Project) -> None:
    project.upload("README.txt", "hello")
    report = project.read(rows(*DATA))
    assert report.rows == 3
    assert [(entry.key, entry.role) for entry in project.snapshot().objects] == [
        ("train/a.csv", "target"),
        ("train/README.txt", "ignored"),
    ]


@pytest.mark.parametrize("name", ["x.related.csv", "X.RELATED.CSV.GZ", "x.metadata.csv"])
def test_a_file_without_a_dataset_in_the_parameters_is_a_problem(project: Project, name: str) -> None:
    project.upload("a.csv", rows(*DATA))
    report = project.read("whatever\n", name)
    assert report.role == "ignored"
    (problem,) = report.problems
    assert problem.where == f"train/{name}"
    assert problem.advice == "Add the dataset to params.json, or remove the file."


def test_a_file_name_that_no_bucket_can_hold_is_a_problem(project: Project) -> None:
    project.upload("a.csv", rows(*DATA))
    (project.root / "train" / "b\nc.csv").write_text(rows(*DATA))
    snapshot = project.snapshot()
    assert snapshot.rows == 3
    assert snapshot.problems[0].advice == "Rename the file."


def test_no_readable_row_still_gives_a_snapshot_with_the_problems(project: Project) -> None:
    project.upload("a.csv", rows("bad,1,A"))
    snapshot = project.snapshot()
    assert (snapshot.rows, snapshot.refused_rows, snapshot.data_end) == (0, 1, None)
    assert snapshot.problem_count == 1
    assert list(project.target().columns) == ["item_id", "timestamp", "target"]
    assert project.target().empty


def test_dates_without_a_time_are_read_by_their_own_format(project: Project) -> None:
    project = project.with_params(frequency="D", timestamp_format="yyyy-MM-dd")
    report = project.read(rows("2024-01-01,1,A", "2024-01-02,2,A", "2024-01-03 00:00:00,3,A"))
    assert (report.rows, report.refused_rows) == (2, 1)
    assert "yyyy-MM-dd, for example 2014-01-31" in report.problems[0].expected
