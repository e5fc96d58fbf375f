"""The web server, asked over real sockets."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_platform.dashboards.server import DashboardServer, dashboard_server
from forecast_platform.model_monitor.report import index_page
from forecast_platform_tests.dashboards.sample import publication, write


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()


def ask(server: DashboardServer, path: str, method: str = "GET", host: str = "") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{server.server_port}")
        connection.endheaders()
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bucket")
    write(publication([f"item {n}" for n in range(60)]), root / "electricity" / "dashboard")
    write(publication(["<b>한글</b>"]), root / "nested" / "deep" / "dashboard")
    (root / "electricity" / "params.json").write_text("secret")
    (root / "electricity" / "dashboard" / "notes.txt").write_text("secret")
    (root / "electricity" / "dashboard" / "outside.js").symlink_to(root / "electricity" / "params.json")
    (root / "electricity" / "dashboard-secret").mkdir()
    (root / "electricity" / "dashboard-secret" / "index.html").write_text("secret")
    (root / "empty").mkdir()
    reports = root / "census" / "monitoring" / "reports"
    reports.mkdir(parents=True)
    (reports / "index.html").write_bytes(index_page([], "Model monitor: census"))
    return root


@pytest.fixture(scope="module")
def server(bucket: Path) -> Iterator[DashboardServer]:
    projects = {"electricity": "electricity", "other": "nested/deep", "empty": "empty", "census": "census"}
    with dashboard_server(bucket, projects=projects) as started:
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield started
        started.shutdown()
        thread.join()


def test_the_front_page_lists_published_dashboards_with_title_and_cutoff(server: DashboardServer):
    answer = ask(server, "/")
    page = answer.body.decode("utf-8")
    assert answer.status == 200
    assert 'href="electricity/"' in page
    assert "Electricity demand" in page
    assert "2014-12-01 00:00" in page
    assert "empty" not in page


def test_the_front_page_lists_monitors_apart_from_forecasts(server: DashboardServer):
    page = ask(server, "/").body.decode("utf-8")
    forecasts, monitors = page.split("<h2>")[1:]
    assert forecasts.startswith("Forecasts")
    assert monitors.startswith("Model monitors")
    assert '<a href="census/">Model monitor: census</a><span>census</span>' in monitors
    assert "census" not in forecasts


def test_the_front_page_says_when_nothing_is_published(tmp_path: Path):
    with dashboard_server(tmp_path) as started:
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        assert "Nothing has been published yet." in ask(started, "/").body.decode("utf-8")
        started.shutdown()
        thread.join()


def test_a_dashboard_is_never_cached_and_its_data_for_ever(server: DashboardServer, bucket: Path):
    page = ask(server, "/electricity/")
    [chunk] = (bucket / "electricity" / "dashboard" / "data").glob("*/0.js")
    data = ask(server, f"/electricity/data/{chunk.parent.name}/0.js")
    assert page.status == data.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert data.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in data.headers["Cache-Control"]
    assert data.body == chunk.read_bytes()


def test_a_project_may_lie_anywhere_in_the_bucket(server: DashboardServer):
    assert ask(server, "/other/").status == 200
    assert ask(server, "/nested/").status == 404


def test_an_address_without_its_slash_leads_to_the_dashboard(server: DashboardServer):
    answer = ask(server, "/electricity")
    assert (answer.status, answer.headers["Location"]) == (301, "/electricity/")


@pytest.mark.parametrize(
    "path",
    [
        "/electricity/../params.json",
        "/electricity/%2e%2e/params.json",
        "/electricity/..%2fparams.json",
        "/electricity/..\\params.json",
        "/electricity/data/../../params.json",
        "/electricity//params.json",
        "/electricity/./index.html",
        "/electricity/%00index.html",
        "/../electricity/params.json",
        "/%2e%2e/electricity/",
        "/electricity-secret/index.html",
        "/electricity/data/",
        "/electricity/notes.txt",
        "/empty/",
        "/unknown/",
    ],
)
def test_nothing_but_the_files_of_a_dashboard_is_served(server: DashboardServer, path: str):
    answer = ask(server, path)
    assert answer.status == 404
    assert b"secret" not in answer.body


def test_a_link_out_of_the_dashboard_is_not_followed(server: DashboardServer):
    assert ask(server, "/electricity/outside.js").status == 404


def test_every_answer_forbids_guessing_types_and_framing(server: DashboardServer):
    for path in ("/", "/electricity/"):
        headers = ask(server, path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_server_only_reads(server: DashboardServer, method: str):
    assert ask(server, "/electricity/", method=method).status in (405, 501)


def test_a_head_request_has_the_length_and_no_body(server: DashboardServer):
    answer = ask(server, "/electricity/", method="HEAD")
    assert int(answer.headers["Content-Length"]) > 1_000_000
    assert answer.body == b""


def test_another_sites_name_for_this_machine_is_refused(server: DashboardServer):
    assert ask(server, "/", host="evil.example:3001").status == 403
    assert ask(server, "/", host="localhost:3001").status == 200
    assert ask(server, "/", host="[::1]:3001").status == 200


def test_without_a_list_every_folder_of_the_bucket_is_a_project(bucket: Path):
    with dashboard_server(bucket) as every:
        assert list(every.dashboards()) == ["census", "electricity"]


def test_projects_that_appear_later_are_served(bucket: Path):
    known: dict[str, str] = {}
    with dashboard_server(bucket, projects=lambda: known) as server:
        assert server.dashboards() == {}
        known["electricity"] = "electricity"
        assert list(server.dashboards()) == ["electricity"]


def test_an_empty_prefix_is_the_root_of_the_bucket(tmp_path: Path):
    write(publication(["a"]), tmp_path / "dashboard")
    with dashboard_server(tmp_path, projects={"old": ""}) as server:
        assert server.find("old", "index.html") == (tmp_path / "dashboard" / "index.html").resolve()
