"""How the tests of the suites judge a batch. Belongs here: what several of them need. Does not belong here: batches."""

from __future__ import annotations

from collections.abc import Sequence

from forecast_platform.quality import Check
from forecast_platform.quality.validation import Batch, CheckOutcome, validate_batch


def outcomes(batch: Batch, checks: Sequence[Check]) -> dict[str, CheckOutcome]:
    return validate_batch(batch, batch.checks or checks)


def failed(found: dict[str, CheckOutcome]) -> list[str]:
    return [name for name, outcome in found.items() if not outcome.passed]
