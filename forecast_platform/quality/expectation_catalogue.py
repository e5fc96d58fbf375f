"""Which expectations there are and which arguments they take, without importing Great Expectations for seconds.

Belongs here: the stored catalogue, and what is wrong with an expectation by it. Does not belong here: writing the
catalogue (``expectation_catalogue_writer``), evaluating (``gx_engine``, ``sql_engine``).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from forecast_platform.errors import Problem
from forecast_platform.quality.checks import Expectation

STORED = Path(__file__).with_name("expectation_catalogue.yaml")
PARAMETER = "$PARAMETER"
"""Key of an argument that stands for a parameter of the batch."""

Kind = Literal["text", "number", "integer", "boolean", "time", "list", "mapping"]
_IN_WORDS = {
    "text": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "time": "a date or an ISO date-time",
    "list": "a list",
    "mapping": "a mapping",
}


@dataclass(frozen=True)
class Argument:
    """What an argument takes.

    Attributes:
        kinds: Any of these.
        one_of: Where only some texts are meant; empty = any.
        minimum, maximum: Of a number.
    """

    kinds: tuple[Kind, ...]
    required: bool = False
    one_of: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def takes(self, value: Any) -> bool:
        """Whether ``value`` can be meant. A mapping with ``$PARAMETER`` can stand for anything."""
        if isinstance(value, Mapping) and set(value) == {PARAMETER}:
            return True
        if isinstance(value, str) and self.one_of:
            return value in self.one_of
        if not any(_is(value, kind) for kind in self.kinds):
            return False
        if isinstance(value, int | float):
            above = self.minimum is None or value >= self.minimum
            return above and (self.maximum is None or value <= self.maximum)
        return True

    def __str__(self) -> str:
        if self.one_of:
            return f"one of {', '.join(self.one_of)}"
        text = " or ".join(_IN_WORDS[kind] for kind in self.kinds)
        if self.minimum is not None and self.maximum is not None:
            return f"{text} from {self.minimum:g} to {self.maximum:g}"
        return text if self.minimum is None else f"{text} from {self.minimum:g}"


@dataclass(frozen=True)
class KnownExpectation:
    """One expectation of Great Expectations.

    Attributes:
        type: Its other name, e.g. ``expect_column_values_to_not_be_null``.
        only_sql: It works on tables of a database only, and not on the frames that checks look at.
    """

    type: str
    arguments: Mapping[str, Argument]
    only_sql: bool = False


@cache
def catalogue() -> dict[str, KnownExpectation]:
    """Every expectation of Great Expectations, by the name of its class."""
    import yaml

    stored = yaml.load(STORED.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {
        name: KnownExpectation(
            type=known["type"],
            arguments={argument: _argument(facts) for argument, facts in known.get("arguments", {}).items()},
            only_sql=known.get("only_sql", False),
        )
        for name, known in stored.items()
    }


def class_name(name: str) -> str:
    """The name of the class for either name of an expectation; what is not known is given back."""
    if name.startswith("expect_") or name == "unexpected_rows_expectation":
        return _classes().get(name, name)
    return name


def problems_of(expectation: Expectation, where: str) -> list[Problem]:
    """Everything that is wrong with ``expectation``, as far as it can be told without data.

    Args:
        expectation: By a name of Great Expectations. One by a dotted path is not in the catalogue.
        where: For the problems.
    """
    known = catalogue().get(class_name(expectation.name))
    if known is None:
        names = sorted([*catalogue(), *_classes()])
        nearest = difflib.get_close_matches(expectation.name, names, n=1)
        advice = f"Did you mean {nearest[0]}?" if nearest else "A class of your own is written as a dotted path."
        return [Problem(where, expectation.name, "the name of an expectation of Great Expectations", advice)]
    if known.only_sql:
        advice = "Use one on regular expressions, or UnexpectedRowsExpectation with a query of your own."
        found = f"{expectation.name}, which works on tables of a database only"
        return [Problem(where, found, "an expectation that works on frames", advice)]
    return _argument_problems(expectation, known, where)


def _argument_problems(expectation: Expectation, known: KnownExpectation, where: str) -> list[Problem]:
    problems = []
    takes = f"arguments of {expectation.name}: {', '.join(known.arguments)}"
    for name, value in expectation.arguments.items():
        argument = known.arguments.get(name)
        if argument is None:
            nearest = difflib.get_close_matches(name, known.arguments, n=1)
            problems.append(Problem(where, f"{name}", takes, f"Did you mean {nearest[0]}?" if nearest else ""))
        elif not argument.takes(value):
            problems.append(Problem(f"{where}, argument {name}", repr(value), str(argument)))
    missing = [name for name, one in known.arguments.items() if one.required and name not in expectation.arguments]
    if missing:
        problems.append(Problem(where, f"no {' and no '.join(missing)}", f"{expectation.name} with it"))
    return problems


@cache
def _classes() -> dict[str, str]:
    return {known.type: name for name, known in catalogue().items()}


def _argument(facts: Mapping[str, Any]) -> Argument:
    lists = {name: tuple(facts[name]) for name in ("kinds", "one_of") if name in facts}
    return Argument(**{"kinds": (), **facts, **lists})


def _is(value: Any, kind: Kind) -> bool:
    if kind == "time":
        return isinstance(value, date | datetime) or _is_time(value)
    if kind in ("number", "integer") and isinstance(value, bool):
        return False
    types = {
        "text": str,
        "number": int | float,
        "integer": int,
        "boolean": bool,
        "list": list | tuple,
        "mapping": Mapping,
    }
    return isinstance(value, types[kind])


def _is_time(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
