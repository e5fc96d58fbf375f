"""The report of one execution, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from forecast_platform.model_monitor.report import ExecutionDocuments, execution_page
from forecast_platform.model_monitor.report.feature_section import MOST_CARDS, MOST_ROWS
from forecast_platform.model_monitor.report.violation_table import MOST_ROWS as MOST_VIOLATIONS
from forecast_platform_tests.model_monitor.report import sample

HOSTILE = [
    "</script><script>window.hacked=1</script>",
    '"><img src=x onerror=alert(1)>',
    "<!-- <script>",
    "{{ style }}",
    "한글 🍜 \ud800\0",
]
ODD: list[Any] = [None, 3, "text", [], [None], [{}], {}, {"features": 3}, {"features": [3, {}]}, {"violations": [None]}]


class Page(HTMLParser):
    """What a parser finds: text, tags, and whether every element that was opened is closed in order."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(content.decode("utf-8"))
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(text for text in self.texts if text)

    def attributes(self, tag: str, name: str) -> list[str]:
        return [str(found[name]) for one, found in self.tags if one == tag and name in found]

    def count(self, tag: str, class_: str) -> int:
        return sum(one == tag and class_ in (found.get("class") or "").split() for one, found in self.tags)


def test_the_head_says_what_when_and_how_it_ended() -> None:
    page = Page(execution_page(sample.data_quality()))
    assert "census-income-data Completed with violations Window 2026-11-17 10:00 to 11:00 UTC" in page.text
    assert "Data quality · census-income/AllTraffic" in page.text
    assert "Rows 2,500 Refused rows 2 Features 20 Violations 8" in page.text


def test_every_feature_has_a_row_and_a_card_with_its_numbers() -> None:
    documents = sample.data_quality()
    page = Page(execution_page(documents))
    assert page.count("article", "card") == 20
    [age] = [one for one in documents.features if one.name == "age"]
    assert age.distance is not None
    assert f"Distance {age.distance.value:.4g} threshold 0.1 (Robust) drifted" in page.text
    assert "Complete Missing Different values Baseline 100 % 0 10 Current 93 % 175 10" in page.text


def test_the_worst_comes_first() -> None:
    titles = Page(execution_page(sample.data_quality())).text.split("Feature Type")[1]
    assert titles.index("score") < titles.index("age") < titles.index("sex")


def test_violations_show_the_words_of_the_monitor_and_lead_to_the_feature() -> None:
    documents = sample.data_quality()
    page = Page(execution_page(documents))
    assert "Baseline drift 7 Completeness 1" in page.text
    assert all(" ".join(one.description.split()) in page.text for one in documents.found_violations)
    assert set(page.attributes("a", "href")) >= {f"#f{one.place}" for one in documents.features}


def test_refused_rows_are_listed_with_file_line_and_reason() -> None:
    documents = sample.data_quality()
    page = Page(execution_page(replace(documents, execution={**documents.execution, "refused_rows": 134})))
    assert "a1.jsonl, line 812 found 40 values; expected 41, as in the line before." in page.text
    assert "The first 2 of 134." in page.text


def test_files_and_index_are_linked() -> None:
    documents = sample.data_quality()
    links = Page(execution_page(documents, index="../index.html")).attributes("a", "href")
    assert "../index.html" in links
    names = ["statistics.json", "constraints.json", "constraint_violations.json", "execution.json"]
    assert links[-4:] == names
    given = Page(execution_page(documents, files={"Baseline": "../../baseline/statistics.json"}))
    assert given.attributes("a", "href")[-1] == "../../baseline/statistics.json"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " JavaScript:x", "https://example.org", "//example.org", "/etc"]
)
def test_a_link_that_leads_away_is_none(address: str) -> None:
    page = Page(execution_page(sample.failed(), files={"x": address}, index=address))
    assert not any(":" in link or link.startswith("/") for link in page.attributes("a", "href"))


def test_a_path_is_linked_as_a_file_is_named() -> None:
    page = Page(execution_page(sample.failed(), files={"x": "a b/50%#1?.json"}))
    assert page.attributes("a", "href")[-1] == "a%20b/50%25%231%3F.json"


