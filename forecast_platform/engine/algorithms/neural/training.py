"""The training loop: batches in, the best weights out. Silent, and nothing is written to disk.

Belongs here: early stopping, learning rate, averaging, the limit on work. Does not belong here: any network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.neural.windows import Training, Windows

BATCH = 64
_MOST_BATCHES = 32  # of an epoch: with very many series an epoch is a sample of them
_MOST_HELD_OUT = 256
_PATIENCE = 15  # epochs without a better held-out loss
_LARGEST_GRADIENT = 10.0


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        epochs: At most so many.
        learning_rate: Of Adam.
        work: At most so many periods pass through the network, whatever ``epochs`` says; ``None`` = no limit.
        seed: Of the windows drawn. The caller seeds torch.
        decay: Factor of the learning rate when the held-out loss has not improved for a while …
        most_decays: … at most so many times; then training stops.
        averaged: Weights of how many of the best epochs are averaged.
    """

    epochs: int
    learning_rate: float
    work: int | None
    seed: int
    decay: float = 1.0
    most_decays: int = 0
    averaged: int = 1


def fit(network: Any, loss: Callable[[Windows], Any], training: Training, schedule: Schedule) -> dict[str, Any]:
    """Train ``network`` in place.

    Args:
        network: A torch module.
        loss: (windows) losses of a batch, differentiable.
        training: Where windows come from.
        schedule: How long.

    Returns:
        Name -> NumPy array: the weights with the least loss on the held-out last window.
    """
    import torch

    optimizer = torch.optim.Adam(network.parameters(), lr=schedule.learning_rate)
    held_out = training.held_out(_MOST_HELD_OUT)
    draw = np.random.default_rng(schedule.seed)
    batches = batches_per_epoch(training)
    best: list[tuple[float, int, dict[str, Any]]] = []
    waited = decays = 0
    for epoch in range(_epochs(training, schedule, batches)):
        network.train()
        for windows in training.batches(batches, BATCH, draw):
            optimizer.zero_grad()
            loss(windows).mean().backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
            optimizer.step()
        network.eval()
        with torch.no_grad():
            score = float(loss(held_out).mean())
        waited = 0 if not best or score < best[0][0] else waited + 1
        best = _with(best, (score, epoch, weights_of(network)), schedule.averaged)
        if waited >= _PATIENCE:
            if decays == schedule.most_decays:
                break
            waited, decays = 0, decays + 1
            for group in optimizer.param_groups:
                group["lr"] *= schedule.decay
    return _mean([weights for _, _, weights in best])


def batches_per_epoch(training: Training) -> int:
    """As many as hold each period of the training data about once, within limits."""
    observations = int(np.count_nonzero(~np.isnan(training.data.values[:, : training.end])))
    return int(np.clip(observations // (training.shape.horizon * BATCH), 4, _MOST_BATCHES))


def weights_of(network: Any) -> dict[str, Any]:
    """Name -> NumPy array."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()}


def put_weights(network: Any, weights: dict[str, Any]) -> None:
    """Give ``network`` the weights of :func:`weights_of`."""
    import torch

    network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in weights.items()})
    network.eval()


def _epochs(training: Training, schedule: Schedule, batches: int) -> int:
    if schedule.work is None:
        return schedule.epochs
    periods = training.shape.context + training.shape.horizon
    return max(1, min(schedule.epochs, schedule.work // (batches * BATCH * periods)))


def _with(best: list[Any], new: tuple[float, int, dict[str, Any]], size: int) -> list[Any]:
    """The ``size`` best; a loss that is not a number is never kept while there is another."""
    ranked = sorted([*best, new], key=lambda entry: (not np.isfinite(entry[0]), entry[0], entry[1]))
    return ranked[:size]


def _mean(weights: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: np.mean([one[name] for one in weights], axis=0, dtype=np.float64).astype(array.dtype)
        for name, array in weights[0].items()
    }
