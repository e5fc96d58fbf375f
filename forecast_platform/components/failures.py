"""How the domain's errors look in Dagster: what is tried again, and what is not.

Belongs here: the translation, for every component type. Does not belong here: errors (``forecast_platform.errors``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from forecast_platform.errors import InputError, PermanentError, TransientError

PERMANENT_FAILURE = "forecast_platform/permanent_failure"
"""Tag of a run that failed in a way that trying again cannot help; the sensor does not ask for it again."""
RETRY_SECONDS = 10
"""How long a step waits before it tries again."""


@contextmanager
def domain_failures(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Iterator[None]:
    """Turn the domain's errors into Dagster's: permanent ones are not retried by any layer, transient ones are.

    The tag is for the third layer, the sensor; ``Failure(allow_retries=False)`` only tells the first.
    """
    try:
        yield
    except TransientError as error:
        raise dg.RetryRequested(max_retries=3, seconds_to_wait=RETRY_SECONDS) from error
    except PermanentError as error:
        mark_permanent(context)
        raise dg.Failure(description=str(error), metadata=_problems(error), allow_retries=False) from error


def mark_permanent(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> None:
    """Say of the current run that asking for it again cannot help."""
    context.instance.add_run_tags(context.run.run_id, {PERMANENT_FAILURE: "true"})


def _problems(error: PermanentError) -> dict[str, dg.MetadataValue]:
    if not isinstance(error, InputError) or not error.problems:
        return {}
    schema = dg.TableSchema([dg.TableColumn(name) for name in ("where", "found", "expected", "advice")])
    records = [
        dg.TableRecord({"where": one.where, "found": one.found, "expected": one.expected, "advice": one.advice})
        for one in error.problems[:100]
    ]
    return {"problems": dg.MetadataValue.table(records, schema)}
