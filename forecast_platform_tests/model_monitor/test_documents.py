"""JSON that people have edited, with whatever editor: it is read, or all that is wrong with it is said."""

from __future__ import annotations

import json

import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.documents import parse_document, read_document, write_document


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_is_read_in_the_encodings_that_editors_save_in(encoding: str) -> None:
    assert read_document('{"a": "é"}'.encode(encoding), "file").text("a") == "é"


@pytest.mark.parametrize("data", [b'"\xe9"', b"", b"// c\n{}", b'{"a": 1,}', b'"\\ud800"', b'{"\\udc00": 1}'])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="a JSON document in UTF-8"):
        read_document(data, "file")


@pytest.mark.parametrize("data", ["null", "[1]", "5", '"text"'])
def test_what_is_no_object_is_shown(data: str) -> None:
    with pytest.raises(InputError) as refused:
        read_document(data.encode(), "file")
    assert str(refused.value.problems[0]) == f"file: found {data}; expected a JSON object."


@pytest.mark.parametrize("written", ["1" + "0" * 400, "NaN", "-Infinity", "1e400", "true", '"1"', "null"])
def test_what_no_double_can_hold_is_no_number(written: str) -> None:
    """Of the first the limits were asked before its size, which no comparison survived."""
    fields = read_document(f'{{"x": {written}}}'.encode(), "file")
    assert fields.number("x", 0.5) == 0.5
    assert fields.number("x", 0.5, 0.0, 1.0) == 0.5
    assert [problem.where for problem in fields.problems] == ["file: $.x"] * 2


def test_numbers_that_json_does_not_have_are_words_and_can_be_written_again() -> None:
    document = parse_document(b'{"a": NaN, "b": [Infinity, -Infinity]}')
    assert json.loads(write_document(document)) == {"a": "NaN", "b": ["Infinity", "-Infinity"]}
