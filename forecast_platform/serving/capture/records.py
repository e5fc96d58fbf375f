"""One invocation as a line of a capture file, and which file it belongs to.

Belongs here: SageMaker's record format and its folders. Does not belong here: when and how files are written.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any, NamedTuple

from forecast_platform.model_monitor.layout import hour_folder
from forecast_platform.serving.capture.options import CaptureMode, CaptureOptions

_EVENT_VERSION = "0"
_BASE64_TAIL = ',"encoding":"BASE64"}'
_MOST_FRAMES = 1000
_text = json.JSONEncoder().encode


class Invocation(NamedTuple):  # made for every request, and a frozen dataclass takes four times as long
    """A request that was answered.

    Attributes:
        event_id: Unique, of characters that JSON need not escape; ground truth refers to it.
        instant: When it was answered, aware, in UTC.
        request: The body that was sent.
        request_type: Its content type, as the header names it.
        response: The body that was answered.
        response_type: Its content type.
        inference_id: What the caller gave as ``X-Amzn-SageMaker-Inference-Id``.
        custom_attributes: What the caller gave as ``X-Amzn-SageMaker-Custom-Attributes``.
    """

    event_id: str
    instant: datetime
    request: bytes
    request_type: str
    response: bytes
    response_type: str
    inference_id: str | None = None
    custom_attributes: str | None = None


class _Frame(NamedTuple):
    """What stands around the data of all bodies of one content type."""

    head: str
    tail: str
    is_text: bool


class RecordFormat:
    """Writes invocations as lines: ASCII, each ended by a line feed, with the keys in the order of SageMaker's files.

    The line is put together from texts, which takes a fifth of the time of ``json.dumps`` of the whole: capturing must
    not slow the answers.
    """

    def __init__(self, options: CaptureOptions) -> None:
        self._options = options
        self._frames: dict[tuple[str, str], _Frame] = {}

    def line(self, invocation: Invocation) -> bytes:
        """The record of ``invocation``.

        A body whose content type counts as CSV or JSON but that is not UTF-8 is recorded as BASE64: no byte is lost.
        """
        mode = self._options.mode
        request = response = ""
        if mode is not CaptureMode.OUTPUT:
            request = self._side(invocation.request, invocation.request_type, "INPUT")
        if mode is not CaptureMode.INPUT:
            response = self._side(invocation.response, invocation.response_type, "OUTPUT")
        between = "," if request and response else ""
        given = ""
        if invocation.inference_id is not None:
            given = f',"inferenceId":{_text(invocation.inference_id)}'
        if invocation.custom_attributes is not None:
            given += f',"customAttributes":[{_text(invocation.custom_attributes)}]'
        return (
            f'{{"captureData":{{{request}{between}{response}}},"eventMetadata":{{"eventId":"{invocation.event_id}"{given},'
            f'"inferenceTime":"{invocation.instant.isoformat()[:19]}Z"}},"eventVersion":"{_EVENT_VERSION}"}}\n'
        ).encode()

    def _side(self, body: bytes, content_type: str, mode: str) -> str:
        frame = self._frames.get((content_type, mode)) or self._remember(content_type, mode)
        if not frame.is_text:
            return f'{frame.head}"{base64.b64encode(body).decode()}"{frame.tail}'
        try:
            return f"{frame.head}{_text(body.decode())}{frame.tail}"
        except UnicodeDecodeError:
            return f'{frame.head}"{base64.b64encode(body).decode()}"{_BASE64_TAIL}'

    def _remember(self, content_type: str, mode: str) -> _Frame:
        if len(self._frames) >= _MOST_FRAMES:  # callers may invent parameters
            self._frames.clear()
        name = "endpointInput" if mode == "INPUT" else "endpointOutput"
        head = f'"{name}":{{"observedContentType":{_text(content_type)},"mode":"{mode}","data":'
        encoding = self._encoding(content_type)
        tail = f',"encoding":"{encoding}"}}' if encoding else _BASE64_TAIL
        return self._frames.setdefault((content_type, mode), _Frame(head, tail, is_text=encoding is not None))

    def _encoding(self, content_type: str) -> str | None:
        """How bodies of this type are recorded; ``None`` = not as text."""
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type in self._options.csv_content_types:
            return "CSV"
        return "JSON" if media_type in self._options.json_content_types else None


def ground_truth_line(event_id: str, label: str) -> bytes:
    """The ground truth of the invocation ``event_id``, as SageMaker's merge job takes it."""
    return json_line(
        {
            "groundTruthData": {"data": label, "encoding": "CSV"},
            "eventMetadata": {"eventId": event_id},
            "eventVersion": _EVENT_VERSION,
        }
    )


def capture_folder(options: CaptureOptions, instant: datetime) -> str:
    """``{endpoint}/{variant}/yyyy/mm/dd/hh/``: where the records of the hour of ``instant`` are."""
    return f"{options.endpoint}/{options.variant}/{hour_folder(instant)}"


def file_name(instant: datetime, file_id: str) -> str:
    """``MM-SS-mmm-uuid.jsonl``: a file whose first record is of ``instant``."""
    return f"{instant:%M-%S}-{instant.microsecond // 1000:03d}-{file_id}.jsonl"


def json_line(document: dict[str, Any]) -> bytes:
    """``document`` on one line. ASCII, because some readers also end lines at separators of Unicode."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode() + b"\n"
