"""How often which outcome was observed and predicted, in the sensitive group and out of it.

Belongs here: the counts that all bias metrics but the fliptest are made of. Does not belong here: the metrics
(``formulas``).

Words of SageMaker's guide: facet *d* is the sensitive, disfavored group, facet *a* all others; an outcome is observed
(y) or predicted (y'), and positive (1) or negative (0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_platform.model_monitor.model_quality.measured import Floats, Integers


@dataclass(frozen=True)
class Group:
    """The outcomes of one facet; each a number, or an array of them for several counts at once."""

    tn: Floats
    fp: Floats
    fn: Floats
    tp: Floats

    @property
    def rows(self) -> Floats:
        """n."""
        return self.tn + self.fp + self.fn + self.tp

    @property
    def positive(self) -> Floats:
        """n(1): observed positive."""
        return self.fn + self.tp

    @property
    def negative(self) -> Floats:
        """n(0): observed negative."""
        return self.tn + self.fp

    @property
    def said_positive(self) -> Floats:
        """n'(1): predicted positive."""
        return self.fp + self.tp

    @property
    def said_negative(self) -> Floats:
        """n'(0): predicted negative."""
        return self.tn + self.fn


@dataclass(frozen=True)
class Outcomes:
    """Counts.

    Attributes:
        counts: (… × subgroups × facet a, d × observed 0, 1 × predicted 0, 1).
    """

    counts: Floats

    @classmethod
    def of(
        cls, facet: Integers, observed: Integers, predicted: Integers, subgroup: Integers, subgroups: int
    ) -> Outcomes:
        """Count rows; all (rows), the first three 0 or 1."""
        cells = ((subgroup * 2 + facet) * 2 + observed) * 2 + predicted
        counts = np.bincount(cells, minlength=8 * subgroups).astype(np.float64)
        return cls(counts.reshape(subgroups, 2, 2, 2))

    @property
    def a(self) -> Group:
        """All others."""
        return self._group(0)

    @property
    def d(self) -> Group:
        """The sensitive group."""
        return self._group(1)

    def resampled(self, times: int, seed: int = 0) -> Outcomes:
        """The counts of as many rows drawn again with replacement, ``times`` times: the bootstrap of Efron (1979)."""
        flat = self.counts.ravel()
        drawn = np.random.default_rng(seed).multinomial(int(flat.sum()), flat / flat.sum(), size=times)
        return Outcomes(drawn.reshape(times, *self.counts.shape).astype(np.float64))

    def _group(self, facet: int) -> Group:
        cells = self.counts.sum(axis=-4)[..., facet, :, :]
        return Group(tn=cells[..., 0, 0], fp=cells[..., 0, 1], fn=cells[..., 1, 0], tp=cells[..., 1, 1])
