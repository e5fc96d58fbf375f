"""Values on the wire of JSON 1.1: strict JSON, instants as seconds since 1970.

Belongs here: bytes to documents and back. Does not belong here: whether a document is right (``validation``).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from forecast_platform.aws_peer.protocol.errors import serialization_error
from forecast_platform.aws_peer.protocol.service_model import Shape

Document = dict[str, Any]


def read_document(body: bytes) -> Document:
    """The document of a request.

    Raises:
        ServiceError: ``SerializationException``: it is not a JSON object.
    """
    if not body.strip():
        return {}
    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_refuse_constant, object_hook=_without_nulls_as_aws_reads_them
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise serialization_error(f"The request is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise serialization_error("Start of structure or map expected: the request is not a JSON object")
    return document


def write_document(document: Any) -> bytes:
    """``document`` as JSON; NaN and infinities, which JSON does not have, raise ``ValueError``."""
    return json.dumps(wire_value(document), allow_nan=False, ensure_ascii=False).encode("utf-8")


def wire_value(value: Any) -> Any:
    """``value`` with every instant, which has to know its time zone, as seconds since 1970."""
    if isinstance(value, dict):
        return {key: wire_value(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [wire_value(one) for one in value]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return value


def python_value(value: Any, shape: Shape) -> Any:
    """A value of the wire as boto3 gives it: instants as ``datetime`` in UTC."""
    if value is None or shape is None:
        return value
    match shape.type_name:
        case "structure":
            return {key: python_value(one, shape.members.get(key)) for key, one in value.items()}
        case "list":
            return [python_value(one, shape.member) for one in value]
        case "map":
            return {key: python_value(one, shape.value) for key, one in value.items()}
        case "timestamp":
            return datetime.fromtimestamp(value, UTC)
    return value


def _without_nulls_as_aws_reads_them(members: Document) -> Document:
    return {name: value for name, value in members.items() if value is not None}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
