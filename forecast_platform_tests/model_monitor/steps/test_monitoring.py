"""A monitor from the baseline dataset to reports: what is found, what is on record, and what nothing may lose."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.catalogue import monitor_catalogue
from forecast_platform.model_monitor.execution import Execution, Status
from forecast_platform.model_monitor.monitor import DATA_QUALITY, MODEL_BIAS, MODEL_QUALITY, BiasSettings, Hooks
from forecast_platform.model_monitor.steps.baseline import learn_baseline
from forecast_platform.model_monitor.steps.captured_data import captured_data, captured_rows
from forecast_platform.model_monitor.steps.executing import execute, report_key
from forecast_platform.model_monitor.steps.index import publish_index
from forecast_platform.model_monitor.steps.monitoring import run_monitor, stored_execution
from forecast_platform.model_monitor.workspace import MonitorWorkspace
from forecast_platform_tests.model_monitor.small_monitor import (
    BIAS,
    QUALITY,
    Row,
    baseline_csv,
    capture,
    rows,
    small_workspace,
    window,
)
from forecast_platform_tests.warehouse.files import misfits


def older(row: Row) -> Row:
    """The same person with a higher income and a group that nobody has seen."""
    score, approved, income, group = row
    return score, approved, income + 15, "c" if income > 60 else group


def run(workspace: MonitorWorkspace, hour: int = 0, hours: int = 1, kind: str = DATA_QUALITY) -> Execution:
    return run_monitor(workspace, kind, window(hour, hours))


def report(workspace: MonitorWorkspace, file: str, hour: int = 0, kind: str = DATA_QUALITY) -> Any:
    data = workspace.bucket.read(report_key(workspace, kind, window(hour), file))
    return json.loads(data) if file.endswith(".json") else data.decode()


@pytest.fixture
def monitored(tmp_path: Path) -> MonitorWorkspace:
    workspace = small_workspace(tmp_path)
    workspace.bucket.write("baseline/train.csv", baseline_csv(labels=False))
    learn_baseline(workspace)
    return workspace


class TestBaseline:
    def test_it_writes_statistics_and_constraints_where_sagemaker_puts_them(self, monitored: MonitorWorkspace) -> None:
        statistics = json.loads(monitored.bucket.read("monitoring/baseline/statistics.json"))
        constraints = json.loads(monitored.bucket.read("monitoring/baseline/constraints.json"))
        assert statistics["dataset"] == {"item_count": 4_000}
        assert [one["name"] for one in constraints["features"]] == ["score", "approved", "income", "group"]

    def test_constraints_that_were_edited_stay_as_they_are(self, monitored: MonitorWorkspace) -> None:
        key = "monitoring/baseline/constraints.json"
        edited = json.loads(monitored.bucket.read(key))
        edited["features"][2]["completeness"] = 0.5
        monitored.bucket.write(key, json.dumps(edited).encode())
        assert learn_baseline(monitored).edited == (DATA_QUALITY,)
        assert json.loads(monitored.bucket.read(key)) == edited
        suggested = json.loads(monitored.bucket.read("monitoring/baseline/suggested_constraints.json"))
        assert suggested["features"][2]["completeness"] == 1.0

    def test_constraints_that_nobody_edited_follow_a_new_dataset(self, monitored: MonitorWorkspace) -> None:
        monitored.bucket.write("baseline/train.csv", b"score,zip\n1,2\n")
        assert learn_baseline(monitored).edited == ()
        constraints = json.loads(monitored.bucket.read("monitoring/baseline/constraints.json"))
        assert [one["name"] for one in constraints["features"]] == ["score", "zip"]

    def test_values_that_are_in_no_statistic_are_said(self, tmp_path: Path) -> None:
        workspace = small_workspace(tmp_path)
        workspace.bucket.write("baseline/train.csv", b"x,y\n1,2\ninf,3\n1e999,4\n")
        learned = learn_baseline(workspace)
        assert learned.looked.notes[0].startswith("Values of x that are infinite or too large: 2.")

    def test_labels_are_no_features_because_no_capture_has_them(self, tmp_path: Path) -> None:
        workspace = small_workspace(tmp_path, model_quality=QUALITY, bias=BIAS)
        learned = learn_baseline(workspace)
        assert "label" not in [one["name"] for one in learned.suggested["features"]]

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ({}, "no file"),
            ({"baseline/a.csv": b"x\n1\n", "baseline/b.csv": b"x\n1\n"}, "baseline/a.csv, baseline/b.csv"),
            ({"baseline/a.csv": b""}, "empty"),
            ({"baseline/a.csv": b"x,y\n"}, "no rows"),
        ],
    )
    def test_a_baseline_that_cannot_be_learned_from_is_said(
        self, tmp_path: Path, files: dict[str, bytes], said: str
    ) -> None:
        workspace = small_workspace(tmp_path)
        workspace.bucket.delete("baseline/train.csv")
        for key, data in files.items():
            workspace.bucket.write(key, data)
        with pytest.raises(InputError, match=said):
            learn_baseline(workspace)
        assert workspace.bucket.head("monitoring/baseline/constraints.json") is None


class TestDataQuality:
    def test_an_hour_like_the_baseline_is_completed(self, monitored: MonitorWorkspace) -> None:
        capture(monitored, 0, rows(500, 2))
        assert run(monitored).status is Status.COMPLETED
        assert report(monitored, layout.VIOLATIONS_FILE) == {"violations": []}
        assert report(monitored, layout.STATISTICS_FILE)["dataset"] == {"item_count": 500}
        assert report(monitored, layout.CONSTRAINTS_FILE) == json.loads(
            monitored.bucket.read("monitoring/baseline/constraints.json")
        )
        assert report(monitored, layout.EXECUTION_FILE)["reason"] == (
            "Completed: Job completed successfully with no violations."
        )

    def test_another_hour_has_violations(self, monitored: MonitorWorkspace) -> None:
        capture(monitored, 1, rows(500, 3, older))
        execution = run(monitored, 1)
        assert execution.status is Status.COMPLETED_WITH_VIOLATIONS
        found = {(one["feature_name"], one["constraint_check_type"]) for one in execution.analysis.found}
        assert found == {("income", "baseline_drift_check"), ("group", "categorical_values_check")}
        assert report(monitored, layout.EXECUTION_FILE, 1)["reason"] == (
            "CompletedWithViolations: Job completed successfully with 2 violations."
        )
        assert "income" in report(monitored, layout.PAGE_FILE, 1)

    def test_an_hour_without_data_is_failed_with_the_reason(self, monitored: MonitorWorkspace) -> None:
        execution = run(monitored, 2)
        assert execution.status is Status.FAILED
        assert execution.reason.startswith("No data: nothing was captured from 2025-11-03 02:00 to 2025-11-03 03:00")

    def test_a_monitor_that_expects_no_traffic_completes_without_data(self, tmp_path: Path) -> None:
        workspace = small_workspace(tmp_path, expects_traffic=False)
        learn_baseline(workspace)
        assert run(workspace).status is Status.COMPLETED

    def test_traffic_that_cannot_be_read_is_no_silence(self, tmp_path: Path) -> None:
        workspace = small_workspace(tmp_path, expects_traffic=False)
        learn_baseline(workspace)
        workspace.bucket.write(f"{layout.CAPTURED}loans/AllTraffic/2025/11/03/00/b.jsonl", b"garbage\n" * 7)
        assert run(workspace).status is Status.FAILED

    def test_records_that_cannot_be_read_are_named_and_the_others_judged(self, monitored: MonitorWorkspace) -> None:
        capture(monitored, 0, rows(500, 2))
        key = f"{layout.CAPTURED}loans/AllTraffic/2025/11/03/00/b.jsonl"
        monitored.bucket.write(key, b'{"captureData": {"endpointInp\nnot json\n\xff\xfe\n')
        execution = run(monitored)
        looked = execution.analysis.looked
        assert (looked.rows, looked.refused_rows) == (500, 3)
        assert looked.refused[0]["where"] == f"{key}, line 1"
        assert execution.status is Status.COMPLETED

    def test_nothing_but_garbage_is_failed_and_counted(self, monitored: MonitorWorkspace) -> None:
        monitored.bucket.write(f"{layout.CAPTURED}loans/AllTraffic/2025/11/03/00/b.jsonl", b"garbage\n" * 7)
        execution = run(monitored)
        assert execution.status is Status.FAILED
        assert "None of the 7 records" in execution.reason

    def test_a_day_is_the_merge_of_its_hours(self, monitored: MonitorWorkspace) -> None:
        for hour in range(4):
            capture(monitored, hour, rows(500, 10 + hour))
        together = captured_data(monitored, window(0, 4)).profile
        assert together.rows == 2_000
        income = together.feature("income")
        assert income is not None
        everything = [row[2] for hour in range(4) for row in rows(500, 10 + hour)]
        assert sorted(income.sketch.weighted()[0]) == sorted(everything)

    def test_an_hour_is_read_once_until_its_files_change(self, monitored: MonitorWorkspace) -> None:
        capture(monitored, 0, rows(300, 2))
        captured_data(monitored, window(0))
        kept = {one.key: one.version for one in monitored.bucket.list(layout.PROFILES)}
        captured_data(monitored, window(0, 2))
        assert {one.key: one.version for one in monitored.bucket.list(layout.PROFILES)} == kept
        capture(monitored, 0, rows(200, 5), name="late")
        assert captured_data(monitored, window(0)).profile.rows == 500
        after = {one.key for one in monitored.bucket.list(layout.PROFILES)}
        assert len(after) == len(kept)
        assert after.isdisjoint(kept)

    def test_a_profile_that_was_damaged_is_made_again(self, monitored: MonitorWorkspace) -> None:
        capture(monitored, 0, rows(300, 2))
        captured_data(monitored, window(0))
        [key] = [one.key for one in monitored.bucket.list(layout.PROFILES) if one.key.endswith(".parquet")]
        monitored.bucket.delete(key)
        assert captured_data(monitored, window(0)).profile.rows == 300

    def test_doing_it_again_gives_the_same_bytes(self, monitored: MonitorWorkspace) -> None:
        capture(monitored, 1, rows(3_000, 3, older))
        run(monitored, 1)
        before = {one.key: monitored.bucket.read(one.key) for one in monitored.bucket.list("monitoring/")}
        for key in before:
            if key.startswith(layout.PROFILES):
                monitored.bucket.delete(key)
        run(monitored, 1)
        assert {one.key: monitored.bucket.read(one.key) for one in monitored.bucket.list("monitoring/")} == before

    def test_columns_without_names_get_those_of_the_baseline(self, monitored: MonitorWorkspace) -> None:
        capture(monitored, 0, rows(10, 2))
        assert list(captured_rows(monitored, window(0)).columns) == ["score", "approved", "income", "group"]


class TestFiles:
    @pytest.fixture
    def filed(self, tmp_path: Path) -> MonitorWorkspace:
        workspace = small_workspace(tmp_path, source="files", data=layout.FILES)
        workspace.bucket.write("baseline/train.csv", b"n,s\n1,a\n2,b\n")
        learn_baseline(workspace)
        return workspace

    def put(self, workspace: MonitorWorkspace, **files: bytes) -> None:
        for name, data in files.items():
            hour, _, rest = name.partition("_")
            workspace.bucket.write(f"files/2025/11/03/{hour[1:]}/{rest}", data)

    def test_files_that_cannot_be_read_are_refused_and_the_others_judged(self, filed: MonitorWorkspace) -> None:
        """One empty file failed the run, and so did everything else in its window."""
        self.put(filed, h00_a=b"", h00_b=b"n,s\n1,a\n", h01_a=b"PAR1 and no more", h02_a=b"n,s\n2,b\n")
        execution = run(filed, hours=3)
        assert execution.status is Status.COMPLETED
        looked = execution.analysis.looked
        assert (looked.rows, looked.refused_rows) == (2, 2)
        assert [one["where"] for one in looked.refused] == ["files/2025/11/03/00/a", "files/2025/11/03/01/a"]

    def test_what_others_put_beside_the_data_is_not_read(self, filed: MonitorWorkspace) -> None:
        self.put(filed, h00__SUCCESS=b"", h00_b=b"n,s\n1,a\n")
        assert run(filed).analysis.looked.refused_rows == 0

    def test_rows_of_hours_with_other_types_are_checked_together(self, filed: MonitorWorkspace) -> None:
        """Users' checks of a day ended with a stack trace when one hour was CSV and another Parquet."""
        parquet = io.BytesIO()
        pq.write_table(pa.table({"n": [1, 2], "s": ["a", "b"]}), parquet)
        self.put(filed, h00_a=parquet.getvalue(), h01_a=b"n,s\n3,a\nx\n", h02_a=b"\0")
        frame = captured_rows(filed, window(0, 3))
        assert frame["n"].tolist() == [1, 2, 3]


