"""``forecast-platform serve``: a scoring server that answers and captures as a SageMaker endpoint does."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forecast_platform.settings import load_settings

if TYPE_CHECKING:
    from forecast_platform.serving.server import CaptureTarget

_BUCKET = "bucket:"


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the server listens.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Its port; 0 = any free one."
)
@click.option("--endpoint", help="Name of the endpoint in the captures. Default: the model's file or folder.")
@click.option("--variant", default="AllTraffic", show_default=True, help="Name of the production variant.")
@click.option("--capture", help="Capture requests and answers into this folder, or into bucket:PREFIX.")
@click.option("--sampling-percentage", type=float, default=100.0, show_default=True, help="Share that is captured.")
@click.option(
    "--capture-mode",
    type=click.Choice(["Input", "Output", "InputAndOutput"]),
    default="InputAndOutput",
    show_default=True,
    help="Which side is captured.",
)
@click.option(
    "--csv-content-type", multiple=True, default=("text/csv",), show_default=True, help="Captured as CSV text."
)
@click.option(
    "--json-content-type",
    multiple=True,
    default=("application/json",),
    show_default=True,
    help="Captured as JSON text.",
)
@click.option("--seconds-per-file", type=float, default=60.0, show_default=True, help="A file appears after this long.")
@click.option("--megabytes-per-file", type=float, default=16.0, show_default=True, help="Or when it is this large.")
def serve(
    model: Path,
    host: str,
    port: int,
    endpoint: str | None,
    variant: str,
    capture: str | None,
    sampling_percentage: float,
    capture_mode: str,
    csv_content_type: tuple[str, ...],
    json_content_type: tuple[str, ...],
    seconds_per_file: float,
    megabytes_per_file: float,
) -> None:
    """Serve MODEL at /ping and /invocations, and capture the traffic.

    MODEL is a folder with an inference.py, or a linear model (.json) or a LightGBM text model (.txt), or a folder with
    one of them.
    """
    from forecast_platform.serving.capture import CaptureMode, CaptureOptions
    from forecast_platform.serving.models import load_model
    from forecast_platform.serving.server import Endpoint
    from forecast_platform.serving.server import serve as run

    options = CaptureOptions(
        endpoint=endpoint or _name_of(model),
        variant=variant,
        mode=CaptureMode(capture_mode),
        sampling_percentage=sampling_percentage,
        csv_content_types=tuple(name.lower() for name in csv_content_type),
        json_content_types=tuple(name.lower() for name in json_content_type),
        seconds_per_file=seconds_per_file,
        bytes_per_file=int(megabytes_per_file * 2**20),
    )
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    target = _target(capture) if capture else None
    run(
        Endpoint(load_model(model), options, target),
        host,
        port,
        lambda url: click.echo(f"Serving {options.endpoint} on {url}", err=True),
    )


def _name_of(model: Path) -> str:
    return "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in model.resolve().stem).split())[:63]


def _target(capture: str) -> CaptureTarget:
    from forecast_platform.bucket.local import LocalBucket
    from forecast_platform.platform import Platform
    from forecast_platform.serving.server import CaptureTarget

    if not capture.startswith(_BUCKET):
        folder = Path(capture).expanduser().absolute()
        return CaptureTarget(LocalBucket(folder), folder / ".journals")
    settings = load_settings()
    prefix = capture.removeprefix(_BUCKET).strip("/")
    return CaptureTarget(Platform(settings).bucket(prefix), settings.home / "captures" / prefix)
