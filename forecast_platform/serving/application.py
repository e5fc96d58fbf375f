"""The routes of the scoring server as an ASGI application: what SageMaker asks of a container, and the captures' state.

Belongs here: HTTP. Does not belong here: what a model answers (``models``), sockets and signals (``server``).
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from forecast_platform.loopback import asked_locally
from forecast_platform.serving.capture import CaptureWriter, Invocation
from forecast_platform.serving.models import Answer, Model
from forecast_platform.serving.refusal import RefusedError

LARGEST_BODY = 25 * 2**20
"""The largest payload that SageMaker's real-time endpoints take."""
_SMALL = 16 * 2**10
"""Up to here a model that never waits answers sooner than a thread is woken: 40 % more requests a second."""
_LONGEST_INFERENCE_ID, _LONGEST_ATTRIBUTES = 64, 1024
_INFERENCE_ID = b"x-amzn-sagemaker-inference-id"
_ATTRIBUTES = b"x-amzn-sagemaker-custom-attributes"
_TEXT = "text/plain; charset=utf-8"
_METHODS = {"/ping": ("GET", "HEAD"), "/capture": ("GET", "HEAD"), "/invocations": ("POST",)}
_log = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class _Reply:
    status: HTTPStatus
    body: bytes = b""
    content_type: str = _TEXT
    headers: tuple[tuple[bytes, bytes], ...] = ()


class ScoringApplication:
    """Answers ``GET /ping``, ``POST /invocations`` and ``GET /capture``.

    Args:
        variant: Told with every answer, as an endpoint does.
        capture: Where invocations that were answered go; ``None`` = they are not captured.
        local_only: Refuse requests whose Host is not this machine.
        threads: How many invocations are computed at once.
    """

    def __init__(
        self, model: Model, variant: str, capture: CaptureWriter | None, *, local_only: bool, threads: int
    ) -> None:
        self._model = model
        self._variant = variant.encode()
        self._capture = capture
        self._local_only = local_only
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="invocation")
        # Ids need to be unique, not secret; the operating system's randomness costs a system call for each.
        self._random = random.Random(uuid.uuid4().int)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI hands it over."""
        try:
            reply = await self._reply(scope, receive)
        except RefusedError as refusal:
            reply = _Reply(refusal.status, f"{refusal.message}\n".encode())
        if reply is not None:
            await _send(reply, send)

    async def _reply(self, scope: Scope, receive: Receive) -> _Reply | None:
        """``None`` = the caller has gone."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if self._local_only and not asked_locally(headers.get(b"host", b"").decode("latin-1")):
            raise RefusedError(HTTPStatus.FORBIDDEN, "This server answers to its own address only.")
        path, method = scope["path"], scope["method"]
        allowed = _METHODS.get(path)
        if allowed is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"There is no {path}; there are {', '.join(_METHODS)}.")
        if method not in allowed:
            return _Reply(
                HTTPStatus.METHOD_NOT_ALLOWED,
                f"{path} takes {' and '.join(allowed)}.\n".encode(),
                headers=((b"allow", ", ".join(allowed).encode()),),
            )
        if path == "/ping":
            return _Reply(HTTPStatus.OK)
        if path == "/capture":
            return self._capture_state()
        return await self._invoke(headers, receive)

    def _capture_state(self) -> _Reply:
        if self._capture is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "This server was started without --capture.")
        state = json.dumps(self._capture.counts().to_dict(), indent=2)
        return _Reply(HTTPStatus.OK, f"{state}\n".encode(), "application/json")

    async def _invoke(self, headers: Mapping[bytes, bytes], receive: Receive) -> _Reply | None:
        inference_id = _checked_header(headers, _INFERENCE_ID, _LONGEST_INFERENCE_ID)
        attributes = _checked_header(headers, _ATTRIBUTES, _LONGEST_ATTRIBUTES)
        body = await _body(headers, receive)
        if body is None:
            return None
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        event_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        answer = await self._answer(event_id, body, content_type, headers.get(b"accept", b"").decode("latin-1"))
        if answer is None:
            said = f"The model failed; the server's log says why, for request {event_id}.\n"
            return _Reply(HTTPStatus.INTERNAL_SERVER_ERROR, said.encode())
        if self._capture is not None:
            answered = datetime.now(UTC)
            self._capture.offer(
                Invocation(
                    event_id, answered, body, content_type, answer.body, answer.content_type, inference_id, attributes
                )
            )
        told = ((b"x-amzn-requestid", event_id.encode()), (b"x-amzn-invoked-production-variant", self._variant))
        return _Reply(HTTPStatus.OK, answer.body, answer.content_type, told)

    async def _answer(self, event_id: str, body: bytes, content_type: str, accept: str) -> Answer | None:
        """``None`` = the model failed."""
        try:
            if len(body) <= _SMALL and not self._model.may_wait:
                return self._model.answer(body, content_type, accept)
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._model.answer, body, content_type, accept
            )
        except RefusedError:
            raise
        except Exception:
            _log.exception("request %s failed", event_id)
            return None


def _checked_header(headers: Mapping[bytes, bytes], name: bytes, longest: int) -> str | None:
    """A header that is recorded, of at most ``longest`` printable ASCII characters, as in SageMaker's API."""
    value = headers.get(name)
    if value is None:
        return None
    text = value.decode("latin-1")
    if not text or len(text) > longest or not (text.isascii() and text.isprintable()):
        expected = f"1 to {longest} printable ASCII characters"
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"The header {name.decode()} cannot be used; expected {expected}.")
    return text


async def _body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes | None:
    """The whole body; ``None`` = the caller has gone before its end."""
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > LARGEST_BODY:
        raise _too_large()
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large() -> RefusedError:
    return RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The payload is larger than {LARGEST_BODY} bytes.")


async def _send(reply: _Reply, send: Send) -> None:
    headers = [
        (b"content-type", reply.content_type.encode("latin-1", "replace")),
        (b"content-length", str(len(reply.body)).encode()),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": int(reply.status), "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
