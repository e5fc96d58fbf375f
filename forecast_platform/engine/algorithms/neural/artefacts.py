"""A trained network as files and back: a JSON description and the weights as NumPy arrays. No pickle.

Belongs here: the format. Does not belong here: what a network is made of, and where files are kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

DESCRIPTION = "model.json"
WEIGHTS = "weights.npz"
_FORMAT = 1


def write(description: Mapping[str, Any], weights: Mapping[str, Any]) -> dict[str, bytes]:
    """File name -> content."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **weights)
    text = json.dumps({"format": _FORMAT, **description}, sort_keys=True, indent=1)
    return {DESCRIPTION: text.encode(), WEIGHTS: buffer.getvalue()}


def read(files: Mapping[str, bytes], algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Description and weights of what :func:`write` made.

    Raises:
        ValueError: The files are of another algorithm or of a later format.
    """
    description = json.loads(files[DESCRIPTION])
    if description["algorithm"] != algorithm or description["format"] != _FORMAT:
        found = f"{description['algorithm']}, format {description['format']}"
        raise ValueError(f"the files hold a model of {found}; expected {algorithm}, format {_FORMAT}: train it again")
    with np.load(io.BytesIO(files[WEIGHTS]), allow_pickle=False) as arrays:
        return description, {name: arrays[name] for name in arrays.files}