def test_a_file_that_a_batch_job_read_and_that_is_not_there_is_not_passed_over(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path, source="batch_transform")
    workspace.bucket.write("baseline/train.csv", b"n,s\n1,a\n2,b\n")
    learn_baseline(workspace)
    workspace.bucket.write("in/a.csv", b"1,a\n")
    key = "captured/input/2025/11/03/00/manifest.json"
    workspace.bucket.write(key, b'[{"prefix": "s3://bucket/in/"}, "a.csv"]')
    assert run(workspace).analysis.looked.rows == 1
    workspace.bucket.write(key, b'[{"prefix": "s3://bucket/in/"}, "a.csv", "b.csv"]')
    with pytest.raises(InputError, match=r"s3://bucket/in/b\.csv, which is not there"):
        run(workspace)


class TestFailures:
    def test_without_a_baseline_the_execution_failed_and_says_what_to_do(self, tmp_path: Path) -> None:
        workspace = small_workspace(tmp_path)
        capture(workspace, 0, rows(10, 2))
        with pytest.raises(InputError, match="Materialize loans/baseline first"):
            run(workspace)
        assert stored_execution(workspace, DATA_QUALITY, window(0))[0]["status"] == "Failed"

    def test_constraints_that_cannot_be_used_are_on_record_with_their_path(self, monitored: MonitorWorkspace) -> None:
        monitored.bucket.write(
            "monitoring/baseline/constraints.json", b'{"features": [{"name": "x", "completeness": 7}]}'
        )
        capture(monitored, 0, rows(10, 2))
        with pytest.raises(InputError, match=r"\$\.features\[0\]\.completeness"):
            run(monitored)
        execution, violations = stored_execution(monitored, DATA_QUALITY, window(0))
        assert execution["status"] == "Failed"
        assert "$.features[0].completeness" in execution["reason"]
        assert violations == []

    def test_numbers_that_json_does_not_have_stop_nothing_where_they_have_no_effect(
        self, monitored: MonitorWorkspace
    ) -> None:
        """The report has a copy of the constraints, and the copy could not be written."""
        key = "monitoring/baseline/constraints.json"
        monitored.bucket.write(key, monitored.bucket.read(key).replace(b'"version": 0.0', b'"version": NaN'))
        capture(monitored, 0, rows(500, 2))
        assert run(monitored).status is Status.COMPLETED
        assert report(monitored, layout.CONSTRAINTS_FILE)["version"] == "NaN"

    @pytest.mark.parametrize("statistics", [b"5", b"[1]", b"null", b"not json"])
    def test_statistics_of_quality_are_only_shown_so_odd_ones_are_left_out(
        self, tmp_path: Path, statistics: bytes
    ) -> None:
        workspace = small_workspace(tmp_path, model_quality=QUALITY)
        learn_baseline(workspace)
        workspace.bucket.write("monitoring/baseline/ModelQuality/statistics.json", statistics)
        capture(workspace, 0, rows(100, 2), labels=True)
        assert run(workspace, kind=MODEL_QUALITY).analysis.baseline == {}

    def test_a_failure_replaces_what_an_earlier_execution_of_the_window_found(
        self, monitored: MonitorWorkspace
    ) -> None:
        capture(monitored, 1, rows(500, 3, older))
        run(monitored, 1)
        monitored.bucket.delete("monitoring/baseline/statistics.json")
        with pytest.raises(InputError):
            run(monitored, 1)
        assert stored_execution(monitored, DATA_QUALITY, window(1))[1] == []

    def test_an_execution_that_someone_ends_is_stopped(self, monitored: MonitorWorkspace) -> None:
        def interrupted() -> Any:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            execute(monitored, DATA_QUALITY, window(0), interrupted)
        assert stored_execution(monitored, DATA_QUALITY, window(0))[0]["status"] == "Stopped"


