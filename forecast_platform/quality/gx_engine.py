"""Evaluates expectations with Great Expectations: one validation of one frame, in memory.

Belongs here: everything that knows how Great Expectations is driven. Does not belong here: checks, and what is done
about an answer. Great Expectations takes seconds to import, so only functions import it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date, datetime
from string import Template
from typing import TYPE_CHECKING, Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.quality.answers import EXAMPLES, Answer, ExpectationError, Place, counted, shown
from forecast_platform.quality.checks import Expectation
from forecast_platform.quality.expectation_catalogue import catalogue, class_name

if TYPE_CHECKING:
    import pandas as pd


def evaluate(
    frame: pd.DataFrame, expectations: Mapping[Place, Expectation], parameters: Mapping[str, Any]
) -> dict[Place, Answer]:
    """The answers of Great Expectations to ``expectations`` about ``frame``.

    Args:
        frame: With an index of 0, 1, 2, …
        parameters: Values of the ``$PARAMETER`` arguments.

    Raises:
        InputError: Expectations that do not exist or do not take their arguments, all of them.
        ExpectationError: An expectation could not be evaluated, e.g. for want of a column.
    """
    if not expectations:
        return {}
    made = _great_expectations(expectations)
    results = _run(frame, made, parameters)
    # Of the object and not of the result, which lacks the description that a class gives itself.
    descriptions = {_place(one): one.description for one in made}
    # Great Expectations puts results in an order of its own; `meta` says whose each is.
    return {(place := _place(one.expectation_config)): _answer(one, descriptions[place], frame) for one in results}


def load_class(name: str) -> type[Any]:
    """The class of an expectation.

    Args:
        name: A name of Great Expectations, or the dotted path of a class of somebody else's.

    Raises:
        LookupError: There is none.
    """
    import great_expectations.expectations as gxe

    if "." in name:
        return _load_custom_class(name)
    # Looked up in the list: the module's other attributes are not expectations.
    known = [one for one in dir(gxe) if one.startswith("Expect") and one != "Expectation"]
    found = class_name(name)
    if found not in known:
        nearest = difflib.get_close_matches(found, known, n=1)
        raise LookupError(f"Did you mean {nearest[0]}?" if nearest else "")
    return getattr(gxe, found)  # type: ignore[no-any-return]


def _load_custom_class(path: str) -> type[Any]:
    from importlib import import_module

    from great_expectations.expectations.expectation import Expectation as GreatExpectation

    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise LookupError(str(error)) from error
    if not isinstance(found, type) or not issubclass(found, GreatExpectation):
        raise LookupError(f"{path} is no subclass of great_expectations.expectations.Expectation.")
    return found


def problem_of(expectation: Expectation, where: str) -> Problem | None:
    """Why Great Expectations cannot make ``expectation``; ``None`` = it can."""
    made = _make(expectation, {}, where)
    return made if isinstance(made, Problem) else None


def _great_expectations(expectations: Mapping[Place, Expectation]) -> list[Any]:
    """The expectations as objects of Great Expectations that remember where they belong."""
    made = [
        _make(expectation, {"check": check, "position": position}, f"check {check}")
        for (check, position), expectation in expectations.items()
    ]
    problems = [one for one in made if isinstance(one, Problem)]
    if problems:
        raise InputError("There are checks that Great Expectations cannot evaluate.", problems)
    return made


def _make(expectation: Expectation, meta: dict[str, Any], where: str) -> Any:
    name = expectation.name
    try:
        return load_class(name)(**_arguments(expectation), meta=meta)
    except LookupError as error:
        return Problem(where, name, "the name of an expectation of Great Expectations", str(error.args[0]))
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        return Problem(where, f"{name} with {expectation.arguments}", "arguments it takes", reason)


def _arguments(expectation: Expectation) -> dict[str, Any]:
    """The arguments as frames need them."""
    known = catalogue().get(class_name(expectation.name))
    times = {name for name, one in known.arguments.items() if "time" in one.kinds} if known else set()
    arguments = {name: _instant(value) if name in times else value for name, value in expectation.arguments.items()}
    if isinstance(arguments.get("row_condition"), str):
        # The only dialect for frames, and without it Great Expectations refuses the condition.
        arguments.setdefault("condition_parser", "pandas")
    return arguments


def _instant(value: Any) -> Any:
    """A date as its first instant: pandas compares no timestamp with a date, which is what people write."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value


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


def _place(expectation: Any) -> Place:
    return str(expectation.meta["check"]), int(expectation.meta["position"])


def _answer(result: Any, description: str | None, frame: pd.DataFrame) -> Answer:
    words = description or _in_words(result.expectation_config)
    _refuse_exception(result, words)
    return Answer(words, _observed(result, frame), bool(result.success), _rows(result, frame))


def _refuse_exception(result: Any, words: str) -> None:
    """A result that stands for an exception is none: the data was not looked at."""
    info = result.exception_info or {}
    # One exception is a flat record; exceptions of several metrics are records by metric.
    records = [info] if "raised_exception" in info else list(info.values())
    messages = [str(record["exception_message"]) for record in records if record["raised_exception"]]
    if messages:
        check, _ = _place(result.expectation_config)
        raise ExpectationError(f"check {check}: could not evaluate {words}: {'; '.join(messages)}")


def _rows(result: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that Great Expectations names.

    Its index is exact, also with a row condition, for pairs of columns and for compound keys, and costs a quarter of a
    second and 25 MB for an expectation that a million rows fail. Asking for the rows in SQL instead would need every
    expectation a second time, as a condition.
    """
    named = result.result.get("partial_unexpected_index_list") or []
    return frame.loc[named[:EXAMPLES]]


def _in_words(configuration: Any) -> str:
    """An expectation as a person reads it."""
    from great_expectations.render.renderer.inline_renderer import InlineRenderer

    rendered = InlineRenderer(render_object=configuration).get_rendered_content()[0].value
    if rendered.template is None:
        return f"{configuration.type} with {configuration.kwargs}"
    values = {name: _value_in_words(parameter["value"]) for name, parameter in (rendered.params or {}).items()}
    return Template(rendered.template).safe_substitute(values).removesuffix(".")


def _value_in_words(value: Any) -> str:
    """A row condition written as text comes back wrapped."""
    return re.sub(r"^PassThrough\('(.*)'\)$", r"\1", shown(value))


def _observed(result: Any, frame: pd.DataFrame) -> str:
    """What Great Expectations saw. For a single row that is the row's values: counting to one tells nobody anything."""
    found = result.result
    if "observed_value" in found:
        return shown(found["observed_value"])
    if len(frame) == 1:
        columns = [column for column in _columns(result.expectation_config.kwargs) if column in frame]
        return ", ".join(f"{column} {shown(frame[column].iloc[0])}" for column in columns)
    if "unexpected_count" not in found:
        return "as expected" if result.success else "not as expected"
    text = f"{found['unexpected_count']} of {counted(found['element_count'], 'value')} unexpected"
    examples = found["partial_unexpected_list"][:3]
    return f"{text}, for example {' and '.join(map(shown, examples))}" if examples else text


def _columns(arguments: Mapping[str, Any]) -> list[str]:
    named = [arguments[key] for key in ("column", "column_A", "column_B") if key in arguments]
    return [*named, *arguments.get("column_list", [])]
