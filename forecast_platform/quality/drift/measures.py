"""How two samples are compared: each series by itself, all of them together, or by the categories they hold.

Belongs here: distances and shares of samples. Does not belong here: which samples (``comparison``), ``chance``.

A sample is (series × columns) with NaN where nothing was observed. A measure has one row per series, or a single row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from forecast_platform.quality.distances import PSI_BINS, categorical_linf, linf_simple, psi, psi_of_sketches
from forecast_platform.quality.sketches import KllSketch

Floats = npt.NDArray[np.float64]

_LEVELS = np.array([0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
"""Where differences between earlier windows are looked at: the worst of them is near the median for most changes."""
_POOLED_LEVELS = np.arange(1, 20) / 20


class Measure(Protocol):
    """Compares samples."""

    method: str

    def points(self, reference: Floats) -> Floats:
        """(rows × points): values at which :meth:`shares` are taken."""
        ...

    def shares(self, sample: Floats, points: Floats) -> Floats:
        """(rows × points): share of the sample up to each point, or of each category."""
        ...

    def counts(self, sample: Floats) -> Floats:
        """Observed values per row."""
        ...

    def distance(self, sample: Floats, reference: Floats) -> Floats:
        """Per row, 0-1; 0 where one of them has no values."""
        ...

    def psi(self, sample: Floats, reference: Floats) -> Floats:
        """Population stability index per row; NaN where one of them has no values."""
        ...


class EachSeries:
    """One row per series, exactly."""

    method = "LInfinity"

    def points(self, reference: Floats) -> Floats:
        return _quantiles(np.sort(reference, axis=1), self.counts(reference), _LEVELS)

    def shares(self, sample: Floats, points: Floats) -> Floats:
        below = np.stack([(sample <= point[:, None]).sum(axis=1) for point in points.T], axis=1)
        return np.asarray(below / np.maximum(self.counts(sample), 1)[:, None])

    def counts(self, sample: Floats) -> Floats:
        return np.asarray((~np.isnan(sample)).sum(axis=1), dtype=np.float64)

    def distance(self, sample: Floats, reference: Floats) -> Floats:
        both = np.concatenate([sample, reference], axis=1)
        order = np.argsort(both, axis=1)
        ordered = np.take_along_axis(both, order, axis=1)
        of_sample = order < sample.shape[1]
        steps = np.where(
            of_sample,
            1 / np.maximum(self.counts(sample), 1)[:, None],
            -1 / np.maximum(self.counts(reference), 1)[:, None],
        )
        difference = np.cumsum(np.where(np.isnan(ordered), 0.0, steps), axis=1)
        is_last_of_ties = np.ones(ordered.shape, dtype=bool)
        is_last_of_ties[:, :-1] = ordered[:, 1:] != ordered[:, :-1]
        return np.asarray(np.where(is_last_of_ties, np.abs(difference), 0.0).max(axis=1, initial=0.0))

    def psi(self, sample: Floats, reference: Floats) -> Floats:
        edges = _quantiles(np.sort(reference, axis=1), self.counts(reference), np.arange(1, PSI_BINS) / PSI_BINS)
        return np.array([_psi(*row) for row in zip(sample, reference, edges, strict=True)], dtype=np.float64)


class AllTogether:
    """One row: the values of all series in one sketch, as Model Monitor has it of a feature."""

    method = "LInfinity"

    def points(self, reference: Floats) -> Floats:
        return _sketch(reference).quantiles(_POOLED_LEVELS)[None, :]

    def shares(self, sample: Floats, points: Floats) -> Floats:
        edges = np.unique(points)
        values = sample[~np.isnan(sample)]
        counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
        below = np.cumsum(counts)[np.searchsorted(edges, points[0])]
        return np.asarray(below[None, :] / max(len(values), 1))

    def counts(self, sample: Floats) -> Floats:
        return np.array([np.count_nonzero(~np.isnan(sample))], dtype=np.float64)

    def distance(self, sample: Floats, reference: Floats) -> Floats:
        return np.nan_to_num([linf_simple(_sketch(reference), _sketch(sample))])

    def psi(self, sample: Floats, reference: Floats) -> Floats:
        return np.array([psi_of_sketches(_sketch(reference), _sketch(sample))])


@dataclass(frozen=True)
class Categories:
    """One row: the shares of each of a few values, such as 0 and 1 of a promotion.

    Attributes:
        categories: Every value there was in training.
    """

    categories: Floats
    method = "categorical LInfinity"

    def points(self, reference: Floats) -> Floats:
        return self.categories[None, :]

    def shares(self, sample: Floats, points: Floats) -> Floats:
        counts = _category_counts(sample)
        found = [counts.get(str(float(one)), 0) for one in points[0]]
        return np.array([found], dtype=np.float64) / max(sum(counts.values()), 1)

    def counts(self, sample: Floats) -> Floats:
        return AllTogether().counts(sample)

    def distance(self, sample: Floats, reference: Floats) -> Floats:
        return np.nan_to_num([categorical_linf(_category_counts(reference), _category_counts(sample))])

    def psi(self, sample: Floats, reference: Floats) -> Floats:
        before, now = _category_counts(reference), _category_counts(sample)
        names = sorted(before.keys() | now.keys())
        return np.array([psi([before.get(one, 0) for one in names], [now.get(one, 0) for one in names])])


def _sketch(sample: Floats) -> KllSketch:
    return KllSketch.of(sample[np.isfinite(sample)])


def _category_counts(sample: Floats) -> Counter[str]:
    values, counts = np.unique(sample[~np.isnan(sample)], return_counts=True)
    return Counter(dict(zip(map(str, values.tolist()), counts.tolist(), strict=True)))


def _quantiles(ordered: Floats, counts: Floats, levels: Floats) -> Floats:
    """(rows × levels) of rows in ascending order whose missing values are last; NaN of empty rows."""
    place = np.maximum(np.ceil(levels * counts[:, None]).astype(np.int64) - 1, 0)
    return np.asarray(np.take_along_axis(ordered, place, axis=1))


def _psi(sample: Floats, reference: Floats, edges: Floats) -> float:
    distinct: Any = np.unique(edges[~np.isnan(edges)])
    binned = [
        np.bincount(np.searchsorted(distinct, one[~np.isnan(one)], side="left"), minlength=len(distinct) + 1)
        for one in (reference, sample)
    ]
    return psi(*binned)
