"""The files that Amazon Forecast is given to import."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.errors import InputError
from forecast_platform.forecast_service.amazon.exports import has_rows, respelled
from forecast_platform.forecast_service.amazon.staging import csv_files, stage, staged, unstage
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.forecast_service.amazon.account import parsed, shop, with_metadata
from forecast_platform_tests.forecast_service.requests import ITEMS, params, request, sales


class KilledError(Exception):
    """Stands for ``kill -9``."""


def kill() -> None:
    raise KilledError


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_files_have_no_header_and_the_columns_of_the_schema(tmp_path: Path) -> None:
    bucket, asked = LocalBucket(tmp_path), request(sales(2, ITEMS))
    made = stage(bucket, asked)
    (key,) = [stored.key for stored in bucket.list(made.folder("TARGET_TIME_SERIES"))]
    assert key.endswith("/tts/part-00000.csv")
    rows = rows_of(bucket.read(key))
    target = asked.frames().target
    assert rows[0] == ["bread", "1", "2024-01-01", repr(float(target["target"][0]))]
    assert [row[0] for row in rows] == ["bread"] * 2 + ["milk, fresh"] * 2 + ["한글 🍞"] * 2
    assert (made.rows, made.items) == ({"TARGET_TIME_SERIES": 6}, 3)


@pytest.mark.parametrize("item", ['a "quoted" one', "two\nlines", " spaces ", "comma,", "ümläut", "12"])
def test_any_text_comes_back_from_the_files(item: str) -> None:
    (content,) = csv_files(sales(1, (item,)), params(), "TARGET_TIME_SERIES")
    assert rows_of(content)[0][0] == item


def test_whole_numbers_stay_whole_and_what_is_missing_is_empty() -> None:
    raw = params().raw
    raw["Datasets"][0]["Schema"]["Attributes"][3]["AttributeType"] = "integer"
    table = sales(3, ("bread",)).assign(target=[2.0, np.nan, 1e15])
    (content,) = csv_files(table, parsed(raw), "TARGET_TIME_SERIES")
    assert [row[3] for row in rows_of(content)] == ["2", "", "1000000000000000"]


def test_timestamps_with_a_time_have_it() -> None:
    asked = parsed({**params().raw, "TimestampFormat": "yyyy-MM-dd HH:mm:ss"})
    (content,) = csv_files(sales(1, ("bread",)), asked, "TARGET_TIME_SERIES")
    assert rows_of(content)[0][2] == "2024-01-01 00:00:00"


def test_a_number_beside_the_target_is_ignored_as_everywhere() -> None:
    raw = params().raw
    raw["Datasets"][0]["Schema"]["Attributes"].append({"AttributeName": "price", "AttributeType": "float"})
    (content,) = csv_files(sales(1, ("bread",)), parsed(raw), "TARGET_TIME_SERIES")
    assert len(rows_of(content)[0]) == 4


def test_long_data_is_cut_into_files_that_lose_nothing() -> None:
    contents = list(csv_files(sales(5, ("a", "b")), params(), "TARGET_TIME_SERIES", rows_per_file=4))
    assert [len(rows_of(content)) for content in contents] == [4, 4, 2]


def test_what_is_staged_is_not_loaded_again(tmp_path: Path) -> None:
    bucket, asked = LocalBucket(tmp_path), with_metadata(shop(2))
    made = stage(bucket, asked)
    assert made.rows == {"TARGET_TIME_SERIES": 4, "ITEM_METADATA": 2}

    def must_not_load() -> TrainingFrames:
        raise AssertionError("loaded again")

    assert stage(bucket, replace(asked, frames=must_not_load)) == made == staged(bucket, made.name)
    unstage(bucket, made.name)
    assert not list(bucket.list())


def test_a_kill_at_any_write_is_mended_by_the_next_run(tmp_path: Path) -> None:
    asked = with_metadata(shop(2))
    whole = LocalBucket(tmp_path / "whole")
    stage(whole, asked)
    contents = {stored.key: whole.read(stored.key) for stored in whole.list()}
    for write in range(1, len(contents) + 1):
        bucket = LocalBucket(tmp_path / str(write))
        with pytest.raises(KilledError):
            stage(InterruptingBucket(bucket, write, kill), asked)
        assert staged(bucket, stage(bucket, asked).name)
        assert {stored.key: bucket.read(stored.key) for stored in bucket.list()} == contents


def test_items_that_differ_in_case_only_are_refused_because_amazon_would_add_them_up(tmp_path: Path) -> None:
    asked = shop(2, items=("Bread", "bread", "MILK", "milk"))
    with pytest.raises(InputError) as refused:
        stage(LocalBucket(tmp_path), asked)
    assert [problem.found for problem in refused.value.problems] == ["'Bread' and 'bread'", "'MILK' and 'milk'"]
    assert not list(LocalBucket(tmp_path).list())


def test_exports_get_the_spelling_of_the_data_back(tmp_path: Path) -> None:
    asked = shop(2, items=("Bread", "milk, Fresh", "plain"))
    data = stage(LocalBucket(tmp_path), asked)
    exported = b'item_id,Store,date,p50\nbread,1,2024-01-01T00:00:00Z,1.5\n"milk, fresh",1,x,2\nplain,1,x,3\n'
    assert rows_of(respelled(exported, data)) == [
        ["item_id", "store", "date", "p50"],
        ["Bread", "1", "2024-01-01T00:00:00Z", "1.5"],
        ["milk, Fresh", "1", "x", "2"],
        ["plain", "1", "x", "3"],
    ]


def test_exports_in_the_spelling_of_the_data_stay_as_they_are(tmp_path: Path) -> None:
    data = stage(LocalBucket(tmp_path), shop(2))
    exported = b"item_id,store,date,p50\r\nbread,1,x,1.50\r\n"
    assert respelled(exported, data) == exported


def test_an_item_under_the_name_of_its_domain_becomes_the_item(tmp_path: Path) -> None:
    data = replace(stage(LocalBucket(tmp_path), shop(2)), item_column="metric_name")
    assert rows_of(respelled(b"metric_name,date\na,x\n", data))[0] == ["item_id", "date"]


@pytest.mark.parametrize(
    ("content", "expected"), [(b"a,b\n", False), (b"a,b", False), (b"a,b\n1,2", True), (b"", False)]
)
def test_parts_without_rows_are_recognised(content: bytes, expected: bool) -> None:
    assert has_rows(content) is expected


def test_the_manifest_is_strict_json(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    made = stage(bucket, shop(2))
    manifest = json.loads(bucket.read(f"service/imports/{made.name}/manifest.json"))
    assert manifest["rows"] == {"TARGET_TIME_SERIES": 4}
