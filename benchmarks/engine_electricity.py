"""How accurate and how fast the engine is on three hourly electricity series, 72 hours ahead.

Run by ``python benchmarks/engine_electricity.py``; the data lies beside the checkout. Prints a table; asserts nothing.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import pandas as pd

from forecast_platform.engine.predictor import forecast, train
from forecast_platform.engine.task import ForecastTask
from forecast_platform.frequency import Frequency

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data/electricity/train/item-demand-time.csv"
HOURLY = Frequency.parse("H")
WINDOWS = 3
ALGORITHMS = ("SeasonalNaive", "Theta", "ETS", "MSTL")


def main() -> None:
    """Print the accuracy of each algorithm and of the selection, then what the sample project costs."""
    if not DATA.exists():
        print("Skipped: this benchmark needs the electricity data in shared/data, beside the checkout.")
        return
    data = pd.read_csv(DATA, names=["timestamp", "target", "item_id"], parse_dates=["timestamp"])
    import statsforecast.models  # noqa: F401  its import (about 5 s) would count as the first algorithm's

    windows = "  ".join(f"window {window}" for window in range(1, WINDOWS + 1))
    print(f"{'algorithm':<18}  {windows}  mean wQL  coverage  seconds")
    for algorithm in (*ALGORITHMS, None):
        accuracy, seconds = _train(data, algorithm, WINDOWS)
        wanted = accuracy["PredictorEvaluationResults"][: 1 if algorithm is None else None]
        for result in wanted:
            _print_row(result, seconds)
    _print_cost(data)


def _train(data: pd.DataFrame, algorithm: str | None, windows: int) -> tuple[dict[str, Any], float]:
    started = time.perf_counter()
    task = ForecastTask(HOURLY, HOURLY, 72, algorithm=algorithm, backtest_windows=windows)
    accuracy = train(data, task, _quiet).accuracy
    return accuracy, time.perf_counter() - started


def _print_row(result: dict[str, Any], seconds: float) -> None:
    summary, *tests = result["TestWindows"]
    losses = "  ".join(f"{test['Metrics']['AverageWeightedQuantileLoss']:8.4f}" for test in tests)
    mean, coverage = summary["Metrics"]["AverageWeightedQuantileLoss"], summary["Metrics"]["Coverage"]
    name = result["AlgorithmArn"].rpartition("/")[2]
    print(f"{name:<18}  {losses}  {mean:8.4f}  {coverage:8.2f}  {seconds:7.1f}")


def _print_cost(data: pd.DataFrame) -> None:
    task = ForecastTask(HOURLY, HOURLY, 72)
    started = time.perf_counter()
    predictor = train(data, task, _quiet)
    trained = time.perf_counter()
    forecast(predictor, data, ("p10", "p50", "p90"), _quiet)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"one window: trained in {trained - started:.1f} s, forecast in {done - trained:.1f} s, peak {peak:.0f} MB")


def _quiet(what: str, done: int, total: int) -> None:
    pass


if __name__ == "__main__":
    main()
