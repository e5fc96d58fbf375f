"""Checks as data: a question a person would ask of a batch, and the expectations that answer it.

Belongs here: the vocabulary. Does not belong here: evaluating it (``validation``), which checks a project has
(``suites``). Imports nothing heavy: asset definitions read it while they load.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]
"""As Great Expectations has them. Critical: going on would do harm. Warning: a person should look. Info: a fact."""


@dataclass(frozen=True)
class Expectation:
    """One expectation of Great Expectations, by its name.

    Attributes:
        name: A class of ``great_expectations.expectations``, e.g. ``ExpectColumnValuesToNotBeNull``, its other name
            ``expect_column_values_to_not_be_null``, or the dotted path of a class of one's own.
        arguments: Its arguments. ``{"$PARAMETER": "max_refused_share"}`` as a value stands for a parameter
            that is known when the batch is.
    """

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One question about a batch, answered yes when every expectation is met.

    Attributes:
        name: Fixed for the life of the check: its history hangs on it.
        description: What is true when it passes, in a sentence.
        expectations: An empty tuple always passes: nothing is expected.
        message: What to tell people of the outcome, a :meth:`str.format` text. Its fields are the parameters and,
            for a batch of one row, that row's columns, and ``observed``: what is said without a message, put together
            from the expectations.
    """

    name: str
    description: str
    severity: Severity
    expectations: tuple[Expectation, ...]
    message: str = ""
