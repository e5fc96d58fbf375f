"""Stands between the platform and an S3 server: remembers what went through, and answers in the server's place.

Belongs here: HTTP, passed on as it is. Does not belong here: what S3 means by it.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlsplit

_OWN_HEADERS = {"connection", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Passed:
    """A request that went through.

    Attributes:
        target: Path and query.
        sent: Bytes of the answer's body.
    """

    method: str
    target: str
    sent: int


@dataclass(frozen=True)
class Fault:
    """An answer of S3's.

    Attributes:
        after_all: The server does what it was asked, but its answer is lost on the way.
    """

    status: int
    code: str
    message: str = "No."
    after_all: bool = False


class S3Proxy(ThreadingHTTPServer):
    """A server in front of the server at ``url``.

    Attributes:
        passed: What went through, in order.
        fault: Asked for each request; what it returns is answered, ``None`` = what the server says.
    """

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(url).netloc
        self.passed: list[Passed] = []
        self.fault: Callable[[str], Fault | None] = lambda method: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def faults(self, *faults: Fault, method: str) -> None:
        """Answer the next requests of ``method`` with ``faults``, one each."""
        waiting = list(faults)
        self.fault = lambda asked: waiting.pop(0) if asked == method and waiting else None


@contextmanager
def running_proxy(url: str) -> Iterator[S3Proxy]:
    with S3Proxy(url) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        proxy = cast(S3Proxy, self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = proxy.fault(self.command)
        if fault is None or fault.after_all:
            answer = self._asked(proxy.behind, body)
        if fault is not None:
            said = f"<Error><Code>{fault.code}</Code><Message>{fault.message}</Message></Error>".encode()
            answer = fault.status, {}, b"" if self.command == "HEAD" else said
        status, headers, data = answer
        proxy.passed.append(Passed(self.command, self.path, len(data)))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.command != "HEAD" or "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 (the base class names them)

    def _asked(self, behind: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(behind, timeout=30)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            response = connection.getresponse()
            kept = {
                name: value
                for name, value in response.getheaders()
                if name.lower() not in _OWN_HEADERS or (self.command == "HEAD" and name.lower() == "content-length")
            }
            return response.status, kept, response.read()
        finally:
            connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Quiet: tests look at ``passed``."""
