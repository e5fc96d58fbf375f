"""Accepted rows are found again in the files they were written in, or said to be unknown."""

from __future__ import annotations

import gzip

import pandas as pd

from forecast_platform.training_data.origins import find_origins
from forecast_platform_tests.training_data.conftest import Project, rows

MORNING = [f"2025-01-01 0{hour}:00:00,{hour}.5,milk" for hour in range(6)]


def places(project: Project, *wanted: tuple[str, str]) -> list[tuple[str | None, int | None]]:
    """The file and the line of rows given by item and hour, in the newest snapshot."""
    frame = pd.DataFrame(
        {"item_id": [item for item, _ in wanted], "timestamp": [pd.Timestamp(f"2025-01-01 {at}") for _, at in wanted]}
    )
    found = find_origins(project.bucket, project.snapshot(), project.params, frame)
    return [(row.file, row.line) for row in found.itertuples(index=False)]


def test_rows_are_found_in_the_order_in_which_they_are_asked_for(project: Project) -> None:
    project.upload("a.csv", rows(*MORNING))
    assert places(project, ("milk", "05:00"), ("milk", "00:00")) == [("train/a.csv", 6), ("train/a.csv", 1)]


def test_a_header_blank_lines_and_records_over_several_lines_are_counted(project: Project) -> None:
    project.upload(
        "a.csv", rows("timestamp,target_value,item_id", "", '2025-01-01 00:00:00,1,"two\nlines"', MORNING[1])
    )
    assert places(project, ("two\nlines", "00:00"), ("milk", "01:00")) == [("train/a.csv", 3), ("train/a.csv", 5)]


def test_a_compressed_file_is_read_as_any_other(project: Project) -> None:
    project.upload("a.csv.gz", gzip.compress(rows(*MORNING).encode()))
    assert places(project, ("milk", "02:00")) == [("train/a.csv.gz", 3)]


def test_of_a_row_that_is_said_anew_the_newest_file_is_meant(project: Project) -> None:
    project.upload("old.csv", rows(*MORNING), modified=1_000)
    project.upload("new.csv", rows(MORNING[3], MORNING[2]), modified=2_000)
    assert places(project, ("milk", "02:00"), ("milk", "01:00")) == [("train/new.csv", 2), ("train/old.csv", 2)]


def test_of_a_row_that_comes_twice_in_a_file_the_first_is_the_one_that_is_used(project: Project) -> None:
    project.upload("a.csv", rows(MORNING[0], MORNING[1], MORNING[0]))
    assert places(project, ("milk", "00:00")) == [("train/a.csv", 1)]


def test_nothing_is_known_of_a_file_that_was_changed_since(project: Project) -> None:
    project.upload("a.csv", rows(*MORNING))
    snapshot = project.snapshot()
    project.upload("a.csv", rows("2025-01-01 00:00:00,9,bread", *MORNING))
    frame = pd.DataFrame({"item_id": ["milk"], "timestamp": [pd.Timestamp("2025-01-01")]})
    found = find_origins(project.bucket, snapshot, project.params, frame)
    assert found.to_dict("records") == [{"file": None, "line": None}]


def test_nothing_is_known_of_a_file_that_is_gone(project: Project) -> None:
    project.upload("a.csv", rows(*MORNING))
    snapshot = project.snapshot()
    project.bucket.delete("train/a.csv")
    frame = pd.DataFrame({"item_id": ["milk"], "timestamp": [pd.Timestamp("2025-01-01")]})
    assert find_origins(project.bucket, snapshot, project.params, frame).to_dict("records") == [
        {"file": None, "line": None}
    ]


def test_a_row_that_no_file_holds_is_unknown_and_no_rows_are_no_question(project: Project) -> None:
    project.upload("a.csv", rows(*MORNING))
    assert places(project, ("bread", "02:00")) == [(None, None)]
    assert places(project) == []
