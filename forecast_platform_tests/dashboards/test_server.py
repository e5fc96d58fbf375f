"""The web server, asked over real sockets."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forecast_platform.aws.clients import client
from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.dashboards.server import DashboardServer, Projects, dashboard_server
from forecast_platform.errors import TransientError
from forecast_platform.model_monitor.report import index_page
from forecast_platform_tests.dashboards.sample import publication, write
from forecast_platform_tests.fakes import moto_server


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


@contextmanager
def running(bucket: Bucket, projects: Projects) -> Iterator[DashboardServer]:
    with dashboard_server(bucket, projects) as started:
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield started
        started.shutdown()
        thread.join()


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
    with running(LocalBucket(bucket, confined=True), projects) as started:
        yield started


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
    with running(LocalBucket(tmp_path), {"electricity": "electricity"}) as started:
        assert "Nothing has been published yet." in ask(started, "/").body.decode("utf-8")


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


def test_projects_that_appear_later_are_served(bucket: Path):
    known: dict[str, str] = {}
    with dashboard_server(LocalBucket(bucket), lambda: known) as server:
        assert server.dashboards() == {}
        known["electricity"] = "electricity"
        assert list(server.dashboards()) == ["electricity"]


def test_projects_are_asked_for_once_a_request(bucket: Path):
    """They are read from files: the front page of fifty projects read each file fifty-one times."""
    asked: list[int] = []

    def known() -> dict[str, str]:
        asked.append(1)
        return {name: name for name in ("electricity", "census", "empty")}

    with running(LocalBucket(bucket), known) as server:
        for path in ("/", "/electricity", "/electricity/", "/census/"):
            asked.clear()
            assert ask(server, path).status in (200, 301)
            assert len(asked) == 1, path


def test_an_empty_prefix_is_the_root_of_the_bucket(tmp_path: Path):
    write(publication(["a"]), tmp_path / "dashboard")
    with dashboard_server(LocalBucket(tmp_path), {"old": ""}) as server:
        assert server.find("old", "index.html") == (tmp_path / "dashboard" / "index.html").read_bytes()


def test_dashboards_on_s3_are_served_as_those_on_disk(aws: str, bucket: Path):
    client("s3").create_bucket(Bucket="forecasts", **moto_server.IN_THE_REGION)
    on_s3, on_disk = S3Bucket("forecasts", "team"), LocalBucket(bucket, confined=True)
    for stored in on_disk.list():
        on_s3.write(stored.key, on_disk.read(stored.key))
    with running(on_s3, {"electricity": "electricity"}) as server:
        assert b"Electricity demand" in ask(server, "/").body
        assert ask(server, "/electricity/").body == on_disk.read("electricity/dashboard/index.html")
        assert ask(server, "/electricity/params.json").status == 404
        assert ask(server, "/electricity/../params.json").status == 404


class UnreachableBucket(LocalBucket):
    """Refuses every look."""

    def below(self, prefix: str) -> LocalBucket:
        return self

    def head(self, key: str):
        raise TransientError("AWS refused to look at s3://secret-name/index.html: SlowDown")


def test_a_bucket_that_cannot_be_read_is_told_without_its_name(tmp_path: Path):
    with running(UnreachableBucket(tmp_path), {"electricity": "electricity"}) as server:
        for path in ("/", "/electricity", "/electricity/"):
            answer = ask(server, path)
            assert (answer.status, answer.body) == (503, b"The bucket cannot be read at present.\n")
        assert ask(server, "/healthz").status == 200  # the server itself is up
