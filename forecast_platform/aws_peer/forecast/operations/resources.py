"""What can be done to a resource of any kind: describing, deleting, stopping, tagging.

Belongs here: these operations. Does not belong here: their rules (``account``, ``tags``).
"""

from __future__ import annotations

from typing import Any

from forecast_platform.aws_peer.forecast import kinds
from forecast_platform.aws_peer.forecast.account import Account
from forecast_platform.aws_peer.forecast.kinds import Kind
from forecast_platform.aws_peer.forecast.resources import Resource
from forecast_platform.aws_peer.forecast.tags import read_tags, refuse_too_many

Document = dict[str, Any]
_WITH_A_TREE = (kinds.DATASET, kinds.DATASET_GROUP, kinds.PREDICTOR, kinds.FORECAST)
_JOBS = tuple(kind for kind in kinds.KINDS if kind.job)


class ResourceOperations:
    """Handlers for resources of any kind."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def describe(self, kind: Kind, request: Document) -> Document:
        """Describe… of every kind but predictors."""
        return self._account.descriptions.describe(self._account.find(request[kind.arn_member], kind))

    def delete(self, kind: Kind, request: Document) -> Document:
        """Delete… of every kind."""
        with self._account.lock:
            self._account.delete(self._account.find(request[kind.arn_member], kind))
        return {}

    def delete_tree(self, request: Document) -> Document:
        """DeleteResourceTree."""
        with self._account.lock:
            self._account.delete(self._account.find(request["ResourceArn"], *_WITH_A_TREE), tree=True)
        return {}

    def stop(self, request: Document) -> Document:
        """StopResource."""
        with self._account.lock:
            self._account.stop(self._account.find(request["ResourceArn"], *_JOBS))
        return {}

    def list_tags(self, request: Document) -> Document:
        """ListTagsForResource."""
        tags = self._account.find(request["ResourceArn"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def tag(self, request: Document) -> Document:
        """TagResource: tags that are not named stay as they are."""
        with self._account.lock:
            resource = self._account.find(request["ResourceArn"])
            tags = resource.tags | read_tags(request["Tags"])
            refuse_too_many(tags)
            self._keep(resource, tags)
        return {}

    def untag(self, request: Document) -> Document:
        """UntagResource."""
        with self._account.lock:
            resource = self._account.find(request["ResourceArn"])
            self._keep(resource, {key: value for key, value in resource.tags.items() if key not in request["TagKeys"]})
        return {}

    def _keep(self, resource: Resource, tags: dict[str, str]) -> None:
        self._account.store.change(resource.arn, tags=tags)
