"""A tiny panel and forecasters of it, which the harness finds by ``module:attribute``, in its child processes too.

Belongs here: what the tests of the harness run. Does not belong here: tests.
"""

from __future__ import annotations

import os
from datetime import datetime

import numpy as np
import pandas as pd

from benchmarks.accuracy.panels import DataAbsentError, Panel
from benchmarks.accuracy.scoring import QUANTILES, Answer, Setting
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.errors import MissingExtraError
from forecast_platform.frequency import Frequency

HERE = "forecast_platform_tests.benchmarks.methods"
VALUES = {"a": [10.0, 12, 14, 16, 18, 20], "b": [5.0, 5, 4, 8, 8, 0]}
CUTOFFS = (datetime(2024, 3, 1), datetime(2024, 5, 1))


def tiny() -> Panel:
    """Two items over six months, two windows of two months; a related series that is known ahead and one that is not.

    Item ``late`` has its first value in the newest window.
    """
    months = pd.date_range("2024-01-01", periods=6, freq="MS")
    rows = [
        (item, month, value) for item, values in VALUES.items() for month, value in zip(months, values, strict=True)
    ]
    target = pd.DataFrame([*rows, ("late", months[-1], 99.0)], columns=["item_id", "timestamp", "target"])
    related = target[["item_id", "timestamp"]].assign(price=1.0, weather=2.0)
    metadata = pd.DataFrame({"item_id": ["a", "b", "late"], "colour": ["red", "blue", "red"]})
    frames = TrainingFrames(target, related, metadata)
    return Panel("tiny", frames, Frequency.parse("M"), 2, windows=2, known_ahead=("price",))


def absent() -> Panel:
    """A panel whose files are not there."""
    raise DataAbsentError("it needs shared/data/nowhere.csv")


def perfect(frames: TrainingFrames, setting: Setting) -> Answer:
    """Knows the future."""
    truth = tiny().frames.target.rename(columns={"target": "p50"})
    return _answer(truth.assign(p10=truth["p50"], p90=truth["p50"]), frames, setting)


def last_value(frames: TrainingFrames, setting: Setting) -> Answer:
    """The last value, plus and minus 1."""
    items = frames.target.groupby("item_id", as_index=False).last()
    p50 = items.merge(_steps(frames, setting), how="cross", suffixes=("_old", "")).rename(columns={"target": "p50"})
    return _answer(p50.assign(p10=p50["p50"] - 1, p90=p50["p50"] + 1), frames, setting)


def without_item_b(frames: TrainingFrames, setting: Setting) -> Answer:
    """Leaves out one item."""
    answer = perfect(frames, setting)
    return Answer(answer.forecast[answer.forecast["item_id"] != "b"], 0.0, 0.0)


def watchful(frames: TrainingFrames, setting: Setting) -> Answer:
    """Fails when it sees anything of a test window."""
    newest = frames.target["timestamp"].max()
    cutoff = setting.frequency.step(newest.to_pydatetime())
    assert cutoff in CUTOFFS, f"the target goes on to {newest}"
    assert frames.related is not None
    assert frames.item_metadata is not None
    ahead = frames.related[frames.related["timestamp"] >= cutoff]
    assert ahead["weather"].isna().all(), "what is not known ahead is known"
    assert set(frames.item_metadata["item_id"]) == {"a", "b"}, "an item without history is known"
    return last_value(frames, setting)


def raising(frames: TrainingFrames, setting: Setting) -> Answer:
    """Breaks."""
    raise ArithmeticError("no forecast today")


def dying(frames: TrainingFrames, setting: Setting) -> Answer:
    """Ends its process, as the system does when memory runs out."""
    os._exit(9)


def waiting(frames: TrainingFrames, setting: Setting) -> Answer:
    """Never ends."""
    import threading

    threading.Event().wait()
    raise AssertionError


def not_installed(frames: TrainingFrames, setting: Setting) -> Answer:
    """Needs an extra."""
    raise MissingExtraError("The method", "neural")


def _answer(forecast: pd.DataFrame, frames: TrainingFrames, setting: Setting) -> Answer:
    asked = forecast.merge(_steps(frames, setting), on="timestamp")
    return Answer(asked[["item_id", "timestamp", *QUANTILES]].astype(dict.fromkeys(QUANTILES, np.float64)), 2.0, 1.0)


def _steps(frames: TrainingFrames, setting: Setting) -> pd.DataFrame:
    newest = frames.target["timestamp"].max().to_pydatetime()
    return pd.DataFrame({"timestamp": [setting.frequency.step(newest, step + 1) for step in range(setting.horizon)]})
