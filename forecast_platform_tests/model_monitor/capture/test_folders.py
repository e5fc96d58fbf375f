"""Hours of captures, ground truth and batch manifests in a bucket."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import InputError
from forecast_platform.model_monitor.capture.batch_transform import key_of, read_manifest
from forecast_platform.model_monitor.capture.folders import files_of_hour, hours_below
from forecast_platform.model_monitor.capture.ground_truth import ground_truth_of_hour
from forecast_platform.model_monitor.layout import hour_folder
from forecast_platform.model_monitor.reading.rows import ReadingReport
from forecast_platform_tests.model_monitor.capture.test_reading import GOOD

FIRST, SECOND = datetime(2024, 1, 31, 23), datetime(2024, 2, 1, 0)


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


def test_the_hours_with_files_are_found_in_order_and_what_is_no_data_is_passed_over(bucket: LocalBucket) -> None:
    assert hours_below(bucket, "census/AllTraffic/") == [FIRST, SECOND]
    assert hours_below(bucket, "nobody/AllTraffic/") == []
    bucket.write(f"census/AllTraffic/{hour_folder(FIRST)}_SUCCESS", b"")
    assert files_of_hour(bucket, "census/AllTraffic/", FIRST) == [
        f"census/AllTraffic/2024/01/31/23/{name}.jsonl" for name in "ac"
    ]


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
    found = list(ground_truth_of_hour(bucket, "truth/", FIRST, report))
    assert [(truth.key, truth.rows) for truth in found] == [("i", (["1"],)), ("e2", (["0"],))]
    assert [refused.where for refused in report.refused] == [f"truth/2024/01/31/23/a.jsonl, line {n}" for n in (3, 4)]


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'[{"prefix": 1}]', b'["a.csv"]', b"\xff", b'[{"prefix":"s3://b/"}, 2]']
)
def test_what_is_no_manifest_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(data, "manifest")


def test_a_manifest_names_files_that_are_found_where_they_are_or_where_they_were_copied_to(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    named = read_manifest(b'[{"prefix": "s3://bucket/in/"}, "a.csv", "b.csv"]', "manifest")
    assert named == ["s3://bucket/in/a.csv", "s3://bucket/in/b.csv"]
    assert key_of("s3://bucket/in/a.csv", bucket) == "in/a.csv"
    assert key_of(bucket.uri("in/a.csv"), bucket) == "in/a.csv"
