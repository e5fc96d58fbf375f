"""A forecast service that waits for an import which never ends, as the one of Amazon does."""

from __future__ import annotations

from pathlib import Path

from forecast_platform.aws.polling import Polling, wait_for
from forecast_platform.forecast_service.local import LocalForecastService
from forecast_platform.forecast_service.port import ImportRequest, Resource


class PollingService(LocalForecastService):
    """Leaves a file ``polled`` in ``folder`` when it polls, and ``stopped`` when it has stopped the job.

    Args:
        stops: Stop the job when the run that waits for it is terminated.
    """

    def __init__(self, root: Path, folder: Path, *, stops: bool) -> None:
        super().__init__(root)
        self._folder, self._stops = folder, stops

    def import_data(self, request: ImportRequest) -> Resource:
        try:
            return wait_for(self._look, Polling(first=0.05, longest=0.05))
        except BaseException as error:
            if self._stops and not isinstance(error, Exception):
                (self._folder / "stopped").touch()
            raise

    def _look(self) -> Resource | None:
        (self._folder / "polled").touch()
        return None
