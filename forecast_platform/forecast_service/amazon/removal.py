"""Deleting one resource of Amazon Forecast, and waiting until it is gone.

Belongs here: a single resource. Does not belong here: what depends on what (``deletion``).
"""

from __future__ import annotations

import logging

from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.amazon.api import ForecastApi, Found, NotNowError
from forecast_platform.forecast_service.amazon.kinds import DELETE_FAILED, is_going
from forecast_platform.forecast_service.amazon.patience import Patience

_log = logging.getLogger(__name__)


def remove(api: ForecastApi, patience: Patience, found: Found) -> None:
    """Delete a resource and wait until it is gone. What is gone already is no error.

    It is waited for also where the settings say not to wait: deleting takes a minute, not hours.

    Raises:
        PermanentError: Amazon refuses it or fails, or something uses the resource up to the deadline.
    """
    begin_to_remove(api, patience, found)
    wait_until_gone(api, patience, found)


def begin_to_remove(api: ForecastApi, patience: Patience, found: Found) -> None:
    """Delete a resource as soon as nothing uses it, without waiting until it is gone."""

    def attempt() -> bool | None:
        try:
            api.delete(found.kind, found.arn)
        except NotNowError as why:
            _log.info("The %s %s is not deleted yet: %s", found.kind.words, found.name, why)
            return None
        return True

    if not is_going(found.status):
        patience.wait(attempt, f"The {found.kind.words} {found.name} cannot be deleted, as something uses it.")


def wait_until_gone(api: ForecastApi, patience: Patience, found: Found) -> None:
    """Wait until a resource that is being deleted is gone."""

    def look() -> bool | None:
        now = api.describe(found.kind, found.arn)
        if now is not None and now.status == DELETE_FAILED:
            reason = now.message or "no reason given"
            raise PermanentError(f"Amazon Forecast could not delete {found.arn}: {reason}")
        return True if now is None else None

    patience.wait(look, f"{found.arn} is still being deleted.")
