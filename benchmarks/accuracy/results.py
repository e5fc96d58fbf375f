"""One method on one panel, run in a process of its own, so that its memory and its failures are its own.

Belongs here: starting that process and what comes back. Does not belong here: what happens inside it (``child``).
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.accuracy.scoring import WindowScore
from benchmarks.measuring import Measured, measured

Status = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True)
class Run:
    """What is to be run.

    Attributes:
        panel: Name; see :func:`benchmarks.accuracy.methods.panel_named`.
        method: Name; see :func:`benchmarks.accuracy.methods.method_named`.
        jobs: Processes that the method may use.
        windows: Newest cutoffs to evaluate; ``None`` = all.
        most_items: Items to keep; ``None`` = all.
        autogluon_python: The interpreter of AutoGluon's environment.
        limit_seconds: After which the run is stopped, and counts as failed.
    """

    panel: str
    method: str
    jobs: int
    windows: int | None = None
    most_items: int | None = None
    autogluon_python: str | None = None
    limit_seconds: float | None = None


@dataclass(frozen=True)
class Result:
    """What came of a run. A failure has no scores: they are never 0.

    Attributes:
        panel: Name.
        method: Name.
        status: ``skipped`` = data or an extra is not installed.
        message: Why it failed or was skipped; the traceback's last line.
        seconds: Of the whole process, with imports and the making of the panel.
        peak_mebibytes: Of the process and all it started; some 250 MB of it are the libraries of this harness.
        windows: Scores, oldest cutoff first.
    """

    panel: str
    method: str
    status: Status
    message: str
    seconds: float
    peak_mebibytes: float
    windows: tuple[WindowScore, ...] = ()

    def mean(self, attribute: str) -> float | None:
        """Mean of an attribute of the windows' scores; ``None`` without scores, or when it is undefined in all."""
        defined = [value for window in self.windows if (value := getattr(window, attribute)) == value]
        return sum(defined) / len(defined) if defined else None

    def to_json(self) -> dict[str, Any]:
        """A JSON object; what is undefined is null."""
        windows = [
            {name: None if value != value else value for name, value in window.to_json().items()}
            for window in self.windows
        ]
        means = {name: self.mean(name) for name in ("wql", "mase", "coverage", "train_seconds", "forecast_seconds")}
        return {**asdict(self), "windows": windows, "mean": means}


def execute(run: Run) -> Result:
    """Run it in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        question, answer = Path(name) / "run.json", Path(name) / "result.json"
        question.write_text(json.dumps(asdict(run)))
        command = [sys.executable, "-m", "benchmarks.accuracy.child", str(question), str(answer)]
        done = measured(command, run.limit_seconds)
        found = json.loads(answer.read_text()) if answer.exists() and done.returncode == 0 else _failure(done, run)
    windows = tuple(WindowScore(**window) for window in found["windows"])
    return Result(run.panel, run.method, found["status"], found["message"], done.seconds, done.peak_mebibytes, windows)


def _failure(done: Measured, run: Run) -> dict[str, Any]:
    if done.returncode is None:
        message = f"stopped after {run.limit_seconds:g} s"
    else:
        last = done.errors.strip().splitlines()[-1:] or [""]
        message = f"exit code {done.returncode}: {last[0]}".strip()
    return {"status": "failed", "message": message, "windows": []}
