"""Writes the catalogue of expectations from the installed Great Expectations.

``python -m forecast_platform.quality.expectation_catalogue_writer`` after an upgrade; a test says when it is due.
Belongs here: what of Great Expectations' own schemas is kept. Does not belong here: using it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from forecast_platform.quality.expectation_catalogue import STORED

_OURS = {
    # Set by the evaluation, or said of the whole check.
    *("id", "meta", "result_format", "catch_exceptions", "rendered_content", "batch_id", "windows", "severity"),
    # Text about the expectation that nothing shows.
    *("notes", "library_metadata", "metadata"),
}
_OF_EVERY_EXPECTATION = ("description", "row_condition", "condition_parser")
_ONLY_SQL = {
    "ExpectColumnValuesToMatchLikePattern",
    "ExpectColumnValuesToMatchLikePatternList",
    "ExpectColumnValuesToNotMatchLikePattern",
    "ExpectColumnValuesToNotMatchLikePatternList",
    # Its implementation is an earlier one's; Great Expectations 1.24 finds none of this name.
    "ExpectMulticolumnValuesToBeUnique",
    "ExpectQueryResultsToMatchComparison",
    "ExpectTableRowCountToEqualOtherTable",
}
_KINDS = {"string": "text", "array": "list", "object": "mapping"}
_HEADER = (
    "# The expectations of Great Expectations {version} and their arguments.\n"
    "# Written by `python -m forecast_platform.quality.expectation_catalogue_writer`; do not edit.\n"
)


def installed_catalogue() -> dict[str, Any]:
    """The catalogue as the installed version has it, in the form in which it is stored."""
    import great_expectations.expectations as gxe

    names = [name for name in dir(gxe) if name.startswith("Expect") and name != "Expectation"]
    return {name: _known(name, getattr(gxe, name)) for name in sorted([*names, "UnexpectedRowsExpectation"])}


def _known(name: str, expectation: Any) -> dict[str, Any]:
    if name in _ONLY_SQL:
        return {"type": expectation.expectation_type, "only_sql": True}
    schema = expectation.schema()
    required = {field.name for field in expectation.__fields__.values() if field.required}
    arguments = {
        argument: _argument(facts) | ({"required": True} if argument in required else {})
        for argument, facts in schema["properties"].items()
        if argument not in _OURS
    }
    # In the order in which a message should name them.
    ordered = sorted(arguments, key=lambda argument: (argument not in required, argument in _OF_EVERY_EXPECTATION))
    return {"type": expectation.expectation_type, "arguments": {argument: arguments[argument] for argument in ordered}}


def _argument(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The kinds of value in a JSON schema. A nameless object beside other kinds stands for ``$PARAMETER``."""
    options = facts.get("anyOf", [facts])
    named = [option for option in options if option.get("type") != "object"] or options
    kinds = sorted({_kind(option) for option in named})
    enumerated = [text for option in named for text in option.get("enum", ())]
    limits = {
        limit: option[limit] for option in named for limit in ("minimum", "maximum") if option.get(limit) is not None
    }
    return {"kinds": kinds} | ({"one_of": enumerated} if enumerated else {}) | limits


def _kind(option: Mapping[str, Any]) -> str:
    if "$ref" in option or "allOf" in option:
        return "mapping"
    if "oneOf" in option:
        return "list"
    if option.get("format") in ("date", "date-time"):
        return "time"
    kind = str(option["type"])
    return _KINDS.get(kind, kind)


def main() -> None:
    """Write the catalogue beside this module."""
    import great_expectations as gx

    text = yaml.safe_dump(installed_catalogue(), sort_keys=False, default_flow_style=None, width=120)
    STORED.write_text(_HEADER.format(version=gx.__version__) + text, encoding="utf-8")


if __name__ == "__main__":
    main()
