"""The reference page for users shows a file that works and the errors that really come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forecast_platform.errors import InputError
from forecast_platform.params import parse_params

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "params.md").read_text("utf-8")
MISTAKES = {
    '"demand", "AttributeType": "float"': '"demand", "AttributeType": "flaot"',
    '"NumberOfBacktestWindows": 2': '"NumberOfBacktestWindows": "2"',
    '"ForecastTypes"': '"ForcastTypes"',
    '"RELATED_TIME_SERIES", "DataFrequency": "W"': '"RELATED_TIME_SERIES", "DataFrequency": "D"',
    '["store"]': '["stroe"]',
}


def _block(language: str) -> str:
    match = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    return match[1]


def test_the_example_is_valid() -> None:
    parsed = parse_params(_block("json"))

    assert parsed.warnings == ()
    assert parsed.params.forecast_types == ("p10", "p50", "p90", "mean")


def test_the_errors_are_those_that_the_mistakes_give() -> None:
    spoilt = _block("json")
    for right, wrong in MISTAKES.items():
        assert right in spoilt
        spoilt = spoilt.replace(right, wrong)

    with pytest.raises(InputError) as refused:
        parse_params(spoilt)

    assert f"{refused.value}\n" == _block("text")
