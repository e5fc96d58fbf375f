"""What the analyses of a forecast share: the service that can make them, and its predictor while they need it.

Belongs here: preparation and cleaning up. Does not belong here: either analysis (``explaining``, ``what_if``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.port import AnalysingService, ImportRequest, Progress
from forecast_platform.pipeline.forecasting import clean_up_cutoff, is_exported, wants_cleanup
from forecast_platform.pipeline.training import train_predictor, training_request
from forecast_platform.pipeline.workspace import Workspace


@dataclass(frozen=True)
class Analysis:
    """A cutoff to be analysed.

    Attributes:
        predictor: Name of the predictor that forecasts at the cutoff; it may not be there now.
        request: The data that is forecast from.
    """

    workspace: Workspace
    service: AnalysingService
    predictor: str
    request: ImportRequest

    def inputs(self, *more: str) -> str:
        """Hash of what determines the result, ``more`` included."""
        facts = [self.workspace.service.kind, self.predictor, self.request.data_hash, *more]
        return sha256("\n".join(facts).encode()).hexdigest()

    @contextmanager
    def trained(self, progress: Progress) -> Iterator[None]:
        """While this lasts the predictor is there.

        One that was cleaned up after its export is trained again, to the same result, and cleaned up again.
        """
        train_predictor(self.workspace, self.request.cutoff, progress)
        yield
        if wants_cleanup(self.workspace) and is_exported(self.workspace, self.request.cutoff):
            clean_up_cutoff(self.workspace, self.request.cutoff)


def analysis_of(workspace: Workspace, cutoff: datetime) -> Analysis:
    """The analysis of the forecast at ``cutoff``; nothing is trained yet.

    Raises:
        PermanentError: The project's service cannot make analyses.
    """
    if not isinstance(workspace.service, AnalysingService):
        raise PermanentError(
            f"The service {workspace.service.kind} can neither explain forecasts nor forecast scenarios."
        )
    predictor = workspace.service.predictor_name(training_request(workspace, cutoff))
    request = workspace.import_request(cutoff, workspace.snapshot(cutoff))
    return Analysis(workspace, workspace.service, predictor, request)