class TestLabels:
    @pytest.fixture
    def labelled(self, tmp_path: Path) -> MonitorWorkspace:
        workspace = small_workspace(tmp_path, model_quality=QUALITY, bias=BIAS)
        learn_baseline(workspace)
        return workspace

    def test_quality_is_measured_on_what_has_its_label(self, labelled: MonitorWorkspace) -> None:
        capture(labelled, 0, rows(400, 2), labels=True)
        capture(labelled, 0, rows(100, 4), name="unlabelled")
        execution = run(labelled, kind=MODEL_QUALITY)
        assert execution.analysis.looked.rows == 400
        assert "100 predictions are waiting for ground truth." in execution.analysis.looked.notes
        metrics = report(labelled, layout.STATISTICS_FILE, kind=MODEL_QUALITY)["binary_classification_metrics"]
        assert metrics["accuracy"]["value"] == pytest.approx(0.9)

    def test_a_model_that_is_wrong_has_violations(self, labelled: MonitorWorkspace) -> None:
        def wrong(row: Row) -> Row:
            return round(1 - row[0], 4), 1 - row[1], row[2], row[3]

        people = rows(400, 2)
        capture(labelled, 0, people, labels=True)
        capture(labelled, 0, [wrong(row) for row in people])
        execution = run(labelled, kind=MODEL_QUALITY)
        assert execution.status is Status.COMPLETED_WITH_VIOLATIONS
        low = {one["metric_name"] for one in execution.analysis.found}
        assert {"accuracy", "auc", "recall"} <= low

    def test_late_labels_count_when_the_window_is_looked_at_again(self, labelled: MonitorWorkspace) -> None:
        capture(labelled, 0, rows(400, 2))
        assert run(labelled, kind=MODEL_QUALITY).status is Status.FAILED
        capture(labelled, 0, rows(400, 2), labels=True)
        assert run(labelled, kind=MODEL_QUALITY).analysis.looked.rows == 400

    def test_a_group_that_is_treated_worse_is_found(self, labelled: MonitorWorkspace) -> None:
        def unfair(row: Row) -> Row:
            return (0.1, 0, row[2], row[3]) if row[3] == "b" else row

        capture(labelled, 0, rows(800, 2, unfair), labels=True)
        execution = run(labelled, kind=MODEL_BIAS)
        assert "DPPL" in {one["metric_name"] for one in execution.analysis.found}
        assert {one["facet"] for one in execution.analysis.found} == {"group"}

    @pytest.mark.parametrize(
        ("bias", "said"),
        [
            (replace(BIAS, facet_values=("B",)), "bias, facet_values: found B; expected some of the values of group"),
            (replace(BIAS, facet_values=("a", "b")), "bias, facet_values: found a,b"),
            (replace(BIAS, positive_labels=("yes",)), "bias, positive_labels: found yes"),
        ],
    )
    def test_a_group_or_a_label_that_nobody_has_is_said(self, tmp_path: Path, bias: BiasSettings, said: str) -> None:
        """It used to be learned as a baseline without numbers, which nothing is ever worse than."""
        with pytest.raises(InputError) as refused:
            learn_baseline(small_workspace(tmp_path, bias=bias))
        assert said in str(refused.value)


