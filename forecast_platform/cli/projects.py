"""The commands around projects: add, sample, run, backfill, cleanup.

Belongs here: reading arguments, and printing what came out. Does not belong here: work (``pipeline``, ``components``).
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forecast_platform.cli.cutoffs import newest_cutoff, require_cutoff
from forecast_platform.cli.environment import dagster_instance, find_projects, prepare_environment, project_shell
from forecast_platform.cli.instant import Instant
from forecast_platform.errors import ForecastPlatformError, InputError, TransientError
from forecast_platform.settings import load_settings

if TYPE_CHECKING:
    import dagster as dg

    from forecast_platform.components.forecast_project.shell import ProjectShell

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_CUTOFF = Instant()


@click.command()
@click.argument("name")
@click.option("--params", type=_FILE, required=True, help="The params.json.")
@click.option("--train", type=_FILE, multiple=True, required=True, help="Target series; may be given more than once.")
@click.option("--related", type=_FILE, multiple=True, help="Related time series.")
@click.option("--item-metadata", type=_FILE, multiple=True, help="Item metadata.")
@click.option(
    "--cadence",
    type=click.Choice(["hourly", "daily", "weekly", "monthly"]),
    help="How often to forecast. Default: daily, or the data's own frequency when that is coarser.",
)
@click.option(
    "--start", type=_CUTOFF, help="Start of the first window. Default: leaves three quarters of the data before it."
)
def add(
    name: str,
    params: Path,
    train: tuple[Path, ...],
    related: tuple[Path, ...],
    item_metadata: tuple[Path, ...],
    cadence: str | None,
    start: datetime | None,
) -> None:
    """Add the project NAME: put its files into the bucket and write its defs.yaml.

    Everything is checked first; on a problem (exit code 2) nothing is written.
    """
    from forecast_platform.components.forecast_project.scaffold import defs_yaml
    from forecast_platform.pipeline.adding import check_bucket, check_new_project
    from forecast_platform.pipeline.one_shot import OneShotInput
    from forecast_platform.platform import Platform

    settings = load_settings()
    folder = settings.defs / name
    if name in find_projects():
        raise InputError(f"There is a project called {name!r} already: {folder / 'defs.yaml'}.")
    given = OneShotInput(params=params, train=train, related=related, item_metadata=item_metadata)
    new = check_new_project(name, given, cadence, start)
    if folder.exists():
        raise InputError(f"There is a folder already where the project would be defined: {folder}.")
    bucket = Platform(settings).bucket(name)
    check_bucket(bucket, new)
    for key, data in new.objects.items():
        bucket.write(key, data)
    folder.mkdir(parents=True)
    text = defs_yaml(name, start=new.start.isoformat(), cadence=new.cadence)
    (folder / "defs.yaml").write_text(text, encoding="utf-8")
    for warning in new.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"Added {name}: {folder / 'defs.yaml'}")
    click.echo(f"Its files are in {bucket.uri()}.")
    click.echo(f"Run it with `forecast-platform run {name}`, or start `forecast-platform dev`.")


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--drift",
    "drifts",
    multiple=True,
    help="How the third day of census differs, or none; may be given more than once. Default: in every way.",
)
def sample(names: tuple[str, ...], drifts: tuple[str, ...]) -> None:
    """Generate the sample projects' data into the bucket (default: all of them)."""
    from forecast_platform.platform import Platform
    from forecast_platform.samples import SAMPLES, census, generate

    unknown = [name for name in names if name not in SAMPLES]
    if unknown:
        raise InputError(f"There is no sample called {unknown[0]!r}. Samples: {', '.join(SAMPLES)}.")
    drifted = census.drifts_called(drifts) if drifts else None
    if drifted is not None and "census" not in names:
        raise InputError("Only the sample census drifts: name it, or leave --drift out.")
    platform = Platform(prepare_environment())
    for name in names or SAMPLES:
        bucket = platform.bucket(name)
        files = census.files(drifted) if drifted is not None and name == "census" else generate(name)
        for key, data in files.items():
            if bucket.head(key) is None or bucket.read(key) != data:
                bucket.write(key, data)
        click.echo(f"{name}: {bucket.uri()}")


