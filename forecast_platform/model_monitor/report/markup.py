"""HTML and SVG as values: text is escaped unless its type says that it is markup already.

Belongs here: elements and escaping. Does not belong here: what any page shows.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

_EMPTY_ELEMENTS = frozenset({"input", "path", "rect", "line", "br"})

Child = str | int | None
Attribute = str | int | float | bool | None


class Markup(str):
    """Text that is HTML. Only :func:`tag` and :func:`joined` make it, so nothing else gets into a page unescaped."""

    __slots__ = ()


def tag(name: str, *children: Child, **attributes: Attribute) -> Markup:
    """One element.

    Args:
        name: Of the element; chosen by us, never by data.
        children: :class:`Markup` goes in as it is, everything else escaped; ``None`` is left out.
        attributes: ``class_`` stands for ``class`` and ``data_x`` for ``data-x``. ``True`` is an attribute without a
            value; ``False`` and ``None`` leave it out.
    """
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY_ELEMENTS:
        return Markup(f"<{name}{opening}/>")
    return Markup(f"<{name}{opening}>{joined(children)}</{name}>")


def joined(parts: Iterable[Child], separator: str = "") -> Markup:
    """Parts one after the other, escaped like the children of :func:`tag`."""
    return Markup(_escaped(separator).join(_escaped(part) for part in parts if part is not None))


def _escaped(part: Child) -> str:
    return part if isinstance(part, Markup) else html.escape(_visible(str(part)))


def _visible(text: str) -> str:
    """``text`` without what no HTML document may contain: NUL, and halves of letters that no encoding can write."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(_visible(_plain(value)))}"'


def _plain(value: str | int | float) -> str:
    """Coordinates with as many digits as a screen can show."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
