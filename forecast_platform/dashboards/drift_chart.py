"""A picture of drift: how far each series has moved against how far chance goes.

Belongs here: this picture. Does not belong here: what all pictures have in common (``drawing``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast_platform.dashboards.drawing import ACCENT, INK, MEAN, QUIET, font, one_line, png, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def drift_chart(rows: pd.DataFrame, title: str) -> bytes:
    """A bar per comparison from 0 to its distance, and a mark where its threshold is; what has drifted is coloured.

    Args:
        rows: ``label``, ``distance``, ``threshold``, ``drifted``, in the order of the bars.

    Returns:
        A PNG of at most :data:`~forecast_platform.dashboards.drawing.MAX_BYTES`.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        style(axes, title if len(rows) else "Nothing was compared.")
        axes.grid(visible=False, axis="y")
        # With room for the whole of a mark at 1.
        axes.set_xlim(0, 1.01)
        for position, row in enumerate(rows.itertuples(index=False)):
            axes.barh(position, row.distance, height=0.6, color=MEAN if row.drifted else ACCENT)
            reachable = min(float(row.threshold), 1.0)
            axes.plot([reachable, reachable], [position - 0.42, position + 0.42], color=INK, linewidth=1.6)
        axes.set_yticks(range(len(rows)), [one_line(label, 34) for label in rows["label"]])
        for label in axes.get_yticklabels():
            label.set(**font(9), parse_math=False)
        axes.set_xlabel("distance (0 = the same); mark: up to here it is chance", **font(8, QUIET))
        axes.invert_yaxis()

    return png(draw, height=1.1 + 0.27 * max(len(rows), 1))
