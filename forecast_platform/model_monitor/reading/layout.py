"""Which value goes into which column, when rows come in parts and not all alike.

Belongs here: columns of a set of rows, found by looking at all of them. Does not belong here: reading rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from forecast_platform.model_monitor.reading.flattening import MOST_COLUMNS, Values
from forecast_platform.model_monitor.reading.rows import (
    READ_AGAIN,
    NotReadableError,
    positional_names,
    text_schema,
    unique_names,
)

Parts = Sequence[Values | None]
"""One row in parts, e.g. the output of a model and its input; ``None`` = this row lacks the part."""


@dataclass
class _PartSeen:
    """What one part looked like in all rows.

    Attributes:
        widths: Number of rows by the number of values by position.
        keys: Names in the order of their appearance, as keys.
    """

    widths: Counter[int] = field(default_factory=Counter)
    keys: dict[str, None] = field(default_factory=dict)

    @property
    def usual_width(self) -> int:
        """What most rows have; of two that are as frequent the larger, so that fewer values are out of place."""
        return max(self.widths, key=lambda width: (self.widths[width], width), default=0)

    @property
    def extra_width(self) -> int:
        return max(self.widths, default=0) - self.usual_width


class LayoutBuilder:
    """Looks at all rows, then knows their columns.

    Args:
        parts: What the parts are called: names that occur in two parts get this in front.
        names: Of the columns by position, as a baseline has them.
    """

    def __init__(self, parts: Sequence[str], names: Sequence[str] | None = None) -> None:
        self._parts = tuple(parts)
        self._names = tuple(names or ())
        self._seen = [_PartSeen() for _ in parts]
        self._columns = 0

    def saw(self, row: Parts) -> None:
        """Take one row into account. Rows that bring more than :data:`MOST_COLUMNS` columns are left to ``place``."""
        for seen, values in zip(self._seen, row, strict=True):
            if isinstance(values, list):
                seen.widths[len(values)] += 1
            elif values is not None and not values.keys() <= seen.keys.keys():
                new = [key for key in values if key not in seen.keys]
                if self._columns + len(new) <= MOST_COLUMNS:
                    seen.keys.update(dict.fromkeys(new))
                    self._columns += len(new)

    def saw_many(self, widths: Sequence[Counter[int]]) -> None:
        """Take many rows by position into account at once: for each part the number of rows by width."""
        for seen, counted in zip(self._seen, widths, strict=True):
            seen.widths.update(counted)

    def layout(self) -> Layout:
        """The columns of all rows seen."""
        return _layout(self._parts, self._names, self._seen)


@dataclass(frozen=True)
class Layout:
    """Columns: those of each part in turn, by position and then by name; then values that most rows do not have.

    Attributes:
        schema: All columns, text.
        widths: For each part, how many values by position it has in most rows.
        notes: What a person should know of them.
    """

    schema: pa.Schema
    widths: tuple[int, ...]
    notes: tuple[str, ...]
    _starts: tuple[int, ...]
    _columns_of_keys: tuple[dict[str, int], ...]
    _first_extra: tuple[int, ...]
    _most: tuple[int, ...]

    def columns_by_position(self, part: int) -> range:
        """The columns of the usual values by position of ``part``."""
        return range(self._starts[part], self._starts[part] + self.widths[part])

    def place(self, row: Parts) -> list[str | None]:
        """The values of ``row`` in their columns; ``None`` where there is none.

        Raises:
            NotReadableError: The row has names for which there was no room, or more than any that were seen.
        """
        placed: list[str | None] = [None] * len(self.schema)
        for part, values in enumerate(row):
            if isinstance(values, list):
                width, start, extra = self.widths[part], self._starts[part], self._first_extra[part]
                if len(values) > self._most[part]:
                    expected = f"at most {self._most[part]}, as when the file was read for its columns"
                    raise NotReadableError(f"{len(values)} values", expected, READ_AGAIN)
                usual = values[:width]
                placed[start : start + len(usual)] = usual
                placed[extra : extra + len(values) - len(usual)] = values[width:]
            elif values is not None:
                columns = self._columns_of_keys[part]
                for key, value in values.items():
                    if key not in columns:
                        raise NotReadableError(
                            f"the name '{key[:80]}' after {MOST_COLUMNS:,} others, or written while the file was read",
                            "names of features, of which there are few",
                        )
                    placed[columns[key]] = value
        return placed


def _layout(parts: Sequence[str], given: Sequence[str], seen: Sequence[_PartSeen]) -> Layout:
    shared = {key for key, count in Counter(key for part in seen for key in part.keys).items() if count > 1}
    names: list[str] = []
    starts, columns_of_keys = [], []
    for index, (part, found) in enumerate(zip(parts, seen, strict=True)):
        starts.append(len(names))
        names += positional_names(len(names) + found.usual_width, given)[len(names) :]
        known = {key for earlier in seen[:index] for key in earlier.keys}
        columns_of_keys.append({key: len(names) + place for place, key in enumerate(found.keys)})
        names += [f"{part}.{key}" if key in shared and key in known else key for key in found.keys]
    first_extra = []
    for found in seen:
        first_extra.append(len(names))
        names += positional_names(len(names) + found.extra_width, given)[len(names) :]
    unique, _ = unique_names(names)
    return Layout(
        text_schema(unique),
        tuple(found.usual_width for found in seen),
        tuple(_notes(parts, seen)),
        tuple(starts),
        tuple(columns_of_keys),
        tuple(first_extra),
        tuple(max(found.widths, default=0) for found in seen),
    )


def _notes(parts: Sequence[str], seen: Sequence[_PartSeen]) -> list[str]:
    return [
        f"Not all rows have the same number of values in {part}: "
        + ", ".join(f"{count:,} {'row has' if count == 1 else 'rows have'} {width:,}" for width, count in counted[:10])
        + ". Missing ones are empty, those too many are in columns at the end."
        for part, found in zip(parts, seen, strict=True)
        if len(counted := sorted(found.widths.items(), key=lambda item: (-item[1], item[0]))) > 1
    ]
