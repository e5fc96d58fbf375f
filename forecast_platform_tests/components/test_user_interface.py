"""What a person sees: the real UI, daemon, code server and dashboards, in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform_tests.browser import Browser, browser, missing_browser
from forecast_platform_tests.components.running import Deployment, deployment, environment, write_project
from forecast_platform_tests.model_monitor.small_monitor import Row, baseline_csv, capture, rows, small_workspace
from forecast_platform_tests.small_project import DAYS, ITEMS, small_csv, small_params

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
    pytest.mark.skipif(sys.platform == "win32", reason="the processes are ended by a POSIX signal"),
]
_LOCATION = "/locations/forecast_platform"
_PAGE = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  assetMaterializations(limit: 1) { metadataEntries { label ... on UrlMetadataEntry { url } } } } } }"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The small project, whose CSV was dropped into train/ after everything was up, and whose run has ended; and the
    small monitor, which is judging two hours meanwhile, the second of which drifts."""
    folder = tmp_path_factory.mktemp("deployment")
    watch_loans(folder)
    write_project(folder / "defs", "small", '  start: "2025-02-10"\n  end: "2025-04-01"\n  cadence: daily\n')
    bucket = LocalBucket(folder / "home" / "bucket").below("small")
    bucket.write("params.json", json.dumps(small_params()).encode())
    with deployment(folder) as started:
        assert started.runs("small_forecast") == []
        bucket.write("train/days.csv", small_csv())
        started.wait(lambda: [run for run in started.runs("small_forecast") if run["status"] in ("SUCCESS", "FAILURE")])
        yield started


def watch_loans(folder: Path) -> None:
    window = '  start: "2025-11-03 00:00"\n  end: "2025-11-03 02:00"\n'
    write_project(folder / "defs", "loans", window, component="ModelMonitor")
    monitored = small_workspace(folder / "home")
    monitored.bucket.write("baseline/train.csv", baseline_csv(labels=False))
    capture(monitored, 0, rows(600, 2))
    capture(monitored, 1, rows(600, 3, richer))


def richer(row: Row) -> Row:
    return row[0], row[1], row[2] + 15, row[3]


def test_a_dropped_file_becomes_a_successful_run_by_itself(running: Deployment) -> None:
    assert [run["status"] for run in running.runs("small_forecast")] == ["SUCCESS"]


def test_the_lineage_shows_the_assets_of_the_project(running: Deployment, browser: Browser) -> None:
    browser.resize(3200, 900)
    browser.open(f"{running.url}{_LOCATION}/asset-groups/small/lineage")
    nouns = ("params", "raw_training_data", "predictor", "forecast", "athena_tables", "dashboard")
    browser.wait(lambda: all(noun in browser.text("body") for noun in nouns), 60)
    browser.wait(lambda: "Passed" in browser.text("body"), 60)


def test_the_checks_of_a_partition_say_what_they_saw(running: Deployment, browser: Browser) -> None:
    browser.resize(1600, 1000)
    browser.open(f"{running.url}/assets/small/raw_training_data?view=checks&checkDetail=rows_are_readable")
    for seen in ("rows_are_readable", "blocking", "Passed", "2025-03-01"):
        browser.wait(lambda text=seen: text in browser.text("body"), 60)


def test_the_chart_is_a_picture_on_the_page_of_the_asset(running: Deployment, browser: Browser) -> None:
    browser.resize(1600, 1000)
    browser.open(f"{running.url}/assets/small/forecast?view=overview")
    click = "const e = [...document.querySelectorAll('button, a')].find(e => e.textContent.includes('Show Markdown'));"
    browser.wait(lambda: browser.script(f"{click} if (!e) return false; e.click(); return true"), 60)
    size = "const e = document.querySelector('img[src^=\"data:image/png\"]'); return e ? e.naturalWidth : 0"
    assert browser.wait(lambda: browser.script(size), 60) > 400