class TestHooks:
    def test_a_preprocessor_changes_what_is_looked_at(self, tmp_path: Path) -> None:
        script = tmp_path / "hook.py"
        script.write_text(
            "def preprocess_handler(record):\n"
            "    income, group = record.endpoint_input.data.split(',')\n"
            "    if group == 'b':\n"
            "        return []\n"
            "    return {'income': income}\n"
        )
        workspace = small_workspace(tmp_path / "home", hooks=Hooks(preprocessor=script))
        workspace.bucket.write("monitoring/baseline/constraints.json", b'{"features": [{"name": "income"}]}')
        workspace.bucket.write("monitoring/baseline/statistics.json", b'{"features": []}')
        people = rows(100, 2)
        capture(workspace, 0, people)
        execution = run(workspace)
        assert execution.analysis.looked.rows == sum(row[3] == "a" for row in people)
        assert execution.status is Status.COMPLETED

    def test_a_postprocessor_runs_after_an_execution_that_did_not_fail(self, tmp_path: Path) -> None:
        script, mark = tmp_path / "hook.py", tmp_path / "mark"
        script.write_text(
            "import os\n"
            "def postprocess_handler():\n"
            "    assert os.path.isfile(os.environ['output_path'] + '/statistics.json')\n"
            f"    open({str(mark)!r}, 'a').write(os.environ['start_time'])\n"
        )
        workspace = small_workspace(tmp_path / "home", hooks=Hooks(postprocessor=script))
        learn_baseline(workspace)
        capture(workspace, 0, rows(50, 2))
        run(workspace, 0)
        run(workspace, 5)
        assert mark.read_text() == "2025-11-03T00:00:00Z"


