"""``forecast-platform dev``: the Dagster UI with its daemon, and the dashboards, on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import click

from forecast_platform.cli.dashboards import prefixes
from forecast_platform.cli.environment import prepare_environment
from forecast_platform.errors import InputError, PermanentError, Problem
from forecast_platform.settings import CHECKOUT

_TICK_LIMIT_SECONDS = "300"
"""A sensor tick reads new files; Dagster's own limit of 60 s is short for a first upload of many gigabytes."""
_QUIET = "ignore:Parameter `execution_type`"
"""Dagster 1.13 warns of a beta parameter that it passes to itself for every check. Drop this when it no longer does."""
_GRACE_SECONDS = 10
"""How long a run that was told to end may take to say so in its log."""
_ENDINGS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the UI and the dashboards listen.")
@click.option("--port", default=3000, show_default=True, help="Port of the UI.")
def dev(host: str, port: int) -> None:
    """Start the Dagster UI with sensors running, and serve the dashboards."""
    from forecast_platform.dashboards.server import dashboard_server
    from forecast_platform.platform import Platform

    settings = prepare_environment()
    os.environ.setdefault("DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS", _TICK_LIMIT_SECONDS)
    os.environ.setdefault("PYTHONWARNINGS", _QUIET)
    dashboards_port = urlsplit(settings.dashboard_url).port or 3001
    _require_free(host, {"--port": port, "the port in FORECAST_PLATFORM_DASHBOARD_URL": dashboards_port})
    platform = Platform(settings)
    server = dashboard_server(platform.shown_bucket(), prefixes, host, dashboards_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    click.echo(f"Dagster UI:  http://{host}:{port} (in a few seconds)", err=True)
    click.echo(f"Dashboards:  http://{host}:{dashboards_port}", err=True)
    click.echo(f"Drop files:  {platform.bucket().uri()}/<project>/train/", err=True)
    click.echo("Ctrl-C ends everything.", err=True)
    listening = ["--host", host, "--port", str(port)]
    try:
        sys.exit(_run_until_told([_dg(), "dev", *_code(), *listening, "--log-level", "warning"]))
    finally:
        server.shutdown()
        server.server_close()


def _run_until_told(command: Sequence[str]) -> int:
    """Run ``command`` and pass one request to end on to it; its exit code.

    It is in a session of its own: Ctrl-C in a terminal reaches every process, and Dagster's would then be
    interrupted a second time while they shut their own children down, and leave some of them behind.
    """
    # Before the start, so that a process that was started with SIGINT ignored does not hand that on.
    told: list[int] = []
    before = {number: signal.signal(number, lambda number, _: told.append(number)) for number in _ENDINGS}
    try:
        process = subprocess.Popen(command, cwd=CHECKOUT, start_new_session=True)
        while process.poll() is None and not told:
            time.sleep(0.2)
        if told:
            click.echo("Ending …", err=True)
            process.send_signal(signal.SIGINT)
        code = process.wait()
        _end_group(process.pid)
        return code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_group(leader: int) -> None:
    """End what Dagster leaves behind: the processes of runs. The next start goes on with those runs."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < deadline:
            os.killpg(leader, 0)
            time.sleep(0.1)
        os.killpg(leader, signal.SIGKILL)


def _require_free(host: str, ports: dict[str, int]) -> None:
    """Raises ``InputError`` for ports that something else listens on; Dagster would only say that it ended."""
    problems = []
    for option, port in ports.items():
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                problems.append(Problem(option, str(port), "a port that is free", f"{host}:{port}: {error.strerror}."))
    if problems:
        raise InputError("The UI cannot start.", problems)


def _code() -> list[str]:
    """What Dagster loads: the checkout's workspace; an installed package has none."""
    workspace = CHECKOUT / "workspace.yaml"
    return ["-w", str(workspace)] if workspace.exists() else ["-m", "forecast_platform.definitions"]


def _dg() -> str:
    found = Path(sys.executable).with_name("dg")
    if not found.exists():
        raise PermanentError(f"Dagster's `dg` is not at {found}. Install it with: pip install dagster-dg-cli")
    return str(found)
