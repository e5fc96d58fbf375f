r"""The regular expressions of AWS's models, which are Java's, as Python's.

Belongs here: translation and full matches. Does not belong here: which member has which pattern.
"""

from __future__ import annotations

import re
from functools import cache

_SEPARATORS = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CLASSES = {
    # \w is letters, numbers and the underscore, which every pattern of AWS with these classes allows as well.
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": _SEPARATORS,
}


def matches(pattern: str, text: str) -> bool:
    """Whether all of ``text`` fits ``pattern``: AWS looks for a full match even where the pattern has no anchors."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
