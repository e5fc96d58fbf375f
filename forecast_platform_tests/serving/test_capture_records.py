"""Lines of capture files: byte for byte what an endpoint of SageMaker writes, and readable again without loss."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.capture.records import parse_record
from forecast_platform.serving.capture import CaptureMode, CaptureOptions, Invocation, RecordFormat
from forecast_platform.serving.capture.records import capture_folder, file_name, ground_truth_line

CAPTURE = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "capture"
INSTANT = datetime(2022, 4, 18, 0, 21, 48, 7000, tzinfo=UTC)
CSV = (b"132,10", "text/csv")
ANSWER = (b"0.0363", "text/csv; charset=utf-8")


def record(request: tuple[bytes, str] = CSV, options: CaptureOptions | None = None, **given: str) -> dict[str, Any]:
    line = RecordFormat(options or CaptureOptions("demo")).line(Invocation("id-1", INSTANT, *request, *ANSWER, **given))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    written: dict[str, Any] = json.loads(line)
    return written


def test_a_record_has_the_keys_of_sagemakers_in_their_order() -> None:
    line = RecordFormat(CaptureOptions("demo")).line(Invocation("f04a8538", INSTANT, *CSV, *ANSWER))
    assert line.decode() == (
        '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"132,10",'
        '"encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT",'
        '"data":"0.0363","encoding":"CSV"}},"eventMetadata":{"eventId":"f04a8538",'
        '"inferenceTime":"2022-04-18T00:21:48Z"},"eventVersion":"0"}\n'
    )


@pytest.mark.skipif(not CAPTURE.is_dir(), reason="the real captures (shared/data beside the checkout) are not here")
def test_the_records_of_a_real_endpoint_come_out_byte_for_byte() -> None:
    writer = RecordFormat(CaptureOptions("demo"))
    for line in (CAPTURE / "captured_from_notebook_output.jsonl").read_bytes().splitlines(keepends=True):
        real = json.loads(line)
        asked, said = real["captureData"]["endpointInput"], real["captureData"]["endpointOutput"]
        instant = datetime.strptime(real["eventMetadata"]["inferenceTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        written = writer.line(
            Invocation(
                real["eventMetadata"]["eventId"],
                instant,
                asked["data"].encode(),
                asked["observedContentType"],
                said["data"].encode(),
                said["observedContentType"],
            )
        )
        assert written.rstrip() == line.rstrip()


def test_what_the_caller_told_is_in_the_metadata() -> None:
    metadata = record(inference_id="order 7", custom_attributes="a=1")["eventMetadata"]
    assert metadata["inferenceId"] == "order 7"
    assert metadata["customAttributes"] == ["a=1"]


@pytest.mark.parametrize(
    ("mode", "sides"),
    [
        (CaptureMode.INPUT, ["endpointInput"]),
        (CaptureMode.OUTPUT, ["endpointOutput"]),
        (CaptureMode.BOTH, ["endpointInput", "endpointOutput"]),
    ],
)
def test_the_mode_says_which_sides_are_there(mode: CaptureMode, sides: list[str]) -> None:
    assert list(record(options=CaptureOptions("demo", mode=mode))["captureData"]) == sides


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/csv", "CSV"),
        ("Text/CSV; charset=utf-8", "CSV"),
        ("application/json", "JSON"),
        ("application/jsonlines", "BASE64"),
        ("application/x-npy", "BASE64"),
        ("", "BASE64"),
    ],
)
def test_the_content_type_decides_the_encoding(content_type: str, encoding: str) -> None:
    written = record((b"1,2", content_type))["captureData"]["endpointInput"]
    assert written["encoding"] == encoding
    assert written["observedContentType"] == content_type
    assert written["data"] == ("1,2" if encoding != "BASE64" else base64.b64encode(b"1,2").decode())


def test_content_types_can_be_added() -> None:
    options = CaptureOptions("demo", json_content_types=("application/json", "application/jsonlines"))
    assert record((b"[1]", "application/jsonlines"), options=options)["captureData"]["endpointInput"]["data"] == "[1]"


@given(body=st.binary(), content_type=st.text(), attributes=st.text())
def test_any_body_is_one_line_and_comes_back_unchanged(body: bytes, content_type: str, attributes: str) -> None:
    content_type = content_type.encode("utf-8", "replace").decode()
    attributes = attributes.encode("utf-8", "replace").decode()
    for kind in ("text/csv", "application/json", content_type):
        line = RecordFormat(CaptureOptions("demo")).line(
            Invocation("id", INSTANT, body, kind, *ANSWER, None, attributes)
        )
        assert line.count(b"\n") == 1
        assert line.isascii()
        side = json.loads(line)["captureData"]["endpointInput"]
        data = side["data"]
        assert (base64.b64decode(data) if side["encoding"] == "BASE64" else data.encode()) == body


def test_our_reader_reads_it() -> None:
    line = RecordFormat(CaptureOptions("demo")).line(Invocation("e-1", INSTANT, *CSV, *ANSWER, "i-1", "a=1"))
    read = parse_record(line.decode())
    assert {name: payload.data for name, payload in read.payloads.items()} == {
        "endpointInput": "132,10",
        "endpointOutput": "0.0363",
    }
    assert read.key == "i-1"


def test_ground_truth_is_as_the_merge_job_takes_it() -> None:
    assert ground_truth_line("74b0dd56", "1") == (
        b'{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"74b0dd56"},"eventVersion":"0"}\n'
    )


def test_a_file_lies_in_its_hour_and_is_named_by_its_first_record() -> None:
    assert capture_folder(CaptureOptions("income", "blue"), INSTANT) == "income/blue/2022/04/18/00/"
    assert file_name(INSTANT, "55126149-826d") == "21-48-007-55126149-826d.jsonl"


@pytest.mark.parametrize("name", ["", "-a", "a_b", "a/b", "..", "a" * 64, "ä"])
def test_a_name_that_sagemaker_refuses_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="letters, digits and hyphens"):
        CaptureOptions(name)
