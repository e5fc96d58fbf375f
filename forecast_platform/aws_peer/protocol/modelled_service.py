"""One service of the peer: requests checked against its model, handed over, and replies checked again.

Belongs here: what happens to every call. Does not belong here: what an operation does (its handler).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from forecast_platform.aws_peer.protocol.errors import ServiceError, internal_failure, unsupported_operation
from forecast_platform.aws_peer.protocol.service_model import ServiceModel
from forecast_platform.aws_peer.protocol.validation import Validation
from forecast_platform.aws_peer.protocol.wire import Document, wire_value, write_document

Handler = Callable[[Document], Document]
_COMMON = frozenset({"ValidationException", "SerializationException", "InternalFailure"})
_log = logging.getLogger(__name__)


class ModelledService:
    """Answers the operations of one service.

    Args:
        handlers: By operation.
        unsupported: Operations that AWS has and this peer has not, with the reason.

    Raises:
        ValueError: An operation of the model is in neither or in both.
    """

    def __init__(
        self,
        model: ServiceModel,
        validation: Validation,
        handlers: Mapping[str, Handler],
        unsupported: Mapping[str, str],
    ) -> None:
        if sorted([*handlers, *unsupported]) != sorted(model.operations):
            raise ValueError(f"every operation of {model.name} needs a handler or a reason why it has none")
        self.model = model
        self._validation, self._handlers, self._unsupported = validation, handlers, unsupported

    def answer(self, operation: str, document: Document) -> bytes:
        """The body of the reply.

        Raises:
            ServiceError: The call is refused, or failed.
        """
        if operation in self._unsupported:
            raise unsupported_operation(operation, self._unsupported[operation])
        self._validation.check_request(document, self.model.input_shape(operation))
        try:
            reply = wire_value(self._handlers[operation](document))
        except ServiceError as error:
            self._check_code(operation, error.code)
            raise
        shape = self.model.output_shape(operation)
        self._check_reply(operation, self._validation.problems_of_reply(reply, shape))
        return b"" if shape is None else write_document(reply)

    def _check_code(self, operation: str, code: str) -> None:
        if code not in _COMMON and code not in self.model.errors(operation):
            self._check_reply(operation, [f"the model does not give it the error {code}"])

    def _check_reply(self, operation: str, problems: list[str]) -> None:
        """A peer that answers what AWS cannot answer would let wrong programs pass."""
        if problems:
            _log.error("%s: %s", operation, "; ".join(problems))
            raise internal_failure(f"The peer's own answer to {operation} breaks AWS's model: {'; '.join(problems)}")
