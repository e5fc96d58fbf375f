"""The failures this platform knows, as types.

Belongs here: what went wrong and whether trying again can help. Does not belong here: how a failure is
shown (the CLI and the Dagster shell decide that) or how often it is retried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what a person gave us.

    Attributes:
        where: File and place, e.g. ``params.json: $.Predictor.ForecastHorizon`` or
            ``train/sales.csv, line 17, column demand``.
        found: What is there, quoted as it was written.
        expected: What is allowed there.
        advice: What to do about it; empty when ``expected`` already says so.
    """

    where: str
    found: str
    expected: str
    advice: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: found {self.found}; expected {self.expected}."
        return f"{text} {self.advice}" if self.advice else text


class ForecastPlatformError(Exception):
    """Base of every error raised on purpose by this package."""


class PermanentError(ForecastPlatformError):
    """Trying again without changing something cannot help."""


class TransientError(ForecastPlatformError):
    """Trying again later can help: a file still being written, a service that throttles."""


class InputError(PermanentError):
    """What a person gave us is wrong. Carries every problem found, not only the first.

    Attributes:
        summary: One line that says what could not be done because of the problems.
        problems: All of them, in the order in which they were found.
    """

    def __init__(self, summary: str, problems: Iterable[Problem] = ()) -> None:
        self.summary = summary
        self.problems = tuple(problems)
        super().__init__("\n".join([summary, *(f"  - {problem}" for problem in self.problems)]))


class MissingExtraError(PermanentError):
    """Something was asked for whose packages are an extra that is not installed.

    Args:
        what: What needs them, e.g. ``The algorithm Prophet``.
        extra: Name of the extra in pyproject.toml.
    """

    def __init__(self, what: str, extra: str) -> None:
        self._arguments = (what, extra)
        super().__init__(
            f"{what} needs packages that are not installed. Install them with: pip install 'forecast-platform[{extra}]'"
        )

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        """Exceptions are pickled with their message as the only argument; this one is made from two."""
        return type(self), self._arguments
