"""QuickSight as far as this platform speaks to it: REST-JSON on loopback, checked deeply against botocore's own model.

Belongs here: routes, checks of requests and replies, faults on demand. Does not belong here: what a resource is
(``quicksight_resources``). moto has no CreateAnalysis and no DescribeDataSet.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import botocore.session

from forecast_platform.aws_peer.protocol.errors import ServiceError
from forecast_platform.aws_peer.protocol.validation import Validation
from forecast_platform.aws_peer.protocol.wire import wire_value
from forecast_platform_tests.fakes.quicksight_resources import RefusedError, Resources

_STATUSES = {"AccessDeniedException": 401, "ResourceNotFoundException": 404, "ConflictException": 409}
"""Of HTTP; others are 400."""
_VALIDATION = Validation({})


@cache
def _model() -> Any:
    return botocore.session.Session().get_service_model("quicksight")


@cache
def _routes() -> list[tuple[str, re.Pattern[str], Any]]:
    """Method, path and operation of what the resources can do."""
    routes = []
    for name in Resources.OPERATIONS:
        operation = _model().operation_model(name)
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.http["requestUri"])
        routes.append((operation.http["method"], re.compile(path), operation))
    return routes


class QuickSight:
    """One account.

    Attributes:
        resources: What it holds.
        calls: How often each operation was called.
        denied: Operations that are not allowed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.empty()

    def empty(self) -> None:
        """Forget everything."""
        self.resources = Resources()
        self.calls: Counter[str] = Counter()
        self.denied: set[str] = set()

    @property
    def changes(self) -> dict[str, int]:
        """Calls that changed something or tried to."""
        return {name: count for name, count in self.calls.items() if not name.startswith(("Describe", "List"))}

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, str, dict[str, Any]]:
        """Status, code of the error (empty = none) and document of the reply."""
        with self._lock:
            try:
                return 200, "", self._answer(method, path, query, json.loads(body or b"{}"))
            except RefusedError as refused:
                return _STATUSES.get(refused.code, 400), refused.code, {"Message": refused.message}
            except ServiceError as error:
                return 400, "InvalidParameterValueException", {"Message": error.message}

    def _answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        operation, request = _routed(method, path, query, body)
        self.calls[operation.name] += 1
        if operation.name in self.denied:
            raise RefusedError("AccessDeniedException", f"not authorized to perform: quicksight:{operation.name}")
        _VALIDATION.check_request(request, operation.input_shape)
        reply: dict[str, Any] = wire_value(self.resources.do(operation.name, request))
        problems = _VALIDATION.problems_of_reply(reply, operation.output_shape)
        if problems:
            raise RefusedError("PeerBreaksTheModel", f"{operation.name}: {problems}")
        return reply


def _routed(method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The operation, and its request put together from where its parts are."""
    for its_method, pattern, operation in _routes():
        found = pattern.fullmatch(path) if its_method == method else None
        if found is None:
            continue
        request = dict(body)
        for member, shape in operation.input_shape.members.items():
            place, name = shape.serialization.get("location"), shape.serialization.get("name", member)
            text = found[name] if place == "uri" else query.get(name) if place == "querystring" else None
            if text is not None:
                request[member] = int(text) if shape.type_name in ("integer", "long") else unquote(text)
        return operation, request
    raise RefusedError("UnknownOperationException", f"{method} {path}")


@contextmanager
def running_quicksight() -> Iterator[tuple[QuickSight, str]]:
    """An empty account and the URL at which it answers."""
    account = QuickSight()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def answer(self) -> None:
            path, _, query = self.path.partition("?")
            parts = dict(part.split("=", 1) for part in query.split("&") if part)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, code, document = account.answer(self.command, path, parts, body)
            data = json.dumps(document, allow_nan=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if code:
                self.send_header("x-amzn-ErrorType", code)
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_PUT(self) -> None:
            self.answer()

        def log_message(self, *arguments: object) -> None:
            """The counters say more."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield account, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
