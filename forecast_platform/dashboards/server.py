"""A read-only web server for the dashboards of all projects and the reports of all monitors.

Belongs here: HTTP. Does not belong here: which projects exist (the caller says so), what is in a dashboard.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import cast
from urllib.parse import quote, unquote, urlsplit

from forecast_platform.bucket import Bucket
from forecast_platform.errors import ForecastPlatformError
from forecast_platform.loopback import asked_locally, is_loopback

Projects = Mapping[str, str] | Callable[[], Mapping[str, str]]
"""Prefix in the bucket by project name; a callable is asked again for every request, so that new ones appear."""

_PAGE_FOLDERS = {"dashboard": "Forecasts", "monitoring/reports": "Model monitors"}
"""Where the pages of a project, and those of a monitor, are below its prefix, and under what they are listed."""
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
}
_FRONT = "index.html"
_HEALTH = "healthz"
"""Answers without a look at the bucket: a load balancer asks every few seconds, and a restart mends no bucket."""
_AT_ONCE = 8
"""Projects looked up at a time; a bucket that is far away takes tens of milliseconds for each."""
_HEAD_BYTES = 4096
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_CUTOFF = re.compile(r'<meta name="forecast-cutoff" content="([^"]*)">')

# A dashboard carries a stricter policy of its own, with the hashes of its scripts; both apply.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_INDEX_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


@dataclass(frozen=True)
class Pages:
    """What is published of a project or monitor.

    Attributes:
        place: Where it is below the project's prefix.
        bucket: What is there.
    """

    place: str
    bucket: Bucket


class DashboardServer(ThreadingHTTPServer):
    """Serves ``/`` (the list of dashboards) and ``/<project>/…`` (the objects below its ``dashboard/``)."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], bucket: Bucket, projects: Projects) -> None:
        super().__init__(address, _Handler)
        self._bucket = bucket
        self._projects = projects
        self.local_only = is_loopback(address[0])

    @property
    def url(self) -> str:
        """Where the list of dashboards is; tells the port when 0 was asked for."""
        return f"http://{self.server_address[0]!s}:{self.server_port}/"

    def dashboards(self) -> dict[str, Pages]:
        """The published pages of every project that has some, by project name."""
        prefixes = dict(sorted(self._prefixes().items()))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = zip(prefixes, pool.map(self._pages_below, prefixes.values()), strict=True)
            return {name: pages for name, pages in found if pages is not None}

    def pages(self, project: str) -> Pages | None:
        """The published pages of ``project``; ``None`` if there are none, or no such project."""
        prefix = self._prefixes().get(project)
        return None if prefix is None else self._pages_below(prefix)

    def find(self, project: str, name: str) -> bytes | None:
        """The object ``name`` of the pages of ``project``; ``None`` for anything that is not exactly that."""
        if PurePosixPath(name).suffix not in _CONTENT_TYPES:
            return None
        pages = self.pages(project)
        try:
            return None if pages is None else pages.bucket.read(name)
        except (KeyError, ValueError):
            return None

    def _pages_below(self, prefix: str) -> Pages | None:
        found = (Pages(place, self._bucket.below(prefix).below(place)) for place in _PAGE_FOLDERS)
        return next((pages for pages in found if pages.bucket.head(_FRONT) is not None), None)

    def _prefixes(self) -> Mapping[str, str]:
        return self._projects() if callable(self._projects) else self._projects


def dashboard_server(bucket: Bucket, projects: Projects, host: str = "127.0.0.1", port: int = 0) -> DashboardServer:
    """A server that is bound but does not run yet; ``serve_forever`` runs it.

    Args:
        bucket: Whatever is below the projects' pages in it is shown, so a local one should be ``confined``.
        port: 0 = any free one; see :attr:`DashboardServer.url`.

    Raises:
        OSError: The address cannot be bound.
    """
    return DashboardServer((host, port), bucket, projects)