def test_the_checks_of_a_monitor_have_a_history_over_its_windows(running: Deployment, browser: Browser) -> None:
    running.wait(lambda: [run["status"] for run in running.runs("loans_monitoring")] == ["SUCCESS", "SUCCESS"])
    browser.resize(1600, 1000)
    browser.open(f"{running.url}/assets/loans/monitoring_report?view=checks&checkDetail=baseline_drift")
    click = "const e = document.querySelector('#execution-history'); if (!e) return false; e.click(); return true"
    browser.wait(lambda: browser.script(click), 60)
    lines = "return [...document.querySelectorAll('table tr')].map((row) => row.innerText)"
    calm, drifted = ("2025-11-03-00:00", "No violations."), ("2025-11-03-01:00", "income: Baseline drift distance")
    for result, seen in (("Passed", calm), ("Failed", drifted)):
        browser.wait(
            lambda result=result, seen=seen: any(
                line.startswith(result) and all(text in line for text in seen) for line in browser.script(lines)
            ),
            60,
        )


def test_a_violation_is_a_row_of_its_check(running: Deployment, browser: Browser) -> None:
    browser.resize(1600, 1000)
    browser.open(f"{running.url}/assets/loans/monitoring_report?view=checks&checkDetail=baseline_drift")
    for seen in ("Every feature is distributed as in the baseline.", "rows not as expected", "feature_name", "income"):
        browser.wait(lambda text=seen: text in browser.text("body"), 60)


def test_the_index_of_a_monitor_is_served_with_all_its_windows(running: Deployment, browser: Browser) -> None:
    browser.open(f"{running.dashboards}/loans/")
    assert "Model monitor: loans" in browser.text("h1")
    assert all(window in browser.text("body") for window in ("2025-11-03", "2025-11-03 01:00"))
    browser.open(browser.find("a[href$='report.html']").get_attribute("href"))
    assert "loans" in browser.text("h1")
    assert "income" in browser.text("#violations")


def test_the_component_is_documented_in_the_ui(running: Deployment, browser: Browser) -> None:
    name = "forecast_platform.components.ForecastProject"
    browser.open(f"{running.url}{_LOCATION}/docs/packages/forecast_platform/{name}")
    for seen in ("ForecastProject", "Forecasts a set of time series at every cutoff"):
        browser.wait(lambda text=seen: text in browser.text("body"), 60)


def test_the_link_in_the_metadata_opens_the_dashboard_with_the_items(running: Deployment, browser: Browser) -> None:
    asset = running.ask(_PAGE, key={"path": ["small", "dashboard"]})["assetNodeOrError"]
    entries = {one["label"]: one for one in asset["assetMaterializations"][0]["metadataEntries"]}
    address = entries["page"]["url"]
    assert address == f"{running.dashboards}/small/"
    browser.open(address)
    browser.wait(lambda: all(item in browser.text("body") for item in ITEMS), 60)


def test_the_console_is_quiet(running: Deployment) -> None:
    lines = running.log.read_text().splitlines()
    assert [line for line in lines if "Traceback" in line or "ERROR" in line or "Warning:" in line] == []
    assert [line for line in lines if "DEBUG" in line] == []


def test_a_port_that_is_taken_is_an_error_that_names_it(running: Deployment, tmp_path: Path) -> None:
    port = running.url.rpartition(":")[2]
    program = str(Path(sys.executable).with_name("forecast-platform"))
    done = subprocess.run(
        [program, "dev", "--port", port],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert f"--port: found {port}; expected a port that is free" in done.stderr


# The last one: the run that it lets fail is an error on the console.
def test_a_failed_critical_check_stops_its_partition_only(running: Deployment, browser: Browser) -> None:
    bad_day = small_csv(DAYS, days=1).replace(b"," + ITEMS[1].encode(), b" litres," + ITEMS[1].encode())
    LocalBucket(running.home / "bucket").below("small").write("train/next.csv", bad_day)
    running.wait(lambda: [run["status"] for run in running.runs("small_forecast")] == ["FAILURE", "SUCCESS"])
    browser.resize(1600, 1000)
    checks = f"{running.url}/assets/small/raw_training_data?view=checks&checkDetail=rows_are_readable"
    partitions = f"{running.url}/assets/small/predictor?view=partitions&partition"
    for address, texts in (
        (
            checks,
            ("Failed", "2025-03-02", "what to do", "train/next.csv, line 2, column target_value", "'45.25 litres'"),
        ),
        (f"{partitions}=2025-03-02", ("failed, and did not materialize this asset", "Failed (1)")),
        (f"{partitions}=2025-03-01", ("average_wql", "Materialized (1)")),
    ):
        browser.open(address)
        for seen in texts:
            browser.wait(lambda text=seen: text in browser.text("body"), 60)
