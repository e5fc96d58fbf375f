"""The files of a dashboard, without a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pandas as pd

from forecast_platform.dashboards import DashboardData, render_dashboard, render_page, stale_data
from forecast_platform.dashboards.data import accuracy_windows, best_algorithm
from forecast_platform.dashboards.series import MAX_HISTORY_POINTS, chunks, json_text
from forecast_platform_tests.dashboards.sample import ACCURACY, algorithm_accuracy, measured, publication

HOSTILE = [
    "</script><script>window.hacked=1</script>",
    "<!-- <script>",
    "\"quoted\" 'twice'",
    "line\nbreak\u2028",
    "{{ title }}",
    "한글 🍜",
    "../../etc/passwd",
    "=1+1",
]


def embedded(page: bytes, element: str) -> Any:
    found = re.search(
        rf'<script type="application/json" id="{element}">(.*?)</script>', page.decode("utf-8"), re.DOTALL
    )
    assert found is not None
    return json.loads(found[1])


def series_of(data: DashboardData) -> list[dict[str, Any]]:
    return list(embedded(render_dashboard(data)[-1][1], "dashboard-series"))


def chunk_series(content: bytes) -> list[dict[str, Any]]:
    found = re.fullmatch(r"forecastData\((\d+),(.*)\);\n", content.decode("ascii"))
    assert found is not None
    return list(json.loads(found[2]))


def test_up_to_fifty_series_are_one_file():
    files = render_dashboard(publication([f"item {n}" for n in range(50)]))
    assert [name for name, _ in files] == ["index.html"]


def test_more_series_lie_beside_the_page_and_the_page_comes_last():
    files = render_dashboard(publication([f"item {n:04d}" for n in range(1500)]))
    names = [name for name, _ in files]
    facts = embedded(files[-1][1], "dashboard-facts")
    assert names[-1] == "index.html"
    assert names[:-1] == [f"{facts['folder']}{number}.js" for number in range(len(facts["starts"]))]
    assert len(names) > 2
    sizes = [len(chunk_series(content)) for _, content in files[:-1]]
    assert sum(sizes) == len(facts["names"]) == 1500
    assert facts["starts"] == [sum(sizes[:number]) for number in range(len(sizes))]
    assert embedded(files[-1][1], "dashboard-series") is None


def test_the_page_and_its_data_can_have_other_names():
    files = render_page(publication([f"{n}" for n in range(51)]), page="dashboard.html", data="dashboard-data")
    assert files[-1][0] == "dashboard.html"
    assert files[0][0].startswith("dashboard-data/")


def test_the_same_data_gives_the_same_bytes_in_any_order_of_rows():
    data = measured(publication(["b", "a", "c"], stores=["2", "1"]))
    shuffled = replace(
        data,
        history=data.history.sample(frac=1, random_state=1),
        forecast=data.forecast.sample(frac=1, random_state=2),
    )
    assert render_dashboard(data) == render_dashboard(data) == render_dashboard(shuffled)


def test_another_forecast_gets_another_data_folder():
    data = publication([f"{n}" for n in range(60)])
    changed = replace(data, forecast=data.forecast.assign(p50=data.forecast["p50"] + 1))
    assert render_dashboard(data)[0][0] != render_dashboard(changed)[0][0]


def test_hostile_names_come_back_exactly_and_end_no_script():
    data = replace(measured(publication(HOSTILE)), title=HOSTILE[0], project=HOSTILE[1], target_name=HOSTILE[0])
    page = render_dashboard(data)[-1][1]
    facts = embedded(page, "dashboard-facts")
    assert [name for [name] in facts["names"]] == sorted(HOSTILE)
    assert facts["title"] == HOSTILE[0]
    assert page.count(b"<script") == page.count(b"</script>") + page.count(b"<!-- <script>") == 4
    assert b"window.hacked=1</script" not in page


def test_text_for_scripts_is_ascii_without_markup():
    assert json_text("<&>\u2028é") == '"\\u003c\\u0026\\u003e\\u2028\\u00e9"'


def test_the_page_loads_nothing_from_elsewhere_and_allows_nothing_else():
    page = render_dashboard(publication(["a"]))[-1][1].decode("utf-8")
    head = page[: page.index("<style>")]
    assert not re.search(r"<(link|script|img)[^>]+(src|href)=\"(?!data:,)", head)
    assert "default-src &#x27;none&#x27;" in head
    assert "sha256-" in head


def test_every_placeholder_of_the_template_is_filled():
    page = render_dashboard(publication(["a"]))[-1][1].decode("utf-8")
    assert not re.search(r"\{\{ \w+ \}\}", page)


def test_history_is_limited_to_the_newest_points_and_says_how_many_are_left_out():
    [series] = series_of(publication(["a"], points=MAX_HISTORY_POINTS + 5))
    assert series["left_out"] == 5
    assert len(series["history"]["target"]) == MAX_HISTORY_POINTS
    last = series["history"]["t"]["from"] + (MAX_HISTORY_POINTS - 1) * series["history"]["t"]["every"]
    assert pd.Timestamp(last, unit="s") == pd.Timestamp("2014-11-30")


def test_uneven_timestamps_are_kept_one_by_one_and_missing_values_stay_missing():
    data = publication(["a"], points=5)
    history = data.history.assign(target=[1.0, float("nan"), 3.0, float("inf"), 5.0]).drop(index=2)
    [series] = series_of(replace(data, history=history))
    assert series["history"]["target"] == [1.0, None, None, 5.0]
    assert [pd.Timestamp(t, unit="s").day for t in series["history"]["t"]] == [26, 27, 29, 30]


def test_history_of_dimensions_that_are_not_forecast_is_added_up():
    data = publication(["a", "b"])
    both = pd.concat([data.history.assign(store="1"), data.history.assign(store="2")])
    [first, _] = series_of(replace(data, history=both))
    assert first["history"]["target"][0] == 2 * data.history["target"].iloc[0]


def test_a_series_without_history_is_shown_with_its_forecast():
    data = publication(["a", "new"])
    [_, series] = series_of(replace(data, history=data.history[data.history["item_id"] == "a"]))
    assert series["history"]["target"] == []
    assert len(series["forecast"]["p50"]) == 7


def test_a_publication_without_a_forecast_is_still_a_page():
    data = publication(["a"])
    facts = embedded(render_dashboard(replace(data, forecast=data.forecast.iloc[:0]))[-1][1], "dashboard-facts")
    assert facts["names"] == []
    assert facts["horizon"] == 0


def test_accuracy_of_an_item_belongs_to_all_its_series_and_scores_the_list():
    data = measured(publication(["a", "b"], stores=["1", "2"]))
    facts = embedded(render_dashboard(data)[-1][1], "dashboard-facts")
    assert facts["names"] == [["a", "1"], ["a", "2"], ["b", "1"], ["b", "2"]]
    assert facts["scores"] == [0.01, 0.01, 0.02, 0.02]
    assert [row["window"]["backtest_window"] for row in series_of(data)[3]["accuracy"]] == ["Computed", "Summary"]


def test_amazons_own_backtest_export_without_an_average_gives_no_scores():
    data = measured(publication(["a"]))
    assert data.item_accuracy is not None
    older = replace(data, item_accuracy=data.item_accuracy.drop(columns="Average wQL"))
    assert embedded(render_dashboard(older)[-1][1], "dashboard-facts")["scores"] is None


def test_accuracy_is_flattened_by_algorithm_and_time_with_the_mean_as_point_forecast():
    rows = accuracy_windows(ACCURACY)
    assert [(row.algorithm, row.summary, row.start[:10]) for row in rows[:3]] == [
        ("Seasonal-Naive", False, "2014-11-16"),
        ("Seasonal-Naive", False, "2014-11-23"),
        ("Seasonal-Naive", True, "2014-11-16"),
    ]
    assert rows[0].metrics["WAPE"] == 0.4
    assert rows[0].metrics["wQL[0.9]"] == 0.1


def test_the_chosen_algorithm_has_the_lowest_optimization_metric():
    assert best_algorithm(ACCURACY) == "ETS"
    assert best_algorithm({}) is None
    by_rmse = {"PredictorEvaluationResults": [algorithm_accuracy("A", 0.3), algorithm_accuracy("B", 0.2)]}
    assert best_algorithm({**by_rmse, "OptimizationMetric": "RMSE"}) == "B"


def test_the_first_evaluation_of_an_auto_predictor_is_the_chosen_one():
    assert best_algorithm({**ACCURACY, "IsAutoPredictor": True}) == "Seasonal-Naive"


def test_a_chunk_is_closed_when_it_is_full_and_is_never_empty():
    assert list(chunks(["aaaa", "bb", "cc", "d"], size=4)) == [["aaaa"], ["bb", "cc"], ["d"]]
    assert list(chunks([], size=4)) == []


def test_stale_data_keeps_the_publication_before_this_one():
    existing = ["data/old/0.js", "data/before/0.js", "data/before/1.js", "index.html", "data/now/0.js"]
    assert stale_data(existing, ["data/now/0.js", "index.html"]) == ["data/old/0.js"]


def test_stale_data_after_a_publication_in_one_file_keeps_the_one_before():
    existing = ["data/old/0.js", "data/before/0.js", "index.html"]
    assert stale_data(existing, ["index.html"]) == ["data/old/0.js"]


def test_stale_data_never_names_anything_but_data():
    assert stale_data(["index.html", "notes.txt", "data/x/0.js"], ["index.html"]) == []
