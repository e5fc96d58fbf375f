"""Captures as endpoints wrote them. The files lie beside the checkout: we may not ship them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forecast_platform.model_monitor.capture.ground_truth import read_ground_truth
from forecast_platform.model_monitor.capture.reading import captured_records
from forecast_platform.model_monitor.reading.rows import ReadingReport
from forecast_platform.model_monitor.tables import open_data

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "capture"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data (shared/data beside the checkout) is not here")


def read(name: str, **options: Any) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Names and rows of a file of which nothing may be refused."""
    rows = open_data(DATA / name, header=True, **options)
    found = [row for batch in rows.batches() for row in batch.to_pylist()]
    assert rows.refused == []
    assert rows.notes == []
    return rows.names, found


def test_captures_of_the_churn_model_have_the_columns_of_its_training_data() -> None:
    names, baseline = read("training-dataset-with-header.csv")
    assert (len(names), len(baseline)) == (70, 2333)
    captured, rows = read("captured_from_notebook_output.jsonl", names=names)
    assert captured == names
    assert (rows[0]["Churn"], rows[0]["Account Length"]) == ("0.036397725343704224", "132")


def test_requests_of_several_instances_are_several_rows() -> None:
    _, rows = read("captured-data.jsonl")
    assert rows == [{"_c0": out, "_c1": in_} for out, in_ in [("3.5", "1.0"), ("4.0", "2.0"), ("5.5", "5.0")] * 2]


def test_a_language_model_is_captured_by_its_parameters() -> None:
    names, rows = read("34-30-683-55126149-826d-415a-967b-33fa7f4666f3.jsonl")
    assert names[:2] == ("generated_text", "inputs")
    assert {row["parameters.temperature"] for row in rows} == {"0.7"}


def test_every_ground_truth_record_belongs_to_a_captured_one() -> None:
    report = ReadingReport()
    truth = {one.key: one.rows for one in read_ground_truth([DATA / "actuals.jsonl"], report)}
    records = [record for _, record in captured_records([DATA / "capture.jsonl"], report)]
    assert [record.inference_time for record in records] == [None] * 44
    assert {record.key for record in records} == truth.keys()
    assert {row for rows in truth.values() for row in rows[0]} == {"0", "1"}
    assert report.refused == []