def test_a_failed_execution_says_why_and_links_only_what_it_has() -> None:
    page = Page(execution_page(sample.failed()))
    assert "Failed No captured data in this window." in page.text
    assert page.attributes("a", "href")[-1:] == ["execution.json"]
    assert page.count("article", "card") == 0


def test_a_baseline_without_current_data_does_not_make_every_feature_a_missing_column() -> None:
    failed = replace(sample.failed(), baseline=sample.data_quality().baseline)
    assert Page(execution_page(failed)).count("article", "card") == 0


def test_no_violations_are_said_to_be_none() -> None:
    page = Page(execution_page(sample.data_quality(drift=0, missing=0)))
    assert "No violations: the data meets every constraint." in page.text


def test_columns_that_are_gone_or_new_say_so() -> None:
    documents = sample.data_quality(drift=0, missing=0)
    features = documents.statistics["features"]
    renamed = [{**features[0], "name": "new"}, *features[1:]]
    page = Page(execution_page(replace(documents, statistics={"features": renamed})))
    assert page.text.count("not in the data") == 2


def test_a_text_with_too_many_values_says_why_there_is_no_picture() -> None:
    assert "too many different values" in Page(execution_page(sample.data_quality())).text


def test_a_p_value_is_not_called_a_distance_and_has_no_bar() -> None:
    documents = sample.data_quality(drift=0, missing=0)
    tested = {"feature": "sex", "distance": 0.003, "threshold": 0.05, "method": "ChiSquared", "drifted": True}
    page = Page(execution_page(replace(documents, distances=[tested])))
    assert "P-value 0.003 threshold 0.05 (ChiSquared) drifted" in page.text
    assert page.count("svg", "meter") == 0


def test_notes_are_shown() -> None:
    documents = sample.failed()
    page = Page(execution_page(replace(documents, execution={**documents.execution, "notes": ["<late> data"]})))
    assert "Notes <late> data" in page.text


def test_model_quality_has_metrics_thresholds_curves_and_the_confusion_matrix() -> None:
    documents = sample.binary_quality()
    page = Page(execution_page(documents))
    metrics = documents.statistics["binary_classification_metrics"]
    baseline = documents.baseline["binary_classification_metrics"]
    base, now = (f"{found['auc']['value']:.4g}" for found in (baseline, metrics))
    assert f"auc {base} {now} 0.004 at least {base} violated" in page.text
    assert page.count("svg", "curve") == 2
    assert f"{metrics['confusion_matrix']['0']['0']:,}" in page.text


def test_a_precision_recall_curve_alone_keeps_its_name() -> None:
    documents = sample.binary_quality()
    metrics = dict(documents.statistics["binary_classification_metrics"])
    del metrics["receiver_operating_characteristic_curve"]
    page = Page(execution_page(replace(documents, statistics={"binary_classification_metrics": metrics})))
    assert "Precision-recall curve" in page.text
    assert "ROC curve" not in page.text


def test_regression_without_enough_samples_has_no_standard_deviation() -> None:
    metrics = {"rmse": {"value": 1.13, "standard_deviation": "NaN"}}
    rules = {"rmse": {"threshold": 1.2, "comparison_operator": "GreaterThanThreshold"}}
    documents = ExecutionDocuments(
        sample.execution(1, 50, "Completed", "ModelQuality"),
        statistics={"regression_metrics": metrics},
        constraints={"regression_constraints": rules},
        violations={"violations": []},
    )
    assert "rmse – 1.13 – at most 1.2" in Page(execution_page(documents)).text


def test_a_confusion_matrix_of_many_classes_is_limited_and_says_so() -> None:
    matrix = {f"c{row}": {f"c{column}": 1 for column in range(50)} for row in range(50)}
    statistics = {"multiclass_classification_metrics": {"confusion_matrix": matrix}}
    page = Page(execution_page(ExecutionDocuments(sample.execution(1, 9, "Completed", "ModelQuality"), statistics)))
    assert "The first 30 of 50 classes." in page.text


