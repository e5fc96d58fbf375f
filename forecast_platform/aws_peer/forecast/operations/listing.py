"""Lists: filters, pages and tokens, the same for every kind.

Belongs here: which resources are on which page. Does not belong here: what a line says (``describing``).
"""

from __future__ import annotations

import base64
import binascii
import json
from hashlib import sha256
from typing import Any

from forecast_platform.aws_peer.forecast import refusals
from forecast_platform.aws_peer.forecast.account import Account
from forecast_platform.aws_peer.forecast.kinds import Kind
from forecast_platform.aws_peer.forecast.resources import Resource

Document = dict[str, Any]
_PAGE = 100


class Lists:
    """Handlers of the List operations."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def page(self, kind: Kind, request: Document) -> Document:
        """One page, the newest resources first. What is made or deleted between pages moves no other resource."""
        filters = request.get("Filters", [])
        _check_filters(kind, filters)
        after = _place(request["NextToken"], kind, filters) if "NextToken" in request else None
        with self._account.lock:
            found = [one for one in self._account.store.of_kind(kind) if self._passes(one, filters)]
        left = [one for one in found if after is None or _place_of(one) < after]
        shown = left[: request.get("MaxResults", _PAGE)]
        reply: Document = {kind.plural: [self._account.descriptions.summary(one) for one in shown]}
        if len(left) > len(shown):
            reply["NextToken"] = _token(shown[-1], kind, filters)
        return reply

    def _passes(self, resource: Resource, filters: list[Document]) -> bool:
        return all(
            (one["Value"] in self._values(resource, one["Key"])) == (one["Condition"] == "IS") for one in filters
        )

    def _values(self, resource: Resource, key: str) -> list[str]:
        if key == "Status":
            return [self._account.descriptions.status(resource)]
        if key == resource.kind.arn_member:
            return [resource.arn]
        if key == "WhatIfForecastArn":
            return list(resource.parents)
        value = resource.document.get(key)
        return [] if value is None else [value]


def _check_filters(kind: Kind, filters: list[Document]) -> None:
    known = (*kind.filters, "Status")
    for one in filters:
        if one["Key"] not in known:
            raise refusals.invalid_input(f"Filter key {one['Key']} is none of {', '.join(known)}.")


def _place_of(resource: Resource) -> tuple[float, str]:
    return resource.created, resource.arn


def _token(last: Resource, kind: Kind, filters: list[Document]) -> str:
    return base64.urlsafe_b64encode(json.dumps([_of(kind, filters), *_place_of(last)]).encode()).decode()


def _place(token: str, kind: Kind, filters: list[Document]) -> tuple[float, str]:
    """Where the page before ended.

    Raises:
        ServiceError: ``InvalidNextTokenException``: another list, or nobody, gave it.
    """
    try:
        of, created, arn = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        place = float(created), str(arn)
    except (binascii.Error, ValueError, TypeError):
        raise refusals.invalid_next_token() from None
    if of != _of(kind, filters):
        raise refusals.invalid_next_token()
    return place


def _of(kind: Kind, filters: list[Document]) -> str:
    return sha256(json.dumps([kind.noun, filters], sort_keys=True).encode()).hexdigest()[:16]
