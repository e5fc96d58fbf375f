"""The index with trends, without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from forecast_platform.model_monitor.report import ExecutionDocuments, ExecutionSummary, index_page
from forecast_platform.model_monitor.report.summary import Measure
from forecast_platform.model_monitor.report.timeline import MOST_COLUMNS, Span, axis_labels, spans
from forecast_platform.model_monitor.report.trend_plots import heat_legend, level, line_row
from forecast_platform_tests.model_monitor.report import sample
from forecast_platform_tests.model_monitor.report.test_execution_page import HOSTILE, Page

FAR = Measure(0.3, 0.1, violated=True)
NEAR = Measure(0.09, 0.1, violated=False)


def summary(number: int, violations: dict[str, int] | None = None, **changes: Any) -> ExecutionSummary:
    given: dict[str, Any] = {
        "page": f"{number:04d}/report.html",
        "monitor": "census",
        "endpoint": "census-income",
        "kind": "DataQuality",
        "window_start": f"2026-{1 + number // 672:02d}-{1 + number // 24 % 28:02d}T{number % 24:02d}:00:00Z",
        "window_end": f"2026-{1 + number // 672:02d}-{1 + number // 24 % 28:02d}T{number % 24:02d}:59:59Z",
        "status": "CompletedWithViolations" if violations else "Completed",
        "reason": "",
        "rows": 100,
        "violations": violations or {},
    }
    return ExecutionSummary(**{**given, **changes})


def column_facts(content: bytes) -> Iterator[list[Any]]:
    for found in re.findall(r'type="application/json" class="columns">(.*?)</script>', content.decode(), re.DOTALL):
        yield json.loads(found)


@pytest.mark.parametrize(
    "documents",
    [sample.data_quality(), sample.failed(), sample.binary_quality(), sample.bias()],
    ids=lambda one: one.text("monitor"),
)
def test_a_summary_survives_strict_json(documents: ExecutionDocuments) -> None:
    found = ExecutionSummary.of(documents, "a/report.html")
    text = json.dumps(found.as_document(), allow_nan=False)
    assert ExecutionSummary.of_document(json.loads(text)) == found


def test_a_summary_counts_violations_and_keeps_what_is_watched() -> None:
    data = ExecutionSummary.of(sample.data_quality(), "x")
    assert data.violations["education"] == 2
    assert data.violation_count == 8
    assert data.measures["age"].violated
    assert data.measures["age"].threshold == 0.1
    assert set(ExecutionSummary.of(sample.binary_quality(), "x").measures) == {
        "accuracy",
        "auc",
        "precision",
        "recall",
        "f1",
    }
    bias = ExecutionSummary.of(sample.bias(), "x").measures
    assert bias["sex = Female: DPPL"] == Measure(0.31, 0.12, violated=True)
    assert bias["income"].value == pytest.approx(0.9144, abs=0.0001)
    assert (bias["income"].threshold, bias["income"].violated) == (0.9, False)


@pytest.mark.parametrize("odd", [{}, {"violations": 3, "measures": {"a": 1, "b": [None], "c": []}, "rows": "x"}])
def test_an_odd_summary_is_read_as_far_as_it_goes(odd: dict[str, Any]) -> None:
    found = ExecutionSummary.of_document(odd)
    assert (found.rows, found.violations, found.measures) == (0, {}, {})
    Page(index_page([found]))


def test_no_executions_are_said_to_be_none() -> None:
    assert "There are no executions yet." in Page(index_page([])).text


def test_executions_are_listed_newest_first_and_linked() -> None:
    content = index_page([summary(1), summary(0, {"age": 1}), summary(2, status="Failed", reason="No data.", rows=0)])
    page = Page(content)
    assert page.attributes("a", "href")[1:] == ["0002/report.html", "0001/report.html", "0000/report.html"]
    assert "2026-01-01 02:00 Failed 0 0 0 No data." in page.text
    assert "Executions 3 With violations 1 Failed 1" in page.text


def test_the_map_has_a_row_per_feature_that_was_ever_violated() -> None:
    content = index_page([summary(0, {"age": 2}), summary(1), summary(2, {"age": 1, "sex": 1})])
    text = content.decode()
    assert 'data-values="2,0,1"' in text
    assert 'data-values="0,0,1"' in text
    said = Page(content).text
    assert said.index("age Violations of age over time 3") < said.index("sex Violations of sex over time 1")


def test_a_column_without_data_is_not_a_column_without_violations() -> None:
    content = index_page([summary(0, {"age": 1}), summary(1, status="Failed")])
    assert 'data-values="1,"' in content.decode()


def test_each_monitor_has_its_part() -> None:
    content = index_page([summary(0), summary(1, kind="ModelQuality", monitor="quality"), summary(2)])
    page = Page(content)
    assert page.attributes("a", "href")[1:3] == ["#monitor-0", "#monitor-1"]
    assert "census · Data quality Completed quality · Model quality Completed" in page.text
    assert [len(one) for one in column_facts(content)] == [2, 1]


def test_the_parts_of_one_monitor_are_told_apart_by_what_they_watch() -> None:
    kinds = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
    page = Page(index_page([summary(0, {"x": 1}, kind=kind) for kind in kinds]))
    bad = "Completed with violations"
    assert f"Data quality {bad} Model bias {bad} Model explainability {bad} Model quality {bad}" in page.text
    assert f"Model bias {bad} census · census-income · newest 2026-01-01" in page.text
    for noun in ("feature", "metric", "label"):
        assert f"Violations by {noun}" in page.text


def test_more_executions_than_columns_share_them_and_the_page_says_so() -> None:
    content = index_page([summary(number, {"age": 1}) for number in range(1000)])
    [columns] = column_facts(content)
    assert len(columns) == 167 <= MOST_COLUMNS
    assert "Each column stands for 6 executions" in Page(content).text
    assert columns[0] == [
        "2026-01-01 to 2026-01-01 05:00 (6 executions)",
        "Completed with violations",
        "0005/report.html",
    ]


def test_full_columns_stay_as_they_are_when_an_execution_is_added() -> None:
    executions = [summary(number) for number in range(400)]
    assert spans(executions)[:100] == spans(executions[:-1])[:100]


def test_a_column_shows_its_worst_execution_status_and_distance() -> None:
    bad = summary(1, {"age": 3}, measures={"age": FAR})
    span = Span((summary(0, measures={"age": NEAR}), bad, summary(2, status="Failed")))
    assert span.worst is bad
    assert span.status == "CompletedWithViolations"
    assert span.measure("age") is FAR
    assert span.measure("sex") is None
    assert (
        Span((summary(0, measures={"age": Measure(0.01, 0.1, False)}), summary(1, measures={"age": NEAR}))).measure(
            "age"
        )
        is NEAR
    )


def test_a_thousand_executions_of_a_hundred_features_stay_below_a_megabyte() -> None:
    names = [f"feature_{number:03d}" for number in range(100)]
    every = [
        summary(
            number,
            dict.fromkeys(names, 1 + number % 3),
            measures={name: Measure(number % 89 / 890, 0.1, True) for name in names},
        )
        for number in range(1000)
    ]
    assert len(index_page(every)) < 1_000_000


def test_more_features_than_rows_are_left_out_and_the_page_says_so() -> None:
    page = Page(index_page([summary(0, {f"feature {number}": 1 for number in range(250)})]))
    assert "The 100 most often violated of 250 features with violations." in page.text


def test_more_executions_than_the_list_has_rows_are_left_out_and_the_page_says_so() -> None:
    assert "The newest 1,000 of 1,001 executions." in Page(index_page([summary(number) for number in range(1001)])).text


def test_any_order_gives_the_same_bytes() -> None:
    executions = [summary(number, {"age": number}) for number in range(5)]
    assert index_page(executions) == index_page(executions[::-1])


def test_hostile_names_are_no_markup() -> None:
    hostile = summary(
        0,
        dict.fromkeys(HOSTILE, 1),
        monitor=HOSTILE[0],
        status=HOSTILE[1],
        reason=HOSTILE[0],
        window_start=HOSTILE[0],
        page="javascript:alert(1)",
        measures=dict.fromkeys(HOSTILE, FAR),
    )
    content = index_page([hostile], HOSTILE[0])
    page = Page(content)
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert not page.attributes("img", "src")
    assert all(name in page.text for name in HOSTILE[:4])
    assert b"javascript:" not in content


def test_the_index_loads_nothing() -> None:
    content = index_page([summary(0, {"age": 1})]).decode()
    assert not re.search(r"(src|href)=\"(?!#|data:,|0000/report.html\")", content)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 7, 100])
def test_every_number_has_the_colour_that_the_legend_says(most: int) -> None:
    legend = heat_legend(most)
    for count in range(1, most + 1):
        low, *high = legend[level(count, most)].split("–")
        assert int(low) <= count <= int(high[0] if high else low)


def test_a_line_is_broken_where_there_is_no_value() -> None:
    drawn = line_row("x", [NEAR, NEAR, None, FAR, None, NEAR])
    path = re.search(r'class="value" d="([^"]*)"', drawn)
    assert path is not None
    assert re.fullmatch(r"M0 \d+h1M3 8h\.4M5 \d+h\.4", path[1])
    assert 'class="violated" d="M3 8h0"' in drawn


def test_values_that_are_all_zero_or_all_the_same_are_drawn() -> None:
    for value in (0.0, -3.0, 5.0):
        assert "nan" not in line_row("x", [Measure(value, None, False)] * 3)


def test_the_year_is_named_where_it_changes() -> None:
    columns = spans([summary(0, window_start=f"{year}-12-31T00:00:00Z") for year in (2025, 2026, 2026)])
    assert axis_labels(columns, 3) == [(0, "2025-12-31"), (1, "2026-12-31"), (2, "12-31")]
