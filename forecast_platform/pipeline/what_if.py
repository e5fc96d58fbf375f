"""The step that forecasts the what-if scenarios of a project at a cutoff.

Belongs here: which scenarios there are, and what is kept of each. Does not belong here: reading one (``scenarios``), or
what it changes (``engine.what_if``).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import layout
from forecast_platform.errors import InputError, Problem
from forecast_platform.forecast_service.port import Progress
from forecast_platform.pipeline.analyses import Analysis, analysis_of
from forecast_platform.pipeline.scenarios import ScenarioFile, read_scenario
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.what_if import WhatIf

_VERSION = "1"
"""Changes when the same data gives other forecasts."""


@dataclass(frozen=True)
class ComparedScenario:
    """The forecast of one scenario beside the baseline.

    Attributes:
        table: See :class:`forecast_platform.engine.what_if.WhatIf`.
        summary: ``predictor``, ``changed_values``, ``notes``, ``totals`` (per forecast type the sums over all series
            and steps) and ``inputs``.
        key: Where the table is in the bucket; ``None`` = it is not kept.
        reused: It was there already.
    """

    name: str
    table: pd.DataFrame
    summary: dict[str, Any]
    key: str | None
    reused: bool


def scenario_names(workspace: Workspace) -> list[str]:
    """The scenarios in the project's part of the bucket, sorted.

    Raises:
        InputError: With every name that cannot be used.
    """
    files = [stored.key.removeprefix(layout.WHAT_IF) for stored in workspace.bucket.list(layout.WHAT_IF)]
    names: list[str] = []
    problems: list[Problem] = []
    for name in (file.removesuffix(".json") for file in files if "/" not in file and file.endswith(".json")):
        try:
            layout.what_if_scenario(name)
            names.append(name)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError("What-if scenarios have names that cannot be used.", problems)
    return names


def forecast_scenarios(workspace: Workspace, cutoff: datetime, progress: Progress) -> list[ComparedScenario]:
    """Forecast every scenario of the project at ``cutoff`` that is not forecast already.

    Raises:
        InputError: With all problems of all scenarios; nothing has been forecast then.
        PermanentError: The project's service cannot forecast scenarios.
    """
    names = scenario_names(workspace)
    if not names:
        return []
    analysis = analysis_of(workspace, cutoff)
    read = {name: _read(workspace, analysis, name) for name in names}
    _raise([problem for one in read.values() for problem in one.problems])
    inputs = {name: analysis.inputs(*_types(workspace), one.digest, _VERSION) for name, one in read.items()}
    kept = {name: found for name in names if (found := _kept(workspace, cutoff, name, inputs[name]))}
    if len(kept) < len(names):
        with analysis.trained(progress):
            for name in names:
                if name not in kept:
                    compared = analysis.service.what_if(
                        analysis.predictor, analysis.request, read[name].scenario, progress
                    )
                    kept[name] = _keep(workspace, analysis, name, compared, inputs[name])
    return [kept[name] for name in names]


def try_scenario(workspace: Workspace, cutoff: datetime, file: Path, progress: Progress) -> ComparedScenario:
    """Forecast the scenario in a file at ``cutoff`` and keep nothing of it.

    Args:
        file: Not in the bucket. The path of a replacement is looked for beside it first, then in the bucket.

    Raises:
        InputError: With all problems of the scenario.
        PermanentError: The project's service cannot forecast scenarios.
    """
    analysis = analysis_of(workspace, cutoff)
    params, frames = workspace.parsed_params.params, analysis.request.frames()
    read = read_scenario(file.read_bytes(), str(file), params, frames, workspace.bucket, file.parent)
    _raise(read.problems)
    with analysis.trained(progress):
        compared = analysis.service.what_if(analysis.predictor, analysis.request, read.scenario, progress)
    summary = _summary(compared, _types(workspace), analysis.predictor)
    return ComparedScenario(file.stem, compared.table, summary, None, reused=False)


def comparison_csv(table: pd.DataFrame) -> bytes:
    """The comparison as CSV, timestamps in ISO 8601."""
    written = table.assign(timestamp=table["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return str(written.to_csv(index=False, lineterminator="\n")).encode()


def _types(workspace: Workspace) -> tuple[str, ...]:
    return workspace.parsed_params.params.forecast_types


def _read(workspace: Workspace, analysis: Analysis, name: str) -> ScenarioFile:
    key = layout.what_if_scenario(name)
    params, frames = workspace.parsed_params.params, analysis.request.frames()
    return read_scenario(workspace.bucket.read(key), key, params, frames, workspace.bucket)


def _raise(problems: tuple[Problem, ...] | list[Problem]) -> None:
    if problems:
        raise InputError("What-if scenarios cannot be forecast.", problems)


def _kept(workspace: Workspace, cutoff: datetime, name: str, inputs: str) -> ComparedScenario | None:
    import pandas as pd

    key = layout.what_if_forecast(name, cutoff)
    try:
        summary = json.loads(workspace.bucket.read(layout.what_if_summary(name, cutoff)))
        if summary["inputs"] != inputs:
            return None
        data = workspace.bucket.read(key)
    except KeyError:
        return None
    keys = ["item_id", *workspace.parsed_params.params.forecast_dimensions]
    table = pd.read_csv(io.BytesIO(data), dtype=dict.fromkeys(keys, "str"), keep_default_na=False)
    table["timestamp"] = pd.to_datetime(table["timestamp"], utc=True).dt.tz_localize(None)
    return ComparedScenario(name, table, summary, key, reused=True)


def _keep(workspace: Workspace, analysis: Analysis, name: str, compared: WhatIf, inputs: str) -> ComparedScenario:
    """Write the comparison, and last what it comes from, which makes it count."""
    cutoff = analysis.request.cutoff
    key = layout.what_if_forecast(name, cutoff)
    summary = _summary(compared, _types(workspace), analysis.predictor) | {"inputs": inputs}
    workspace.bucket.write(key, comparison_csv(compared.table))
    written = json.dumps(summary, indent=1, ensure_ascii=False).encode()
    workspace.bucket.write(layout.what_if_summary(name, cutoff), written)
    return ComparedScenario(name, compared.table, summary, key, reused=False)


def _summary(compared: WhatIf, types: tuple[str, ...], predictor: str) -> dict[str, Any]:
    return {
        "predictor": predictor,
        "changed_values": list(compared.changed_values),
        "notes": list(compared.notes),
        "totals": dict(_totals(compared.table, types)),
    }


def _totals(table: pd.DataFrame, types: tuple[str, ...]) -> Iterator[tuple[str, dict[str, float | None]]]:
    for name in types:
        baseline, scenario = float(table[name].sum()), float(table[f"{name}_what_if"].sum())
        share = round(scenario / baseline - 1, 6) if baseline else None
        yield name, {"baseline": baseline, "what_if": scenario, "relative_difference": share}
