"""Hours of captures, ground truth and batch manifests in a bucket."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import InputError
from forecast_platform.model_monitor.capture.batch_transform import (
    files_of_manifests,
    key_of,
    read_manifest,
    without_inference_columns,
)
from forecast_platform.model_monitor.capture.folders import (
    capture_hours,
    files_of_hour,
    hour_folder,
    read_hours,
    variants_of,
)
from forecast_platform.model_monitor.capture.ground_truth import ground_truth_of_hours
from forecast_platform.model_monitor.reading.rows import ReadingReport
from forecast_platform_tests.model_monitor.capture.test_reading import GOOD, listed

FIRST, SECOND = datetime(2024, 1, 31, 23, tzinfo=UTC), datetime(2024, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def bucket(tmp_path: Path) -> LocalBucket:
    bucket = LocalBucket(tmp_path)
    for hour, name in ((SECOND, "b"), (FIRST, "a"), (FIRST, "c")):
        bucket.write(f"census/AllTraffic/{hour_folder(hour)}{name}.jsonl", f"{GOOD}\n".encode())
    bucket.write(f"census/Shadow/{hour_folder(FIRST)}a.jsonl", b"{}")
    bucket.write("census/AllTraffic/2024/13/01/00/no-month.jsonl", b"{}")
    bucket.write("census/notes.txt", b"")
    bucket.write(f"census-2/AllTraffic/{hour_folder(FIRST)}a.jsonl", b"{}")
    return bucket


def test_an_hour_without_files_is_an_input_error_that_says_where_they_were_looked_for(bucket: LocalBucket) -> None:
    with pytest.raises(InputError, match="no captured data") as caught:
        read_hours(bucket, "census", "AllTraffic", [datetime(2024, 5, 1, tzinfo=UTC)])
    assert "census/AllTraffic/2024/05/01/00/" in caught.value.problems[0].where


def test_the_hours_with_captures_are_found_in_order(bucket: LocalBucket) -> None:
    assert capture_hours(bucket, "census", "AllTraffic") == [FIRST, SECOND]
    assert capture_hours(bucket, "nobody", "AllTraffic") == []
    assert variants_of(bucket, "census") == ["AllTraffic", "Shadow"]
    assert len(files_of_hour(bucket, "census/AllTraffic", FIRST)) == 2


def test_hours_are_read_together_and_names_of_files_are_in_refusals(bucket: LocalBucket) -> None:
    bucket.write(f"census/AllTraffic/{hour_folder(FIRST)}d.jsonl", b"{")
    rows = read_hours(bucket, "census", "AllTraffic", [FIRST, SECOND], names=["prediction"])
    assert listed(rows) == [["0.5", "1", "2"]] * 3
    assert rows.refused[0].where == "census/AllTraffic/2024/01/31/23/d.jsonl, line 1"


def test_ground_truth_is_read_by_the_hour_of_its_collection(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    lines = [
        '{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"e","inferenceId":"i"}}',
        '{"groundTruthData":{"data":"0","encoding":"CSV"},"eventMetadata":{"eventId":"e2"}}',
        '{"groundTruthData":{"data":"0","encoding":"CSV"},"eventMetadata":{}}',
        '{"groundTruthData":{"data":"0"',
    ]
    bucket.write(f"truth/{hour_folder(FIRST)}a.jsonl", "\n".join(lines).encode())
    report = ReadingReport()
    found = list(ground_truth_of_hours(bucket, "truth", [FIRST, SECOND], report))
    assert [(truth.key, truth.value) for truth in found] == [("i", "1"), ("e2", "0")]
    assert [refused.where for refused in report.refused] == [f"truth/2024/01/31/23/a.jsonl, line {n}" for n in (3, 4)]


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'[{"prefix": 1}]', b'["a.csv"]', b"\xff", b'[{"prefix":"s3://b/"}, 2]']
)
def test_what_is_no_manifest_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(data, "manifest")


def test_manifests_name_the_files_that_a_batch_job_read(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    bucket.write(f"job/input/{hour_folder(FIRST)}m.json", b'[{"prefix": "s3://bucket/in/"}, "a.csv", "b.csv"]')
    assert files_of_manifests(bucket, "input", FIRST, "job") == ["s3://bucket/in/a.csv", "s3://bucket/in/b.csv"]
    assert key_of("s3://bucket/in/a.csv", bucket) == "in/a.csv"
    assert key_of(bucket.uri("in/a.csv"), bucket) == "in/a.csv"
    with pytest.raises(InputError, match="No batch transform job"):
        files_of_manifests(bucket, "output", FIRST, "job")


def test_inference_id_and_time_are_taken_off_the_rows() -> None:
    csv = pa.RecordBatch.from_pydict({"_c0": ["0.5"], "_c1": ["id"], "_c2": ["2024-01-01"]})
    rows, ids, times = without_inference_columns(csv)
    assert (rows.schema.names, ids.to_pylist(), times.to_pylist()) == (["_c0"], ["id"], ["2024-01-01"])
    named = pa.RecordBatch.from_pydict({"SageMakerInferenceId": ["id"], "SageMakerInferenceTime": ["t"], "x": ["1"]})
    assert without_inference_columns(named)[0].schema.names == ["x"]
    with pytest.raises(InputError, match="no inference id"):
        without_inference_columns(pa.RecordBatch.from_pydict({"x": ["1"]}))
