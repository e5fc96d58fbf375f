"""Shapes of JSON values: what is allowed, and a reader that reports everything that is not.

Belongs here: shapes that know nothing of forecasting. Does not belong here: the keys of params.json (``schema``) or
rules that compare two places of it (``dataset_rules``, ``predictor_rules``).

A validation library stops short of what is needed here: after the shapes are checked, the rules still have to look
at the parts that are right, so that all problems are reported at once. Reading therefore returns the value with
what is wrong replaced by :data:`REFUSED`, of which :func:`value_at` and :func:`entries_at` keep clear.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from forecast_platform.errors import Problem
from forecast_platform.params.json_text import JsonObject, printable


class _Refused:
    def __repr__(self) -> str:
        return "REFUSED"


REFUSED: Any = _Refused()
"""Stands where a value was that has been reported already."""


class Problems:
    """Everything found so far in one file."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.found: list[Problem] = []

    def add(self, path: str, found: str, expected: str, advice: str = "") -> None:
        """Report what is at the JSON path ``path``."""
        self.found.append(Problem(f"{self._source}: {path}", found, expected, advice))


class Shape(Protocol):
    """What a JSON value may be."""

    @property
    def expected(self) -> str:
        """For people: what is allowed."""
        ...

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        """``value`` as the program uses it, or :data:`REFUSED` after reporting why."""
        ...


def child(path: str, key: str) -> str:
    """The JSON path of ``key`` in the object at ``path``."""
    return f"{path}.{key}" if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII) else f"{path}[{printable(key)}]"


def shown(value: Any) -> str:
    """``value`` as it is in the file, shortened, for messages."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return printable(value)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` most resembles, whatever its case; ``None`` when it resembles none."""
    by_lower = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean 'X'?``, or nothing."""
    suggestion = nearest(word, known)
    return f"Did you mean '{suggestion}'?" if suggestion else ""


def value_at(value: Any, *keys: str) -> Any:
    """What is at ``keys`` in what a shape has read; ``None`` when it is absent or was refused."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return None if value is REFUSED else value


def entries_at(value: Any, *keys: str) -> list[tuple[int, Any]]:
    """Index and value of the entries of the list at ``keys`` that were not refused."""
    return [(index, entry) for index, entry in enumerate(value_at(value, *keys) or ()) if entry is not REFUSED]


@dataclass(frozen=True)
class Text:
    """A string that ``accepts`` says yes to."""

    expected: str
    accepts: Callable[[str], object]

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, str) and self.accepts(value):
            return value
        return _refuse(self, value, path, problems, _quotes_advice(value))


@dataclass(frozen=True)
class Parsed:
    """A string that ``parse`` turns into something else, or refuses with a ValueError.

    Attributes:
        known: Strings that it takes, to suggest one of them.
    """

    expected: str
    parse: Callable[[str], Any]
    known: tuple[str, ...] = ()

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, str):
            try:
                return self.parse(value)
            except ValueError:
                return _refuse(self, value, path, problems, did_you_mean(value, self.known))
        return _refuse(self, value, path, problems, _quotes_advice(value))


@dataclass(frozen=True)
class Choice:
    """One of a few strings."""

    options: tuple[str, ...]

    @property
    def expected(self) -> str:
        return one_of(self.options)

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, str) and value in self.options:
            return value
        advice = did_you_mean(value, self.options) if isinstance(value, str) else ""
        return _refuse(self, value, path, problems, advice)


@dataclass(frozen=True)
class Integer:
    """A whole number between ``low`` and ``high``, both included."""

    low: int | None = None
    high: int | None = None

    @property
    def expected(self) -> str:
        return "a whole number" if self.low is None else f"a whole number from {self.low} to {self.high}"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if type(value) is int and (self.low is None or self.low <= value) and (self.high is None or value <= self.high):
            return value
        return _refuse(self, value, path, problems, _no_quotes_advice(value))


@dataclass(frozen=True)
class Number:
    """A finite number."""

    expected: str = "a number"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if type(value) is int or (type(value) is float and math.isfinite(value)):
            return value
        return _refuse(self, value, path, problems, _no_quotes_advice(value))


@dataclass(frozen=True)
class Flag:
    """True or false."""

    expected: str = "true or false"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, bool):
            return value
        advice = "Write it without quotes." if isinstance(value, str) else ""
        return _refuse(self, value, path, problems, advice)


