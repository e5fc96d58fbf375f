"""The assets of a monitor: each calls one step and shows what it did.

Belongs here: asset definitions. Does not belong here: work (``forecast_platform.model_monitor.steps``), metadata.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from forecast_platform.components.assets import Body, build_asset
from forecast_platform.components.engines import tables_kind
from forecast_platform.components.model_monitor import metadata as show
from forecast_platform.components.model_monitor.shell import REPORT_ASSETS, MonitorShell
from forecast_platform.model_monitor.monitor import DATA_QUALITY, MODEL_BIAS, MODEL_EXPLAINABILITY, MODEL_QUALITY

_DESCRIPTIONS = {
    DATA_QUALITY: "Statistics of the window beside the baseline's, and where it breaks the constraints: SageMaker's "
    "statistics.json and constraint_violations.json, and a page for people.",
    MODEL_QUALITY: "Predictions against the truth that has arrived: metrics, and where they break the constraints.",
    MODEL_BIAS: "Bias metrics of the predictions, and where they are worse than in the baseline.",
    MODEL_EXPLAINABILITY: "Which features the model relied on, and whether their ranking has changed.",
}


def build_assets(shell: MonitorShell) -> list[dg.AssetsDefinition]:
    """Every asset of the monitor, in the order in which they run."""
    reports = [_report(shell, kind) for kind in shell.monitor.kinds]
    return [_baseline(shell), _captured_data(shell), *reports, _index(shell)]


def _asset(
    shell: MonitorShell,
    noun: str,
    body: Body,
    *,
    description: str,
    kinds: set[str],
    deps: Sequence[str] = (),
    partitioned: bool = True,
) -> dg.AssetsDefinition:
    return build_asset(
        shell.key(noun),
        body,
        description=description,
        kinds=kinds,
        owners=shell.owners,
        deps=[shell.key(dep) for dep in deps],
        partitions_def=shell.partitions if partitioned else None,
    )


def _baseline(shell: MonitorShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.model_monitor.steps.baseline import learn_baseline

        workspace = shell.workspace()
        learned = learn_baseline(workspace)
        return dg.MaterializeResult(metadata=show.baseline(learned, workspace))

    return _asset(
        shell,
        "baseline",
        body,
        description="What to expect: statistics.json and constraints.json of the baseline dataset. Constraints that "
        "were edited by hand stay as they are.",
        kinds={"json"},
        partitioned=False,
    )


def _captured_data(shell: MonitorShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.model_monitor.steps.captured_data import captured_data

        workspace = shell.workspace()
        captured = captured_data(workspace, shell.window(context.partition_key))
        for refused in captured.looked.refused:
            context.log.warning(f"{refused['where']}: {refused['reason']}")
        return dg.MaterializeResult(
            metadata=show.captured_data(captured, workspace), data_version=dg.DataVersion(captured.digest)
        )

    return _asset(
        shell,
        "captured_data",
        body,
        description="What was captured in the window, as one mergeable profile per hour: an hour is read once, and a "
        "day is merged from its hours.",
        kinds={"json", "parquet"},
    )


def _report(shell: MonitorShell, kind: str) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.model_monitor.steps.monitoring import run_monitor

        workspace = shell.workspace()
        execution = run_monitor(workspace, kind, shell.window(context.partition_key))
        return dg.MaterializeResult(metadata=show.report(execution, workspace))

    return _asset(
        shell,
        REPORT_ASSETS[kind],
        body,
        deps=["captured_data", "baseline"],
        description=_DESCRIPTIONS[kind],
        kinds={"json", "html"},
    )


def _index(shell: MonitorShell) -> dg.AssetsDefinition:
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.model_monitor.steps.index import publish_index

        workspace = shell.workspace()
        return dg.MaterializeResult(metadata=show.index(publish_index(workspace), workspace))

    return _asset(
        shell,
        "monitoring_index",
        body,
        deps=shell.report_assets,
        description="All executions: violations by feature and time, distances and metrics over time, as a page and "
        "as SQL tables.",
        kinds={"html", tables_kind()},
    )
