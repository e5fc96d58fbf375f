"""``forecast-platform aws-peer``: Amazon Forecast's API, done by the embedded engine."""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from forecast_platform.errors import InputError, Problem
from forecast_platform.loopback import is_loopback
from forecast_platform.settings import load_settings

if TYPE_CHECKING:
    from forecast_platform.aws_peer.server import PeerServer


@click.command("aws-peer")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option(
    "--allow-other-machines", is_flag=True, help="Needed for a --host that others can reach: there is no login."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8788, show_default=True, help="Its port; 0 = any free one."
)
@click.option("--home", type=click.Path(path_type=Path), help="Folder of all it keeps. Default: aws_peer in the home.")
@click.option("--region", help="Region of its ARNs. Default: AWS_REGION, AWS_DEFAULT_REGION, or us-east-1.")
@click.option("--account", default="123456789012", show_default=True, help="Account of its ARNs.")
@click.option(
    "--delay", type=click.FloatRange(0), default=1.0, show_default=True, help="Seconds that each state lasts."
)
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Jobs that compute at once.")
@click.option(
    "--preset",
    type=click.Choice(["fast", "balanced", "best"]),
    help="Effort of every training. Default: balanced.",
)
def aws_peer(
    host: str,
    allow_other_machines: bool,
    port: int,
    home: Path | None,
    region: str | None,
    account: str,
    delay: float,
    workers: int,
    preset: str | None,
) -> None:
    """Serve the API of Amazon Forecast on the embedded engine.

    Point any program at it with AWS_ENDPOINT_URL_FORECAST and AWS_ENDPOINT_URL_FORECASTQUERY. Data is read from and
    exported to S3, or the server that AWS_ENDPOINT_URL_S3 names, with this process's credentials. Signatures are not
    checked.
    """
    if not (is_loopback(host) or allow_other_machines):
        problem = Problem("--host", host, "127.0.0.1, as there is no login", "Or add --allow-other-machines.")
        raise InputError("The peer does not start.", [problem])
    if not (account.isdecimal() and len(account) == 12):
        raise InputError("The peer does not start.", [Problem("--account", account, "12 digits")])

    from forecast_platform.aws_peer.forecast.engine import ForecastEngine
    from forecast_platform.aws_peer.options import PeerOptions, open_s3_bucket
    from forecast_platform.aws_peer.server import PeerServer

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    options = PeerOptions(
        home=(home or load_settings().home / "aws_peer").absolute(),
        region=region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        account=account,
        delay=delay,
        workers=workers,
        forecast_engine=lambda folder: ForecastEngine(folder, open_s3_bucket, preset),
    )
    _serve(PeerServer(options, host, port))


def _serve(server: PeerServer) -> None:
    """Until SIGTERM or SIGINT. Jobs under way are not waited for: the next start goes on with them."""

    def end(number: int, frame: FrameType | None) -> None:
        # The loop that it ends runs in this very thread.
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    click.echo(f"Amazon Forecast on {server.url}", err=True)
    server.serve()
