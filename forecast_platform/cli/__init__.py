"""The ``forecast-platform`` command. Every command calls the same code as the assets.

Belongs here: the group, and what exit codes mean: 0 success, 2 bad input or usage, 1 our failure. Messages go to
stderr, results to stdout.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from forecast_platform import __version__
from forecast_platform.cli.analyses import explain, what_if
from forecast_platform.cli.aws_peer import aws_peer
from forecast_platform.cli.dashboards import dashboards
from forecast_platform.cli.dev import dev
from forecast_platform.cli.monitor import monitor
from forecast_platform.cli.one_shot import forecast
from forecast_platform.cli.projects import add, backfill, cleanup, run, sample
from forecast_platform.cli.serve import serve
from forecast_platform.cli.sql import sql
from forecast_platform.errors import ForecastPlatformError, InputError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Forecasting as Dagster assets: data in a bucket becomes quantile forecasts, SQL tables and a dashboard."""


_PROJECTS = (forecast, monitor, add, run, backfill, cleanup, explain, what_if, sample, sql)
_SERVERS = (serve, aws_peer, dashboards, dev)
for command in (*_PROJECTS, *_SERVERS):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the code that the failure, if any, means.

    Args:
        arguments: Default: those of this process.
    """
    try:
        cli(arguments, standalone_mode=False)
    except InputError as error:
        _exit(2, str(error))
    except ForecastPlatformError as error:
        _exit(1, str(error))
    except click.ClickException as error:
        error.show(sys.stderr)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        _exit(130, "Interrupted.")
    except OSError as error:
        _exit(1, str(error))


def _exit(code: int, message: str) -> None:
    click.echo(message, err=True)
    sys.exit(code)
