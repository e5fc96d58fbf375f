"""Evaluates checks on a batch with Great Expectations: one validation per batch, in memory.

Belongs here: everything that knows how Great Expectations is driven. Does not belong here: what is checked,
and what is done about an outcome. Great Expectations takes seconds to import, so only functions import it.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import TYPE_CHECKING, Any

from forecast_platform.errors import InputError, PermanentError, Problem
from forecast_platform.quality.checks import Check, Expectation

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 20
"""How many offending rows are shown."""


@dataclass(frozen=True)
class Batch:
    """What checks look at.

    Attributes:
        frame: The rows.
        parameters: Values of the ``$PARAMETER`` arguments, and facts that messages mention.
        checks: The checks with their expectations where those depend on the batch; ``None`` = as defined.
    """

    frame: pd.DataFrame
    parameters: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Check] | None = None


@dataclass(frozen=True)
class CheckOutcome:
    """The answer to one check.

    Attributes:
        observed: One row per expectation: ``expectation`` (in words), ``observed`` (text) and ``passed``.
        message: What was observed against what was expected, for people.
        examples: The first :data:`EXAMPLES` rows of the batch that are not as expected.
    """

    passed: bool
    observed: list[dict[str, Any]]
    message: str
    examples: list[dict[str, Any]]


class ExpectationError(PermanentError):
    """An expectation could not be evaluated, which says nothing about the data."""


def validate(frame: pd.DataFrame, checks: Sequence[Check], parameters: Mapping[str, Any]) -> dict[str, CheckOutcome]:
    """Evaluate ``checks`` on ``frame``.

    Args:
        frame: Any frame; it is not changed.
        checks: With distinct names.
        parameters: Values of the ``$PARAMETER`` arguments.

    Returns:
        The outcome of every check, by its name, in the order of ``checks``.

    Raises:
        InputError: Expectations that do not exist or do not take their arguments, all of them.
        ExpectationError: Great Expectations could not evaluate an expectation, e.g. for want of a column.
    """
    rows = frame.reset_index(drop=True)
    results = _evaluate(rows, checks, parameters)
    return {check.name: _outcome(check, results[check.name], rows, parameters) for check in checks}


def _evaluate(frame: pd.DataFrame, checks: Sequence[Check], parameters: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The results of Great Expectations per check, in the order of the check's expectations."""
    results: dict[str, list[Any]] = {check.name: [] for check in checks}
    expectations = _great_expectations(checks)
    if not expectations:
        return results
    for result in _run(frame, expectations, parameters):
        meta = result.expectation_config.meta
        _refuse_exception(meta["check"], result)
        results[meta["check"]].append(result)
    # Great Expectations puts results in an order of its own.
    return {name: sorted(found, key=_position) for name, found in results.items()}


def _position(result: Any) -> int:
    return int(result.expectation_config.meta["position"])


def _run(frame: pd.DataFrame, expectations: list[Any], parameters: Mapping[str, Any]) -> list[Any]:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # A fresh context costs 10 ms; a kept one piles up every result it has seen.
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    try:
        asset = context.data_sources.add_pandas("memory").add_dataframe_asset("batch")
        batch = asset.add_batch_definition_whole_dataframe("batch").get_batch({"dataframe": frame})
        suite = gx.ExpectationSuite("checks", expectations=expectations)
        # SUMMARY: COMPLETE takes minutes and gigabytes on a million failing rows.
        validated = batch.validate(suite, result_format="SUMMARY", expectation_parameters=dict(parameters))
    except Exception as error:
        raise ExpectationError(f"Great Expectations could not validate the batch: {error}") from error
    return list(validated.results)


def _great_expectations(checks: Sequence[Check]) -> list[Any]:
    """The expectations of ``checks`` as objects of Great Expectations that remember where they belong."""
    made, problems = [], []
    for check in checks:
        for position, expectation in enumerate(check.expectations):
            try:
                made.append(_make(expectation, {"check": check.name, "position": position}))
            except _UnusableExpectationError as error:
                problems.append(error.problem(check))
    if problems:
        raise InputError("There are checks that Great Expectations cannot evaluate.", problems)
    return made


class _UnusableExpectationError(Exception):
    def __init__(self, found: str, expected: str, advice: str = "") -> None:
        super().__init__(found, expected, advice)
        self._facts = (found, expected, advice)

    def problem(self, check: Check) -> Problem:
        return Problem(f"check {check.name}", *self._facts)


