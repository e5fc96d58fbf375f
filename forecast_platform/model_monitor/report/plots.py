"""Pictures of one execution as SVG: distributions, a distance against its threshold, curves of a classifier.

Belongs here: shapes and scales. Does not belong here: which pictures a page has, colours (``page/report.css``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from forecast_platform.model_monitor.report.distributions import Gap, Histogram
from forecast_platform.model_monitor.report.markup import Markup, joined, tag
from forecast_platform.model_monitor.report.text import number, share, shortened

Points = Sequence[tuple[float, float]]

_WIDTH, _TOP, _BASE, _HEIGHT = 340.0, 16.0, 104.0, 122
_LABEL_WIDTH = 30.0
_CURVE = 240.0
_MARGIN = 46.0


def histogram_picture(feature: str, found: Histogram) -> Markup:
    """Both distributions on top of each other; ``page/hover.js`` reads single bins from the data attributes."""
    low, high = found.edges[0], found.edges[-1]
    peak = max([*found.baseline, *found.current]) or 1.0
    layers = [
        tag("path", class_=kind, d=_steps(shares, peak))
        for kind, shares in (("base", found.baseline), ("now", found.current))
        if shares
    ]
    return tag(
        "svg",
        tag("title", f"Distribution of {feature}, baseline against current. {gap_text(found.gap)}".strip()),
        tag("path", class_="grid", d=f"M0 {_TOP:g}H{_WIDTH:g}"),
        *layers,
        _gap_mark(found),
        tag("path", class_="axis", d=f"M0 {_BASE:g}H{_WIDTH:g}"),
        tag("text", share(peak), x=1, y=11),
        *(_tick(at, (at - low) / (high - low)) for at in round_numbers(low, high)),
        class_="histogram",
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT}",
        role="img",
        data_edges=f"{low!r} {high!r}",
        data_base=_ten_thousandths(found.baseline),
        data_now=_ten_thousandths(found.current),
        data_tails=" ".join(side for side, holds in zip(("low", "high"), found.tails, strict=True) if holds),
    )


def gap_text(gap: Gap | None) -> str:
    """Where two distributions differ most, in a sentence."""
    if gap is None or gap.baseline == gap.current:
        return ""
    if isinstance(gap.at, str):
        return (
            f"Largest difference: {shortened(gap.at)}, {share(gap.baseline)} of the baseline, {share(gap.current)} now."
        )
    return (
        f"Largest difference: {share(gap.baseline)} of the baseline is at most {number(gap.at)}, "
        f"{share(gap.current)} now."
    )


def meter(value: float, threshold: float | None, most: float, kind: str) -> Markup:
    """A bar of ``value`` on a scale from 0 to ``most``, with a mark at ``threshold``, in the colour of its class."""
    scale = 100 / (most or 1.0)
    mark = None if threshold is None else tag("path", class_="limit", d=f"M{min(threshold * scale, 99.5):.1f} 0v10")
    bar = tag("rect", class_=kind, y=2, width=float(min(value * scale, 100)), height=6)
    return tag("svg", bar, mark, class_="meter", viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")


def curve_picture(title: str, axes: tuple[str, str], baseline: Points, current: Points, diagonal: bool) -> Markup:
    """A curve in the unit square, baseline and current, e.g. a receiver operating characteristic."""
    far = _MARGIN + _CURVE
    quarter = _CURVE / 4
    grid = "".join(
        f"M{_MARGIN:g} {4 + step * quarter:g}h{_CURVE:g}M{_MARGIN + step * quarter:g} 4v{_CURVE:g}" for step in range(5)
    )
    labels = [("start", _MARGIN), ("middle", _MARGIN + _CURVE / 2), ("end", far)]
    return tag(
        "svg",
        tag("title", f"{title}: {axes[1]} against {axes[0]}, baseline and current"),
        tag("path", class_="grid", d=grid),
        tag("path", class_="chance", d=f"M{_MARGIN:g} {4 + _CURVE:g}L{far:g} 4") if diagonal else None,
        *(
            tag("path", class_=f"{kind} line", d=_polyline(points))
            for kind, points in (("base", baseline), ("now", current))
            if points
        ),
        *(
            tag("text", f"{step / 2:g}", x=x, y=_CURVE + 20, text_anchor=anchor)
            for step, (anchor, x) in enumerate(labels)
        ),
        *(
            tag("text", f"{1 - step / 2:g}", x=_MARGIN - 6, y=8 + step * _CURVE / 2, text_anchor="end")
            for step in (0, 1)
        ),
        tag("text", axes[0], x=_MARGIN + _CURVE / 2, y=_CURVE + 36, text_anchor="middle"),
        tag("text", axes[1], transform=f"translate(11 {4 + _CURVE / 2:g}) rotate(-90)", text_anchor="middle"),
        class_="curve",
        viewBox=f"0 0 {far + 10:g} {_CURVE + 42:g}",
        role="img",
    )


def round_numbers(low: float, high: float, most: int = 5) -> list[float]:
    """Up to ``most`` multiples of 1, 2 or 5 times a power of ten between ``low`` and ``high``."""
    span = high - low
    if not (span > 0 and math.isfinite(span)):
        return []
    power = 10.0 ** math.floor(math.log10(span / most)) if span / most > 1e-300 else 0.0
    step = next((power * factor for factor in (1, 2, 5, 10) if span / (power * factor or math.inf) < most), 0.0)
    if not step or abs(high / step) > 1e15 or abs(low / step) > 1e15:
        return []
    return [step * place + 0.0 for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _steps(shares: Sequence[float], peak: float) -> str:
    width = _WIDTH / len(shares)
    return (
        f"M0 {_BASE:g}"
        + "".join(
            f"V{_BASE - (_BASE - _TOP) * one / peak:.0f}H{width * (place + 1):.1f}" for place, one in enumerate(shares)
        )
        + f"V{_BASE:g}z"
    )


def _gap_mark(found: Histogram) -> Markup | None:
    low, high = found.edges[0], found.edges[-1]
    gap = found.gap
    if gap is None or isinstance(gap.at, str) or gap.baseline == gap.current or not low <= gap.at <= high:
        return None
    return tag("path", class_="gap", d=f"M{_WIDTH * (gap.at - low) / (high - low):.1f} {_TOP:g}V{_BASE:g}")


def _tick(at: float, place: float) -> Markup:
    x = _WIDTH * place
    anchor = "start" if x < _LABEL_WIDTH else "end" if x > _WIDTH - _LABEL_WIDTH else "middle"
    shifted = max(x, 1.0) if anchor == "start" else min(x, _WIDTH - 1.0)
    text = tag("text", number(at), x=round(shifted, 1), y=_HEIGHT - 4, text_anchor=anchor)
    return joined([tag("path", class_="axis", d=f"M{x:.1f} {_BASE:g}v3"), text])


def _ten_thousandths(shares: Sequence[float]) -> str | None:
    return " ".join(f"{10_000 * one:.0f}" for one in shares) or None


def _polyline(points: Points) -> str:
    return "M" + "L".join(f"{_MARGIN + _CURVE * x:.1f} {4 + _CURVE * (1 - y):.1f}" for x, y in points)
