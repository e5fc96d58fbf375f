"""params.json as bytes: encodings, syntax, repeated keys."""

from __future__ import annotations

import json

import pytest

from forecast_platform.errors import InputError
from forecast_platform.params import parse_params
from forecast_platform_tests.params.documents import message, messages, minimal


def test_a_byte_order_mark_is_accepted() -> None:
    text = json.dumps(minimal())

    from_bytes = parse_params(b"\xef\xbb\xbf" + text.encode())

    assert from_bytes == parse_params(text) == parse_params("\ufeff" + text)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_unicode_encoding_is_named(encoding: str) -> None:
    problem = message(json.dumps(minimal()).encode(encoding))

    assert "text in the encoding UTF-" in problem
    assert "Save the file as UTF-8." in problem


def test_a_local_encoding_is_reported_with_the_line_and_the_byte() -> None:
    assert message('{\n"a": "é"}'.encode("latin-1")) == (
        "params.json, line 2, byte 7: found the byte 0xE9; expected text in UTF-8. "
        "It is probably in a Windows or other local encoding: save the file as UTF-8."
    )


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf", ""])
def test_an_empty_file_is_called_empty(data: bytes | str) -> None:
    assert "found an empty file; expected a JSON object" in message(data)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n "a": 1,\n}', 'line 3, column 1: found "}"; expected a key in double quotes. Put keys in double quotes'),
        ('{"a" 1}', 'line 1, column 6: found "1}"; expected a colon between key and value.'),
        ('{"a": 1\n "b": 2}', "line 2, column 2: found "),
        ('{"a": True}', 'line 1, column 7: found "True}"; expected a value. Put text in double quotes, write true'),
        ('{"a": [1,\n', "found the end of the file; expected a value."),
        ('{"a": "one\ntwo"}', "found a line break; expected text on one line."),
        ('{"a": "C:\\data"}', "expected an escape such as"),
        ('{"a": "b', "expected a closing double quote."),
        ("{} {}", 'found "{}"; expected the end of the file.'),
    ],
)
def test_a_syntax_error_says_where_and_what_to_do(text: str, said: str) -> None:
    assert said in message(text)


def test_a_syntax_error_shows_letters_of_any_script_as_they_are() -> None:
    assert 'found "한글}"' in message('{"a": 한글}')


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000])
def test_hostile_json_is_a_problem_and_not_a_crash(text: str) -> None:
    assert message(text)


@pytest.mark.parametrize("text", ["[]", "3", '"text"', "null", "NaN"])
def test_json_that_is_not_an_object_is_refused(text: str) -> None:
    assert f"params.json: $: found {'a list' if text == '[]' else text}; expected an object" in message(text)


def test_a_key_written_twice_is_a_problem_wherever_it_is() -> None:
    text = json.dumps(minimal())
    text = text.replace('"ForecastHorizon": 14', '"ForecastHorizon": 14, "ForecastHorizon": 28')
    text = text.replace('"AttributeType": "float"', '"AttributeType": "float", "AttributeType": "float"')

    assert [problem.split(";")[0] for problem in messages(text)] == [
        "params.json: $.Datasets[0].Schema.Attributes[2].AttributeType: found this key more than once",
        "params.json: $.Predictor.ForecastHorizon: found this key more than once",
    ]


def test_the_name_of_the_file_is_in_every_message() -> None:
    with pytest.raises(InputError) as refused:
        parse_params("{}", source="shop/params.json")

    assert refused.value.summary == "shop/params.json has 5 problems."
    assert all(problem.where.startswith("shop/params.json: $") for problem in refused.value.problems)
