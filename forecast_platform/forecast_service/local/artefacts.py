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
FORMAT = 2
"""Changes when a predictor of an earlier version can no longer be read. That the numbers of the engine changed is no
reason: what was learnt holds."""


def write_frames(folder: Path, frames: TrainingFrames) -> dict[str, Any]:
    """Write an import; returns its rows per dataset."""
    rows = {}
    for role in FRAMES:
        frame = getattr(frames, role)
        if frame is not None:
            frame.to_parquet(folder / f"{role}.parquet", index=False)
            rows[role] = len(frame)
    return {"rows": rows, "items": int(frames.target["item_id"].nunique())}


def read_frames(folder: Path) -> TrainingFrames:
    """The data of an import."""
    import pandas as pd

    found = {role: folder / f"{role}.parquet" for role in FRAMES}
    return TrainingFrames(**{role: pd.read_parquet(path) if path.exists() else None for role, path in found.items()})


def write_predictor(folder: Path, predictor: Predictor, is_auto_predictor: bool) -> dict[str, Any]:
    """Write a predictor; returns its details for people."""
    import numpy as np

    panel = predictor.panel
    document = {
        "format": FORMAT,
        "engine_version": ENGINE_VERSION,
        "task": predictor.task.to_json(),
        "candidates": panel.names,
        "losses": panel.weights.losses.tolist(),
        "weights": panel.weights.weights.tolist(),
        "growth": panel.errors.growth.tolist(),
        "shape": panel.errors.shape.tolist(),
        "least_scale": panel.errors.least_scale,
        "modelled": panel.modelled,
        "trained": {name: sorted(trained.files()) for name, trained in predictor.trained.items()},
    }
    _write_json(folder / "predictor.json", document)
    _write_json(folder / "accuracy.json", {**predictor.accuracy, "IsAutoPredictor": is_auto_predictor})
    predictor.item_accuracy.to_parquet(folder / "item_accuracy.parquet", index=False)
    predictor.forecasted_values.to_parquet(folder / "forecasted_values.parquet", index=False)
    predictor.series.to_parquet(folder / "series.parquet", index=False)
    np.savez(folder / "series.npz", weights=predictor.weights, offsets=predictor.offsets)
    for name, trained in predictor.trained.items():
        for file, content in trained.files().items():
            (folder / _file_of(name, file)).write_bytes(content)
    return predictor.details


def read_predictor(folder: Path, details: dict[str, Any]) -> Predictor:
    """Read what :func:`write_predictor` wrote.

    Raises:
        PermanentError: It was written in another format.
        MissingExtraError: One of its algorithms needs packages that are not installed.
    """
    import numpy as np
    import pandas as pd

    from forecast_platform.engine.algorithms.registry import family_of, load_trained
    from forecast_platform.engine.combination import PanelWeights
    from forecast_platform.engine.distribution import PanelErrors
    from forecast_platform.engine.knowledge import PanelKnowledge
    from forecast_platform.engine.predictor import Predictor
    from forecast_platform.engine.task import ForecastTask

    document = _read_json(folder / "predictor.json")
    if document.get("format") != FORMAT:
        raise PermanentError(
            f"Predictor {folder.name} was written in format {document.get('format', 1)}, and this version of the "
            f"package reads format {FORMAT}. Train it again: the new one gets a name of its own."
        )
    weights = PanelWeights(tuple(document["candidates"]), np.array(document["losses"]), np.array(document["weights"]))
    errors = PanelErrors(np.array(document["growth"]), np.array(document["shape"]), document["least_scale"])
    with np.load(folder / "series.npz", allow_pickle=False) as arrays:
        series_weights, offsets = arrays["weights"], arrays["offsets"]
    return Predictor(
        task=ForecastTask.from_json(document["task"]),
        panel=PanelKnowledge(weights, errors, document["modelled"]),
        series=pd.read_parquet(folder / "series.parquet"),
        weights=series_weights,
        offsets=offsets,
        trained={
            name: load_trained(family_of(name), {file: (folder / _file_of(name, file)).read_bytes() for file in files})
            for name, files in document["trained"].items()
        },
        accuracy=read_accuracy(folder),
        item_accuracy=read_item_accuracy(folder),
        forecasted_values=read_forecasted_values(folder),
        details=details,
    )


def _file_of(algorithm: str, file: str) -> str:
    return f"{algorithm}.{file}"


def read_forecasted_values(folder: Path) -> pd.DataFrame:
    """Forecasts and actuals of a predictor's backtest windows."""
    import pandas as pd

    return pd.read_parquet(folder / "forecasted_values.parquet")


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
