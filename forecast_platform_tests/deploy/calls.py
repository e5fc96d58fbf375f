"""Which operations of AWS the product's code calls, found by reading it.

Belongs here: reading code. Does not belong here: what is allowed (``deploy/iam``).

A call is ``client("athena")`` and an attribute or paginator of the same module that is an operation of that service.
What is put together from words at run time is named here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from forecast_platform.forecast_service.amazon.kinds import KINDS, MONITOR
from forecast_platform.quicksight import kinds as quicksight

PRODUCT = Path(__file__).resolve().parents[2] / "forecast_platform"
_BY_THE_BUCKET = {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"}
"""``bucket.s3`` asks S3 through obstore, which is no boto3 client. That these suffice is proved on a server."""
_PREFIXES = {"forecastquery": "forecast"}
_ACTIONS = {"sqs:DeleteMessageBatch": "sqs:DeleteMessage"}
"""Where the action is not called like the operation."""


@cache
def actions_of_the_product() -> frozenset[str]:
    """The action of every operation that is called."""
    called = {f"{service}:{operation}" for service, operation in _in_modules()}
    called |= {f"forecast:{operation}" for operation in forecast_operations()}
    called |= {f"quicksight:{operation}" for operation in _quicksight_operations()}
    return frozenset(_ACTIONS.get(one, one) for one in called) | _BY_THE_BUCKET


def forecast_operations() -> set[str]:
    """Those of ``forecast_service.amazon``, which are made from the kinds of resources."""
    kinds = list(KINDS.values())
    made = {kind.made_as or kind.member for kind in kinds}
    written = {text for path in (PRODUCT / "forecast_service" / "amazon").glob("*.py") for text in _texts(path)}
    return (
        {f"Create{name}" for name in made} - {f"Create{MONITOR.member}"}
        | {f"Describe{name}" for name in made}
        | {f"Delete{kind.member}" for kind in kinds}
        | {f"List{kind.members}" for kind in kinds}
        | written & set(_operations("forecast").values())
    )


def actions_of_the_launcher() -> set[str]:
    """Those of dagster-aws for a launcher that is given its task definition and no secrets to look for."""
    import dagster_aws.ecs

    assert dagster_aws.ecs.__file__
    paths = [Path(dagster_aws.ecs.__file__).with_name(f"{module}.py") for module in ("launcher", "tasks", "utils")]
    names = {name for path in paths for name, _ in _names(path)}
    called = {
        f"{service}:{_operations(service)[name]}"
        for service in ("ecs", "logs")
        for name in names & set(_operations(service))
    }
    # The network of the launcher's own task is looked up as a boto3 resource.
    return called - {"ecs:RegisterTaskDefinition"} | {"ec2:DescribeNetworkInterfaces"}


def job_reads() -> set[str]:
    """The actions with which jobs of Amazon Forecast are watched."""
    jobs = [kind for kind in KINDS.values() if not kind.lasting and kind is not MONITOR]
    described = {f"forecast:Describe{kind.made_as or kind.member}" for kind in jobs}
    return described | {f"forecast:List{kind.members}" for kind in jobs}


def _quicksight_operations() -> set[str]:
    kinds = [one for one in vars(quicksight).values() if isinstance(one, quicksight.Kind)]
    verbs = {f"{verb}{kind.api}" for kind in kinds for verb in ("Create", "Describe", "Update")}
    return verbs | {f"Update{kind.api}Permissions" for kind in kinds}


def _in_modules() -> Iterator[tuple[str, str]]:
    """Prefix of the service and operation of every call that stands in the code as such."""
    for path in PRODUCT.rglob("*.py"):
        if "aws_peer" in path.parts or "client(" not in path.read_text("utf-8"):
            continue
        names = list(_names(path))
        for service in {text for name, text in names if name == "client" and text}:
            operations = _operations(service)
            for name, text in names:
                if (found := operations.get(text if name == "get_paginator" else name)) is not None:
                    yield _PREFIXES.get(service, service), found


def _names(path: Path) -> Iterator[tuple[str, str]]:
    """Every attribute, and every function with the text it is called with, if any."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr, ""
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func
            called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            yield called, str(node.args[0].value)


def _texts(path: Path) -> set[str]:
    return {str(node.value) for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)}


@cache
def _operations(service: str) -> dict[str, str]:
    """Names of operations by what boto3 calls them."""
    import botocore.session
    from botocore import xform_name

    names = botocore.session.get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}
