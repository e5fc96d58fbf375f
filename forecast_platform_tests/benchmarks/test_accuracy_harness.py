"""The harness of ``benchmarks/accuracy``: its scores by hand, no leak, and failures that are reported as failures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.accuracy import cli, generated_panels
from benchmarks.accuracy.baselines import ets_theta, seasonal_naive
from benchmarks.accuracy.methods import PANELS, REFERENCE
from benchmarks.accuracy.panels import Panel, newest_windows, thinned, visible
from benchmarks.accuracy.results import Result, Run, execute
from benchmarks.accuracy.scoring import Method, Setting, WindowScore, evaluate
from benchmarks.accuracy.tables import geometric_mean, panel_table, summary_table
from benchmarks.measuring import measured
from forecast_platform.frequency import Frequency
from forecast_platform_tests.benchmarks import methods
from forecast_platform_tests.benchmarks.methods import CUTOFFS, HERE, tiny


def run(method: str, panel: str = "tiny", limit: float | None = 60.0) -> Result:
    return execute(Run(f"{HERE}:{panel}", f"{HERE}:{method}", jobs=1, limit_seconds=limit))


def result(method: str, wql: float | None, panel: str = "p", mase: float = 1.0) -> Result:
    scored = () if wql is None else (WindowScore("2024-01-01", wql, mase, 0.8, 1.5, 0.5),)
    return Result(panel, method, "failed" if wql is None else "ok", "" if scored else "exit code 1", 3.0, 200.0, scored)


def test_a_perfect_forecast_has_no_loss_and_covers_everything() -> None:
    scores = evaluate(tiny(), methods.perfect, jobs=1)
    assert [(score.wql, score.mase, score.coverage) for score in scores] == [(0, 0, 1), (0, 0, 1)]
    assert [score.cutoff for score in scores] == [cutoff.isoformat() for cutoff in CUTOFFS]


def test_the_scores_of_a_naive_forecast_by_hand() -> None:
    oldest, newest = evaluate(tiny(), methods.last_value, jobs=1)
    # a: 12 ± 1 against 14, 16; b: 5 ± 1 against 4, 8.
    p10, p50, p90 = 0.1 * (3 + 5 + 0 + 4), 0.5 * (2 + 4 + 1 + 3), 0.1 * (0 + 0 + 2 + 0) + 0.9 * (1 + 3 + 0 + 2)
    assert oldest.wql == pytest.approx(2 * (p10 + p50 + p90) / 3 / (14 + 16 + 4 + 8))
    # b never changed before the cutoff, so it has no MASE; a changed by 2.
    assert oldest.mase == pytest.approx(3 / 2)
    assert oldest.coverage == 1 / 4
    # a: 16 against 18, 20 with steps of 2 before; b: 8 against 8, 0 with steps of 0, 1 and 4 before.
    assert newest.mase == pytest.approx((3 / 2 + 4 / (5 / 3)) / 2)


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_nothing_of_the_test_window_is_visible_but_what_is_known_ahead(cutoff: object) -> None:
    panel = tiny()
    frames = visible(panel, pd.Timestamp(str(cutoff)).to_pydatetime())
    assert frames.related is not None
    ahead = frames.related[frames.related["timestamp"] >= cutoff]
    assert frames.target["timestamp"].max() < cutoff
    assert len(ahead) == 2 * panel.horizon
    assert ahead["price"].notna().all()
    assert ahead["weather"].isna().all()
    assert frames.related.loc[frames.related["timestamp"] < cutoff, "weather"].notna().all()


def test_a_method_that_watches_for_leaks_finds_none() -> None:
    assert len(evaluate(tiny(), methods.watchful, jobs=1)) == 2


def test_the_method_that_watches_for_leaks_finds_one() -> None:
    with pytest.raises(AssertionError, match="goes on"):
        methods.watchful(tiny().frames, Setting(Frequency.parse("M"), 2, (), 1))


def test_an_item_without_history_is_not_scored() -> None:
    frames = visible(tiny(), CUTOFFS[-1])
    assert set(tiny().frames.target["item_id"]) - set(frames.target["item_id"]) == {"late"}
    assert evaluate(newest_windows(tiny(), 1), methods.last_value, jobs=1)[0].coverage == 0.25


def test_leaving_out_an_item_is_an_error_and_no_advantage() -> None:
    with pytest.raises(ValueError, match="2 of 4 points have no p10"):
        evaluate(tiny(), methods.without_item_b, jobs=1)


def test_a_run_in_a_process_of_its_own_gives_the_same_scores() -> None:
    done = run("last_value")
    assert done.status == "ok"
    assert list(done.windows) == evaluate(tiny(), methods.last_value, jobs=1)
    assert done.peak_mebibytes > 20


@pytest.mark.parametrize(
    ("method", "message"),
    [("raising", "ArithmeticError: no forecast today"), ("dying", "exit code 9"), ("no_such_method", "AttributeError")],
)
def test_a_method_that_crashes_is_reported_as_failed_and_has_no_scores(method: str, message: str) -> None:
    done = run(method)
    assert done.status == "failed"
    assert message in done.message
    assert done.mean("wql") is None
    assert json.loads(json.dumps(done.to_json()))["mean"]["wql"] is None
    table = panel_table(done.panel, [done, run("perfect")], REFERENCE)
    assert table.rows[-1] == (f"{done.method} (failed)", *["–"] * 7)
    assert message in table.notes[0]


def test_a_method_that_does_not_end_is_stopped_at_the_limit() -> None:
    done = run("waiting", limit=1.0)
    assert (done.status, done.message) == ("failed", "stopped after 1 s")


def test_what_is_not_installed_is_skipped_and_says_what_it_needs() -> None:
    extra, data = run("not_installed"), run("perfect", panel="absent")
    assert (extra.status, data.status) == ("skipped", "skipped")
    assert "forecast-platform[neural]" in extra.message
    assert "shared/data/nowhere.csv" in data.message


def test_the_memory_of_a_command_includes_that_of_the_processes_it_starts() -> None:
    grandchild = "import time; block = bytearray(200 * 2**20); time.sleep(0.5)"
    alone = measured([sys.executable, "-c", "import time; time.sleep(0.2)"])
    both = measured(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"]
    )
    assert alone.returncode == both.returncode == 0
    assert both.peak_mebibytes > alone.peak_mebibytes + 200


def test_the_summary_is_the_geometric_mean_of_relative_losses_and_counts_the_panels() -> None:
    results = [
        result(REFERENCE, 0.2, "p"),
        result(REFERENCE, 0.1, "q"),
        result("good", 0.1, "p"),
        result("good", 0.2 / 9, "q"),
        result("half", 0.1, "p"),
        result("half", None, "q"),
    ]
    rows = {row[0]: row[1:] for row in summary_table(results, REFERENCE).rows}
    assert rows["good"][0] == "0.333"
    assert rows["good"][-1] == "2 of 2"
    assert rows["half"][0] == "0.500"
    assert rows["half"][-1] == "1 of 2"
    assert [row[0] for row in summary_table(results, REFERENCE).rows] == ["good", "half", REFERENCE]


def test_a_ratio_that_is_undefined_does_not_count() -> None:
    assert geometric_mean([None, 4.0, 1.0]) == pytest.approx(2.0)
    assert geometric_mean([None]) is None
    assert geometric_mean([0.0, 2.0]) == 0


def test_the_command_prints_a_table_per_panel_and_writes_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--json", str(tmp_path / "r.json"), "--markdown", str(tmp_path / "r.md")]
    cli.main(["--panels", f"{HERE}:tiny", "--methods", f"{HERE}:perfect", f"{HERE}:raising", "--windows", "1", *files])
    printed = capsys.readouterr().out
    assert "0.0000" in printed
    assert "no forecast today" in printed
    document = json.loads((tmp_path / "r.json").read_text())
    assert [(one["status"], len(one["windows"])) for one in document["results"]] == [("ok", 1), ("failed", 0)]
    assert f"| {HERE}:raising (failed) | – |" in (tmp_path / "r.md").read_text()


@pytest.mark.parametrize("method", [seasonal_naive, ets_theta])
def test_the_baselines_forecast_every_point_of_short_and_of_intermittent_series(method: Method) -> None:
    for panel in (generated_panels.short_series(), generated_panels.intermittent_monthly()):
        (score,) = evaluate(newest_windows(thinned(panel, 10), 1), method, jobs=1)
        assert 0 < score.wql < 2
        assert 0.4 < score.coverage <= 1


GENERATED = [name for name, builder in PANELS.items() if builder.__module__ == generated_panels.__name__]


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_panel_is_the_same_every_time_and_complete(name: str) -> None:
    panel, again = PANELS[name](), PANELS[name]()
    pd.testing.assert_frame_equal(panel.frames.target, again.frames.target)
    assert panel.name == name
    _assert_complete(panel)


def _assert_complete(panel: Panel) -> None:
    """Every item ends with the data, has no gap, and exists at the oldest cutoff."""
    ends = panel.frames.target.groupby("item_id")["timestamp"].agg(["min", "max", "size"])
    newest = ends["max"].max()
    assert (ends["max"] == newest).all()
    assert (ends["min"] < panel.cutoffs[0]).all()
    assert panel.window(panel.cutoffs[-1])[-1] == newest
    longest = ends.loc[ends["size"].idxmax()]
    steps = [panel.frequency.step(longest["min"].to_pydatetime(), step) for step in (0, int(longest["size"]) - 1)]
    assert steps == [longest["min"], newest]
    assert np.isfinite(panel.frames.target["target"]).all()
    if panel.frames.related is not None:
        assert set(panel.known_ahead) == set(panel.frames.related.columns) - {"item_id", "timestamp"}
        assert len(panel.frames.related) == len(panel.frames.target)
