"""What is said of a resource: its Describe answer, and its line in lists.

Belongs here: members that are not stored but follow from others. Does not belong here: finding resources (``account``).
"""

from __future__ import annotations

import time
from typing import Any

from forecast_platform.aws_peer.forecast import kinds
from forecast_platform.aws_peer.forecast.resources import Resource, ResourceStore
from forecast_platform.aws_peer.protocol.service_model import ServiceModel, Shape
from forecast_platform.aws_peer.protocol.wire import python_value

Document = dict[str, Any]
_CHANGING = (kinds.CREATE_IN_PROGRESS, kinds.CREATE_STOPPING, kinds.UPDATE_PENDING, kinds.UPDATE_IN_PROGRESS)
_WHILE_IMPORTING = {
    kinds.CREATE_PENDING: kinds.UPDATE_PENDING,
    kinds.CREATE_IN_PROGRESS: kinds.UPDATE_IN_PROGRESS,
    kinds.CREATE_STOPPING: kinds.UPDATE_IN_PROGRESS,
}
_MINUTES_LEFT = 1
"""Nothing here takes long, and how long is not known."""


class Descriptions:
    """Describes the resources of an account."""

    def __init__(self, store: ResourceStore, model: ServiceModel) -> None:
        self._store, self._model = store, model

    def status(self, resource: Resource) -> str:
        """Its status; a dataset's is that of the import that is under way."""
        if resource.kind is kinds.DATASET and resource.status == kinds.ACTIVE:
            importing = [child.status for child in self._store.children(resource.arn)]
            return next((_WHILE_IMPORTING[one] for one in importing if one in _WHILE_IMPORTING), kinds.ACTIVE)
        return resource.status

    def describe(self, resource: Resource) -> Document:
        """Its Describe answer, as on the wire."""
        return _only(self._all(resource), self._describe_shape(resource))

    def summary(self, resource: Resource) -> Document:
        """Its line in a list, as on the wire."""
        reply = self._model.output_shape(f"List{resource.kind.plural}")
        return _only(self._all(resource), reply.members[resource.kind.plural].member)

    def for_engine(self, resource: Resource) -> Document:
        """Its Describe answer as boto3 gives it."""
        described: Document = python_value(self.describe(resource), self._describe_shape(resource))
        return described

    def _describe_shape(self, resource: Resource) -> Shape:
        auto = "Auto" if resource.kind is kinds.PREDICTOR and resource.auto else ""
        return self._model.output_shape(f"Describe{auto}{resource.kind.noun}")

    def _all(self, resource: Resource) -> Document:
        kind, status = resource.kind, self.status(resource)
        said = {
            **resource.document,
            kind.name_member: resource.name,
            kind.arn_member: resource.arn,
            "Status": status,
            "CreationTime": resource.created,
            "LastModificationTime": time.time() if status in _CHANGING else self._modified(resource),
        }
        if resource.message:
            said["Message"] = resource.message
        if status in kinds.UNDER_WAY:
            said["EstimatedTimeRemainingInMinutes"] = _MINUTES_LEFT
        if kind is kinds.PREDICTOR:
            said |= self._of_predictor(resource)
        if kind is kinds.FORECAST:
            said["CreatedUsingAutoPredictor"] = resource.auto
        return said

    def _modified(self, resource: Resource) -> float:
        if resource.kind is not kinds.DATASET:
            return resource.modified
        return max([resource.modified, *(child.modified for child in self._store.children(resource.arn))])

    def _of_predictor(self, predictor: Resource) -> Document:
        said: Document = {"IsAutoPredictor": predictor.auto, "DatasetImportJobArns": list(predictor.imports)}
        if reference := predictor.document.get("ReferencePredictorArn"):
            state = "Active" if self._store.get(reference) else "Deleted"
            said["ReferencePredictorSummary"] = {"Arn": reference, "State": state}
        explained = [one for one in self._store.children(predictor.arn) if one.kind is kinds.EXPLAINABILITY]
        if explained:
            said["ExplainabilityInfo"] = {"ExplainabilityArn": explained[0].arn, "Status": explained[0].status}
        return said


def _only(said: Document, shape: Shape) -> Document:
    """The members that ``shape`` has."""
    return {name: value for name, value in said.items() if name in shape.members}
