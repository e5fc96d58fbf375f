"""Documents against shapes: types, required and unknown members, enumerations, patterns, lengths, ranges.

Belongs here: the walk and AWS's words for what is wrong. botocore itself checks types and some minima only. Does not
belong here: rules that the model cannot say ("either this or that").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from forecast_platform.aws_peer.protocol.errors import serialization_error, validation_error
from forecast_platform.aws_peer.protocol.patterns import matches
from forecast_platform.aws_peer.protocol.service_model import Shape

_INTEGERS = ("integer", "long")
_NUMBERS = ("float", "double")
_LIMITS = {"integer": 2**31, "long": 2**63}


@dataclass(frozen=True)
class Exemption:
    """A constraint of AWS's model that AWS itself does not hold to.

    Attributes:
        reason: Why; shown in the documentation.
        pattern: What holds instead of the model's pattern; ``None`` = any text.
        accepts: What holds besides; ``None`` = nothing.
        expected: What ``accepts`` wants, for the message.
        any_length: The model's lengths do not hold either.
    """

    reason: str
    pattern: str | None = None
    accepts: Callable[[str], bool] | None = None
    expected: str = ""
    any_length: bool = False


@dataclass(frozen=True)
class _Found:
    mistyped: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


class Validation:
    """Checks the documents of one service.

    Args:
        exemptions: By ``Structure.Member``, or by shape where that is wrong wherever it is used.
    """

    def __init__(self, exemptions: Mapping[str, Exemption]) -> None:
        self._exemptions = exemptions

    def check_request(self, document: dict[str, Any], shape: Shape) -> None:
        """Refuse a request as AWS does.

        Raises:
            ServiceError: ``SerializationException`` for the first value of a wrong type, or else
                ``ValidationException`` with everything that is wrong.
        """
        found = self._check(document, shape)
        if found.mistyped:
            raise serialization_error(found.mistyped[0])
        if found.violations:
            raise validation_error(found.violations)

    def problems_of_reply(self, document: dict[str, Any], shape: Shape) -> list[str]:
        """What is wrong with a reply of ours, on the wire; empty = nothing."""
        found = self._check(document, shape)
        return [*found.mistyped, *found.violations]

    def _check(self, document: dict[str, Any], shape: Shape) -> _Found:
        found = _Found()
        if shape is not None:
            self._walk(document, shape, "", "", found)
        elif document:
            found.violations.append(f"No members are allowed here, found: {', '.join(document)}")
        return found

    def _walk(self, value: Any, shape: Shape, path: str, place: str, found: _Found) -> None:
        """``place`` is the structure and member that have the value, for the exemptions."""
        wrong = _mistyped(value, shape)
        if wrong:
            found.mistyped.append(f"Unexpected value at '{path}': {wrong}" if path else wrong)
            return
        secret = bool(shape.metadata.get("sensitive"))
        found.violations.extend(
            _violation(value, path, text, secret=secret) for text in self._broken(value, shape, place)
        )
        match shape.type_name:
            case "structure":
                self._structure(value, shape, path, found)
            case "list":
                self._list(value, shape, path, found)
            case "map":
                self._map(value, shape, path, found)

    def _structure(self, value: dict[str, Any], shape: Shape, path: str, found: _Found) -> None:
        for name in shape.required_members:
            if value.get(name) is None:
                found.violations.append(_violation(None, _named(path, name), "Member must not be null"))
        for name, one in value.items():
            member = shape.members.get(name)
            if member is None:
                known = ", ".join(shape.members)
                found.violations.append(
                    _violation(one, _named(path, name), f"Member is unknown; {shape.name} has: {known}")
                )
            elif one is not None:
                self._walk(one, member, _named(path, name), f"{shape.name}.{name}", found)

    def _list(self, value: list[Any], shape: Shape, path: str, found: _Found) -> None:
        if shape.member.type_name not in ("structure", "list", "map"):
            self._simple(value, value, shape.member, path, "Member must satisfy constraint", found)
            return
        for index, one in enumerate(value, start=1):
            self._walk(one, shape.member, f"{path}.{index}.member", "", found)

    def _map(self, value: dict[str, Any], shape: Shape, path: str, found: _Found) -> None:
        self._simple(value, list(value), shape.key, path, "Map keys must satisfy constraint", found)
        if shape.value.type_name in ("structure", "list", "map"):
            for key, one in value.items():
                self._walk(one, shape.value, f"{path}.{key}.member", "", found)
        else:
            self._simple(value, list(value.values()), shape.value, path, "Map value must satisfy constraint", found)

    def _simple(self, whole: Any, values: list[Any], shape: Shape, path: str, says: str, found: _Found) -> None:
        """AWS shows the whole list or map, and all constraints that its parts have, once."""
        wrong = [text for text in (_mistyped(one, shape) for one in values) if text]
        found.mistyped.extend(f"Unexpected value at '{path}': {text}" for text in wrong)
        if not wrong and any(True for one in values for _ in self._broken(one, shape, "")):
            all_of_them = ", ".join(_constraints(shape))
            found.violations.append(_violation(whole, path, f"{says}: [{all_of_them}]"))

    def _broken(self, value: Any, shape: Shape, place: str) -> Iterator[str]:
        """The constraints of ``shape`` itself that ``value`` breaks."""
        exemption = self._exemption(shape, place)
        size = None if exemption and exemption.any_length else _size(value, shape)
        least, most, noun = shape.metadata.get("min"), shape.metadata.get("max"), _noun(shape)
        if size is not None and least is not None and size < least:
            yield f"Member must have {noun} greater than or equal to {least}"
        if size is not None and most is not None and size > most:
            yield f"Member must have {noun} less than or equal to {most}"
        if isinstance(value, str):
            yield from _broken_text(value, shape, exemption)

    def _exemption(self, shape: Shape, place: str) -> Exemption | None:
        return self._exemptions.get(place) or self._exemptions.get(shape.name)


def _constraints(shape: Shape) -> Iterator[str]:
    """All constraints of ``shape`` itself, in the order in which AWS lists them."""
    least, most, noun = shape.metadata.get("min"), shape.metadata.get("max"), _noun(shape)
    if most is not None:
        yield f"Member must have {noun} less than or equal to {most}"
    if least is not None:
        yield f"Member must have {noun} greater than or equal to {least}"
    if enumeration := shape.metadata.get("enum"):
        yield f"Member must satisfy enum value set: [{', '.join(enumeration)}]"
    if pattern := shape.metadata.get("pattern"):
        yield f"Member must satisfy regular expression pattern: {pattern}"


def _broken_text(value: str, shape: Shape, exemption: Exemption | None) -> Iterator[str]:
    enumeration = shape.metadata.get("enum")
    if enumeration and value not in enumeration:
        yield f"Member must satisfy enum value set: [{', '.join(enumeration)}]"
    pattern = exemption.pattern if exemption else shape.metadata.get("pattern")
    if pattern is not None and not matches(pattern, value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    if exemption and exemption.accepts and not exemption.accepts(value):
        yield f"Member must be {exemption.expected}"


def _mistyped(value: Any, shape: Shape) -> str:
    """What a value of another type than the shape's is; empty = it has the type."""
    kind = shape.type_name
    if kind in ("structure", "map"):
        right = isinstance(value, dict)
    elif kind == "list":
        right = isinstance(value, list)
    elif kind in ("string", "blob"):
        right = isinstance(value, str)
    elif kind == "boolean":
        right = isinstance(value, bool)
    elif kind in _INTEGERS:
        right = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LIMITS[kind]
    else:
        right = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return "" if right else f"{_json_type(value)} can not be converted to a {kind.capitalize()}"


def _json_type(value: Any) -> str:
    if value is None:
        return "NULL_VALUE"
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, int | float):
        return "NUMBER_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "START_ARRAY" if isinstance(value, list) else "START_OBJECT"


def _size(value: Any, shape: Shape) -> float | None:
    if shape.type_name in (*_INTEGERS, *_NUMBERS):
        return float(value)
    return len(value) if isinstance(value, str | list | dict) and shape.type_name != "structure" else None


def _noun(shape: Shape) -> str:
    return "value" if shape.type_name in (*_INTEGERS, *_NUMBERS) else "length"


def _named(path: str, member: str) -> str:
    """AWS writes members as Java fields, with a small first letter."""
    name = member[:1].lower() + member[1:]
    return f"{path}.{name}" if path else name


def _violation(value: Any, path: str, constraint: str, *, secret: bool = False) -> str:
    shown = "" if secret else (" null" if value is None else f" '{_shown(value)}'")
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_shown(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={_shown(one)}' for key, one in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
