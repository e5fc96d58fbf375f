"""What ``dg scaffold defs forecast_platform.components.ModelMonitor NAME`` writes."""

from __future__ import annotations

from typing import Any

import dagster as dg

_DEFS_YAML = """\
# A model monitor. Its baseline dataset is in the bucket, in {name}/baseline/, and the data capture of the endpoint in
# {name}/captured/{name}/AllTraffic/yyyy/mm/dd/hh/.
type: forecast_platform.components.ModelMonitor

attributes:
  # Start of the first window, in UTC.
  start: "2026-01-01"
  # hourly or daily.
  every: hourly
"""


class ModelMonitorScaffolder(dg.Scaffolder[Any]):
    """Writes a ``defs.yaml`` that loads as it is and says what to change."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        """Write the file into the request's target folder."""
        request.target_path.mkdir(parents=True, exist_ok=True)
        text = _DEFS_YAML.format(name=request.target_path.name)
        (request.target_path / "defs.yaml").write_text(text, encoding="utf-8")