@dataclass(frozen=True)
class Items:
    """A list of ``low`` to ``high`` values of one shape.

    Attributes:
        noun: What the entries are, in the plural.
        identity: What two entries may not have in common; ``None`` = they may be equal.
    """

    noun: str
    item: Shape
    low: int
    high: int
    identity: Callable[[Any], Any] | None = None

    @property
    def expected(self) -> str:
        return f"a list of {self.noun} ({_between(self.low, self.high)})"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, list):
            return _refuse(self, value, path, problems)
        if not self.low <= len(value) <= self.high:
            problems.add(path, f"{len(value)} {self.noun}", _between(self.low, self.high))
        read = [self.item.read(entry, f"{path}[{index}]", problems) for index, entry in enumerate(value)]
        if self.identity:
            self._report_repeated(
                value, [None if one is REFUSED else self.identity(one) for one in read], path, problems
            )
        return read

    def _report_repeated(self, value: list[Any], identities: list[Any], path: str, problems: Problems) -> None:
        first: dict[Any, int] = {}
        for index, identity in enumerate(identities):
            if identity is None:
                continue
            if (other := first.setdefault(identity, index)) != index:
                written = value[index]
                other_spelling = isinstance(written, str) and written != identity
                found = f"{shown(written)} ({identity})" if other_spelling else shown(identity)
                advice = f"The same is at [{other}]: remove one."
                problems.add(f"{path}[{index}]", found, f"different {self.noun}", advice)


@dataclass(frozen=True)
class Pairs:
    """An object whose keys are free: at most ``high`` of them."""

    noun: str
    key: Text
    value: Shape
    high: int
    low: int = 0

    @property
    def expected(self) -> str:
        return f"an object with {self.noun} ({_between(self.low, self.high)})"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, JsonObject):
            return _refuse(self, value, path, problems)
        _report_repeated_keys(value, path, problems)
        if not self.low <= len(value) <= self.high:
            problems.add(path, f"{len(value)} {self.noun}", _between(self.low, self.high))
        for key in value:
            if not self.key.accepts(key):
                problems.add(path, f"the key {shown(key)}", self.key.expected)
        return {key: self.value.read(entry, child(path, key), problems) for key, entry in value.items()}


@dataclass(frozen=True)
class Object:
    """An object with known keys.

    Attributes:
        required: Those that must be there.
        advice: What to say about a key that is missing or does not belong here, by key.
    """

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    advice: Mapping[str, str] = field(default_factory=dict)

    @property
    def expected(self) -> str:
        return f"an object with {all_of(self.required)}" if self.required else "an object"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, JsonObject):
            return _refuse(self, value, path, problems)
        _report_repeated_keys(value, path, problems)
        read = {
            key: shape.read(value[key], child(path, key), problems)
            for key, shape in self.fields.items()
            if key in value
        }
        for key in value:
            if key not in self.fields and (meant := self._report_unknown(key, value, path, problems)):
                read[meant] = REFUSED
        for key in self.required:
            if key not in read:
                problems.add(child(path, key), "nothing", self.fields[key].expected, self.advice.get(key, ""))
                read[key] = REFUSED
        return read

    def _report_unknown(self, key: str, value: JsonObject, path: str, problems: Problems) -> str | None:
        """Returns the absent key that was probably meant, so that it is not reported as missing as well."""
        allowed = [name for name in self.fields if name not in value]
        meant = None if key in self.advice else nearest(key, allowed) or nearest(key, self.fields)
        advice = self.advice.get(key) or (f"Did you mean '{meant}'?" if meant else "")
        problems.add(child(path, key), f"the unknown key {printable(key)}", one_of(self.fields), advice)
        return meant if meant in allowed else None


def one_of(words: Iterable[str]) -> str:
    """``A, B or C``."""
    return _series(words, "or")


def all_of(words: Iterable[str]) -> str:
    """``A, B and C``."""
    return _series(words, "and")


def _between(low: int, high: int) -> str:
    return f"exactly {low}" if low == high else f"{low} to {high}"


def _series(words: Iterable[str], conjunction: str) -> str:
    *rest, last = words
    return f"{', '.join(rest)} {conjunction} {last}" if rest else last


def _refuse(shape: Shape, value: Any, path: str, problems: Problems, advice: str = "") -> Any:
    problems.add(path, shown(value), shape.expected, advice)
    return REFUSED


def _report_repeated_keys(value: JsonObject, path: str, problems: Problems) -> None:
    for key in value.repeated:
        problems.add(child(path, key), "this key more than once", "each key once", "Remove all but one.")


def _quotes_advice(value: Any) -> str:
    return "Write it in double quotes." if type(value) in (int, float) else ""


def _no_quotes_advice(value: Any) -> str:
    return "Write the number without quotes." if isinstance(value, str) and _is_number(value) else ""


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII) is not None