def _make(expectation: Expectation, meta: dict[str, Any]) -> Any:
    import great_expectations.expectations as gxe

    name = expectation.name
    # Looked up in the list: the module's other attributes are not expectations.
    known = [one for one in dir(gxe) if one.startswith("Expect") and one != "Expectation"]
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1)
        advice = f"Did you mean {nearest[0]}?" if nearest else ""
        raise _UnusableExpectationError(name, "the name of an expectation of Great Expectations", advice)
    try:
        return getattr(gxe, name)(**expectation.arguments, meta=meta)
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise _UnusableExpectationError(f"{name} with {expectation.arguments}", "arguments it takes", reason) from error


def _refuse_exception(check: str, result: Any) -> None:
    """A result that stands for an exception is none: the data was not looked at."""
    info = result.exception_info or {}
    # One exception is a flat record; exceptions of several metrics are records by metric.
    records = [info] if "raised_exception" in info else list(info.values())
    messages = [str(record["exception_message"]) for record in records if record["raised_exception"]]
    if messages:
        words = _in_words(result.expectation_config)
        raise ExpectationError(f"check {check}: could not evaluate {words}: {'; '.join(messages)}")


def _outcome(check: Check, results: list[Any], frame: pd.DataFrame, parameters: Mapping[str, Any]) -> CheckOutcome:
    observed = [
        {
            "expectation": _in_words(result.expectation_config),
            "observed": _observed(result, frame),
            "passed": bool(result.success),
        }
        for result in results
    ]
    return CheckOutcome(
        passed=all(row["passed"] for row in observed),
        observed=observed,
        message=_message(check, observed, frame, parameters),
        examples=_examples(results, frame),
    )


def _message(check: Check, observed: list[dict[str, Any]], frame: pd.DataFrame, parameters: Mapping[str, Any]) -> str:
    if check.message:
        row = frame.to_dict("records")[0] if len(frame) == 1 else {}
        return check.message.format(**{**row, **parameters})
    broken = [row for row in observed if not row["passed"]]
    if not broken:
        return f"As expected: {len(frame)} {_plural('row', len(frame))} looked at."
    return " ".join(f"{row['expectation']}; observed: {row['observed']}." for row in broken)


def _in_words(configuration: Any) -> str:
    """An expectation as a person reads it: its own description, or else what Great Expectations makes of it."""
    if configuration.description:
        return str(configuration.description)
    from great_expectations.render.renderer.inline_renderer import InlineRenderer

    rendered = InlineRenderer(render_object=configuration).get_rendered_content()[0].value
    if rendered.template is None:
        return f"{configuration.type} with {configuration.kwargs}"
    values = {name: _shown(parameter["value"]) for name, parameter in (rendered.params or {}).items()}
    return Template(rendered.template).safe_substitute(values).removesuffix(".")


def _observed(result: Any, frame: pd.DataFrame) -> str:
    """What Great Expectations saw. For a single row that is the row's values: counting to one tells nobody anything."""
    found = result.result
    if "observed_value" in found:
        return _shown(found["observed_value"])
    if len(frame) == 1:
        columns = [column for column in _columns(result.expectation_config.kwargs) if column in frame]
        return ", ".join(f"{column} {_shown(frame[column].iloc[0])}" for column in columns)
    if "unexpected_count" not in found:
        return "as expected" if result.success else "not as expected"
    text = (
        f"{found['unexpected_count']} of {found['element_count']} {_plural('value', found['element_count'])} unexpected"
    )
    examples = found["partial_unexpected_list"][:3]
    return f"{text}, for example {' and '.join(map(_shown, examples))}" if examples else text


def _columns(arguments: Mapping[str, Any]) -> list[str]:
    named = [arguments[key] for key in ("column", "column_A", "column_B") if key in arguments]
    return [*named, *arguments.get("column_list", [])]


def _examples(results: list[Any], frame: pd.DataFrame) -> list[dict[str, Any]]:
    places = {place for result in results for place in result.result.get("partial_unexpected_index_list") or []}
    rows = frame.loc[sorted(places)[:EXAMPLES]].to_dict("records")
    return [{str(column): plain(value) for column, value in row.items()} for row in rows]


def plain(value: Any) -> str | int | float | bool | None:
    """``value`` as JSON can carry it: NaN and infinities become text, as JSON has no numbers for them."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"({', '.join(_shown(one) for one in value)})"
    shown = plain(value)
    if isinstance(shown, float):
        return f"{shown:.6g}"
    return " ".join(str(shown).split())


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
