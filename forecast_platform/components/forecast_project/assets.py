"""The assets of a forecast project: each calls one step of the pipeline and shows what it did.

Belongs here: asset definitions and their metadata. Does not belong here: work (``forecast_platform.pipeline``).
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import dagster as dg

from forecast_platform.bucket import layout
from forecast_platform.components.assets import Body, build_asset
from forecast_platform.components.engines import Work, pool_of, service_kinds, tables_kind
from forecast_platform.components.forecast_project import accuracy_metadata as show_accuracy
from forecast_platform.components.forecast_project import analysis_metadata as show_analysis
from forecast_platform.components.forecast_project import drift_metadata as show_drift
from forecast_platform.components.forecast_project import metadata as show
from forecast_platform.components.forecast_project.quicksight import build_quicksight_assets
from forecast_platform.components.forecast_project.shell import ProjectShell, log_progress
from forecast_platform.components.forecast_project.waiting import unless_under_way
from forecast_platform.components.shown import digest, with_warnings


def build_assets(shell: ProjectShell) -> list[dg.AssetsDefinition]:
    """Every asset of the project, in the order in which they run."""
    return [
        _params(shell),
        _raw_training_data(shell),
        _data_drift(shell),
        _dataset_group(shell),
        _predictor(shell),
        _exported_forecast(shell),
        _forecast(shell),
        _cleaned_history(shell),
        _forecast_accuracy(shell),
        _athena_tables(shell),
        _dashboard(shell),
        _explainability(shell),
        _what_if(shell),
        *build_quicksight_assets(shell),
    ]


def _asset(
    shell: ProjectShell,
    noun: str,
    body: Body,
    *,
    description: str,
    kinds: AbstractSet[str] = frozenset(),
    deps: Sequence[str] = (),
    work: Work | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> dg.AssetsDefinition:
    """One asset; ``work`` is what it has the service do, if anything."""
    service = shell.project.service
    return build_asset(
        shell.key(noun),
        body,
        description=description,
        kinds=kinds | (service_kinds(service, work) if work else set()),
        owners=shell.owners,
        deps=[shell.key(dep) for dep in deps],
        partitions_def=shell.partitions,
        pool=pool_of(service, work) if work else None,
        metadata=metadata,
        unless_under_way=unless_under_way(shell, noun) if work else None,
    )


def _params(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        workspace = shell.workspace()
        parsed = workspace.parsed_params
        for warning in parsed.warnings:
            context.log.warning(str(warning))
        return dg.MaterializeResult(
            metadata=show.params(parsed, workspace.bucket.uri(layout.PARAMS)),
            data_version=dg.DataVersion(digest(parsed.params.raw)),
        )

    return _asset(
        shell,
        "params",
        body,
        description="The project's params.json, read and checked: schema, algorithm, horizon, quantiles.",
        kinds={"json"},
    )


def _raw_training_data(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.inputs import read_training_data

        workspace = shell.workspace()
        data = read_training_data(workspace, shell.cutoff(context.partition_key))
        for problem in data.snapshot.problems:
            context.log.warning(str(problem))
        return dg.MaterializeResult(
            metadata=show.raw_training_data(data, workspace),
            data_version=dg.DataVersion(data.data_hash or data.snapshot.digest),
        )

    return _asset(
        shell,
        "raw_training_data",
        body,
        deps=["params"],
        description="The uploaded CSV files of train/, parsed once into typed Parquet, as far as this cutoff may see. "
        "Rows that cannot be read are in quarantine/ with their file, line and reason.",
        kinds={"csv", "parquet"},
    )


def _data_drift(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.data_drift import watch_data

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        watched = watch_data(workspace, cutoff)
        metadata = show_drift.data_drift(watched, workspace, cutoff)
        return dg.MaterializeResult(metadata=with_warnings(context, metadata, watched.warnings))

    return _asset(
        shell,
        "data_drift",
        body,
        deps=["raw_training_data"],
        description="How far the target, overall and per item, and each related series have moved since the predictor "
        "in force was trained, beyond what chance and season explain; and whether that asks for a new one.",
        kinds={"parquet"},
    )


def _dataset_group(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.forecasting import is_exported, wants_cleanup
        from forecast_platform.pipeline.inputs import import_data

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        if wants_cleanup(workspace) and is_exported(workspace, cutoff):
            return dg.MaterializeResult(metadata=show.already_exported())
        resource = import_data(workspace, cutoff)
        return dg.MaterializeResult(metadata=show.resource(resource), data_version=dg.DataVersion(resource.name))

    return _asset(
        shell,
        "dataset_group",
        body,
        deps=["raw_training_data"],
        description="The service's dataset group with all its datasets (target, related, item metadata) and the import "
        "of the data that is visible at this cutoff.",
        work="import",
    )


def _predictor(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.forecasting import is_exported, wants_cleanup
        from forecast_platform.pipeline.training import train_predictor

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        if wants_cleanup(workspace) and is_exported(workspace, cutoff):
            return dg.MaterializeResult(metadata=show.already_exported())
        predictor = train_predictor(workspace, cutoff, log_progress(context))
        return dg.MaterializeResult(
            metadata=with_warnings(context, show.predictor(predictor, workspace), predictor.warnings),
            data_version=dg.DataVersion(predictor.resource.name),
        )

    return _asset(
        shell,
        "predictor",
        body,
        # Where the data decides when to train, the decision is made there.
        deps=["dataset_group", "data_drift"] if shell.project.retrain.follows_data else ["dataset_group"],
        description="The predictor that forecasts at this cutoff: trained and backtested at the last cutoff of the "
        "retraining grid, and reused until the next one. Its backtest is exported to backtest/.",
        work="predictor",
    )


def _exported_forecast(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.forecasting import export_forecast

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        raw = export_forecast(workspace, cutoff, log_progress(context))
        return dg.MaterializeResult(
            metadata=show.exported_forecast(raw, workspace), data_version=dg.DataVersion(raw.inputs)
        )

    return _asset(
        shell,
        "exported_forecast",
        body,
        deps=["predictor"],
        description="The raw export in the service's format, kept for ever below history/raw/. Afterwards the "
        "service's forecast, predictor and import are deleted when the project asks for it.",
        kinds={"csv"},
        work="forecast",
    )


def _forecast(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.clean_forecast import publish_forecast

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        forecast = publish_forecast(workspace, cutoff)
        return dg.MaterializeResult(
            metadata=show.forecast(forecast, workspace, cutoff),
            data_version=dg.DataVersion(forecast.raw.inputs),
        )

    return _asset(
        shell,
        "forecast",
        body,
        deps=["exported_forecast"],
        description="The forecast in the long format BI tools read: one row per item, timestamp and quantile, plus "
        "each item's last observation so that lines touch. The newest cutoff is published to quicksight/.",
        kinds={"csv"},
    )


def _cleaned_history(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.clean_forecast import keep_clean_history

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        key, rows = keep_clean_history(workspace, cutoff)
        return dg.MaterializeResult(metadata=show.cleaned_history(workspace, key, rows))

    return _asset(
        shell,
        "cleaned_history",
        body,
        deps=["forecast"],
        description="Every forecast ever made, typed, one Parquet file per cutoff.",
        kinds={"parquet"},
    )


def _forecast_accuracy(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.forecast_accuracy import score_forecasts

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        scored = score_forecasts(workspace, cutoff)
        metadata = show_accuracy.forecast_accuracy(scored, workspace, cutoff)
        return dg.MaterializeResult(metadata=with_warnings(context, metadata, scored.warnings))

    return _asset(
        shell,
        "forecast_accuracy",
        body,
        deps=["cleaned_history"],
        description="Forecasts of earlier cutoffs against the actuals that have arrived since, by cutoff, horizon step "
        "and item. Late actuals re-open the cutoffs they belong to. Empty until some have arrived.",
        kinds={"parquet"},
    )


def _athena_tables(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.tables import publish_tables

        tables = publish_tables(shell.workspace(), shell.cutoff(context.partition_key))
        return dg.MaterializeResult(metadata=show.athena_tables(tables))

    return _asset(
        shell,
        "athena_tables",
        body,
        deps=["cleaned_history", "forecast_accuracy"],
        description="The SQL tables train, forecast, cleaned_history, forecast_accuracy, predictor_metrics and "
        "run_log, and the view forecast_with_history that BI tools read.",
        kinds={tables_kind(), "sql"},
    )


def _dashboard(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.dashboard import publish_dashboard

        dashboard = publish_dashboard(shell.workspace(), shell.cutoff(context.partition_key))
        return dg.MaterializeResult(metadata=show.dashboard(dashboard, shell.project))

    return _asset(
        shell,
        "dashboard",
        body,
        deps=["forecast", "forecast_accuracy"],
        description="A static page: history and quantile bands per item, and how accurate the forecasts are.",
        kinds={"html"},
    )


def _explainability(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.explaining import explain_forecast, wants_explanation

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        if not wants_explanation(workspace):
            return dg.MaterializeResult(metadata=show_analysis.not_explained())
        explained = explain_forecast(workspace, cutoff, log_progress(context))
        return dg.MaterializeResult(
            metadata=show_analysis.explainability(explained, workspace),
            data_version=dg.DataVersion(explained.summary["inputs"]),
        )

    return _asset(
        shell,
        "explainability",
        body,
        deps=["predictor"],
        description="How much each related feature, item attribute and holiday moves the forecast of this cutoff: "
        "impact scores per item and overall. Made when the project or its parameters ask for it.",
        kinds={"csv"},
        work="explainability",
    )


def _what_if(shell: ProjectShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.pipeline.what_if import forecast_scenarios

        workspace, cutoff = shell.workspace(), shell.cutoff(context.partition_key)
        scenarios = forecast_scenarios(workspace, cutoff, log_progress(context))
        if not scenarios:
            return dg.MaterializeResult(metadata=show_analysis.no_scenarios(workspace))
        return dg.MaterializeResult(
            metadata=show_analysis.what_if(scenarios, workspace),
            data_version=dg.DataVersion(digest([one.summary["inputs"] for one in scenarios])),
        )

    return _asset(
        shell,
        "what_if",
        body,
        deps=["exported_forecast"],
        description="What would be forecast at this cutoff if the plan were another: every scenario in what_if/*.json "
        "beside the forecast that was exported.",
        kinds={"csv"},
        work="what_if",
    )
