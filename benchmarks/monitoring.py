"""How fast a table is judged by its baseline, in how much memory, beside Evidently's data drift preset.

Run: ``python benchmarks/monitoring.py [ROWS …] [--evidently PYTHON]``. Prints seconds after import and peak memory of
statistics, constraints and violations of 20 columns; a merge of 1,000 hourly profiles; and, with an interpreter that
has Evidently, its data drift preset on 8 of the columns with the same rows, as a ratio. Every figure comes from a
process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

CHECKOUT = Path(__file__).resolve().parents[1]
HOURS, HOUR_ROWS = 1_000, 10_000
EVIDENTLY_COLUMNS = 8
_BATCH = 1_000_000

EVIDENTLY = """
import json, sys, time
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
started = time.perf_counter()
Report([DataDriftPreset()]).run(current, reference).dict()
print(json.dumps({"seconds": time.perf_counter() - started}))
"""


def table(rows: int, seed: int) -> pa.Table:
    """Twelve columns of numbers with a fraction, four of whole numbers, three of categories, one of ids."""
    random = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {}
    for index in range(12):
        columns[f"amount_{index}"] = pa.array(random.gamma(2.0 + index, 10.0, size=rows).round(4))
    for index in range(4):
        columns[f"count_{index}"] = pa.array(random.poisson(5.0 * 10**index, size=rows))
    for index, size in enumerate((3, 12, 60)):
        names = np.array([f"category {number}" for number in range(size)])
        columns[f"category_{index}"] = pa.array(names[random.integers(0, size, size=rows)])
    columns["id"] = pa.array([f"id-{number}" for number in random.integers(0, 10**9, size=rows)])
    return pa.table(columns)


def write(folder: Path, name: str, rows: int, seed: int) -> None:
    """The same rows as Parquet and as CSV, a million at a time."""
    first = table(min(rows, _BATCH), seed)
    with (
        pa.parquet.ParquetWriter(folder / f"{name}.parquet", first.schema) as parquet,
        pa.csv.CSVWriter(folder / f"{name}.csv", first.schema) as text,
    ):
        for start in range(0, rows, _BATCH):
            part = first if not start else table(min(_BATCH, rows - start), seed + start)
            parquet.write_table(part)
            text.write_table(part)


def judge(baseline: Path, current: Path) -> dict[str, float]:
    """Baseline and check of one file each, in this process."""
    from forecast_platform.model_monitor.offline import write_baseline, write_check

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        # Imports of the libraries are not what is measured.
        write(output, "warm", 1_000, 3)
        write_baseline(output / "warm.parquet", output / "warm", header=True)
        write_check(output / "warm.csv", output / "warm", output / "warm_check", header=True)
        before = peak_mebibytes()
        started = time.perf_counter()
        write_baseline(baseline, output / "baseline", header=True)
        learned = time.perf_counter()
        write_check(current, output / "baseline", output / "check", header=True)
        checked = time.perf_counter()
    return {
        "baseline": learned - started,
        "check": checked - learned,
        "peak": peak_mebibytes(),
        "before": before,
    }


def merge() -> dict[str, float]:
    """One sketch from those of :data:`HOURS` hours, and one profile of 20 features from as many kept files."""
    from forecast_platform.model_monitor.profile import merge_profiles, read_profile, write_profile
    from forecast_platform.model_monitor.profiling import profile_rows
    from forecast_platform.quality.sketches import KllSketch, merge_all

    random = np.random.default_rng(5)
    sketches = [KllSketch.of(random.normal(size=HOUR_ROWS)) for _ in range(HOURS)]
    started = time.perf_counter()
    merge_all(sketches)
    one = time.perf_counter() - started
    kept = [write_profile(profile_rows(table(HOUR_ROWS, seed).to_batches())) for seed in range(100)]
    started = time.perf_counter()
    merge_profiles(read_profile(kept[hour % 100]) for hour in range(HOURS))
    return {"sketch": one, "profiles": time.perf_counter() - started, "peak": peak_mebibytes()}


def peak_mebibytes() -> float:
    """The largest resident memory of this process so far (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(*arguments: str) -> dict[str, float]:
    """What this script prints for ``arguments`` in a process of its own."""
    command = [sys.executable, __file__, *arguments]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, cwd=CHECKOUT).stdout))


def main(sizes: list[int], evidently: str | None) -> None:
    """Measure every size, the merge, and Evidently on the first size."""
    print(f"{'rows':>12} {'file':8} {'baseline':>9} {'check':>9} {'both':>9} {'peak MiB':>9}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for rows in sizes:
            write(folder, "baseline", rows, 1)
            write(folder, "current", rows, 2)
            for kind in ("parquet", "csv"):
                took = in_a_process("--judge", str(folder / f"baseline.{kind}"), str(folder / f"current.{kind}"))
                both = took["baseline"] + took["check"]
                print(
                    f"{rows:12,} {kind:8} {took['baseline']:8.2f}s {took['check']:8.2f}s {both:8.2f}s "
                    f"{took['peak']:9.0f} ({took['before']:.0f} before)"
                )
        if evidently:
            _beside_evidently(folder, sizes[0], evidently)
    took = in_a_process("--merge")
    print(f"merge of {HOURS:,} hourly sketches {took['sketch']:.3f} s")
    print(
        f"reading and merging {HOURS:,} hourly profiles of 20 features {took['profiles']:.2f} s, {took['peak']:.0f} MiB"
    )


def _beside_evidently(folder: Path, rows: int, evidently: str) -> None:
    paths = []
    for name, seed in (("baseline", 1), ("current", 2)):
        narrow = table(rows, seed).select([*(f"amount_{index}" for index in range(6)), "category_0", "category_1"])
        paths.append(folder / f"narrow_{name}.parquet")
        pa.parquet.write_table(narrow, paths[-1])
    ours = in_a_process("--judge", *map(str, paths))
    script = folder / "evidently_preset.py"
    script.write_text(EVIDENTLY)
    found = subprocess.run([evidently, script, *paths], check=True, capture_output=True).stdout.splitlines()[-1]
    theirs = json.loads(found)["seconds"]
    both = ours["baseline"] + ours["check"]
    what = f"{EVIDENTLY_COLUMNS} columns, {rows:,} rows"
    print(f"{what}: ours {both:.2f} s, Evidently {theirs:.2f} s, {theirs / both:.1f} x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[1_000_000])
    parser.add_argument("--evidently", help="An interpreter that has Evidently.")
    parser.add_argument("--judge", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--merge", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge:
        print(json.dumps(judge(*given.judge)))
    elif given.merge:
        print(json.dumps(merge()))
    else:
        main(given.rows, given.evidently)
