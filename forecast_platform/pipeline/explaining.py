"""The step that says how much each feature moves the forecast of a cutoff."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import Bucket, layout
from forecast_platform.forecast_service.port import Progress
from forecast_platform.pipeline.analyses import analysis_of
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.explain import Explanation

_VERSION = "1"
"""Changes when the same data gives other scores."""


@dataclass(frozen=True)
class ExplainedForecast:
    """The impact scores of one cutoff.

    Attributes:
        scores: See :class:`forecast_platform.engine.explain.Explanation`.
        summary: ``predictor``, ``features``, ``explained`` and ``series`` (how many the overall scores come from, and
            how many there are), ``note`` (why all scores are 0), ``totals`` and ``inputs``.
        key: Where the scores are in the bucket.
        reused: They were there already.
    """

    scores: pd.DataFrame
    summary: dict[str, Any]
    key: str
    reused: bool

    def overall(self) -> list[tuple[str, float]]:
        """Features and their normalised scores over all series, the largest first."""
        row = self.scores.iloc[0]
        found = [(name, float(row[f"{name}-NormalizedImpactScore"])) for name in self.summary["features"]]
        return sorted(found, key=lambda one: (-abs(one[1]), one[0]))


def wants_explanation(workspace: Workspace) -> bool:
    """Whether the project, or ``ExplainPredictor`` in its parameters, asks for it."""
    return workspace.project.explain or workspace.parsed_params.params.explain_predictor


def explain_forecast(workspace: Workspace, cutoff: datetime, progress: Progress) -> ExplainedForecast:
    """Explain the forecast of ``cutoff``, unless that is done already.

    Raises:
        PermanentError: The project's service cannot explain forecasts.
    """
    analysis = analysis_of(workspace, cutoff)
    inputs = analysis.inputs(_VERSION)
    kept = _kept(workspace, cutoff)
    if kept is not None and kept.summary["inputs"] == inputs:
        return kept
    with analysis.trained(progress):
        explanation = analysis.service.explain(analysis.predictor, analysis.request, progress)
    return _keep(workspace.bucket, cutoff, explanation, {"predictor": analysis.predictor, "inputs": inputs})


def _kept(workspace: Workspace, cutoff: datetime) -> ExplainedForecast | None:
    import pandas as pd

    bucket, key = workspace.bucket, layout.explainability_scores(cutoff)
    try:
        summary = json.loads(bucket.read(layout.explainability_summary(cutoff)))
        data = bucket.read(key)
    except KeyError:
        return None
    texts = ["item_id", *workspace.parsed_params.params.forecast_dimensions, "timestamp"]
    numbers = pd.read_csv(io.BytesIO(data), nrows=0).columns.drop(texts)
    scores = pd.read_csv(
        io.BytesIO(data),
        dtype=dict.fromkeys(texts, "str"),
        keep_default_na=False,
        na_values={name: [""] for name in numbers},
    )
    return ExplainedForecast(scores, summary, key, reused=True)


def _keep(bucket: Bucket, cutoff: datetime, explanation: Explanation, origin: dict[str, Any]) -> ExplainedForecast:
    """Write the scores, and last what they come from, which makes them count."""
    key = layout.explainability_scores(cutoff)
    summary = {
        **origin,
        "features": list(explanation.features),
        "explained": explanation.explained,
        "series": explanation.series,
        "note": explanation.note,
        "totals": explanation.totals.to_dict("records"),
    }
    bucket.write(key, explanation.scores.to_csv(index=False, lineterminator="\n").encode())
    bucket.write(layout.explainability_summary(cutoff), json.dumps(summary, indent=1, ensure_ascii=False).encode())
    return ExplainedForecast(explanation.scores, summary, key, reused=False)
