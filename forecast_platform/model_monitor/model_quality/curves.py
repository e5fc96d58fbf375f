"""How a binary classifier does at every threshold.

Belongs here: ROC and precision-recall curves and the area under the first. Does not belong here: metrics at one
threshold (``binary``).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np

from forecast_platform.model_monitor.model_quality.measured import Booleans, Floats, Integers

MOST_POINTS = 1000
"""Of a curve as it is written; as many as Spark keeps, on which SageMaker's analyzer is built."""


@dataclass(frozen=True)
class Scores:
    """Scores of rows whose label is known, ordered once for all that is asked of them.

    Attributes:
        ranks: Per row the rank of its score among the different scores, 0 = the highest.
        positive: Per row, whether its label is positive.
        different: How many different scores there are.
    """

    ranks: Integers
    positive: Booleans
    different: int

    @classmethod
    def of(cls, scores: Floats, positive: Booleans) -> Scores:
        """Order ``scores``; both (rows)."""
        different, ascending = np.unique(scores, return_inverse=True)
        return cls((len(different) - 1 - ascending).astype(np.int64), positive, len(different))

    def area_under_roc(self, rows: Integers | None = None) -> float:
        """The probability that a positive row scores higher than a negative one, ties counting half; NaN if none."""
        hits, alarms = self._cumulative(rows)
        if not (hits[-1] and alarms[-1]):
            return nan
        heights = (hits[1:] + hits[:-1]) / 2
        return float((np.diff(alarms) * heights).sum() / (hits[-1] * alarms[-1]))

    def roc_curve(self) -> dict[str, list[float]]:
        """(0, 0), one point per threshold from the highest score down, (1, 1); empty when a class is missing.

        The first and the last are added as Spark does, so the last point is there twice.
        """
        hits, alarms = self._cumulative(None)
        kept = _evenly(len(hits))
        true, false = _shares(hits[kept]), _shares(alarms[kept])
        return {
            "false_positive_rates": [*false, 1.0] if true and false else [],
            "true_positive_rates": [*true, 1.0] if true and false else [],
        }

    def precision_recall_curve(self) -> dict[str, list[float]]:
        """One point per threshold from the highest score down; empty without positives.

        Before it, as in Spark, recall 0 with the precision at the highest score.
        """
        hits, alarms = self._cumulative(None)
        kept = _evenly(len(hits))[1:]
        recalls, precisions = hits[kept] / max(hits[-1], 1), hits[kept] / (hits[kept] + alarms[kept])
        return {
            "precisions": [precisions[0].item(), *precisions.tolist()] if hits[-1] else [],
            "recalls": [0.0, *recalls.tolist()] if hits[-1] else [],
        }

    def _cumulative(self, rows: Integers | None) -> tuple[Floats, Floats]:
        """True and false positives when 0, 1, … of the different scores count as positive: (different + 1) each."""
        ranks, positive = (self.ranks, self.positive) if rows is None else (self.ranks[rows], self.positive[rows])
        total = np.bincount(ranks, minlength=self.different)
        hits = np.bincount(ranks[positive], minlength=self.different)
        return _running(hits), _running(total - hits)


def _running(counts: Integers) -> Floats:
    return np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])


def _shares(counts: Floats) -> list[float]:
    """Of the last; empty when that is 0."""
    return (counts / counts[-1]).tolist() if counts[-1] else []


def _evenly(count: int) -> Integers:
    """Positions of at most :data:`MOST_POINTS` of ``count`` points, the first two and the last among them."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.concatenate([[0], np.linspace(1, count - 1, MOST_POINTS - 1).astype(np.int64)])
