"""Getting torch ready: the missing extra, the device, seeds and threads.

Belongs here: the state of the process that torch depends on. Does not belong here: networks and data.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from forecast_platform.errors import MissingExtraError


def require_neural(algorithm: str) -> None:
    """Import what the networks are made of.

    Raises:
        MissingExtraError: torch or GluonTS is not installed.
    """
    try:
        with warnings.catch_warnings():
            # GluonTS recommends a faster JSON library, which nothing here would use.
            warnings.simplefilter("ignore")
            import gluonts.torch
    except ImportError as error:
        raise MissingExtraError(f"The algorithm {algorithm}", "neural") from error
    del gluonts


def pick_device(wanted: str) -> Any:
    """The torch device of ``cpu``, ``cuda``, ``cuda:1`` …; ``auto`` = the first GPU if there is one."""
    import torch

    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(wanted)


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Within it torch draws from ``seed`` and sums in one order; afterwards it goes on as if nothing had happened.

    One thread, because sums are split among threads: with another number of them the last bits differ. The networks
    are so small that a second thread gains little.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def on_device(array: Any, device: Any) -> Any:
    """A NumPy array as a tensor; fractions in single precision."""
    import numpy as np
    import torch

    single = array.astype(np.float32) if array.dtype == np.float64 else array
    return torch.from_numpy(np.ascontiguousarray(single)).to(device)
