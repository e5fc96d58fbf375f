"""One invocation as a line of a capture file, and which file it belongs to.

Belongs here: SageMaker's record format and its folders. Does not belong here: when and how files are written.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any, NamedTuple

from forecast_platform.serving.capture.options import CaptureMode, CaptureOptions

_EVENT_VERSION = "0"
_BASE64 = "BASE64"
_MOST_HEADS = 1000
_text = json.JSONEncoder().encode


class Payload(NamedTuple):  # these two are made for every request, and a frozen dataclass takes four times as long
    """A body with the content type that its header names."""

    body: bytes
    content_type: str


class Invocation(NamedTuple):
    """A request that was answered.

    Attributes:
        event_id: Unique; ground truth refers to it.
        instant: When it was answered, aware, in UTC.
        inference_id: What the caller gave as ``X-Amzn-SageMaker-Inference-Id``.
        custom_attributes: What the caller gave as ``X-Amzn-SageMaker-Custom-Attributes``.
    """

    event_id: str
    instant: datetime
    request: Payload
    response: Payload
    inference_id: str | None = None
    custom_attributes: str | None = None


class RecordFormat:
    """Writes invocations as lines: ASCII, each ended by a line feed, with the keys in the order of SageMaker's files.

    The line is put together from texts, which takes a fifth of the time of ``json.dumps`` of the whole: capturing must
    not slow the answers.
    """

    def __init__(self, options: CaptureOptions) -> None:
        self._options = options
        self._heads: dict[tuple[str, str], tuple[str, str]] = {}

    def line(self, invocation: Invocation) -> bytes:
        """The record of ``invocation``.

        A body whose content type counts as CSV or JSON but that is not UTF-8 is recorded as BASE64: no byte is lost.
        """
        mode = self._options.mode
        if mode is CaptureMode.BOTH:
            captured = f"{self._input(invocation)},{self._output(invocation)}"
        else:
            captured = self._input(invocation) if mode is CaptureMode.INPUT else self._output(invocation)
        metadata = f'"eventId":{_text(invocation.event_id)}'
        if invocation.inference_id is not None:
            metadata += f',"inferenceId":{_text(invocation.inference_id)}'
        if invocation.custom_attributes is not None:
            metadata += f',"customAttributes":[{_text(invocation.custom_attributes)}]'
        instant = invocation.instant.isoformat(timespec="seconds")[:19]
        return (
            f'{{"captureData":{{{captured}}},"eventMetadata":{{{metadata},"inferenceTime":"{instant}Z"}},'
            f'"eventVersion":"{_EVENT_VERSION}"}}\n'
        ).encode()

    def _input(self, invocation: Invocation) -> str:
        return f'"endpointInput":{self._side(invocation.request, "INPUT")}'

    def _output(self, invocation: Invocation) -> str:
        return f'"endpointOutput":{self._side(invocation.response, "OUTPUT")}'

    def _side(self, payload: Payload, mode: str) -> str:
        known = self._heads.get((payload.content_type, mode))
        head, encoding = known or self._remember(payload.content_type, mode)
        if encoding != _BASE64:
            try:
                return f'{head}{_text(payload.body.decode())},"encoding":"{encoding}"}}'
            except UnicodeDecodeError:
                pass
        return f'{head}"{base64.b64encode(payload.body).decode()}","encoding":"{_BASE64}"}}'

    def _remember(self, content_type: str, mode: str) -> tuple[str, str]:
        """What all records of a content type begin with, and how their data are encoded."""
        if len(self._heads) >= _MOST_HEADS:  # callers may invent parameters
            self._heads.clear()
        head = f'{{"observedContentType":{_text(content_type)},"mode":"{mode}","data":'
        return self._heads.setdefault((content_type, mode), (head, self._encoding(content_type)))

    def _encoding(self, content_type: str) -> str:
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type in self._options.csv_content_types:
            return "CSV"
        return "JSON" if media_type in self._options.json_content_types else _BASE64


def ground_truth_line(event_id: str, label: str) -> bytes:
    """The ground truth of the invocation ``event_id``, as SageMaker's merge job takes it."""
    return json_line(
        {
            "groundTruthData": {"data": label, "encoding": "CSV"},
            "eventMetadata": {"eventId": event_id},
            "eventVersion": _EVENT_VERSION,
        }
    )


def hour_folder(options: CaptureOptions, instant: datetime) -> str:
    """``{endpoint}/{variant}/yyyy/mm/dd/hh/``: where the records of the hour of ``instant`` (UTC) are."""
    return f"{options.endpoint}/{options.variant}/{instant:%Y/%m/%d/%H}/"


def file_name(instant: datetime, file_id: str) -> str:
    """``MM-SS-mmm-uuid.jsonl``: a file whose first record is of ``instant``."""
    return f"{instant:%M-%S}-{instant.microsecond // 1000:03d}-{file_id}.jsonl"


def json_line(document: dict[str, Any]) -> bytes:
    """``document`` on one line. ASCII, because some readers also end lines at separators of Unicode."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode() + b"\n"
