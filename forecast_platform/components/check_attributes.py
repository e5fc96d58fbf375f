"""Checks that users write themselves, in a ``defs.yaml`` or in Python, and what can be wrong with them.

Belongs here: the attributes of a check and their way to ``quality.Check``, for every component type. Does not belong
here: which rows a check sees (the component types). Definitions load this: Great Expectations is imported only for
classes of the user's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from string import Formatter
from typing import Annotated, Any

from dagster.components import Model, Resolvable
from pydantic import Field

from forecast_platform.errors import InputError, Problem
from forecast_platform.quality import Check, Expectation, Severity
from forecast_platform.quality.expectation_catalogue import PARAMETER, problems_of

Table = tuple[str, str]
"""An asset's noun, and which of its tables; the text is empty where an asset has one table only."""

PARAMETERS = ("cutoff", "rows")
"""What a check may refer to, and its message may mention: the partition's cutoff, the number of rows it looks at."""
_TYPE = "type"
_NAME = re.compile(r"[A-Za-z0-9_]+")


class CheckAttributes(Model, Resolvable):
    """One question of the user's about the rows of an asset."""

    asset: Annotated[str, Field(description="The asset whose rows are looked at.", examples=["raw_training_data"])]
    name: Annotated[
        str, Field(description="Letters, digits and underscores. Keep it: the history of the check hangs on it.")
    ]
    description: Annotated[str, Field(description="What is true when the check passes, in a sentence.")]
    expectations: Annotated[
        Sequence[dict[str, Any]],
        Field(
            description="Expectations of Great Expectations: `type`, by either of its names, beside its arguments.",
            examples=[[{"type": "expect_column_values_to_be_between", "column": "target", "min_value": 0}]],
        ),
    ]
    severity: Annotated[
        Severity,
        Field(
            description="`critical` stops what is downstream, `warning` stops nothing, `info` only shows what it saw."
        ),
    ] = "warning"
    table: Annotated[
        str, Field(description="Which of the asset's tables, where it has several. Default: the first.")
    ] = ""
    message: Annotated[
        str,
        Field(description="What to tell people; `{observed}` stands for what would be said without it."),
    ] = ""


def load_checks(paths: Sequence[str], package: str) -> list[CheckAttributes]:
    """Checks written in Python.

    Args:
        paths: Each the dotted path of a function without arguments that returns :class:`CheckAttributes`, or of a
            sequence of them. A path that starts with a dot is looked for in ``package``.

    Raises:
        InputError: What cannot be found, or is something else.
    """
    found: list[CheckAttributes] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found += _loaded(path, package)
        except (ImportError, AttributeError, TypeError) as error:
            expected = "the dotted path of a function without arguments, or of a list, that gives CheckAttributes"
            problems.append(Problem("checks_from", repr(path), expected, f"{type(error).__name__}: {error}"))
    if problems:
        raise InputError("There are checks that cannot be loaded.", problems)
    return found


def _loaded(path: str, package: str) -> list[CheckAttributes]:
    module, _, name = _absolute(path, package).rpartition(".")
    if not module:
        raise ImportError("it names no module")
    written = getattr(import_module(module), name)
    checks = list(written() if callable(written) else written)
    strangers = {type(one).__name__ for one in checks if not isinstance(one, CheckAttributes)}
    if strangers:
        raise TypeError(f"it gives {', '.join(sorted(strangers))}")
    return checks


def _absolute(path: str, package: str) -> str:
    return f"{package}{path}" if path.startswith(".") else path


