"""The electricity sample through Dagster in a fresh home: seconds in total and per asset, peak memory, load times.

Run: ``python benchmarks/end_to_end.py``. The run is a real run process, the one that the daemon starts too. Targets on
two cores: 60 s and 1 GB for the run, 1.5 s for loading the definitions in a fresh process.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg

from forecast_platform.cli.environment import dagster_instance

CHECKOUT = Path(__file__).resolve().parent.parent
PROJECT, PARTITION = "electricity", "2025-11-30"
LOADS = 5
_LOAD = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start, time.process_time())"
_STEPS = (dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS)


def load_seconds(statement: str) -> tuple[float, float]:
    """Median seconds of ``statement`` in a fresh process, and processor seconds of that process."""
    inside, processor = [], []
    for _ in range(LOADS):
        done = subprocess.run(
            [sys.executable, "-c", _LOAD.format(statement)], capture_output=True, text=True, check=True
        )
        elapsed, busy = map(float, done.stdout.split())
        inside.append(elapsed)
        processor.append(busy)
    return statistics.median(inside), statistics.median(processor)


def run_project() -> float:
    """Run the project's job at one cutoff in a process of its own; seconds from start to exit."""
    command = [str(Path(sys.executable).with_name("forecast-platform"))]
    subprocess.run([*command, "sample", PROJECT], check=True, stdout=subprocess.DEVNULL)
    job = ["-m", "dagster", "job", "execute", "-m", "forecast_platform.definitions", "-j", f"{PROJECT}_forecast"]
    tags = ["--tags", f'{{"dagster/partition": "{PARTITION}"}}']
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *job, *tags], check=False, capture_output=True, text=True, cwd=CHECKOUT)
    if done.returncode:
        sys.exit(done.stderr[-5000:])
    return time.perf_counter() - start


def step_seconds() -> dict[str, float]:
    """Seconds of every step of the newest run, from its event log."""
    seconds: dict[str, float] = {}
    with dagster_instance() as instance:
        (run,) = instance.get_runs(limit=1)
        for entry in instance.all_logs(run.run_id, of_type=set(_STEPS)):
            sign = 1 if entry.dagster_event_type is dg.DagsterEventType.STEP_SUCCESS else -1
            step = str(entry.step_key).removeprefix(f"{PROJECT}__")
            seconds[step] = seconds.get(step, 0.0) + sign * entry.timestamp
    return seconds


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["FORECAST_PLATFORM_HOME"] = home
        os.environ["DAGSTER_HOME"] = str(CHECKOUT)
        os.environ["FORECAST_PLATFORM_DAGSTER_ROOT"] = str(Path(home) / "dagster")
        total = run_project()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = used.ru_maxrss / 1024
        steps = step_seconds()
        print(f"end to end          {total:6.1f} s  (target 60)    of it in steps {sum(steps.values()):.1f} s")
        print(f"processor time      {used.ru_utime + used.ru_stime:6.1f} s  (with the generation of the sample)")
        print(f"peak memory         {peak:6.0f} MB (target 1024)")
        for step, seconds in steps.items():
            print(f"  {step:<26}{seconds:6.2f} s")
        for statement in (
            "import forecast_platform.definitions",
            "from forecast_platform.definitions import defs; defs()",
        ):
            inside, processor = load_seconds(statement)
            print(f"{inside:6.2f} s (target 1.5; processor {processor:.2f} s)  {statement}")


if __name__ == "__main__":
    main()
