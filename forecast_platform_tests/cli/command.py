"""The ``forecast-platform`` command as a person runs it: a process of its own with its streams and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forecast_platform_tests.small_project import small_csv, small_params

Ended = subprocess.CompletedProcess[str]


def forecast_platform(
    *arguments: str | Path, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Ended:
    """Run the command in ``folder`` and wait for its end."""
    program = Path(sys.executable).with_name("forecast-platform")
    return subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        timeout=120,
    )


def write_input(folder: Path, params: dict[str, Any] | None = None, data: bytes | None = None) -> tuple[str, ...]:
    """Put parameters and a training file into ``folder``; returns the options that name them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.json").write_text(json.dumps(params or small_params()))
    (folder / "days.csv").write_bytes(small_csv() if data is None else data)
    return ("--params", str(folder / "params.json"), "--train", str(folder / "days.csv"))
