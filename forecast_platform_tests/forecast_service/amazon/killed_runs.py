"""A run in a process of its own that kills itself at a chosen moment. No tests here.

Its moments are the calls of Amazon Forecast, once their answer is there, and the changes of the bucket, before they are
made. Processes come from a server that has imported everything and holds no connection, so one takes milliseconds.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast_platform.bucket import Bucket
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket

_MODULES = (
    "forecast_platform.pipeline.forecasting",
    "forecast_platform.training_data.snapshot",
    "forecast_platform.bucket.s3",
    "forecast_platform.forecast_service.amazon",
    "forecast_platform_tests.forecast_service.amazon.account",
    "forecast_platform_tests.engine.series",
)


@dataclass(frozen=True)
class Moment:
    """When to die: at the ``number``-th moment, or the ``number``-th call of ``operation``; 0 = never."""

    number: int = 0
    operation: str = ""


class _Fuse:
    """Counts moments and kills the process at the right one."""

    def __init__(self, moment: Moment) -> None:
        self._moment, self._count = moment, 0

    def burn(self, operation: str = "") -> None:
        if self._moment.operation in ("", operation):
            self._count += 1
            if self._count == self._moment.number:
                os.kill(os.getpid(), signal.SIGKILL)


class _KillingBucket(InterruptingBucket):
    """Burns the fuse ahead of every change."""

    def __init__(self, bucket: Bucket, burn: Callable[[], None]) -> None:
        super().__init__(bucket, before_write=0, act=burn)

    def _change(self) -> None:
        self._act()


def run_until(moment: Moment, environment: Mapping[str, str], result: Path) -> int:
    """Run in a process of its own; its exit code is 0 when it came to its end, and -9 when it was killed.

    Args:
        result: File that gets the names of what was made, and the rows of the forecast, as JSON.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_MODULES))
    process = context.Process(target=_run, args=(moment, dict(environment), result))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _run(moment: Moment, environment: dict[str, str], result: Path) -> None:
    os.environ.update(environment)
    from forecast_platform.aws.clients import ATTEMPTS, client
    from forecast_platform_tests.engine.series import quiet
    from forecast_platform_tests.forecast_service.amazon.account import project_bucket, service, shop

    fuse = _Fuse(moment)
    for attempts in (ATTEMPTS, 1):
        client("forecast", attempts).meta.events.register("after-call.*", lambda model, **_: fuse.burn(model.name))
    bucket = _KillingBucket(project_bucket(), fuse.burn)
    made, older, newer = service(bucket), shop(60), shop(61)
    imported = made.import_data(newer)
    predictor = made.train_predictor(older, quiet)
    made.accuracy_metrics(predictor.name)
    items = made.item_accuracy(predictor.name)
    forecast = made.create_forecast(predictor.name, newer, quiet)
    keys = made.export_forecast(forecast.name, bucket, "tmp/").keys
    found: dict[str, Any] = {
        "names": [imported.name, predictor.name, forecast.name],
        "accuracy": items.to_dict("records"),
        "rows": [bucket.read(key).decode() for key in keys],
    }
    result.write_text(json.dumps(found))
