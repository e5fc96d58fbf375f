"""AutoGluon-TimeSeries as a method, in its own environment.

Belongs here: handing the data to its interpreter and taking the forecast back. Does not belong here: what runs there
(``autogluon_worker``).
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.accuracy.panels import pandas_frequency
from benchmarks.accuracy.scoring import QUANTILES, Answer, Setting
from forecast_platform.engine.frames import TrainingFrames

_WORKER = Path(__file__).with_name("autogluon_worker.py")


@dataclass(frozen=True)
class AutoGluon:
    """Trained with ``presets="fast_training"``; it uses all cores, whatever the setting says.

    The preset tries pretrained models, too; they take part only where their weights are on disk already.

    AutoGluon requires 2.5 GB of packages, among them other versions of ours: only parquet files pass between the two.

    Attributes:
        python: The interpreter of an environment with ``autogluon.timeseries``.
    """

    python: str

    def __call__(self, frames: TrainingFrames, setting: Setting) -> Answer:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(frames, setting, folder)
            # Isolated (-I): this folder is not searched for imports, nor is anything of our environment.
            done = subprocess.run([self.python, "-I", str(_WORKER), name], capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"the worker failed: {done.stderr[-3000:]}")
            seconds = json.loads((folder / "seconds.json").read_text())
            return Answer(pd.read_parquet(folder / "forecast.parquet"), seconds["train"], seconds["forecast"])


def _write(frames: TrainingFrames, setting: Setting, folder: Path) -> None:
    frames.target.to_parquet(folder / "target.parquet")
    if frames.related is not None:
        frames.related.to_parquet(folder / "related.parquet")
    if frames.item_metadata is not None:
        frames.item_metadata.to_parquet(folder / "metadata.parquet")
    question = {
        "frequency": pandas_frequency(setting.frequency, frames.target["timestamp"].max()),
        "horizon": setting.horizon,
        "known_ahead": list(setting.known_ahead),
        "quantiles": QUANTILES,
    }
    (folder / "question.json").write_text(json.dumps(question))
