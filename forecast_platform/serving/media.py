"""Content types: which the server reads and writes, and which one a request gets.

Belongs here: the headers Content-Type and Accept. Does not belong here: bodies (``payloads``).
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from forecast_platform.serving.refusal import RefusedError

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"
KNOWN = (CSV, JSON, JSON_LINES)
_CHARSETS = ("utf-8", "us-ascii")
_ANY = ("*/*", "")


@lru_cache(maxsize=256)
def content_type_of(header: str) -> str:
    """Which of :data:`KNOWN` the header Content-Type names.

    Raises:
        RefusedError: 415, another type or an encoding other than UTF-8.
    """
    media_type, parameters = _split(header)
    if media_type not in KNOWN:
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type {header!r} cannot be read; send {', '.join(KNOWN)}."
        )
    charset = parameters.get("charset", "utf-8").lower()
    if charset not in _CHARSETS:
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The charset {charset!r} cannot be read; send UTF-8.")
    return media_type


@lru_cache(maxsize=256)
def accepted_type(header: str, default: str) -> str:
    """Which of :data:`KNOWN` the header Accept likes best; ``default`` where it likes anything.

    Raises:
        RefusedError: 406, it likes none of them.
    """
    ranges = [_split(part) for part in header.split(",")]
    liked = sorted(ranges, key=lambda one: -_quality(one[1]))
    for media_range, parameters in liked:
        if _quality(parameters) <= 0:
            continue
        if media_range in KNOWN:
            return media_range
        if media_range in _ANY or (media_range.endswith("/*") and default.startswith(media_range[:-1])):
            return default
        for known in KNOWN:
            if media_range.endswith("/*") and known.startswith(media_range[:-1]):
                return known
    raise RefusedError(HTTPStatus.NOT_ACCEPTABLE, f"Accept {header!r} cannot be met; ask for {', '.join(KNOWN)}.")


def _split(header: str) -> tuple[str, dict[str, str]]:
    media_type, *rest = header.split(";")
    pairs = (part.partition("=") for part in rest)
    return media_type.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _quality(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
