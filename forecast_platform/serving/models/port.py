"""What the server needs of a model.

Belongs here: the protocols and what models of tables share. Does not belong here: a format of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from forecast_platform.serving import media
from forecast_platform.serving.payloads import Prediction, Row, read_rows, write_predictions


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer and its content type."""

    body: bytes
    content_type: str


class Model(Protocol):
    """Something that answers invocations; several threads may ask at once."""

    @property
    def may_wait(self) -> bool:
        """Whether an answer may take long whatever the size of the request, so that others must not wait for it."""
        ...

    def answer(self, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer a request.

        Args:
            content_type: The header as it was sent; empty when there was none.
            accept: The same.

        Raises:
            RefusedError: The request is at fault.
        """
        ...


class TabularModel(Protocol):
    """A model of rows with named features."""

    @property
    def features(self) -> tuple[str, ...]:
        """The features of a row, in the order in which CSV has them."""
        ...

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction per row.

        Raises:
            RefusedError: Cells that the model cannot take, all of them.
        """
        ...


@dataclass(frozen=True)
class TabularAnswers:
    """Answers invocations with a model of rows, in CSV, JSON and JSON lines."""

    model: TabularModel
    may_wait: bool = False

    def answer(self, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer in the type that ``accept`` likes best, or else in that of the request."""
        sent = media.content_type_of(content_type)
        wanted = media.accepted_type(accept, sent)
        predictions = self.model.predict(read_rows(body, sent, self.model.features))
        return Answer(write_predictions(predictions, wanted), wanted)
