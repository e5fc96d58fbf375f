"""Predictions and late ground truth: who belongs to whom, and that nothing is lost or counted twice."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.model_quality.merging import GROUND_TRUTH_TIME, Merged, merge


def predictions(*rows: tuple[Any, ...], names: str = "event_id inference_id time predicted") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=names.split())
    return frame.assign(time=pd.to_datetime(frame["time"]))


def truths(*rows: tuple[Any, ...], names: str = "event_id time label") -> pd.DataFrame:
    return predictions(*rows, names=names)


def pairs(merged: Merged) -> list[tuple[Any, Any]]:
    return list(zip(merged.rows["predicted"], merged.rows["label"], strict=True))


def counts(merged: Merged) -> tuple[int, int, int, int]:
    return merged.duplicate_predictions, merged.duplicate_ground_truth, merged.shared_ids, merged.without_id


def test_frames_that_break_the_contract_are_refused_with_every_problem() -> None:
    with pytest.raises(InputError) as refused:
        merge(pd.DataFrame({"event_id": ["a"], "label": [1]}), pd.DataFrame({"time": [], "label": []}))
    assert [problem.where for problem in refused.value.problems] == [
        "frame of predictions",
        "frame of ground truth",
        "column label",
    ]


def test_nothing_merged_with_nothing_is_nothing() -> None:
    merged = merge(predictions(), truths())
    assert (len(merged.rows), len(merged.waiting), len(merged.unclaimed)) == (0, 0, 0)
    assert counts(merged) == (0, 0, 0, 0)


def test_the_inference_id_is_the_key_where_there_is_one_and_else_the_event_id() -> None:
    made = predictions(("e1", "mine", "2020-01-01", 1), ("e2", None, "2020-01-01", 2), ("e3", "", "2020-01-01", 3))
    merged = merge(made, truths(("mine", "2020-01-09", "A"), ("e2", "2020-01-09", "B"), ("e3", "2020-01-09", "C")))
    assert pairs(merged) == [(1, "A"), (2, "B"), (3, "C")]
    assert merged.rows[GROUND_TRUTH_TIME].tolist() == [pd.Timestamp("2020-01-09")] * 3


def test_a_label_for_the_event_id_of_a_request_with_an_inference_id_is_not_its_label() -> None:
    merged = merge(predictions(("e1", "mine", "2020-01-01", 1)), truths(("e1", "2020-01-09", "A")))
    assert len(merged.rows) == 0
    assert (len(merged.waiting), len(merged.unclaimed)) == (1, 1)


def test_ground_truth_may_name_the_inference_id_in_a_column_of_its_own() -> None:
    observed = truths(("other", "mine", "2020-01-09", "A"), names="event_id inference_id time label")
    assert pairs(merge(predictions(("e1", "mine", "2020-01-01", 1)), observed)) == [(1, "A")]


def test_what_is_unmatched_on_either_side_is_kept_and_can_be_merged_later() -> None:
    made = predictions(("e1", None, "2020-01-01", 1), ("e2", None, "2020-01-01", 2))
    first = merge(made, truths(("e2", "2020-01-02", "B"), ("e9", "2020-01-02", "Z")))
    assert pairs(first) == [(2, "B")]
    assert first.waiting["event_id"].tolist() == ["e1"]
    assert first.unclaimed["event_id"].tolist() == ["e9"]
    later = pd.concat([first.unclaimed, truths(("e1", "2020-01-03", "A"))], ignore_index=True)
    assert pairs(merge(first.waiting, later)) == [(1, "A")]


def test_the_latest_label_counts_even_when_it_comes_first_in_the_frame() -> None:
    observed = truths(("e1", "2020-01-09", "corrected"), ("e1", "2020-01-05", "first"), ("e1", None, "undated"))
    merged = merge(predictions(("e1", None, "2020-01-01", 1)), observed)
    assert pairs(merged) == [(1, "corrected")]
    assert counts(merged) == (0, 2, 0, 0)


def test_without_times_the_last_label_of_the_frame_counts() -> None:
    merged = merge(predictions(("e1", None, None, 1)), truths(("e1", None, "A"), ("e1", None, "B")))
    assert pairs(merged) == [(1, "B")]


def test_an_event_that_was_captured_twice_counts_once() -> None:
    made = predictions(("e1", "mine", "2020-01-01", 1), ("e1", "mine", "2020-01-01", 1))
    merged = merge(made, truths(("mine", "2020-01-09", "A")))
    assert pairs(merged) == [(1, "A")]
    assert counts(merged) == (1, 0, 0, 0)


def test_two_requests_with_the_same_inference_id_are_two_predictions() -> None:
    made = predictions(("e1", "mine", "2020-01-01", 1), ("e2", "mine", "2020-01-02", 2))
    merged = merge(made, truths(("mine", "2020-01-09", "A")))
    assert pairs(merged) == [(1, "A"), (2, "A")]
    assert counts(merged) == (0, 0, 1, 0)


def test_rows_of_one_request_are_matched_by_their_position() -> None:
    names = "event_id position time predicted"
    made = predictions(
        ("e1", 0, "2020-01-01", 10), ("e1", 1, "2020-01-01", 11), ("e2", 0, "2020-01-01", 20), names=names
    )
    observed = truths(("e1", 1, "2020-01-09", "B"), ("e1", 0, "2020-01-09", "A"), names="event_id position time label")
    merged = merge(made, observed)
    assert pairs(merged) == [(10, "A"), (11, "B")]
    assert merged.waiting["predicted"].tolist() == [20]
    assert counts(merged) == (0, 0, 0, 0)


def test_ground_truth_without_positions_belongs_to_the_first_row_of_a_request() -> None:
    made = predictions(
        ("e1", 0, "2020-01-01", 10), ("e1", 1, "2020-01-01", 11), names="event_id position time predicted"
    )
    merged = merge(made, truths(("e1", "2020-01-09", "A")))
    assert pairs(merged) == [(10, "A")]
    assert merged.waiting["predicted"].tolist() == [11]


def test_rows_without_any_id_are_counted() -> None:
    made = predictions((None, None, "2020-01-01", 1), ("", "", "2020-01-01", 2))
    merged = merge(made, truths((None, "2020-01-09", "A")))
    assert len(merged.rows) == 0
    assert counts(merged) == (0, 0, 0, 3)


def test_rows_keep_the_order_and_the_columns_of_the_predictions() -> None:
    made = predictions(("e3", None, "2020-01-03", 3), ("e1", None, "2020-01-01", 1))
    merged = merge(made, truths(("e1", "2020-01-09", "A"), ("e3", "2020-01-09", "C")))
    assert pairs(merged) == [(3, "C"), (1, "A")]
    assert list(merged.rows) == ["event_id", "inference_id", "time", "predicted", "label", "ground_truth_time"]
