"""What all pictures have in common: colours, type, axes, and a PNG that is small enough for metadata.

Belongs here: matplotlib, through its object-oriented interface only, so that threads do not share a figure.
Does not belong here: what a picture shows (``charts``, ``accuracy_charts``).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_BYTES = 100 * 1024
"""Largest picture; the metadata of a run is kept in a database."""

_WIDTH_INCHES = 7.0
_DENSITIES = (150, 120, 100, 70)
INK, QUIET, LINE, ACCENT, MEAN = "#1b1d21", "#5b606a", "#e2e0dc", "#1d4fa8", "#a8470f"
BANDS = ("#d5dff0", "#b0c4e6", "#8aa8da")

_CJK_FAMILIES = (
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans KR",
    "Source Han Sans",
    "Apple SD Gothic Neo",
    "Hiragino Sans",
    "PingFang SC",
    "Malgun Gothic",
    "Microsoft YaHei",
    "Yu Gothic",
    "NanumGothic",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
)


def style(axes: Axes, title: str) -> None:
    """A title on one line, a quiet grid, no box."""
    axes.set_title(one_line(title, 60), **font(9, weight="bold"), loc="left", parse_math=False)
    axes.grid(color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=QUIET)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#8b8f98")


def time_axes(axes: Axes) -> None:
    """Few ticks; dates without what they have in common."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set(**font(8, QUIET))
    axes.margins(x=0.01)


def one_line(text: str, length: int) -> str:
    """``text`` without line breaks, cut off at ``length`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def font(size: float, color: str = INK, weight: str = "normal") -> dict[str, Any]:
    """Arguments of a text."""
    return {"fontsize": size, "color": color, "fontweight": weight, "fontfamily": list(_families())}


@cache
def _families() -> tuple[str, ...]:
    """Families to look for a glyph in: the bundled one, then a CJK one when the machine has any."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ("DejaVu Sans", *(family for family in _CJK_FAMILIES if family in installed))[:2]


def png(draw: Callable[[Figure], None], height: float) -> bytes:
    """Draw at the highest density that stays below :data:`MAX_BYTES`.

    A limited palette makes line art a third as large, and no metadata is written, so bytes do not change with the
    library's version number.
    """
    for picture in _renderings(draw, height):
        if len(picture) <= MAX_BYTES:
            break
    return picture


def _renderings(draw: Callable[[Figure], None], height: float) -> Iterator[bytes]:
    from matplotlib.figure import Figure
    from PIL import Image

    for density in _DENSITIES:
        figure = Figure(figsize=(_WIDTH_INCHES, height), dpi=density, layout="constrained", facecolor="white")
        with warnings.catch_warnings():
            # A glyph that no installed font has is drawn as a box; a warning for each would fill the log.
            warnings.filterwarnings("ignore", message="Glyph")
            draw(figure)
            drawn = io.BytesIO()
            figure.savefig(drawn, format="png")
        stream = io.BytesIO()
        Image.open(drawn).convert("RGB").quantize(64).save(stream, "PNG", optimize=True)
        yield stream.getvalue()
