"""The HTTP server of the peer.

Belongs here: sockets, headers, who may ask. Does not belong here: what is answered (``peer``, ``control``).
"""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from forecast_platform.aws_peer.control import PREFIX, ControlError, control
from forecast_platform.aws_peer.options import PeerOptions
from forecast_platform.aws_peer.peer import Answer, Peer
from forecast_platform.errors import InputError, Problem
from forecast_platform.loopback import asked_locally, is_loopback

_MOST_BYTES = 8 * 2**20
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_log = logging.getLogger(__name__)


class PeerServer:
    """A peer that listens.

    Args:
        port: 0 = any free one.

    Raises:
        InputError: The address cannot be listened on.
        MissingExtraError: botocore is not installed.
    """

    def __init__(self, options: PeerOptions, host: str = "127.0.0.1", port: int = 0) -> None:
        self._peer = Peer(options)
        try:
            self._server = _Server(self._peer, host, port)
        except (OSError, OverflowError) as error:
            self._peer.close()
            problem = Problem("--host and --port", f"{host}:{port}", "an address that can be listened on", f"{error}.")
            raise InputError("The peer cannot start.", [problem]) from error

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def serve(self) -> None:
        """Answer until :meth:`close` is called from another thread."""
        self._server.serve_forever(poll_interval=0.05)

    def start(self) -> None:
        """Answer in a thread."""
        threading.Thread(target=self.serve, name="aws-peer", daemon=True).start()

    def shutdown(self) -> None:
        """Let :meth:`serve` return."""
        self._server.shutdown()

    def close(self) -> None:
        """Close the socket and end all jobs, which another peer with the same home goes on with."""
        self._server.server_close()
        self._peer.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, peer: Peer, host: str, port: int) -> None:
        self.peer, self.local_only = peer, is_loopback(host)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is no news."""
        _log.debug("a connection ended", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    """Headers and body leave in one packet: two would wait for each other's acknowledgement."""
    server: _Server

    def do_POST(self) -> None:
        body = self._body()
        if body is None or self._refused():
            return
        if self.path.startswith(PREFIX):
            self._control(body)
            return
        target = self.headers.get("X-Amz-Target", "")
        credential = _CREDENTIAL.search(self.headers.get("Authorization", ""))
        answer = self.server.peer.answer(target, body, credential[1] if credential else "")
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._answer_aws(answer)

    def do_GET(self) -> None:
        self._only_control()

    def do_DELETE(self) -> None:
        self._only_control()

    def _only_control(self) -> None:
        body = self._body()
        if body is None or self._refused():
            return
        if self.path.startswith(PREFIX):
            self._control(body)
        else:
            self._send(404, b'{"error": "AWS is asked with POST, the peer itself below /_peer/"}', "application/json")

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            self.close_connection = True
            self._send(413, b'{"error": "the body is too long, or its length is not given"}', "application/json")
            return None
        return self.rfile.read(int(length))

    def _refused(self) -> bool:
        """A page in somebody's browser may not ask a peer of this machine under another name."""
        if self.server.local_only and not asked_locally(self.headers.get("Host", "")):
            self._send(403, b'{"error": "ask with a name of this machine"}', "application/json")
            return True
        return False

    def _control(self, body: bytes) -> None:
        if not (is_loopback(str(self.client_address[0])) and asked_locally(self.headers.get("Host", ""))):
            self._send(403, b'{"error": "the peer is controlled from its own machine only"}', "application/json")
            return
        try:
            reply, status = control(self.server.peer, self.command, self.path, body), 200
        except (ControlError, ValueError) as error:
            reply, status = {"error": str(error)}, 400
        self._send(status, json.dumps(reply).encode(), "application/json")

    def _answer_aws(self, answer: Answer) -> None:
        headers = {"x-amzn-ErrorType": answer.error} if answer.error else {}
        self._send(answer.status, answer.body, "application/x-amz-json-1.1", headers)

    def _send(self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """The call log says more."""
        _log.debug(format, *args)
