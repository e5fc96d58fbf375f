"""The labels of a forecast (``p10``, ``mean`` …) and what can be measured of each.

Belongs here: names, without numbers, because tables are declared from them. Does not belong here: measuring
(``comparison``).
"""

from __future__ import annotations

from dataclasses import dataclass

COUNTS = ("expected", "observations")
"""Measures that are whole numbers."""


@dataclass(frozen=True)
class ForecastTypes:
    """The labels of a forecast, by what they are.

    Attributes:
        labels: ``p10``, ``mean`` …
        quantiles: Those that are quantiles, from the lowest to the highest.
    """

    labels: tuple[str, ...]

    @property
    def quantiles(self) -> tuple[str, ...]:
        return tuple(sorted((label for label in self.labels if label != "mean"), key=quantile_of))

    @property
    def point(self) -> str:
        """What errors are measured of: the median, or else the mean, or else the lowest quantile."""
        return next(label for label in ("p50", "mean", *self.quantiles) if label in self.labels)

    @property
    def intervals(self) -> tuple[tuple[str, str], ...]:
        """Pairs of quantiles from the outside in, e.g. p10 and p90, then p25 and p75."""
        count = len(self.quantiles)
        return tuple((self.quantiles[rank], self.quantiles[count - 1 - rank]) for rank in range(count // 2))

    @property
    def nominal_coverage(self) -> float:
        """What the outermost interval promises, 0-1; NaN without an interval."""
        if not self.intervals:
            return float("nan")
        low, high = self.intervals[0]
        return quantile_of(high) - quantile_of(low)

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of what :func:`measures` gives, in order."""
        quantiles = self.quantiles
        return (
            *COUNTS,
            "absolute_actual",
            *(("wql", *(f"wql_{label}" for label in quantiles)) if quantiles else ()),
            "wape",
            "mase",
            "bias",
            "share_below",
            "share_above",
            *(("coverage", "on_bound") if self.intervals else ()),
            *(f"coverage_{low}_{high}" for low, high in self.intervals[1:]),
            *(f"hit_rate_{label}" for label in quantiles),
        )


def quantile_of(label: str) -> float:
    """``p90`` -> 0.9."""
    return float(label.removeprefix("p")) / 100
