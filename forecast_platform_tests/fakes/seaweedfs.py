"""SeaweedFS: a real S3 server of others, as a process on loopback, for the storage tests.

It checks signatures and keeps its objects in files, but lists in the order of its folders and sends no notifications.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from forecast_platform_tests.fakes.moto_server import REGION

_PROGRAM = Path(sys.executable).with_name("weed")
_KEY = "testing"
_STARTS_WITHIN_SECONDS = 60
_VOLUMES = 5_000
"""Files of objects. A bucket takes several; with the default, the server has none left after a few buckets."""
_CLOSED = ("s3.port.iceberg", "s3.port.lance")
"""Listeners that nobody here needs; 0 = none."""


def is_installed() -> bool:
    return _PROGRAM.exists()


@contextmanager
def running_seaweedfs(folder: Path) -> Iterator[str]:
    """The URL of a server that keeps its files in ``folder``."""
    identities = folder / "identities.json"
    identities.write_text(json.dumps(_IDENTITIES))
    (folder / "data").mkdir()
    listeners = ("s3.port", "filer.port", "master.port", "volume.port")
    ports = dict(zip([*listeners, *(f"{name}.grpc" for name in listeners)], _free_ports(8), strict=True))
    url = f"http://127.0.0.1:{ports['s3.port']}"
    options = {
        "dir": folder / "data",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "s3.config": identities,
        "s3.iam": "false",
        "volume.max": _VOLUMES,
        "master.volumeSizeLimitMB": 64,
        "master.telemetry": "false",
        **ports,
        **dict.fromkeys(_CLOSED, 0),
    }
    command = [str(_PROGRAM), "server", "-s3", *(f"-{name}={value}" for name, value in options.items())]
    with (folder / "log").open("wb") as log:
        # In a group of its own, so that Ctrl-C in a terminal does not end it before its tests.
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_until_ready(process, url, folder / "log")
            yield url
        finally:
            # It takes seconds to end when it is asked to, and nothing in the folder is needed any more.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def environment(url: str) -> Mapping[str, str]:
    """The variables with which boto3 and this platform find the server."""
    return {
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_S3": url,
    }


_IDENTITIES = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": _KEY, "secretKey": _KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
    ]
}


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, held all at once so that they differ."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(f"{url}/status", timeout=5).close()
            return
        except HTTPError as error:
            if error.code < 500:
                return
        except (URLError, OSError):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"SeaweedFS did not start: {log.read_text(errors='replace')[-2000:]}")
