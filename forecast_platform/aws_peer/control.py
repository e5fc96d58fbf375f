"""The endpoints below ``/_peer/`` with which a test looks into a peer and makes things go wrong.

Belongs here: their JSON. Does not belong here: AWS's own protocol (``peer``).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from forecast_platform import __version__
from forecast_platform.aws_peer.faults import CALL_EFFECTS, DROP, JOB_EFFECTS, Fault
from forecast_platform.aws_peer.peer import Peer

PREFIX = "/_peer/"
_EFFECTS = (*CALL_EFFECTS, DROP, *JOB_EFFECTS)
_TYPES: dict[str, tuple[type, ...]] = {
    "effect": (str,),
    "operations": (list,),
    "names": (str,),
    "times": (int,),
    "for_seconds": (int, float),
    "after": (bool,),
    "message": (str,),
    "seconds": (int, float),
}


class ControlError(Exception):
    """The request cannot be understood; its text says why."""


def control(peer: Peer, method: str, path: str, body: bytes) -> Any:
    """Answer a request below :data:`PREFIX`: ``health``, ``calls``, ``faults``, ``reset``.

    Raises:
        ControlError: There is no such endpoint, or its body is wrong.
    """
    asked = urlsplit(path)
    query = {key: values[-1] for key, values in parse_qs(asked.query).items()}
    match method, asked.path.removeprefix(PREFIX).strip("/"):
        case "GET", "health":
            return {"version": __version__}
        case "GET", "calls":
            return _calls(peer, query)
        case "DELETE", "calls":
            peer.calls.clear()
        case "GET", "faults":
            return {"faults": peer.faults.listed()}
        case "POST", "faults":
            return {"identifier": peer.faults.add(_fault(body))}
        case "DELETE", "faults":
            peer.faults.remove(int(query["identifier"]) if "identifier" in query else None)
        case "POST", "reset":
            peer.reset()
        case _:
            raise ControlError(f"there is no {method} {asked.path}")
    return {}


def _calls(peer: Peer, query: dict[str, str]) -> dict[str, Any]:
    calls = peer.calls.calls(query.get("operation"), query.get("name"))
    return {"calls": calls, "counts": Counter(call["operation"] for call in calls if call["done"])}


def _fault(body: bytes) -> Fault:
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise ControlError(f"the body is not JSON: {error}") from error
    if not isinstance(asked, dict) or asked.get("effect") not in _EFFECTS:
        raise ControlError(f"the body needs an effect: {', '.join(_EFFECTS)}")
    for name, value in asked.items():
        if name not in _TYPES or not isinstance(value, _TYPES[name]):
            raise ControlError(f"{name} is unknown or has the wrong type; there are {', '.join(_TYPES)}")
    for_seconds = asked.pop("for_seconds", None)
    until = None if for_seconds is None else time.monotonic() + for_seconds
    return Fault(**{**asked, "operations": tuple(asked.get("operations", ["*"]))}, until=until)
