"""One line of a capture file as a record.

Belongs here: the JSON around the payloads. Does not belong here: the payloads (``payloads``), files (``reading``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from forecast_platform.model_monitor.reading.flattening import parse_json
from forecast_platform.model_monitor.reading.rows import NotReadableError
from forecast_platform.training_data.messages import quoted

INPUT = "endpointInput"
OUTPUT = "endpointOutput"
BATCH_OUTPUT = "batchTransformOutput"
GROUND_TRUTH = "groundTruthData"
_PAYLOADS = (INPUT, OUTPUT, BATCH_OUTPUT)


class Payload(NamedTuple):
    """What went into a model or came out of it.

    Attributes:
        data: As it is written in the file: the text itself, or base64.
        encoding: ``CSV``, ``JSON`` or ``BASE64``; in upper case, empty when the file does not say.
        content_type: The HTTP header ``Content-Type`` as it was observed.
    """

    data: str
    encoding: str
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class CapturedRecord:
    """One request and its answer, or one ground truth record.

    Attributes:
        event_id: What the endpoint gave the request.
        inference_id: What the caller gave it; where there is one, ground truth refers to it.
        inference_time: In UTC (aware); ``None`` when what is written there is no time.
        payloads: By their name in the file: ``endpointInput``, ``endpointOutput``, ``batchTransformOutput``,
            ``groundTruthData``; only those that are there.
    """

    event_id: str | None = None
    inference_id: str | None = None
    inference_time: datetime | None = None
    payloads: dict[str, Payload] = field(default_factory=dict)

    @property
    def key(self) -> str | None:
        """What ground truth is matched by: the inference id, or else the event id."""
        return self.inference_id or self.event_id


def parse_record(line: str) -> CapturedRecord:
    """The record that is written in ``line``.

    Raises:
        NotReadableError: It is no JSON object, or none as SageMaker writes them.
    """
    document = parse_json(line)
    if not isinstance(document, dict):
        raise NotReadableError(quoted(line), f"a JSON object with captureData or {GROUND_TRUTH}")
    metadata = _object(document, "eventMetadata")
    captured = _object(document, "captureData")
    payloads = {
        name: _payload(name, value)
        for name, value in captured.items()
        if value and (name in _PAYLOADS or isinstance(value, dict))
    }
    if document.get(GROUND_TRUTH):
        payloads[GROUND_TRUTH] = _payload(GROUND_TRUTH, document[GROUND_TRUTH])
    if not any(payload.data for payload in payloads.values()):
        raise NotReadableError("no data", "a payload below captureData or groundTruthData")
    return CapturedRecord(
        event_id=_text(metadata.get("eventId")) or None,
        inference_id=_text(metadata.get("inferenceId")) or None,
        inference_time=parse_time(_text(metadata.get("inferenceTime"))),
        payloads=payloads,
    )


def parse_time(text: str) -> datetime | None:
    """A time in ISO 8601, in UTC where it does not say, as an aware instant in UTC; ``None`` when it is none."""
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _object(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NotReadableError(f"{quoted(_text(value))} as {name}", "a JSON object")
    return value


def _payload(name: str, value: Any) -> Payload:
    if not isinstance(value, dict):
        raise NotReadableError(f"{quoted(_text(value))} as {name}", "a JSON object with data and encoding")
    return Payload(
        data=_text(value.get("data")),
        encoding=_text(value.get("encoding")).upper(),
        content_type=_text(value.get("observedContentType")),
    )


def _text(value: Any) -> str:
    """A JSON value as text; what should be text and is something else as its JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return json.dumps(value)
    except RecursionError:
        raise NotReadableError("JSON nested too deep", "text") from None
