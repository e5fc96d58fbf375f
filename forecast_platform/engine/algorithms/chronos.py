"""Chronos-2: a pretrained model that forecasts without training.

Belongs here: asking the model through its own package. Does not belong here: finding its weights
(``forecast_service.local.pretrained``) or anything that is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.blocks import at_levels, forecast_in_blocks
from forecast_platform.engine.algorithms.contract import Covariates, Floats, Forecasts, History, Integers
from forecast_platform.engine.algorithms.neural.runtime import pick_device, reproducible
from forecast_platform.errors import MissingExtraError

NAME = "Chronos-2"
_SERIES_PER_BLOCK = 32
_MOST_INPUTS = 1024  # series and covariates that go through the model at once


@dataclass(frozen=True)
class Chronos2:
    """Zero-shot forecasts of Chronos-2 (Ansari et al. 2025, arXiv:2510.15821) by the package ``chronos-forecasting``.

    Related series are passed as covariates, those known ahead with their future; item metadata is not. Points are
    medians. A series without history gets no forecast.

    Attributes:
        folder: With ``config.json`` and the weights as safetensors. Only this folder is read, when the first forecast
            of a process is made; nothing is downloaded.
        device: ``cpu``, ``cuda`` or ``auto``: the first GPU if there is one. On the CPU the same history gives the same
            bits.
        use_covariates: Whether to pass related series.
    """

    folder: Path
    device: str = "auto"
    use_covariates: bool = True
    fits_each_series: bool = False

    @property
    def name(self) -> str:
        return NAME

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """Forecast the ``horizon`` periods after the history.

        Raises:
            MissingExtraError: The extra ``chronos`` is not installed.
            OSError: The folder holds no weights.
        """
        pipeline = _pipeline(self.folder, self.device)
        usable = np.flatnonzero((~np.isnan(history.values)).any(axis=1))
        with reproducible(0):
            return forecast_in_blocks(
                len(history.values),
                usable,
                horizon,
                _SERIES_PER_BLOCK,
                lambda rows: self._quantiles(pipeline, history, rows, horizon),
            )

    def _quantiles(self, pipeline: Any, history: History, rows: Integers, horizon: int) -> Floats:
        """(rows × horizon × levels)."""
        longest = pipeline.model_context_length
        first = max(history.values.shape[1] - longest, 0)
        covariates = history.covariates if self.use_covariates else None
        inputs = [_inputs(history.values[row, first:], covariates, row, first, horizon) for row in rows]
        known = pipeline.predict(inputs, prediction_length=horizon, batch_size=_MOST_INPUTS)
        by_level = np.stack([one[0].numpy().astype(np.float64) for one in known])
        return at_levels(np.sort(np.moveaxis(by_level, 1, 2), axis=2), np.array(pipeline.quantiles))


@lru_cache(maxsize=2)
def _pipeline(folder: Path, device: str) -> Any:
    """The model in memory; loading takes seconds."""
    try:
        from chronos import BaseChronosPipeline
    except ImportError as error:
        raise MissingExtraError(f"The algorithm {NAME}", "chronos") from error
    with _without_progress_bar():
        # Safetensors only: other formats of weights are pickles, which can run code.
        pipeline = BaseChronosPipeline.from_pretrained(
            folder, dtype="float32", local_files_only=True, use_safetensors=True
        )
    pipeline.model.to(pick_device(device)).eval()
    return pipeline


@contextmanager
def _without_progress_bar() -> Iterator[None]:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _inputs(values: Floats, covariates: Covariates | None, row: int, first: int, horizon: int) -> Mapping[str, Any]:
    """One series as the package takes it."""
    if covariates is None or not covariates.names:
        return {"target": values}
    periods = first + len(values)
    past = {name: covariates.values[index, row, first:periods] for index, name in enumerate(covariates.names)}
    future = {
        name: covariates.values[index, row, periods : periods + horizon]
        for index, name in enumerate(covariates.names)
        if covariates.known_ahead[index]
    }
    return {"target": values, "past_covariates": past, "future_covariates": future}