def test_all_executions_are_on_one_page_and_in_sql(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path, model_quality=QUALITY)
    learn_baseline(workspace)
    capture(workspace, 0, rows(300, 2), labels=True)
    capture(workspace, 1, rows(300, 3, older), labels=True)
    for hour in (1, 0, 2):
        for kind in workspace.monitor.kinds:
            run(workspace, hour, kind=kind)
    published = publish_index(workspace)
    assert published.executions == 6
    assert [one.window_start[11:13] for one in published.shown if one.kind == DATA_QUALITY] == ["00", "01", "02"]
    page = workspace.bucket.read(layout.INDEX_PAGE).decode()
    assert "loans/loans/2025/11/03/01/report.html" in page
    statuses = workspace.warehouse.query(
        "SELECT status, count(*) FROM monitoring_executions WHERE kind = 'DataQuality' GROUP BY 1 ORDER BY 1", "loans"
    )
    assert statuses.rows == [("Completed", 1), ("CompletedWithViolations", 1), ("Failed", 1)]
    drift = workspace.warehouse.query(
        "SELECT value FROM monitoring_metrics WHERE metric = 'feature_baseline_drift_income' ORDER BY window_start",
        "loans",
    )
    assert drift.rows[0][0] < 0.1 < drift.rows[1][0]
    assert misfits(workspace.bucket, monitor_catalogue("loans")) == []


def test_bias_of_a_model_that_answers_probabilities_only_is_that_of_its_decisions(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path, model_quality=QUALITY, bias=replace(BIAS, predicted_label=None))
    other = small_workspace(tmp_path / "other", bias=BIAS)
    key = "monitoring/baseline/ModelBias/constraints.json"
    for one in (workspace, other):
        learn_baseline(one)
    assert workspace.bucket.read(key) == other.bucket.read(key)


def test_a_feature_that_was_taken_out_of_the_constraints_shifts_no_names(monitored: MonitorWorkspace) -> None:
    key = "monitoring/baseline/constraints.json"
    edited = json.loads(monitored.bucket.read(key))
    del edited["features"][1]
    monitored.bucket.write(key, json.dumps(edited).encode())
    capture(monitored, 0, rows(500, 2))
    assert [one["feature_name"] for one in run(monitored).analysis.found] == ["Extra columns"]


def test_what_a_blocking_monitor_found_is_on_the_page_although_the_run_stops(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path, blocking=True)
    learn_baseline(workspace)
    capture(workspace, 1, rows(500, 3, older))
    run(workspace, 1)
    assert workspace.bucket.head(layout.INDEX_PAGE) is not None