class _Handler(BaseHTTPRequestHandler):
    server_version = "forecast-platform"
    sys_version = ""
    timeout = 30

    @property
    def _server(self) -> DashboardServer:
        return cast(DashboardServer, self.server)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        if self._server.local_only and not asked_locally(self.headers.get("Host", "")):
            self._send(HTTPStatus.FORBIDDEN, b"This server answers to its own address only.\n", "text/plain")
            return
        project, slash, name = unquote(urlsplit(self.path).path).removeprefix("/").partition("/")
        try:
            self._show(project, name if slash else None)
        except ForecastPlatformError:
            # What exactly is wrong with a bucket is not for everybody; commands and runs on it say it.
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, b"The bucket cannot be read at present.\n", "text/plain")

    def _show(self, project: str, name: str | None) -> None:
        """The object ``name`` of a project, where ``None`` is its address without the slash."""
        if project == _HEALTH and name is None:
            self._send(HTTPStatus.OK, b"up\n", "text/plain")
        elif not project:
            self._send_index()
        elif name is None and self._server.pages(project):
            self._redirect(f"/{quote(project, safe='')}/")
        elif (data := self._server.find(project, name or _FRONT)) is not None:
            self._send_object(PurePosixPath(name or _FRONT).suffix, data)
        else:
            self._send(HTTPStatus.NOT_FOUND, b"There is no such dashboard.\n", "text/plain")

    def _send_index(self) -> None:
        published = self._server.dashboards()
        lists = "".join(_list(title, place, published) for place, title in _PAGE_FOLDERS.items())
        page = _INDEX.replace("<!-- dashboards -->", lists or "<p>Nothing has been published yet.</p>")
        headers = {"Content-Security-Policy": _INDEX_POLICY, "Cache-Control": "no-store"}
        self._send(HTTPStatus.OK, page.encode("utf-8"), _CONTENT_TYPES[".html"], headers)

    def _send_object(self, suffix: str, data: bytes) -> None:
        # The name of a data file contains a digest of its content; the page is replaced in place.
        caching = "no-store" if suffix == ".html" else "private, max-age=31536000, immutable"
        headers = {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": caching}
        self._send(HTTPStatus.OK, data, _CONTENT_TYPES[suffix], headers)

    def _redirect(self, location: str) -> None:
        self._send(HTTPStatus.MOVED_PERMANENTLY, b"", "text/plain", {"Location": location, "Cache-Control": "no-store"})

    def _send(
        self, status: HTTPStatus, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Quiet: the server runs beside other things on a terminal."""


def _list(title: str, place: str, published: Mapping[str, Pages]) -> str:
    """The pages that are published in ``place``; nothing when there are none."""
    here = {name: pages.bucket for name, pages in published.items() if pages.place == place}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        entries = "".join(pool.map(_entry, here.keys(), here.values()))
    return f"<h2>{title}</h2><ul>{entries}</ul>" if entries else ""


def _entry(project: str, pages: Bucket) -> str:
    try:
        with pages.open(_FRONT) as stream:
            head = stream.read(_HEAD_BYTES).decode("utf-8", errors="replace")
    except KeyError:  # it was taken away meanwhile
        return ""
    title, cutoff = _TITLE.search(head), _CUTOFF.search(head)
    shown = html.escape(html.unescape(title[1] if title else project))
    until = f" · cutoff {html.escape(html.unescape(cutoff[1]))}" if cutoff else ""
    address = f"{quote(project, safe='')}/"
    return f'<li><a href="{address}">{shown}</a><span>{html.escape(project)}{until}</span></li>'


_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Forecast Platform</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<style>
:root { --page: #faf9f7; --ink: #1b1d21; --quiet: #5b606a; --line: #e2e0dc; --accent: #1d4fa8; }
@media (prefers-color-scheme: dark) {
  :root { --page: #131518; --ink: #e9eaec; --quiet: #a3a9b3; --line: #2d3137; --accent: #8ab4ff; }
}
body { margin: 0 auto; max-width: 760px; padding: 48px 24px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
h1 { margin: 0 0 20px; font-size: 28px; letter-spacing: -0.015em; }
h2 { margin: 32px 0 10px; font-size: 18px; }
ul { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 24px; padding: 14px 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
a { color: var(--accent); font-weight: 600; text-underline-offset: 3px; }
span, p { color: var(--quiet); }
</style>
</head>
<body>
<main>
<h1>Forecast Platform</h1>
<!-- dashboards -->
</main>
</body>
</html>
"""
