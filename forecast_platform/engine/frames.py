"""The data of a run as frames.

Belongs here: what the engine is given. Does not belong here: what it makes of it (``featurization``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TrainingFrames:
    """The data a run may see at its cutoff, cleaned and typed.

    Attributes:
        target: Columns ``item_id`` (str), one column (str) per other string attribute of the target schema,
            ``timestamp`` (datetime64[ns]), ``target`` (float64, NaN = missing). Sorted by all keys; no duplicate.
        related: The same keys (those that the related schema has) and one float64 column per feature, at
            any timestamp: forward-looking values after the cutoff are kept. ``None`` when there are none.
        item_metadata: ``item_id`` and one str column per attribute. ``None`` when there is none.
    """

    target: pd.DataFrame
    related: pd.DataFrame | None = None
    item_metadata: pd.DataFrame | None = None
