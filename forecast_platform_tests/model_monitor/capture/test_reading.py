"""Capture files as rows. Bad input first, then payloads, then columns."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.capture.payloads import paired_rows
from forecast_platform.model_monitor.capture.plain_blocks import plain_block
from forecast_platform.model_monitor.capture.reading import OUTPUT_THEN_INPUT, captured_records, read_capture
from forecast_platform.model_monitor.capture.records import parse_record
from forecast_platform.model_monitor.reading.rows import NotReadableError, ReadingReport, Rows


def payload(data: str | None, encoding: str = "CSV", content_type: str = "text/csv") -> dict[str, Any]:
    return {"observedContentType": content_type, "mode": "INPUT", "data": data, "encoding": encoding}


def line(input_: dict[str, Any] | str | None, output: dict[str, Any] | str | None, **metadata: Any) -> str:
    """One captured request; a text is a payload of CSV, ``None`` = it was not captured."""
    parts = {"endpointInput": input_, "endpointOutput": output}
    captured = {
        name: payload(part) if isinstance(part, str) else part for name, part in parts.items() if part is not None
    }
    metadata = {"eventId": "e1", "inferenceTime": "2024-01-01T00:20:00Z"} | metadata
    return json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"})


def reading(*lines: str, **options: Any) -> Rows:
    return read_capture(["\n".join(lines).encode()], **options)


def listed(rows: Rows) -> list[list[Any]]:
    return [list(row.values()) for batch in rows.batches() for row in batch.to_pylist()]


def json_payload(value: Any) -> dict[str, Any]:
    return payload(json.dumps(value), "JSON", "application/json")


def base64_payload(data: bytes, content_type: str) -> dict[str, Any]:
    return payload(base64.b64encode(data).decode(), "BASE64", content_type)


GOOD = line("1,2", "0.5")


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (GOOD[:-20], "JSON that ends in the middle"),
        ("[1, 2]", "'[1, 2]'"),
        ("17", "'17'"),
        ("{}", "no data"),
        ('{"captureData": 3}', "'3' as captureData"),
        ('{"captureData": {"endpointInput": "1,2"}}', "'1,2' as endpointInput"),
        (line(payload("1,2", "XML"), "0.5"), "the encoding 'XML'"),
        (line(payload('"1,2'), "0.5"), "'\"1,2'"),
        (line(payload('{"a": ', "JSON"), "0.5"), "JSON that ends in the middle"),
        (line(payload("not base64!", "BASE64"), "0.5"), "'not base64!'"),
        (line(base64_payload(b"\xff\xfe", "text/csv"), "0.5"), "bytes that are not UTF-8"),
        ('{"groundTruthData": {"data": "1", "encoding": "CSV"}}', "no values in groundTruthData"),
    ],
)
def test_a_line_that_is_no_record_is_refused_with_its_line_and_the_others_are_read(bad: str, found: str) -> None:
    rows = reading(GOOD, bad, "", GOOD)
    assert listed(rows) == [["0.5", "1", "2"]] * 2
    assert rows.refused[0].where == "the data, line 2"
    assert rows.refused[0].found == found


def test_a_line_in_another_encoding_is_refused() -> None:
    rows = read_capture([f"{GOOD}\n".encode() + b'{"x": "\xfc"}\n' + f"{GOOD}\n".encode()])
    assert listed(rows) == [["0.5", "1", "2"]] * 2
    assert rows.refused[0].where == "the data, line 2"
    assert "0xfc" in rows.refused[0].found


def test_an_empty_hour_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no rows"):
        listed(read_capture([b"", b"\n"], what="the hour"))


def test_output_columns_come_first_and_take_the_names_of_the_baseline() -> None:
    rows = reading(GOOD, GOOD, names=["prediction", "age"])
    assert rows.names == ("prediction", "age", "_c2")
    assert listed(rows) == [["0.5", "1", "2"]] * 2


def test_a_request_of_several_lines_is_several_rows() -> None:
    assert listed(reading(line("1,2\n3,4\n", "0.5\n0.6\n"))) == [["0.5", "1", "2"], ["0.6", "3", "4"]]


def test_predictions_on_one_line_belong_to_the_rows_one_by_one() -> None:
    assert listed(reading(line("1,2\n3,4", "0.5,0.6"))) == [["0.5", "1", "2"], ["0.6", "3", "4"]]


def test_an_answer_with_fewer_rows_than_the_request_leaves_missing_values_and_a_note() -> None:
    rows = reading(line("1,2\n3,4\n5,6", "0.5\n0.6"))
    assert listed(rows) == [["0.5", "1", "2"], ["0.6", "3", "4"], [None, "5", "6"]]
    assert "without the same number of rows" in rows.notes[0]


def test_records_with_more_or_fewer_columns_are_kept_without_shifting_the_others() -> None:
    rows = reading(GOOD, GOOD, line("1,2,3", "0.5"), line("1", "0.5,0.6"), line(None, "0.5"), line("1,2", None))
    assert rows.names == ("_c0", "_c1", "_c2", "_c3", "_c4")
    assert listed(rows) == [
        ["0.5", "1", "2", None, None],
        ["0.5", "1", "2", None, None],
        ["0.5", "1", "2", None, "3"],
        ["0.5", "1", None, "0.6", None],
        ["0.5", None, None, None, None],
        [None, "1", "2", None, None],
    ]
    assert any("Not all rows have the same number of values" in note for note in rows.notes)


def test_json_objects_are_flattened_and_keys_of_both_payloads_are_told_apart() -> None:
    rows = reading(line(json_payload({"id": 1, "a": {"b": 2.0}}), json_payload({"id": 9, "score": 0.5})))
    assert rows.names == ("id", "score", "endpointInput.id", "a.b")
    assert listed(rows) == [["9", "0.5", "1", "2.0"]]


def test_instances_and_predictions_are_rows() -> None:
    rows = reading(line(json_payload({"instances": [1.0, 2.0]}), json_payload({"predictions": [3.5, 4.0]})))
    assert listed(rows) == [["3.5", "1.0"], ["4.0", "2.0"]]


def test_json_lines_in_a_payload_are_rows() -> None:
    rows = reading(line(payload('{"a": 1}\n{"a": 2}\n', "JSON", "application/jsonlines"), "0.5\n0.6"))
    assert listed(rows) == [["0.5", "1"], ["0.6", "2"]]


def test_data_that_is_json_itself_is_taken_for_json() -> None:
    assert listed(reading(line(payload({"a": 1.5}, "JSON"), "0.5"))) == [["0.5", "1.5"]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "content_type", "values"),
    [
        (b"1,2\n", "text/csv; charset=utf-8", ["1", "2"]),
        (b'{"a": 1}', "application/vnd.api+json", ["1"]),
        (b"hello, you", "text/plain", ["hello, you"]),
        (b"\x89PNG\xff", "image/png", [None]),
    ],
)
def test_base64_is_read_by_its_content_type(data: bytes, content_type: str, values: list[Any]) -> None:
    rows = reading(line(base64_payload(data, content_type), "0.5"))
    assert listed(rows) == [["0.5", *values]]
    assert any("image/png" in note for note in rows.notes) is (content_type == "image/png")


def test_only_the_payloads_asked_for_are_read() -> None:
    assert listed(reading(GOOD, index_names=["endpointInput"])) == [["1", "2"]]
    both = ["endpointInput", "endpointOutput"]
    assert listed(reading(GOOD, index_names=both)) == [["1", "2", "0.5"]]


def test_records_of_another_time_than_their_folder_are_kept_and_noted() -> None:
    hour = datetime(2024, 1, 1, tzinfo=UTC)
    late, unknown = line("1,2", "0.5", inferenceTime="2024-01-01T03:00:00Z"), line("1,2", "0.5", inferenceTime="{%s}")
    shortly_before = line("1,2", "0.5", inferenceTime="2023-12-31T23:55:00Z")
    rows = reading(GOOD, late, unknown, shortly_before, hour=hour)
    assert len(listed(rows)) == 4
    assert rows.notes == [
        "Records of another time in the folder of the hour 2024-01-01 00:00 UTC: 1, from 2024-01-01 03:00:00 to "
        "2024-01-01 03:00:00. Is the clock of the endpoint right? They are counted in this hour."
    ]
    careful = reading(GOOD, late, "broken", hour=hour)
    listed(careful)
    assert careful.notes == rows.notes


def test_a_record_knows_its_ids_and_its_time() -> None:
    record = parse_record(line("1", "2", inferenceId="i1"))
    assert (record.key, record.event_id, record.inference_id) == ("i1", "e1", "i1")
    assert record.inference_time == datetime(2024, 1, 1, 0, 20, tzinfo=UTC)
    assert record.payloads["endpointInput"].data == "1"
    assert parse_record(line("1", "2", inferenceTime="{%s}")).inference_time is None


def test_files_are_read_one_after_another_and_named_in_refusals() -> None:
    report = ReadingReport()
    found = [where for where, _ in captured_records([f"{GOOD}\nx".encode(), GOOD.encode()], report)]
    assert found == ["the data, line 1", "the data, line 1"]
    assert [refused.where for refused in report.refused] == ["the data, line 2"]


_NUMBERS = st.sampled_from(["1", "-2.5", "", "a b", "x\ty", "ä"])
_PAYLOADS = st.one_of(
    st.none(),
    st.lists(_NUMBERS, min_size=1, max_size=4).map(",".join),
    st.sampled_from(["1,2\n", "1,2\r\n", "1\n2", '"a,b",2', ""]),
    st.sampled_from([{"a": 1}, [1, 2]]).map(json_payload),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(_PAYLOADS, _PAYLOADS), min_size=1, max_size=5), st.booleans())
def test_lines_in_bulk_and_one_by_one_give_the_same_rows(parts: list[tuple[Any, Any]], uniform: bool) -> None:
    records = [line(*(parts[0] if uniform else part)) for part in parts]
    text = "\n".join(records)
    block = plain_block(text, OUTPUT_THEN_INPUT)
    if block is None:
        return
    # A broken line makes the whole piece be read one by one.
    careful = reading(*records, "{")
    assert block.record_count == len(records)
    assert listed(reading(*records)) == listed(careful)
    assert reading(*records).names == careful.names


def test_usual_captures_take_the_fast_way() -> None:
    assert plain_block("\n".join([GOOD] * 3), OUTPUT_THEN_INPUT) is not None
    assert plain_block(line("1,2\n", "0.5\n") + "\n", OUTPUT_THEN_INPUT) is not None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["data", "encoding", "a"]), below),
    max_leaves=6,
)
_RECORDS = st.fixed_dictionaries(
    {
        "captureData": _JSON
        | st.fixed_dictionaries(
            {
                "endpointInput": _JSON
                | st.fixed_dictionaries(
                    {
                        "data": _JSON | st.text(max_size=8) | _JSON.map(json.dumps),
                        "encoding": st.sampled_from(["CSV", "JSON", "BASE64", "", None]),
                        "observedContentType": st.sampled_from(["text/csv", "application/json", "image/png", 3]),
                    }
                )
            }
        ),
        "eventMetadata": _JSON | st.fixed_dictionaries({"inferenceTime": _JSON, "eventId": _JSON}),
    }
).map(json.dumps)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=40) | _RECORDS.map(str.encode), min_size=1, max_size=4))
def test_any_bytes_never_crash_and_every_line_is_read_or_refused(lines: list[bytes]) -> None:
    data = b"\n".join(
        line for line in lines if not line.startswith((b"\x1f\x8b", b"PK", b"PAR1", b"\xff\xfe", b"\xfe\xff"))
    )
    rows = read_capture([data], hour=datetime(2024, 1, 1, tzinfo=UTC))
    read = 0
    try:
        read = len(listed(rows))
    except InputError:
        assert not read
    report = ReadingReport()
    records = [record for _, record in captured_records([data], report)]
    expected = 0
    for record in records:
        try:
            expected += len(paired_rows(record, OUTPUT_THEN_INPUT))
        except NotReadableError:
            report.refused_rows += 1
    assert (read, rows.refused_rows) == (expected, report.refused_rows)
