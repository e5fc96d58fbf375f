"""The tables of the documentation that say what works, made from what does.

Belongs here: their text. ``python -m forecast_platform.aws_peer.forecast.operations_table`` prints it. Does not belong
here: what works (``services``, ``exemptions``).
"""

from __future__ import annotations

from forecast_platform.aws_peer.forecast.exemptions import EXEMPTIONS
from forecast_platform.aws_peer.forecast.kinds import KINDS, PREDICTOR
from forecast_platform.aws_peer.forecast.services import UNSUPPORTED
from forecast_platform.aws_peer.protocol.service_model import ServiceModel

_OF_ANY = "any resource"
_NAMED_OTHERWISE = {"GetAccuracyMetrics": PREDICTOR.words}


def operations_table() -> str:
    """Every operation of both services by the resource it is about; those that are not supported with the reason."""
    operations = [name for service in ("forecast", "forecastquery") for name in ServiceModel(service).operations]
    by_resource: dict[str, list[str]] = {words: [] for words in (*(kind.words for kind in KINDS), _OF_ANY)}
    for operation in operations:
        if operation not in UNSUPPORTED:
            by_resource[_resource(operation)].append(f"`{operation}`")
    works = [f"| {resource} | {', '.join(names)} |" for resource, names in by_resource.items()]
    reasons: dict[str, list[str]] = {}
    for operation, reason in UNSUPPORTED.items():
        reasons.setdefault(reason, []).append(f"`{operation}`")
    missing = [f"| {', '.join(names)} | {reason} |" for reason, names in reasons.items()]
    return "\n".join(
        [
            f"{len(operations) - len(UNSUPPORTED)} of {len(operations)} operations work:",
            "",
            "| resource | operations |",
            "|---|---|",
            *works,
            "",
            "These answer `UnsupportedOperationException`:",
            "",
            "| operations | why |",
            "|---|---|",
            *missing,
        ]
    )


def exemptions_table() -> str:
    """Where the published model is not followed, with the reason."""
    rows = [f"| `{place}` | {exemption.reason} |" for place, exemption in EXEMPTIONS.items()]
    return "\n".join(["| member | why |", "|---|---|", *rows])


def _resource(operation: str) -> str:
    """The kind with the longest name in that of the operation."""
    named = [kind for kind in KINDS if operation.endswith((kind.noun, kind.plural))]
    otherwise = _NAMED_OTHERWISE.get(operation, _OF_ANY)
    return max(named, key=lambda kind: len(kind.noun)).words if named else otherwise


if __name__ == "__main__":
    print(operations_table(), exemptions_table(), sep="\n\n")
