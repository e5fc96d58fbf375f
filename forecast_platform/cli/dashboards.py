"""``forecast-platform dashboards``: the pages alone, for a machine on which Dagster runs in other processes.

Belongs here: the command. Does not belong here: what is served (``dashboards.server``).
"""

from __future__ import annotations

import click

from forecast_platform.cli.environment import find_monitors, find_projects


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the server listens.")
@click.option("--port", default=3001, show_default=True, help="Its port; 0 = any free one.")
def dashboards(host: str, port: int) -> None:
    """Serve the dashboards and reports, without Dagster."""
    from forecast_platform.dashboards.server import dashboard_server
    from forecast_platform.platform import Platform

    with dashboard_server(Platform().shown_bucket(), prefixes, host, port) as server:
        click.echo(f"Dashboards: {server.url}", err=True)
        server.serve_forever()


def prefixes() -> dict[str, str]:
    """Prefix by name; read again for every page, so that a project or monitor added meanwhile appears."""
    projects = {name: shell.project.prefix for name, shell in find_projects().items()}
    return projects | {name: monitor.prefix for name, monitor in find_monitors().items()}
