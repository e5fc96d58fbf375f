"""The commands that ask a forecast questions: ``explain`` and ``what-if``.

Belongs here: reading arguments, and printing what came out. Does not belong here: work (``pipeline``).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast_platform.cli.cutoffs import newest_cutoff, require_cutoff
from forecast_platform.cli.environment import prepare_environment, project_shell
from forecast_platform.cli.instant import Instant
from forecast_platform.cli.progress import show_progress

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.pipeline.workspace import Workspace

_MOST_SERIES = 20
_CUTOFF = click.option(
    "--cutoff", type=Instant(), help="The cutoff of the forecast. Default: the newest that the data completes."
)


@click.command()
@click.argument("project")
@_CUTOFF
def explain(project: str, cutoff: datetime | None) -> None:
    """Say how much each feature moves the forecast of PROJECT.

    Prints the impact scores per series and overall, from -1 to 1; the sign is the direction. They are kept in the
    bucket, with the raw scores.
    """
    from forecast_platform.pipeline.explaining import explain_forecast

    workspace, chosen = _workspace(project, cutoff)
    with show_progress() as progress:
        explained = explain_forecast(workspace, chosen, progress)
    if explained.summary["note"]:
        click.echo(f"warning: {explained.summary['note']}", err=True)
    ending = "-NormalizedImpactScore"
    scores = explained.scores
    keys = [name for name in scores.columns if not name.endswith("ImpactScore") and name != "timestamp"]
    normalized = scores[[f"{name}{ending}" for name, _ in explained.overall()]].round(3)
    table = scores[keys].join(normalized.rename(columns=lambda name: name.removesuffix(ending)))
    click.echo(_rendered(table), nl=False)
    click.echo(f"Raw scores: {workspace.bucket.uri(explained.key)}", err=True)


@click.command("what-if")
@click.argument("project")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_CUTOFF
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="CSV file for every series and step.")
def what_if(project: str, file: Path, cutoff: datetime | None, output: Path | None) -> None:
    """Forecast PROJECT with the plan that FILE describes, and compare.

    FILE is JSON in the shape of the API's CreateWhatIfForecast. Prints the sums over the horizon of the series that
    change most, and of all. The comparison is not kept in the bucket.
    """
    from forecast_platform.pipeline.what_if import comparison_csv, try_scenario

    workspace, chosen = _workspace(project, cutoff)
    with show_progress() as progress:
        compared = try_scenario(workspace, chosen, file, progress)
    for note in compared.summary["notes"]:
        click.echo(f"warning: {note}", err=True)
    click.echo(_rendered(_sums(compared.table, workspace)), nl=False)
    if output is not None:
        output.write_bytes(comparison_csv(compared.table))
        click.echo(f"Every series and step: {output}", err=True)


def _workspace(name: str, cutoff: datetime | None) -> tuple[Workspace, datetime]:
    prepare_environment()
    workspace = project_shell(name).workspace()
    chosen = cutoff or newest_cutoff(workspace)
    require_cutoff(workspace.project, chosen)
    return workspace, chosen


def _sums(table: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    """Sums over the horizon: all series together, then those that change most."""
    import pandas as pd

    params = workspace.parsed_params.params
    keys = ["item_id", *params.forecast_dimensions]
    center = "p50" if "p50" in params.forecast_types else params.forecast_types[0]
    columns = {center: f"{center} baseline", f"{center}_what_if": "what-if", f"{center}_difference": "difference"}
    sums = table.groupby(keys, as_index=False, dropna=False)[list(columns)].sum()
    order = sums[f"{center}_difference"].abs().sort_values(ascending=False, kind="stable").index[:_MOST_SERIES]
    overall = pd.DataFrame({**{key: ["all"] for key in keys}, **{name: [sums[name].sum()] for name in columns}})
    shown = pd.concat([overall, sums.loc[order]], ignore_index=True).rename(columns=columns)
    shown["in %"] = 100 * shown["difference"] / shown[f"{center} baseline"].where(shown[f"{center} baseline"] != 0)
    return shown.round(2)


def _rendered(table: pd.DataFrame) -> str:
    from forecast_platform.warehouse.port import QueryResult
    from forecast_platform.warehouse.render import render

    cells: list[tuple[Any, ...]] = [tuple(row) for row in table.astype(object).where(table.notna(), None).to_numpy()]
    return render(QueryResult(tuple(table.columns), cells))
