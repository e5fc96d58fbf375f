"""What ``dg scaffold defs forecast_platform.components.ForecastProject NAME`` writes."""

from __future__ import annotations

from typing import Any

import dagster as dg

_DEFS_YAML = """\
# A forecast project. Its params.json and its train/*.csv are in the bucket, below the prefix {name}/.
type: forecast_platform.components.ForecastProject

attributes:
  # Start of the first window; the first cutoff is one window later. Give the models enough history before it.
  start: "{start}"
  # hourly, daily, weekly or monthly: how often to forecast.
  cadence: {cadence}
"""


def defs_yaml(name: str, start: str, cadence: str) -> str:
    """The text of a new project's ``defs.yaml``."""
    return _DEFS_YAML.format(name=name, start=start, cadence=cadence)


class ForecastProjectScaffolder(dg.Scaffolder[Any]):
    """Writes a ``defs.yaml`` that loads as it is and says what to change."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        """Write the file into the request's target folder."""
        request.target_path.mkdir(parents=True, exist_ok=True)
        text = defs_yaml(request.target_path.name, start="2026-01-01", cadence="daily")
        (request.target_path / "defs.yaml").write_text(text, encoding="utf-8")