@dataclass(frozen=True)
class UserChecks:
    """All checks of one component's user.

    Attributes:
        package: Where classes are looked for whose dotted path starts with a dot.
    """

    attributes: Sequence[CheckAttributes] = ()
    package: str = ""

    def by_table(
        self, tables: Mapping[str, Collection[str]], taken: Mapping[str, Collection[str]]
    ) -> dict[Table, tuple[Check, ...]]:
        """The checks, by what they look at.

        Args:
            tables: Names of the tables of every asset that can be checked; the first is meant when none is named.
            taken: Names of the checks that an asset has already.

        Raises:
            InputError: Everything that is wrong with any of them.
        """
        problems: list[Problem] = []
        found: dict[Table, list[Check]] = {}
        names = {asset: set(taken.get(asset, ())) for asset in tables}
        for number, one in enumerate(self.attributes, start=1):
            where = f"check {number} ({one.name})"
            wrong = [*_problems(one, where, tables, names.get(one.asset, ()))]
            wrong += _expectation_problems(one, where, self.package)
            problems += wrong
            names.setdefault(one.asset, set()).add(one.name)
            if not wrong:
                table = one.table or next(iter(tables[one.asset]))
                found.setdefault((one.asset, table), []).append(_check(one, self.package))
        if problems:
            raise InputError("There are checks that cannot be used.", problems)
        return {table: tuple(checks) for table, checks in found.items()}


def _check(attributes: CheckAttributes, package: str) -> Check:
    expectations = tuple(_expectation(written, package) for written in attributes.expectations)
    return Check(attributes.name, attributes.description, attributes.severity, expectations, attributes.message)


def _expectation(written: Mapping[str, Any], package: str) -> Expectation:
    arguments = {name: value for name, value in written.items() if name != _TYPE}
    return Expectation(_absolute(written[_TYPE], package), arguments)


def _problems(
    one: CheckAttributes, where: str, tables: Mapping[str, Collection[str]], taken: Collection[str]
) -> Iterator[Problem]:
    if one.asset not in tables:
        yield Problem(f"{where}, asset", repr(one.asset), f"an asset with rows: {', '.join(tables)}")
    elif one.table and one.table not in tables[one.asset]:
        known = ", ".join(filter(None, tables[one.asset])) or f"none, as {one.asset} has one table only"
        yield Problem(f"{where}, table", repr(one.table), f"a table of {one.asset}: {known}")
    if not _NAME.fullmatch(one.name):
        yield Problem(f"{where}, name", repr(one.name), "letters, digits and underscores")
    elif one.name in taken:
        yield Problem(f"{where}, name", f"a second check {one.name} of {one.asset}", "a name of its own for each")
    if not one.expectations:
        yield Problem(f"{where}, expectations", "none", "at least one")
    unknown = _fields(one.message) - {"observed", *PARAMETERS}
    if unknown:
        allowed = ", ".join(f"{{{name}}}" for name in ("observed", *PARAMETERS))
        yield Problem(f"{where}, message", ", ".join(sorted(unknown)), f"a text that mentions {allowed} or nothing")


def _fields(message: str) -> set[str]:
    """What a message mentions; a message that is no format text mentions something that does not exist."""
    try:
        return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(message) if name is not None}
    except ValueError as error:
        return {f"{message!r} ({error})"}


def _expectation_problems(one: CheckAttributes, where: str, package: str) -> Iterator[Problem]:
    for position, written in enumerate(one.expectations, start=1):
        place = f"{where}, expectation {position}"
        if not isinstance(written.get(_TYPE), str):
            yield Problem(place, f"no {_TYPE}", f"the name of an expectation as {_TYPE}")
            continue
        expectation = _expectation(written, package)
        yield from _unknown_parameters(expectation, place)
        if "." in expectation.name:
            yield from _problem_of_class(expectation, place)
        else:
            yield from problems_of(expectation, place)


def _unknown_parameters(expectation: Expectation, where: str) -> Iterator[Problem]:
    for name, value in expectation.arguments.items():
        if isinstance(value, dict) and PARAMETER in value and value[PARAMETER] not in PARAMETERS:
            expected = f"a parameter: {', '.join(PARAMETERS)}"
            yield Problem(f"{where}, argument {name}", repr(value[PARAMETER]), expected)


def _problem_of_class(expectation: Expectation, where: str) -> Iterator[Problem]:
    """Of a class of the user's own, which no catalogue knows: it is imported."""
    from forecast_platform.quality.gx_engine import problem_of

    problem = problem_of(expectation, where)
    if problem is not None:
        yield problem
