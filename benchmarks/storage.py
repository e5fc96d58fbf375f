"""How fast buckets are: in a directory, and on S3 beside boto3, which people would use without this platform.

Run: ``python benchmarks/storage.py [OBJECTS]``. The S3 server is SeaweedFS on this machine, so client and server share
its cores, and only the ratios say something. Prints seconds.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from forecast_platform.aws.clients import client  # noqa: E402
from forecast_platform.bucket.local import LocalBucket  # noqa: E402
from forecast_platform.bucket.s3 import S3Bucket  # noqa: E402
from forecast_platform_tests.fakes import moto_server, seaweedfs  # noqa: E402

SMALL = os.urandom(4096)
LARGE = os.urandom(200_000_000)
THREADS = 8
NAME = "storage"


class Store(Protocol):
    """What is measured of a store."""

    def write(self, key: str, data: bytes) -> None: ...

    def read(self, key: str) -> bytes: ...

    def keys(self) -> int: ...


@dataclass(frozen=True)
class OursStore:
    bucket: LocalBucket | S3Bucket

    def write(self, key: str, data: bytes) -> None:
        self.bucket.write(key, data)

    def read(self, key: str) -> bytes:
        return self.bucket.read(key)

    def keys(self) -> int:
        return sum(1 for _ in self.bucket.list("many/"))


@dataclass(frozen=True)
class Boto3Store:
    """As its documentation shows it: the transfer manager for what is large."""

    s3: Any

    def write(self, key: str, data: bytes) -> None:
        if len(data) > 8_000_000:
            import io

            self.s3.upload_fileobj(io.BytesIO(data), NAME, key)
        else:
            self.s3.put_object(Bucket=NAME, Key=key, Body=data)

    def read(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=NAME, Key=key)["Body"].read())

    def keys(self) -> int:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=NAME, Prefix="many/")
        return sum(len(page.get("Contents", ())) for page in pages)


def main() -> None:
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        local = measured(OursStore(LocalBucket(Path(folder) / "bucket")), objects)
        (Path(folder) / "server").mkdir()
        with seaweedfs.running_seaweedfs(Path(folder) / "server") as url:
            os.environ.update(seaweedfs.environment(url))
            client("s3").create_bucket(Bucket=NAME, **moto_server.IN_THE_REGION)
            ours = measured(OursStore(S3Bucket(NAME)), objects)
            boto3 = measured(Boto3Store(client("s3")), objects)
    print(f"{'':32}{'directory':>12}{'S3':>12}{'boto3':>12}{'S3 / boto3':>12}")
    for what in ours:
        ratio = ours[what] / boto3[what]
        print(f"{what:32}{local[what]:12.2f}{ours[what]:12.2f}{boto3[what]:12.2f}{ratio:12.2f}")


def measured(store: Store, objects: int) -> dict[str, float]:
    """Seconds of each task; the objects to be listed are written outside of it."""
    many, few = [f"many/{number:06}" for number in range(objects)], [f"few/{number:04}" for number in range(1_000)]
    write_small = partial(store.write, data=SMALL)
    list(_on_threads(write_small, many))
    tasks: dict[str, Callable[[], object]] = {
        f"list {objects:,}": store.keys,
        "write 1,000 × 4 KiB": lambda: list(map(write_small, few)),
        "read them": lambda: list(map(store.read, few)),
        f"write them on {THREADS} threads": lambda: list(_on_threads(write_small, few)),
        f"read them on {THREADS} threads": lambda: list(_on_threads(store.read, few)),
        "write 200 MB": lambda: store.write("large", LARGE),
        "read them back": lambda: store.read("large"),
    }
    return {what: _seconds(task) for what, task in tasks.items()}


def _on_threads(work: Callable[[str], object], keys: list[str]) -> Iterator[object]:
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(work, keys)


def _seconds(task: Callable[[], object]) -> float:
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
