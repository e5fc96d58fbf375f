"""Which keys a bucket takes.

Belongs here: the checks that every implementation of the protocol shares. Does not belong here: limits of one
store, such as the longest file name.
"""

from __future__ import annotations

import unicodedata


def check_key(key: str) -> str:
    """Return ``key`` if it may name an object.

    Raises:
        ValueError: It is empty, could leave the bucket, or holds a part that listings do not show.
    """
    if not key or key.endswith("/"):
        raise ValueError(f"{key!r} is not an object's key: expected a name that does not end with a slash")
    return _checked(key)


def check_prefix(prefix: str) -> str:
    """Return ``prefix`` if keys may start with it; empty and a trailing slash are allowed.

    Raises:
        ValueError: No key could start with it.
    """
    _checked(prefix.removesuffix("/")) if prefix else prefix
    return prefix


def _checked(key: str) -> str:
    if key.startswith("/"):
        raise ValueError(f"key {key!r} starts with a slash; keys are relative to the bucket")
    if "\\" in key:
        raise ValueError(f"key {key!r} holds a backslash; folders are separated by '/'")
    if any(unicodedata.category(character) == "Cc" for character in key):
        raise ValueError(f"key {key!r} holds a control character")
    for part in key.split("/"):
        if part in ("", ".", ".."):
            raise ValueError(f"key {key!r} holds the part {part!r}; it could name something outside the bucket")
        if part.startswith("."):
            raise ValueError(f"key {key!r} holds the hidden name {part!r}; names may not start with a dot")
    return key
