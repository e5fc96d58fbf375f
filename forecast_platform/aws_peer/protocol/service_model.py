"""An AWS service as botocore's own model describes it.

Belongs here: finding operations and shapes. Does not belong here: checking values (``validation``).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from forecast_platform.errors import MissingExtraError

Shape = Any
"""``botocore.model.Shape``, which ships no types."""


class ServiceModel:
    """One service.

    Args:
        name: As boto3 names it, e.g. ``forecast``.

    Raises:
        MissingExtraError: botocore is not installed.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._model = _session().get_service_model(name)
        self.target_prefix: str = self._model.metadata["targetPrefix"]
        """What stands before the operation in the header ``X-Amz-Target``."""
        self.json_version: str = self._model.metadata["jsonVersion"]
        self.operations: tuple[str, ...] = tuple(self._model.operation_names)

    def input_shape(self, operation: str) -> Shape:
        """The structure of a request; ``None`` when it has none."""
        return self._model.operation_model(operation).input_shape

    def output_shape(self, operation: str) -> Shape:
        """The structure of a reply; ``None`` when it has none."""
        return self._model.operation_model(operation).output_shape

    def errors(self, operation: str) -> frozenset[str]:
        """The codes of the errors that the operation may answer, besides those of every operation."""
        return frozenset(shape.name for shape in self._model.operation_model(operation).error_shapes)

    def members(self, shape: Shape) -> frozenset[str]:
        """The names of the members of a structure, of which ``None`` has none."""
        return frozenset(shape.members) if shape is not None else frozenset()


@cache
def _session() -> Any:
    try:
        import botocore.session
    except ImportError as error:
        raise MissingExtraError("The AWS peer", "aws") from error
    return botocore.session.Session()
