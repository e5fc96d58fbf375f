"""The step that learns from the baseline dataset what to expect.

Belongs here: finding the dataset, and not losing what people have edited. Does not belong here: suggesting
(``constraints``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.constraints import suggest_constraints
from forecast_platform.model_monitor.documents import write_document
from forecast_platform.model_monitor.execution import Looked
from forecast_platform.model_monitor.monitor import DATA_QUALITY, MODEL_BIAS, MODEL_EXPLAINABILITY, MODEL_QUALITY
from forecast_platform.model_monitor.profile import DatasetProfile
from forecast_platform.model_monitor.reading.rows import Rows
from forecast_platform.model_monitor.statistics import statistics_document
from forecast_platform.model_monitor.steps.attribution import learn_attribution
from forecast_platform.model_monitor.steps.bias import learn_bias
from forecast_platform.model_monitor.steps.dataset import baseline_dataset
from forecast_platform.model_monitor.steps.keeping import keep_constraints
from forecast_platform.model_monitor.steps.looking import frame_of, looked_at, profile_of
from forecast_platform.model_monitor.steps.model_quality import learn_model_quality
from forecast_platform.model_monitor.workspace import MonitorWorkspace


@dataclass(frozen=True)
class Baseline:
    """What was learned.

    Attributes:
        dataset: Key of the dataset.
        edited: Monitoring types whose ``constraints.json`` is not what was suggested, so it was left alone.
    """

    dataset: str
    statistics: Mapping[str, Any]
    suggested: Mapping[str, Any]
    looked: Looked
    edited: tuple[str, ...]


def learn_baseline(workspace: MonitorWorkspace) -> Baseline:
    """Write the statistics of the baseline dataset and the constraints they suggest.

    Constraints that a person has edited stay as they are; the suggestion lies beside them.

    Raises:
        InputError: There is no baseline dataset, more than one, or it cannot be read.
    """
    dataset = baseline_dataset(workspace)
    rows = workspace.open_baseline(dataset)
    profile = _without_labels(workspace, profile_of(rows))
    statistics, suggested = statistics_document(profile), suggest_constraints(profile)
    edited = [DATA_QUALITY] if keep_constraints(workspace, DATA_QUALITY, suggested) else []
    workspace.bucket.write(layout.baseline_result(DATA_QUALITY, layout.STATISTICS_FILE), write_document(statistics))
    edited += _learn_the_rest(workspace, rows)
    looked = looked_at(rows, profile.rows, profile.notes)
    return Baseline(dataset, statistics, suggested, looked, tuple(edited))


def _without_labels(workspace: MonitorWorkspace, profile: DatasetProfile) -> DatasetProfile:
    """What is captured: the true labels are not, they come later and from elsewhere."""
    labels = workspace.monitor.label_columns
    return replace(profile, features=tuple(one for one in profile.features if one.name not in labels))


def _learn_the_rest(workspace: MonitorWorkspace, rows: Rows) -> list[str]:
    """The baselines of the other monitoring types that the monitor has; those that were edited."""
    learning = {
        MODEL_QUALITY: learn_model_quality,
        MODEL_BIAS: learn_bias,
        MODEL_EXPLAINABILITY: learn_attribution,
    }
    asked = [kind for kind in learning if kind in workspace.monitor.kinds]
    if not asked:
        return []
    frame = frame_of(rows)
    return [kind for kind in asked if learning[kind](workspace, frame)]