def test_bias_and_attributions_are_compared_with_the_baseline() -> None:
    page = Page(execution_page(sample.bias()))
    assert "sex Female DPPL 0.12 0.31 violated Difference in Positive Proportions" in page.text
    assert "age 1 2 0.3 0.2" in page.text
    assert "NDCG 0.9144 compares the ranking with the baseline's" in page.text


def test_attributions_without_a_baseline_are_shown_without_a_comparison() -> None:
    page = Page(execution_page(replace(sample.bias(), constraints={})))
    assert "age – 2 – 0.2" in page.text
    assert "NDCG" not in page.text


def test_hostile_names_come_back_exactly_and_are_no_markup() -> None:
    documents = sample.data_quality(names=HOSTILE)
    counts = [{"value": name, "count": 9} for name in HOSTILE]
    features = [*documents.statistics["features"], sample.feature(HOSTILE[0] + "2", ["x"])]
    features[-1]["string_statistics"]["distribution"]["categorical"]["buckets"] = counts
    execution = {
        **documents.execution,
        "monitor": HOSTILE[0],
        "reason": HOSTILE[1],
        "status": HOSTILE[0],
        "notes": HOSTILE,
    }
    hostile = replace(documents, execution=execution, statistics={"features": features})
    content = execution_page(hostile, files={HOSTILE[1]: "statistics.json"})
    page = Page(content)
    assert all(name in page.text for name in HOSTILE[:4])
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not page.attributes("img", "src")
    assert b"window.hacked=1</script" not in content


def test_the_page_loads_nothing_and_allows_nothing_else() -> None:
    content = execution_page(sample.data_quality()).decode("utf-8")
    assert "default-src &#x27;none&#x27;; script-src &#x27;sha256-" in content
    assert not re.search(r"(src|href)=\"(?!#|data:,|[a-z_]+\.json\")", content)
    assert not re.search(r"\{\{ \w+ \}\}", content)
    assert "http" not in content.replace("http-equiv", "")


def test_the_same_documents_give_the_same_bytes() -> None:
    assert execution_page(sample.data_quality()) == execution_page(sample.data_quality())


def test_seventy_features_are_less_than_300_kilobytes() -> None:
    assert len(execution_page(sample.many_features(70))) < 300_000


def test_any_number_of_features_stays_bounded_and_says_what_is_left_out() -> None:
    content = execution_page(sample.many_features(MOST_ROWS + 500))
    page = Page(content)
    assert page.count("article", "card") == MOST_CARDS
    assert (
        f"The table has the {MOST_ROWS:,} worst of 1,500 features. The {MOST_CARDS} worst of 1,500 features"
        in page.text
    )
    assert len(content) < 1_500_000


def test_any_number_of_violations_stays_bounded_and_says_what_is_left_out() -> None:
    one = {
        "feature_name": "x",
        "constraint_check_type": "extra_column_check",
        "description": "There is an extra column.",
    }
    documents = replace(sample.data_quality(), violations={"violations": [one] * (MOST_VIOLATIONS + 1)})
    page = Page(execution_page(documents))
    assert "The first 1,000 of 1,001; constraint_violations.json has all." in page.text


def test_a_value_of_any_length_is_shortened() -> None:
    documents = sample.data_quality()
    long = sample.feature("long", ["x" * 100_000])
    assert len(execution_page(replace(documents, statistics={"features": [long]}))) < 150_000


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_documents_give_a_page_all_the_same(odd: Any) -> None:
    inside = {"features": odd, "violations": odd, "binary_classification_metrics": odd, "explanations": odd}
    for document in (inside, odd if isinstance(odd, dict) else {}):
        documents = ExecutionDocuments(
            {"notes": odd, "refused": odd, "rows": odd}, document, document, document, document
        )
        Page(execution_page(documents))


def test_a_sketch_with_a_value_that_is_no_number_is_not_drawn() -> None:
    documents = sample.data_quality()
    feature = sample.feature("broken", np.array([1.0, 2.0]))
    feature["numerical_statistics"]["distribution"]["kll"]["sketch"]["data"] = [[1.0, "NaN"]]
    page = Page(execution_page(replace(documents, statistics={"features": [feature]})))
    assert "Its statistics hold no distribution that can be drawn." in page.text
