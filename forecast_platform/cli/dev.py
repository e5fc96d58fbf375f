"""``forecast-platform dev``: the Dagster UI with its daemon, and the dashboards, on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import click

from forecast_platform.cli.environment import find_projects, prepare_environment
from forecast_platform.settings import CHECKOUT

_TICK_LIMIT_SECONDS = "300"
"""A sensor tick reads new files; Dagster's own limit of 60 s is short for a first upload of many gigabytes."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the UI and the dashboards listen.")
@click.option("--port", default=3000, show_default=True, help="Port of the UI.")
def dev(host: str, port: int) -> None:
    """Start the Dagster UI with sensors running, and serve the dashboards."""
    from forecast_platform.dashboards.server import dashboard_server

    settings = prepare_environment()
    os.environ.setdefault("DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS", _TICK_LIMIT_SECONDS)
    dashboards_port = urlsplit(settings.dashboard_url).port or 3001
    server = dashboard_server(settings.bucket_root, host, dashboards_port, _prefixes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    click.echo(f"Dagster UI:  http://{host}:{port}", err=True)
    click.echo(f"Dashboards:  http://{host}:{dashboards_port}", err=True)
    click.echo(f"Drop files:  {settings.bucket_root}/<project>/train/", err=True)
    dg = Path(sys.executable).with_name("dg")
    command = [str(dg), "dev", "-w", str(CHECKOUT / "workspace.yaml"), "--host", host, "--port", str(port)]
    try:
        sys.exit(subprocess.run(command, check=False, cwd=CHECKOUT).returncode)
    finally:
        server.shutdown()


def _prefixes() -> dict[str, str]:
    """Read again for every page, so that a project added meanwhile appears."""
    return {name: shell.project.prefix for name, shell in find_projects().items()}
