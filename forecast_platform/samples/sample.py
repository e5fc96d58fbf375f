"""What a sample is, and how its numbers and files are written so that they are the same on every machine.

Belongs here: what all samples share. Does not belong here: the content of one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """A project that can be generated.

    Attributes:
        name: Also the name of the project made from it.
        description: One line for people.
        files: Makes its bucket keys and their bytes.
    """

    name: str
    description: str
    files: Callable[[], dict[str, bytes]]


def random_numbers(seed: int) -> np.random.Generator:
    """A generator of which only :meth:`random` is to be used.

    Its numbers are the bits of PCG64, which NumPy keeps for ever; its other distributions may change with a version.
    """
    import numpy as np

    return np.random.Generator(np.random.PCG64(seed))


def autocorrelated_noise(random: np.random.Generator, count: int, persistence: float) -> NDArray[np.float64]:
    """A first-order autoregressive series of unit variance.

    The shocks are sums of twelve uniform numbers (Irwin-Hall), which are as good as normal here and need nothing
    of NumPy but :meth:`random`.

    Args:
        persistence: Correlation of neighbours, 0-1.
    """
    import numpy as np

    shocks = (random.random((count, 12)).sum(axis=1) - 6.0) * (1.0 - persistence**2) ** 0.5
    noise = np.empty(count)
    level = 0.0
    for index, shock in enumerate(shocks):
        level = persistence * level + shock
        noise[index] = level
    return noise


def csv_bytes(rows: Iterable[Sequence[str]], header: Sequence[str] | None = None) -> bytes:
    """Rows as CSV. The samples' values need no quoting."""
    lines = [] if header is None else [",".join(header)]
    lines.extend(",".join(row) for row in rows)
    return ("\n".join(lines) + "\n").encode()


def json_bytes(content: dict[str, Any]) -> bytes:
    """``content`` as a person would want to edit it."""
    return (json.dumps(content, indent=2) + "\n").encode()


def schema(*attributes: tuple[str, str]) -> dict[str, Any]:
    """A dataset's ``Schema`` of ``(name, type)`` attributes, in the order of the file's columns."""
    return {"Attributes": [{"AttributeName": name, "AttributeType": kind} for name, kind in attributes]}
