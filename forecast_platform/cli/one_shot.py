"""``forecast-platform forecast``: files in, files out, without a Dagster instance."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from forecast_platform.cli.instant import Instant
from forecast_platform.cli.progress import show_progress

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--params", type=_FILE, required=True, help="The params.json.")
@click.option("--train", type=_FILE, required=True, multiple=True, help="Target series; may be given more than once.")
@click.option("--related", type=_FILE, multiple=True, help="Related time series.")
@click.option("--item-metadata", type=_FILE, multiple=True, help="Item metadata.")
@click.option(
    "--as-of",
    type=Instant(),
    help="Use only observations that are complete at this instant. Default: all.",
)
@click.option(
    "--preset",
    type=click.Choice(["fast", "balanced", "best"]),
    help="How much work the predictor is worth. Default: as the parameters say, or else balanced.",
)
@click.option("--backtest", is_flag=True, help="Also write the backtest, item by item and step by step.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into.")
def forecast(
    params: Path,
    train: tuple[Path, ...],
    related: tuple[Path, ...],
    item_metadata: tuple[Path, ...],
    as_of: datetime | None,
    preset: str | None,
    backtest: bool,
    output: Path,
) -> None:
    """Train, backtest and forecast from files.

    Writes OUTPUT/raw/*.csv (the service's export), OUTPUT/forecast.csv (long, with the bridge rows),
    OUTPUT/accuracy.json and OUTPUT/dashboard.html; with --backtest also OUTPUT/backtest/forecasted-values/*.csv and
    OUTPUT/backtest/accuracy-metrics-values/*.csv. On bad input (exit code 2) nothing is written.
    """
    from forecast_platform.pipeline.one_shot import OneShotInput, forecast_files

    given = OneShotInput(params, train, related, item_metadata, as_of, preset, backtest)
    with show_progress() as progress:
        result = forecast_files(given, output, progress)
    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)
    if sys.stdout.isatty():
        click.echo(
            f"Forecast {result.items} items, {result.rows} rows, from {result.cutoff:%Y-%m-%d %H:%M:%S}. "
            f"Average wQL in the backtest: {result.average_wql:.4f}. Files are in {output}."
        )
