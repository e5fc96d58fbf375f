"""Run by the interpreter of AutoGluon's environment, which has neither our package nor our versions.

Belongs here: from the files in a folder to ``forecast.parquet`` and ``seconds.json`` there. Does not belong here:
imports of anything but AutoGluon and pandas.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pandas as pd

# Its presets include pretrained models: those whose weights are not on disk fail at once instead of being downloaded.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# LightGBM's threads spin while they wait for each other: with other work on the machine, a fit of 15 s took minutes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
from autogluon.timeseries import TimeSeriesDataFrame, TimeSeriesPredictor


def main(folder: Path) -> None:
    """Train and forecast."""
    question = json.loads((folder / "question.json").read_text())
    target = pd.read_parquet(folder / "target.parquet")
    related, metadata = _optional(folder / "related.parquet"), _optional(folder / "metadata.parquet")
    history = target if related is None else target.merge(related, on=["item_id", "timestamp"], how="left")
    data = TimeSeriesDataFrame.from_data_frame(history, static_features_df=metadata)
    predictor = TimeSeriesPredictor(
        prediction_length=question["horizon"],
        freq=question["frequency"],
        eval_metric="WQL",
        quantile_levels=list(question["quantiles"].values()),
        known_covariates_names=question["known_ahead"] or None,
        path=str(folder / "model"),
        verbosity=0,
    )
    started = time.perf_counter()
    predictor.fit(data, presets="fast_training", random_seed=1)
    trained = time.perf_counter()
    forecast = predictor.predict(data, known_covariates=_future(related, target, question["known_ahead"]))
    done = time.perf_counter()
    labels = {str(level): label for label, level in question["quantiles"].items()}
    frame = pd.DataFrame(forecast).rename(columns=labels).reset_index()[["item_id", "timestamp", *labels.values()]]
    frame.to_parquet(folder / "forecast.parquet")
    (folder / "seconds.json").write_text(json.dumps({"train": trained - started, "forecast": done - trained}))


def _optional(path: Path) -> pd.DataFrame | None:
    return pd.read_parquet(path) if path.exists() else None


def _future(related: pd.DataFrame | None, target: pd.DataFrame, known_ahead: list[str]) -> TimeSeriesDataFrame | None:
    if related is None or not known_ahead:
        return None
    ahead = related[related["timestamp"] > target["timestamp"].max()]
    return TimeSeriesDataFrame.from_data_frame(ahead[["item_id", "timestamp", *known_ahead]])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
