"""What people see of the analyses of a forecast in the UI: impact scores, and scenarios beside the baseline.

Belongs here: their results as Dagster metadata. Does not belong here: the other assets' (``metadata``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from forecast_platform.bucket import layout
from forecast_platform.components.shown import Metadata, as_picture, as_table

if TYPE_CHECKING:
    from forecast_platform.pipeline.explaining import ExplainedForecast
    from forecast_platform.pipeline.what_if import ComparedScenario
    from forecast_platform.pipeline.workspace import Workspace

_MOST_PICTURES = 3
"""The metadata of a run is kept in a database, and each picture takes up to 100 KB of it."""


def not_explained() -> Metadata:
    """For a project that does not ask for an explanation."""
    return {
        "skipped": "Nobody asked for it. Set `explain: true` in defs.yaml, or ExplainPredictor in params.json, to get "
        "the impact of each feature on the forecast."
    }


def explainability(explained: ExplainedForecast, workspace: Workspace) -> Metadata:
    """The impact of each feature, over all series and of those with the largest forecasts."""
    from forecast_platform.dashboards.charts import impact_chart

    impacts, summary = explained.overall(), explained.summary
    return {
        "dagster/uri": workspace.bucket.uri(explained.key),
        "dagster/partition_row_count": len(explained.scores),
        "predictor": summary["predictor"],
        "reused": explained.reused,
        "series_explained": f"{summary['explained']} of {summary['series']}",
        "note": summary["note"] or "none",
        "impacts": as_table(["feature", "impact"], [[name, round(score, 4)] for name, score in impacts]),
        "chart": as_picture(impact_chart(impacts), "impact of each feature on the forecast"),
    }


def no_scenarios(workspace: Workspace) -> Metadata:
    """For a project without what-if files."""
    where = workspace.bucket.uri(layout.WHAT_IF)
    return {"skipped": f"There are no scenarios. Put one into {where}, as NAME.json, to compare it with the forecast."}


def what_if(scenarios: Sequence[ComparedScenario], workspace: Workspace) -> Metadata:
    """Totals of every scenario beside the baseline, with pictures of the first."""
    from forecast_platform.dashboards.charts import what_if_chart

    types = workspace.parsed_params.params.forecast_types
    columns = ["scenario", "type", "baseline", "what-if", "difference", "difference in %", "changed values", "reused"]
    pictures = {
        f"chart_{one.name}": as_picture(what_if_chart(one.table, types, one.name), f"{one.name} beside the baseline")
        for one in scenarios[:_MOST_PICTURES]
    }
    notes = [f"- {one.name}: {note}" for one in scenarios for note in one.summary["notes"]]
    return {
        "dagster/uri": workspace.bucket.uri(layout.WHAT_IF),
        "dagster/partition_row_count": sum(len(one.table) for one in scenarios),
        "scenarios": ", ".join(one.name for one in scenarios),
        "comparison": as_table(columns, [row for one in scenarios for row in _totals(one)]),
        "notes": dg.MetadataValue.md("\n".join(notes) or "none"),
        **pictures,
    }


def _totals(scenario: ComparedScenario) -> Iterator[list[Any]]:
    changed = sum(scenario.summary["changed_values"])
    for name, total in scenario.summary["totals"].items():
        share = total["relative_difference"]
        yield [
            scenario.name,
            name,
            round(total["baseline"], 2),
            round(total["what_if"], 2),
            round(total["what_if"] - total["baseline"], 2),
            "" if share is None else round(100 * share, 2),
            changed,
            scenario.reused,
        ]
