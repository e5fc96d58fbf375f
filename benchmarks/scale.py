"""How time and memory grow with the number of series: weekly series of 156 points, 13 weeks ahead.

Run: ``python benchmarks/scale.py [SERIES ...] [--preset fast]``. Every size runs in a process of its own; target with
``fast`` on two cores: 100,000 series in 15 minutes and 6 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[0] = str(CHECKOUT)

WEEKS, HORIZON = 156, 13
SIZES = (1_000, 10_000, 100_000)


def main() -> None:
    """Measure every size and print how much more the next one takes."""
    options = _options()
    if options.child:
        _measure(options.sizes[0], options.preset, options.jobs, options.child)
        return
    print(f"{WEEKS} weeks, {HORIZON} ahead, preset {options.preset}, {options.jobs} jobs")
    print(f"{'series':>9}  {'train s':>8}  {'forecast s':>10}  {'ms a series':>11}  {'peak MB':>8}  growth")
    before: tuple[int, float] | None = None
    for series in options.sizes:
        seconds = _print_size(series, options, before)
        before = None if seconds is None else (series, seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Seconds and memory for many weekly series.")
    parser.add_argument("sizes", type=int, nargs="*", default=list(SIZES), help="numbers of series")
    parser.add_argument("--preset", default="fast", help="fast, balanced or best")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _print_size(series: int, options: argparse.Namespace, before: tuple[int, float] | None) -> float | None:
    """Measure one size in a child process; its seconds, or ``None`` when it failed."""
    from benchmarks.measuring import measured

    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "seconds.json"
        script = [sys.executable, str(Path(__file__).resolve()), str(series), "--preset", options.preset]
        done = measured([*script, "--jobs", str(options.jobs), "--child", str(answer)])
        if done.returncode != 0:
            print(f"{series:>9,}  failed: {(done.errors.strip().splitlines() or ['killed'])[-1]}")
            return None
        train, forecast = json.loads(answer.read_text())
    seconds = float(train + forecast)
    growth = f"x {seconds / before[1]:.1f} for x {series / before[0]:.1f} the series" if before else ""
    print(
        f"{series:>9,}  {train:8.1f}  {forecast:10.1f}  {1000 * seconds / series:11.2f}  "
        f"{done.peak_mebibytes:8.0f}  {growth}".rstrip(),
        flush=True,
    )
    return seconds


def _measure(series: int, preset: str, jobs: int, answer: Path) -> None:
    """In the child process: train, forecast, and write the seconds of both."""
    import statsforecast.models  # noqa: F401  its import takes seconds, and is no part of training

    from benchmarks.accuracy.generated_panels import many_weekly
    from forecast_platform.engine.executor import LocalExecutor
    from forecast_platform.engine.predictor import forecast
    from forecast_platform.engine.task import ForecastTask
    from forecast_platform.engine.training import train

    panel = many_weekly(series, WEEKS, HORIZON)
    task = ForecastTask(panel.frequency, panel.frequency, panel.horizon, preset=preset)
    started = time.perf_counter()
    predictor = train(panel.frames, task, _quiet, LocalExecutor(jobs))
    trained = time.perf_counter()
    made = forecast(predictor, panel.frames, ("p10", "p50", "p90"), _quiet, LocalExecutor(jobs))
    done = time.perf_counter()
    assert len(made) == series * HORIZON, f"{len(made)} rows of forecast"
    answer.write_text(json.dumps([trained - started, done - trained]))


def _quiet(what: str, done: int, total: int) -> None:
    pass


if __name__ == "__main__":
    main()
