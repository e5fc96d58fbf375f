"""``forecast-platform sql``: a query, written for Athena, over the tables of the projects and monitors."""

from __future__ import annotations

import click

from forecast_platform.cli.environment import find_monitors, find_projects, prepare_environment, project_shell


@click.command()
@click.argument("query")
@click.option(
    "--project", help="The project or monitor whose database is `default`. Needed only when there are several."
)
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def sql(query: str, project: str | None, form: str) -> None:
    """Run QUERY and print its rows.

    Every project and every monitor is a database. Tables of a project: train, forecast, cleaned_history,
    forecast_accuracy, predictor_metrics, run_log and others; view: forecast_with_history. Tables of a monitor:
    monitoring_metrics, monitoring_violations, monitoring_executions. SHOW TABLES lists them.
    """
    from forecast_platform.platform import Platform
    from forecast_platform.warehouse.render import render

    platform = Platform(prepare_environment())
    projects = {name: shell.project for name, shell in find_projects().items()}
    monitors = find_monitors()
    if project is not None and project not in monitors:
        project_shell(project)
    warehouse = platform.warehouse({**projects, **monitors})
    databases = warehouse.databases()
    default = project or (databases[0] if len(databases) == 1 else None)
    result = warehouse.query(query, default)
    click.echo(render(result, form), nl=False)
    if result.scanned_bytes is not None:
        click.echo(f"{result.scanned_bytes:,} bytes scanned", err=True)
