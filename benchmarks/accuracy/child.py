"""The process of one run: ``python -m benchmarks.accuracy.child RUN.json RESULT.json``.

Belongs here: building the panel, evaluating the method, writing the scores. Does not belong here: catching what a
method raises; the process dies of it, and its parent reports that.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.accuracy.methods import method_named, panel_named
from benchmarks.accuracy.panels import DataAbsentError, newest_windows, thinned
from benchmarks.accuracy.results import Run
from benchmarks.accuracy.scoring import evaluate
from forecast_platform.errors import MissingExtraError


def main(question: Path, answer: Path) -> None:
    """Read the run, write its scores, or why it was skipped."""
    run = Run(**json.loads(question.read_text()))
    answer.write_text(json.dumps(_result(run)))


def _result(run: Run) -> dict[str, Any]:
    try:
        panel = panel_named(run.panel)
        panel = newest_windows(panel, run.windows or panel.windows)
        panel = thinned(panel, run.most_items or panel.items)
        scores = evaluate(panel, method_named(run.method, run.autogluon_python), run.jobs)
    except (DataAbsentError, MissingExtraError) as error:
        return {"status": "skipped", "message": str(error), "windows": []}
    return {"status": "ok", "message": "", "windows": [score.to_json() for score in scores]}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
