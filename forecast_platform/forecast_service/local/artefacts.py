"""The files inside the local service's resources: JSON and Parquet, never pickle.

Belongs here: writing and reading a resource's content in a folder. Does not belong here: making folders appear
(``store``) or the content itself (``engine``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.version import ENGINE_VERSION
from forecast_platform.errors import PermanentError

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.predictor import Predictor

FRAMES = ("target", "related", "item_metadata")
_RESIDUALS = "residual_quantiles"


def write_frames(folder: Path, frames: TrainingFrames) -> dict[str, Any]:
    """Write an import; returns its rows per dataset."""
    rows = {}
    for role in FRAMES:
        frame = getattr(frames, role)
        if frame is not None:
            frame.to_parquet(folder / f"{role}.parquet", index=False)
            rows[role] = len(frame)
    return {"rows": rows, "items": int(frames.target["item_id"].nunique())}


def read_target(folder: Path) -> pd.DataFrame:
    """The target of an import."""
    import pandas as pd

    return pd.read_parquet(folder / "target.parquet")


def write_predictor(folder: Path, predictor: Predictor, is_auto_predictor: bool) -> dict[str, Any]:
    """Write a predictor; returns its details for people."""
    document = {
        "engine_version": ENGINE_VERSION,
        "task": predictor.task.to_json(),
        "names": predictor.names,
        "pooled_residuals": predictor.pooled_residuals.tolist(),
    }
    _write_json(folder / "predictor.json", document)
    _write_json(folder / "accuracy.json", {**predictor.accuracy, "IsAutoPredictor": is_auto_predictor})
    predictor.item_accuracy.to_parquet(folder / "item_accuracy.parquet", index=False)
    flat = predictor.residuals.values.reshape(len(predictor.series), -1)
    predictor.series.assign(**{_RESIDUALS: list(flat)}).to_parquet(folder / "series.parquet", index=False)
    return predictor.details


def read_predictor(folder: Path, details: dict[str, Any]) -> Predictor:
    """Read what :func:`write_predictor` wrote.

    Raises:
        PermanentError: Another version of the engine wrote it.
    """
    import numpy as np
    import pandas as pd

    from forecast_platform.engine.predictor import Predictor
    from forecast_platform.engine.residuals import ResidualQuantiles
    from forecast_platform.engine.task import ForecastTask

    document = _read_json(folder / "predictor.json")
    if document["engine_version"] != ENGINE_VERSION:
        raise PermanentError(
            f"Predictor {folder.name} was written by version {document['engine_version']} of the engine and this is "
            f"version {ENGINE_VERSION}, which would read its numbers differently. Train it again: the new one gets a "
            "name of its own."
        )
    pooled = np.array(document["pooled_residuals"])
    series = pd.read_parquet(folder / "series.parquet")
    flat = np.array(series[_RESIDUALS].tolist(), dtype=np.float64)
    return Predictor(
        task=ForecastTask.from_json(document["task"]),
        names=tuple(document["names"]),
        series=series.drop(columns=_RESIDUALS),
        residuals=ResidualQuantiles(flat.reshape(len(series), *pooled.shape)),
        pooled_residuals=pooled,
        accuracy=read_accuracy(folder),
        item_accuracy=read_item_accuracy(folder),
        details=details,
    )


def read_accuracy(folder: Path) -> dict[str, Any]:
    """The GetAccuracyMetrics document of a predictor."""
    return _read_json(folder / "accuracy.json")


def read_item_accuracy(folder: Path) -> pd.DataFrame:
    """Accuracy per item of a predictor."""
    import pandas as pd

    return pd.read_parquet(folder / "item_accuracy.parquet")


def write_forecast(folder: Path, forecast: pd.DataFrame) -> dict[str, Any]:
    """Write a forecast; returns its size for people."""
    forecast.to_parquet(folder / "forecast.parquet", index=False)
    return {"rows": len(forecast), "items": int(forecast["item_id"].nunique())}


def read_forecast(folder: Path) -> pd.DataFrame:
    """The wide frame of a forecast."""
    import pandas as pd

    return pd.read_parquet(folder / "forecast.parquet")


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
