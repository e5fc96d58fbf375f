"""Evaluates checks on a batch.

Belongs here: from the answers to expectations to the outcome of a check. Does not belong here: what is checked, how
expectations are evaluated (``gx_engine``, ``sql_engine``), and what is done about an outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from forecast_platform.quality import gx_engine, sql_engine
from forecast_platform.quality.answers import EXAMPLES, Answer, ExpectationError, counted, plain
from forecast_platform.quality.checks import Check
from forecast_platform.quality.expectation_catalogue import class_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EXAMPLES", "Batch", "CheckOutcome", "ExpectationError", "Origins", "plain", "validate", "validate_batch"]

Origins = Callable[["pd.DataFrame"], "pd.DataFrame"]
"""Where rows come from: takes some rows of a batch and gives ``file`` and ``line`` for each, in their order. A line is
missing when it is not known."""


@dataclass(frozen=True)
class Batch:
    """What checks look at.

    Attributes:
        frame: The rows.
        parameters: Values of the ``$PARAMETER`` arguments, and facts that messages mention.
        checks: The checks with their expectations where those depend on the batch; ``None`` = as defined.
        origins: Where the rows were written by a person; asked only about the few that are shown.
        examples: What is shown of a check that is not as expected, by its name, where the batch is one row about many
            that says no more than the message; ``None`` = rows of the batch.
    """

    frame: pd.DataFrame
    parameters: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Check] | None = None
    origins: Origins | None = None
    examples: Mapping[str, Sequence[Mapping[str, Any]]] | None = None


@dataclass(frozen=True)
class CheckOutcome:
    """The answer to one check.

    Attributes:
        observed: One row per expectation: ``expectation`` (in words), ``observed`` (text) and ``passed``.
        message: What was observed against what was expected, for people.
        examples: The first :data:`EXAMPLES` rows of the batch that are not as expected, with the ``file`` and ``line``
            they come from where the batch knows; or what the batch shows instead.
    """

    passed: bool
    observed: list[dict[str, Any]]
    message: str
    examples: list[dict[str, Any]]


def validate_batch(batch: Batch, checks: Sequence[Check]) -> dict[str, CheckOutcome]:
    """Evaluate ``checks`` on ``batch``; see :func:`validate`."""
    outcomes = validate(batch.frame, checks, batch.parameters, batch.origins)
    if batch.examples is None:
        return outcomes
    return {
        name: outcome if outcome.passed else replace(outcome, examples=_chosen(batch.examples.get(name, ())))
        for name, outcome in outcomes.items()
    }


def _chosen(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{column: plain(value) for column, value in row.items()} for row in rows[:EXAMPLES]]


def validate(
    frame: pd.DataFrame, checks: Sequence[Check], parameters: Mapping[str, Any], origins: Origins | None = None
) -> dict[str, CheckOutcome]:
    """Evaluate ``checks`` on ``frame``.

    Args:
        frame: Any frame; it is not changed.
        checks: With distinct names.
        parameters: Values of the ``$PARAMETER`` arguments.
        origins: Where rows come from.

    Returns:
        The outcome of every check, by its name, in the order of ``checks``.

    Raises:
        InputError: Expectations that do not exist or do not take their arguments, all of them.
        ExpectationError: An expectation could not be evaluated, e.g. for want of a column.
    """
    import pandas as pd

    rows = frame.copy(deep=False)
    rows.index = pd.RangeIndex(len(frame))
    answers = _answers(rows, checks, parameters)
    return {check.name: _outcome(check, answers[check.name], rows, parameters, origins) for check in checks}


def _answers(frame: pd.DataFrame, checks: Sequence[Check], parameters: Mapping[str, Any]) -> dict[str, list[Answer]]:
    """The answers per check, in the order of the check's expectations."""
    asked = {
        (check.name, position): expectation
        for check in checks
        for position, expectation in enumerate(check.expectations)
    }
    by_sql = {place: one for place, one in asked.items() if class_name(one.name) == sql_engine.NAME}
    others = {place: one for place, one in asked.items() if place not in by_sql}
    answers = gx_engine.evaluate(frame, others, parameters)
    answers |= {place: sql_engine.evaluate(frame, one, place) for place, one in by_sql.items()}
    found: dict[str, list[Answer]] = {check.name: [] for check in checks}
    for check, position in asked:
        found[check].append(answers[check, position])
    return found


def _outcome(
    check: Check, answers: Sequence[Answer], frame: pd.DataFrame, parameters: Mapping[str, Any], origins: Origins | None
) -> CheckOutcome:
    return CheckOutcome(
        passed=all(answer.passed for answer in answers),
        observed=[
            {"expectation": answer.expectation, "observed": answer.observed, "passed": answer.passed}
            for answer in answers
        ],
        message=_message(check, answers, frame, parameters),
        examples=_examples(answers, origins),
    )


def _message(check: Check, answers: Sequence[Answer], frame: pd.DataFrame, parameters: Mapping[str, Any]) -> str:
    observed = _in_words(answers, frame)
    if not check.message:
        return observed
    row = frame.to_dict("records")[0] if len(frame) == 1 else {}
    return check.message.format(**{**row, **parameters, "observed": observed})


def _in_words(answers: Sequence[Answer], frame: pd.DataFrame) -> str:
    broken = [answer for answer in answers if not answer.passed]
    if not broken:
        return f"As expected: {counted(len(frame), 'row')} looked at."
    return " ".join(f"{answer.expectation}; observed: {answer.observed}." for answer in broken)


def _examples(answers: Sequence[Answer], origins: Origins | None) -> list[dict[str, Any]]:
    """The offending rows of all expectations, each once, in the order of the batch."""
    import pandas as pd

    found = [answer.rows for answer in answers if len(answer.rows)]
    if not found:
        return []
    rows = pd.concat(found)
    rows = rows[~rows.index.duplicated()].sort_index().head(EXAMPLES)
    if origins is not None:
        places = origins(rows)
        rows = pd.concat([places.set_axis(rows.index), rows.drop(columns=list(places), errors="ignore")], axis=1)
    return [{str(column): plain(value) for column, value in row.items()} for row in rows.to_dict("records")]
