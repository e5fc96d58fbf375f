"""``forecast-platform monitor``: baselines and checks of any data, in SageMaker Model Monitor's documents.

Belongs here: reading arguments, and saying what came out. Does not belong here: work (``model_monitor.offline``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forecast_platform.training_data.messages import printable

if TYPE_CHECKING:
    from forecast_platform.model_monitor.offline import Written

VIOLATIONS_FOUND = 3
_DATA = click.argument("data", type=click.Path(exists=True, path_type=Path))
_NO_HEADER = click.option(
    "--no-header", is_flag=True, help="CSV files have no header; their columns are _c0, _c1, … or the baseline's."
)
_OUTPUT = click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into."
)


@click.group()
def monitor() -> None:
    """Compare data with a baseline, in the file formats of SageMaker Model Monitor."""


@monitor.command()
@_DATA
@_NO_HEADER
@_OUTPUT
def baseline(data: Path, no_header: bool, output: Path) -> None:
    """Write statistics.json and suggested constraints.json of DATA.

    DATA is a CSV or Parquet file, a file of captured requests (JSON lines), or a folder of them. Edit constraints.json
    as you like before you check with it; constraints that are in the folder already are renamed. On bad input (exit
    code 2) nothing is written.
    """
    from forecast_platform.model_monitor.offline import write_baseline

    written = write_baseline(data, output, header=not no_header)
    _tell(written)
    if written.set_aside:
        click.echo(f"note: The constraints that were here before are now {written.set_aside}.", err=True)
    click.echo(f"{written.looked.rows} rows, {written.features} features. Files are in {output}.", err=True)


@monitor.command()
@_DATA
@click.option(
    "--baseline",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder with the baseline's statistics.json and constraints.json.",
)
@_NO_HEADER
@_OUTPUT
def check(data: Path, folder: Path, no_header: bool, output: Path) -> None:
    """Judge DATA by a baseline, and print the violations.

    Writes statistics.json, constraint_violations.json and report.html. Exit code: 0 without violations, 3 with, 2 on
    bad input, and then nothing is written.
    """
    from forecast_platform.model_monitor.offline import write_check

    written = write_check(data, folder, output, header=not no_header)
    _tell(written)
    found = written.judgement.violations if written.judgement else ()
    for one in found:
        click.echo(printable(f"{one.feature_name}: {one.constraint_check_type}: {one.description.strip()}"))
    noun = "violation" if len(found) == 1 else "violations"
    click.echo(f"{written.looked.rows} rows, {len(found)} {noun}. Files are in {output}.", err=True)
    if found:
        sys.exit(VIOLATIONS_FOUND)


def _tell(written: Written) -> None:
    for refused in written.looked.refused:
        click.echo(printable(f"warning: {refused['where']}: {refused['reason']}"), err=True)
    hidden = written.looked.refused_rows - len(written.looked.refused)
    if hidden > 0:
        click.echo(f"warning: {hidden} more rows could not be read.", err=True)
    notes = written.judgement.notes if written.judgement else ()
    for note in (*written.looked.notes, *notes):
        click.echo(printable(f"note: {note}"), err=True)
