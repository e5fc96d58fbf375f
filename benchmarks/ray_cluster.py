"""One training and forecast in one process, in two, and on a Ray cluster: seconds, and whether the numbers are equal.

Run: ``python benchmarks/ray_cluster.py [SERIES] [--preset fast] [--address local]``, with the extra ``ray``. Weekly
series of 156 points, 13 weeks ahead. The default cluster is two workers on this machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[0] = str(Path(__file__).resolve().parents[1])

if TYPE_CHECKING:
    import pandas as pd

    from benchmarks.accuracy.panels import Panel
    from forecast_platform.engine.executor import Executor

WEEKS, HORIZON = 156, 13
WORKERS = 2


def main() -> None:
    """Measure the three and compare their forecasts."""
    import statsforecast.models  # noqa: F401  its import takes seconds, and is no part of training

    from benchmarks.accuracy.generated_panels import many_weekly
    from forecast_platform.engine.executor import LocalExecutor
    from forecast_platform.engine.executor_ray import LOCAL, RayExecutor

    options = _options()
    panel = many_weekly(options.series, WEEKS, HORIZON)
    cpus = WORKERS if options.address == LOCAL else None
    print(f"{options.series:,} series of {WEEKS} weeks, {HORIZON} ahead, preset {options.preset}")
    print(f"{'where':<22}  {'start s':>7}  {'train s':>7}  {'forecast s':>10}  numbers")
    alone = _measure("one process", panel, options.preset, nullcontext(), lambda: LocalExecutor(1))
    for where, started, executor in (
        ("two processes", nullcontext(), lambda: LocalExecutor(WORKERS, seconds_that_pay=0)),
        (f"Ray at {options.address}", RayExecutor(options.address, cpus), lambda: RayExecutor(options.address)),
    ):
        _measure(where, panel, options.preset, started, executor, alone)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One process, two processes and Ray.")
    parser.add_argument("series", type=int, nargs="?", default=4_000, help="number of series")
    parser.add_argument("--preset", default="fast", help="fast, balanced or best")
    parser.add_argument("--address", default="local", help="of the Ray cluster: local, HOST:PORT or ray://HOST:PORT")
    return parser.parse_args()


def _measure(
    where: str,
    panel: Panel,
    preset: str,
    started: AbstractContextManager[object],
    executor: Callable[[], Executor],
    expected: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Print one line; the forecast."""
    from forecast_platform.engine.predictor import forecast
    from forecast_platform.engine.task import ForecastTask
    from forecast_platform.engine.training import train

    task = ForecastTask(panel.frequency, panel.frequency, panel.horizon, preset=preset)
    clock = [time.perf_counter()]
    with started:
        clock.append(time.perf_counter())
        predictor = train(panel.frames, task, _quiet, executor())
        clock.append(time.perf_counter())
        made = forecast(predictor, panel.frames, ("p10", "p50", "p90", "mean"), _quiet, executor())
        clock.append(time.perf_counter())
    start, train_seconds, forecast_seconds = (after - before for before, after in pairwise(clock))
    numbers = "" if expected is None else "equal" if made.equals(expected) else "DIFFERENT"
    print(f"{where:<22}  {start:7.1f}  {train_seconds:7.1f}  {forecast_seconds:10.1f}  {numbers}".rstrip(), flush=True)
    return made


def _quiet(what: str, done: int, total: int) -> None:
    pass


if __name__ == "__main__":
    main()