@click.command()
@click.argument("name")
@click.option("--cutoff", type=_CUTOFF, help="The cutoff to forecast at. Default: the newest that the data completes.")
def run(name: str, cutoff: datetime | None) -> None:
    """Run the project NAME at one cutoff, in this process, on the instance the UI shows."""
    shell = project_shell(name)
    with dagster_instance() as instance:
        chosen = cutoff or newest_cutoff(shell.workspace())
        succeeded = _run_cutoff(shell, chosen, instance)
    if not succeeded:
        raise ForecastPlatformError(f"The run of {name} at {chosen} failed; the reason is above and in the UI.")
    if waits := _waits(shell, chosen):
        click.echo("\n".join(waits), err=True)
        click.echo(f"The sensor {shell.watch_name} goes on when that is done; so does the same command.", err=True)
        return
    click.echo(_result_table(shell, chosen))


@click.command()
@click.argument("name")
@click.option("--from", "first", type=_CUTOFF, required=True, help="The first cutoff.")
@click.option("--to", "last", type=_CUTOFF, required=True, help="The last cutoff.")
def backfill(name: str, first: datetime, last: datetime) -> None:
    """Run the project NAME at every cutoff from FIRST to LAST, oldest first, in this process."""
    shell = project_shell(name)
    cutoffs = shell.project.schedule.between(first, last)
    if not cutoffs:
        raise InputError(f"Project {name} has no cutoff between {first} and {last}.")
    _require_past(cutoffs[-1])
    failed = []
    with dagster_instance() as instance:
        for index, cutoff in enumerate(cutoffs, start=1):
            succeeded = _run_cutoff(shell, cutoff, instance)
            ended = "FAILED" if not succeeded else "waits" if _waits(shell, cutoff) else "done"
            click.echo(f"{index}/{len(cutoffs)} {cutoff:%Y-%m-%d %H:%M} {ended}")
            failed += [] if succeeded else [cutoff]
    if failed:
        written = ", ".join(f"{cutoff:%Y-%m-%d %H:%M}" for cutoff in failed)
        raise ForecastPlatformError(f"{len(failed)} of {len(cutoffs)} cutoffs failed: {written}")


@click.command()
@click.argument("name")
def cleanup(name: str) -> None:
    """Delete what the service holds for the project NAME. Exported data stays."""
    from forecast_platform.pipeline.forecasting import clean_up_project

    prepare_environment()
    deleted = clean_up_project(project_shell(name).workspace())
    for resource in deleted:
        click.echo(resource)
    click.echo(f"Deleted {len(deleted)} resources.", err=True)


def _require_past(cutoff: datetime) -> None:
    """Dagster has no partition for a window that has not ended."""
    if cutoff > datetime.now(UTC).replace(tzinfo=None):
        raise InputError(f"The cutoff {cutoff} is in the future (UTC); its window has not ended yet.")


def _run_cutoff(shell: ProjectShell, cutoff: datetime, instance: dg.DagsterInstance) -> bool:
    from forecast_platform.cli.environment import load_definitions
    from forecast_platform.components.forecast_project.run_end import concerns, report_run
    from forecast_platform.components.partitions import partition_key

    require_cutoff(shell.project, cutoff)
    _require_past(cutoff)
    job = load_definitions().resolve_job_def(shell.job_name)
    key = partition_key(shell.project.schedule, cutoff)
    result = job.execute_in_process(
        run_config={"loggers": {"console": {"config": {}}}}, instance=instance, partition_key=key, raise_on_error=False
    )
    ended = instance.get_run_by_id(result.run_id)
    if ended is not None and concerns(shell, ended, instance):
        try:
            message = report_run(shell, ended, instance)
        except TransientError as error:  # the run is as it is; its mail goes out later
            click.echo(f"warning: {error}", err=True)
        else:
            click.echo("" if result.success else message.body, err=True, nl=False)
    return result.success


def _waits(shell: ProjectShell, cutoff: datetime) -> list[str]:
    """What a run that succeeded has left to the watch sensor, in words."""
    from forecast_platform.pipeline.waiting import waits_at

    waits = waits_at(shell.workspace().bucket, cutoff) if shell.defers else []
    return [f"{one.asset} waits for the {one.kind} {one.name}: {one.status}." for one in waits]


def _result_table(shell: ProjectShell, cutoff: datetime) -> str:
    from forecast_platform.cli.summary import result_table

    return result_table(shell.workspace(), cutoff, colour=sys.stdout.isatty())
