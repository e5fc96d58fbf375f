"""What every role may do: the policies of the template, one document a role, as they are in ``deploy/iam``.

``python -m forecast_platform_tests.deploy.policies`` writes ``deploy/iam`` anew; a test fails when that was forgotten.
Belongs here: putting a role's policies together. Does not belong here: what they should allow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast_platform_tests.deploy.template import CONDITIONS, DEPLOY, in_words, template

FOLDER = DEPLOY / "iam"
_EVERYTHING = dict.fromkeys(CONDITIONS, True)
_EMBEDDED = _EVERYTHING | {"WithAmazonForecast": False}


@dataclass(frozen=True)
class Document:
    """One file: the policies of a role of the template, or who may take it."""

    role: str
    conditions: Mapping[str, bool]
    is_trust: bool = False


DOCUMENTS = {
    "runs.json": Document("RunRole", _EVERYTHING),
    "runs-embedded.json": Document("RunRole", _EMBEDDED),
    "sensors.json": Document("CodeServerRole", _EVERYTHING),
    "sensors-embedded.json": Document("CodeServerRole", _EMBEDDED),
    "launcher.json": Document("DaemonRole", _EVERYTHING),
    "webserver.json": Document("WebserverRole", _EVERYTHING),
    "execution.json": Document("ExecutionRole", _EVERYTHING),
    "amazon-forecast.json": Document("ForecastRole", _EVERYTHING),
    "amazon-forecast.trust.json": Document("ForecastRole", _EVERYTHING, is_trust=True),
    "tasks.trust.json": Document("RunRole", _EVERYTHING, is_trust=True),
}


def policy(name: str) -> dict[str, Any]:
    """The document of a file as the template has it; placeholders are ``${Name}``.

    Args:
        name: Of a file in ``deploy/iam``.
    """
    document = DOCUMENTS[name]
    role = template()["Resources"][document.role]["Properties"]
    if document.is_trust:
        trust: dict[str, Any] = in_words(role["AssumeRolePolicyDocument"], document.conditions)
        return trust
    attached = in_words(role.get("ManagedPolicyArns"), document.conditions) or []
    shared = [template()["Resources"][name.strip("${}")]["Properties"] for name in attached]
    own = in_words(role.get("Policies", []), document.conditions)
    documents = [in_words(one["PolicyDocument"], document.conditions) for one in (*shared, *own)]
    return {"Version": "2012-10-17", "Statement": [statement for one in documents for statement in one["Statement"]]}


def text(name: str) -> str:
    """The content of a file."""
    return json.dumps(policy(name), indent=2) + "\n"


if __name__ == "__main__":
    for file_name in DOCUMENTS:
        (FOLDER / file_name).write_text(text(file_name), encoding="utf-8")
