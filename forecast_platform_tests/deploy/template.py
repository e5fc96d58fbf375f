"""``deploy/cloudformation.yaml`` as data: read, and put into words for one choice of its conditions.

Belongs here: CloudFormation's notation. Does not belong here: what the stack should be like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PATH = DEPLOY / "cloudformation.yaml"
CONDITIONS = ("WithAmazonForecast", "WithKms", "WithQuickSight")
"""Those on which it depends who may do what."""
_NOTHING = object()


class _Loader(yaml.SafeLoader):
    """Reads ``!Sub text`` as ``{"Fn::Sub": text}``, as CloudFormation does."""


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    read: Any
    if isinstance(node, yaml.ScalarNode):
        read = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        read = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        read = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": read}


_Loader.add_multi_constructor("!", _tagged)


@cache
def template() -> Mapping[str, Any]:
    """The template; do not change it."""
    read: Mapping[str, Any] = yaml.load(PATH.read_text("utf-8"), _Loader)
    return read


def resources(kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every resource of a type, with its name."""
    for name, resource in template()["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource


def in_words(node: Any, conditions: Mapping[str, bool]) -> Any:
    """``node`` with its conditions decided, and everything only AWS knows as ``${Name}`` or ``${Name.Attribute}``."""
    resolved = _resolved(node, conditions)
    return None if resolved is _NOTHING else resolved


def _resolved(node: Any, conditions: Mapping[str, bool]) -> Any:
    if isinstance(node, list):
        return [one for one in (_resolved(each, conditions) for each in node) if one is not _NOTHING]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((function, argument),) = node.items()
        if function == "Ref":
            return _NOTHING if argument == "AWS::NoValue" else f"${{{argument}}}"
        if function == "Fn::GetAtt":
            return f"${{{argument}}}"
        if function == "Fn::Sub":
            return argument
        if function == "Fn::If":
            condition, when, otherwise = argument
            return _resolved(when if conditions[condition] else otherwise, conditions)
    pairs = ((key, _resolved(value, conditions)) for key, value in node.items())
    return {key: value for key, value in pairs if value is not _NOTHING}
