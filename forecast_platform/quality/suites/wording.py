"""How messages name series. Belongs here: words that several suites use. Does not belong here: what is expected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_NAMED = 5
"""How many things a message names."""


def series_names(keys: pd.DataFrame) -> list[str]:
    """Each row's keys as one text. Quoted when there are several: an item may have any character in its name."""
    if keys.shape[1] == 1:
        return [str(item) for item in keys.iloc[:, 0]]
    return [" / ".join(map(repr, row)) for row in keys.itertuples(index=False, name=None)]


def named(names: Iterable[str]) -> str:
    """The first names in the order of the alphabet, and how many more there are."""
    ordered = sorted(names)
    if not ordered:
        return "none"
    shown = ", ".join(ordered[:_NAMED])
    return f"{shown} and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else shown
