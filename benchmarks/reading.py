"""How fast uploaded CSV files become a snapshot, beside pandas.read_csv on the same bytes.

Run: ``python benchmarks/reading.py [ROWS]``. Prints rows per second, the ratio to pandas and the peak memory.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.params import parse_params
from forecast_platform.training_data import data_hash, load_frames, take_snapshot

ITEMS = 100
PARAMS = {
    "DatasetGroup": {"DatasetGroupName": "Reading", "Domain": "CUSTOM"},
    "Predictor": {
        "PredictorName": "Reading",
        "ForecastHorizon": 24,
        "FeaturizationConfig": {"ForecastFrequency": "H"},
        "PerformAutoML": True,
    },
    "Forecast": {"ForecastName": "Reading", "ForecastTypes": ["0.50"]},
    "TimestampFormat": "yyyy-MM-dd HH:mm:ss",
    "Datasets": [
        {
            "DatasetName": "Reading",
            "Domain": "CUSTOM",
            "DatasetType": "TARGET_TIME_SERIES",
            "DataFrequency": "H",
            "Schema": {
                "Attributes": [
                    {"AttributeName": "timestamp", "AttributeType": "timestamp"},
                    {"AttributeName": "target_value", "AttributeType": "float"},
                    {"AttributeName": "item_id", "AttributeType": "string"},
                ]
            },
        }
    ],
    "PerformDelete": False,
}


def sample(rows: int) -> bytes:
    """A headerless CSV of hourly rows of :data:`ITEMS` items."""
    hours = -(-rows // ITEMS)
    timestamps = pd.date_range("2000-01-01", periods=hours, freq="h").strftime("%Y-%m-%d %H:%M:%S")
    values = np.random.default_rng(7).gamma(2.0, 20.0, size=rows).round(6)
    frame = pd.DataFrame(
        {
            "timestamp": np.tile(timestamps, ITEMS)[:rows],
            "target_value": values,
            "item_id": np.repeat([f"client_{number}" for number in range(ITEMS)], hours)[:rows],
        }
    )
    return frame.to_csv(index=False, header=False).encode()


def peak_mebibytes() -> float:
    """The largest resident memory of this process so far (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(rows: int) -> None:
    """Read ``rows`` generated rows, by the platform and by pandas, and print seconds and memory."""
    data = sample(rows)
    params = parse_params(json.dumps(PARAMS)).params
    started = time.perf_counter()
    pd.read_csv(io.BytesIO(data), header=None, parse_dates=[0])
    pandas_seconds = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        bucket = LocalBucket(Path(folder))
        bucket.write("train/target.csv", data)
        # Imports of the heavy libraries are not what is measured.
        take_snapshot(LocalBucket(_warm_up(Path(folder) / "warm", data)), params)
        before = peak_mebibytes()
        started = time.perf_counter()
        snapshot = take_snapshot(bucket, params)
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        take_snapshot(bucket, params)
        again = time.perf_counter() - started
        started = time.perf_counter()
        digest = data_hash(load_frames(bucket, snapshot, params, None))
        loading = time.perf_counter() - started
    assert snapshot.rows == rows, snapshot.problems
    print(f"file          {len(data) / 2**20:8.1f} MiB, {rows:,} rows")
    print(f"take_snapshot {seconds:8.2f} s   {rows / seconds:12,.0f} rows/s   {seconds / pandas_seconds:.1f} x pandas")
    print(f"pandas        {pandas_seconds:8.2f} s   {rows / pandas_seconds:12,.0f} rows/s")
    print(f"unchanged     {again:8.4f} s")
    print(f"load and hash {loading:8.2f} s   {digest[:8]}")
    print(f"peak memory   {peak_mebibytes():8.0f} MiB ({before:.0f} MiB before)")


def _warm_up(folder: Path, data: bytes) -> Path:
    LocalBucket(folder).write("train/target.csv", data[: data.index(b"\n", 10_000) + 1])
    return folder


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
