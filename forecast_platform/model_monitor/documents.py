"""Reading JSON documents that people may have edited: every problem at once, each with its JSON path.

Belongs here: the reader, and writing strict JSON. Does not belong here: what a document means.
"""

from __future__ import annotations

import difflib
import json
import math
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forecast_platform.errors import InputError, Problem


def write_document(document: Mapping[str, Any]) -> bytes:
    """``document`` as strict JSON: there are no numbers in it that JSON does not have.

    Raises:
        ValueError: There are.
    """
    return (json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()


def parse_document(data: bytes) -> Any:
    """The JSON value in ``data``, which may begin with a byte order mark.

    NaN and Infinity, which JSON does not have, are read as these words, as the service writes them: so a message can
    tell where they are, and what is read can be written.

    Raises:
        ValueError: It is no JSON, or no text.
        RecursionError: It is nested too deep.
    """
    text = data.decode(json.detect_encoding(data))
    document = json.loads(text, parse_constant=str)
    if "\\u" in text:
        # Half a surrogate pair could be read, and never be written.
        json.dumps(document, ensure_ascii=False).encode()
    return document


def read_document(data: bytes, source: str) -> Fields:
    """The JSON object in ``data``.

    Args:
        source: What messages call the file.

    Raises:
        InputError: It is no JSON object.
    """
    try:
        document = parse_document(data)
    except (ValueError, RecursionError) as error:
        problem = Problem(source, str(error), "a JSON document in UTF-8")
        raise InputError(f"{source} cannot be read.", [problem]) from None
    if not isinstance(document, dict):
        problem = Problem(source, json.dumps(document)[:80], "a JSON object")
        raise InputError(f"{source} cannot be read.", [problem])
    return Fields(document, f"{source}: $")


@dataclass(frozen=True)
class Fields:
    """One JSON object that is being read.

    Attributes:
        path: File and JSON path.
        problems: What is wrong, in this object and in those that were read from it.
    """

    document: Mapping[str, Any]
    path: str
    problems: list[Problem] = field(default_factory=list)

    def __contains__(self, key: object) -> bool:
        return key in self.document

    def raw(self, key: str) -> Any:
        """What is written at ``key``, or ``None``."""
        return self.document.get(key)

    def fields(self, key: str) -> Fields:
        """The object at ``key``; an empty one when nothing is there."""
        found = self.document.get(key)
        if found is None:
            found = {}
        if not isinstance(found, dict):
            self.refuse(key, "an object")
            found = {}
        return Fields(found, f"{self.path}.{key}", self.problems)

    def items(self, key: str, expected: str) -> Iterator[Fields]:
        """The objects in the list at ``key``."""
        found = self.document.get(key)
        if not isinstance(found, list):
            self.refuse(key, f"a list of {expected}")
            return
        for index, item in enumerate(found):
            if isinstance(item, dict):
                yield Fields(item, f"{self.path}.{key}[{index}]", self.problems)
            else:
                self.refuse(f"{key}[{index}]", "an object", json.dumps(item)[:80])

    def text(self, key: str) -> str:
        """The text at ``key``."""
        found = self.document.get(key)
        if isinstance(found, str):
            return found
        self.refuse(key, "a text")
        return ""

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at ``key``. Numbers and true or false are taken as they are written."""
        found = self.document.get(key)
        if not isinstance(found, list) or any(isinstance(one, list | dict) or one is None for one in found):
            self.refuse(key, "a list of values")
            return ()
        return tuple(one if isinstance(one, str) else json.dumps(one) for one in found)

    def number(self, key: str, default: Any, low: float = -math.inf, high: float = math.inf) -> Any:
        """The number at ``key``, from ``low`` to ``high``; ``default`` when nothing is there."""
        if key not in self.document:
            return default
        found = self.document[key]
        if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) <= sys.float_info.max:
            if low <= found <= high:
                return float(found)
            self.refuse(key, f"a number from {low:g} to {high:g}")
            return default
        self.refuse(key, "a number")
        return default

    def flag(self, key: str, default: Any) -> Any:
        """true or false at ``key``; ``default`` when nothing is there."""
        found = self.document.get(key, default)
        if found is default or isinstance(found, bool):
            return found
        self.refuse(key, "true or false")
        return default

    def choice(self, key: str, known: Collection[str], default: str) -> str:
        """One of ``known`` at ``key``; ``default`` when nothing is there."""
        found = self.document.get(key, default)
        if found in known:
            return str(found)
        nearest = difflib.get_close_matches(str(found), known, n=1, cutoff=0.5)
        advice = f"Did you mean {nearest[0]}?" if nearest else ""
        self.refuse(key, f"one of {', '.join(known)}", json.dumps(found)[:80], advice)
        return default

    def unknown(self, known: Collection[str]) -> Iterator[str]:
        """A sentence for every key that is none of ``known``."""
        for key in self.document:
            if key not in known:
                nearest = difflib.get_close_matches(key, known, n=1)
                advice = f" Did you mean {nearest[0]}?" if nearest else ""
                yield f"{self.path}.{key} is not known here and has no effect.{advice}"

    def refuse(self, key: str, expected: str, found: str | None = None, advice: str = "") -> None:
        """Say that what is at ``key`` is not ``expected``."""
        if found is None:
            found = json.dumps(self.document[key])[:80] if key in self.document else "nothing"
        self.problems.append(Problem(f"{self.path}.{key}", found, expected, advice))
