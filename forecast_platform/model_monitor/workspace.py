"""Where the steps of one monitor work: its bucket prefix and its warehouse.

Belongs here: what every step needs. Does not belong here: any step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.constraints import Constraints, constraints_by_name, read_constraints
from forecast_platform.model_monitor.monitor import DATA_QUALITY, Monitor
from forecast_platform.model_monitor.reading.sources import Source
from forecast_platform.model_monitor.statistics import BaselineFeature, read_statistics

if TYPE_CHECKING:
    from forecast_platform.metrics.port import MetricSink
    from forecast_platform.model_monitor.reading.rows import Rows
    from forecast_platform.warehouse import Warehouse


@dataclass(frozen=True)
class MonitorWorkspace:
    """One monitor and the engines it runs on.

    Attributes:
        bucket: The monitor's prefix of the bucket.
        metrics: Where metrics go besides the tables; ``None`` = nowhere.
    """

    monitor: Monitor
    bucket: Bucket
    warehouse: Warehouse
    metrics: MetricSink | None = None

    def baseline_file(self, kind: str, file: str) -> bytes:
        """A result of the baseline.

        Raises:
            InputError: There is none.
        """
        key = layout.baseline_result(kind, file)
        try:
            return self.bucket.read(key)
        except KeyError:
            advice = f"Materialize {self.monitor.name}/baseline first, or put the file there."
            problem = Problem(self.bucket.uri(key), "no such file", f"the {file} of the baseline", advice)
            raise InputError(f"Monitor {self.monitor.name} has no baseline.", [problem]) from None

    def constraints(self) -> Constraints:
        """What is expected of the data, as it was suggested or edited.

        Raises:
            InputError: There are none, or everything that is wrong with them.
        """
        key = layout.baseline_result(DATA_QUALITY, layout.CONSTRAINTS_FILE)
        return read_constraints(self.baseline_file(DATA_QUALITY, layout.CONSTRAINTS_FILE), key)

    def feature_names(self) -> tuple[str, ...] | None:
        """The features of the baseline in their order, which name columns that have no names; ``None`` without one.

        Of its statistics, because a person may take a feature out of the constraints; without them of these.
        """
        for names in (self.baseline_statistics, lambda: constraints_by_name(self.constraints())):
            try:
                return tuple(names())
            except InputError:
                # The analysis needs these files as well, and says what is wrong with them.
                continue
        return None

    def reading_digest(self) -> str:
        """Of what decides how files are read."""
        monitor, path = self.monitor, self.monitor.hooks.preprocessor
        # Without its file it will be refused by whoever runs it.
        script = path.read_bytes() if path and path.is_file() else b""
        facts = [monitor.source, monitor.header, list(self.feature_names() or ()), sha256(script).hexdigest()]
        return sha256(json.dumps(facts).encode()).hexdigest()

    def open_baseline(self, dataset: str) -> Rows:
        """The rows of the baseline dataset at ``dataset``, after the preprocessor if there is one.

        Raises:
            InputError: It cannot be read.
        """
        from forecast_platform.model_monitor.hooks import preprocessed_lines
        from forecast_platform.model_monitor.tables import open_sources

        source = Source.in_bucket(self.bucket, dataset)
        hooks = self.monitor.hooks
        if hooks.preprocessor is not None and dataset.endswith(".csv"):
            return preprocessed_lines(
                source, hooks.preprocessor, timeout=hooks.timeout, header=self.monitor.baseline_header
            )
        return open_sources([source], header=self.monitor.baseline_header, what=dataset)

    def baseline_statistics(self) -> Mapping[str, BaselineFeature]:
        """What the data is compared with.

        Raises:
            InputError: There are none, or everything that is wrong with them.
        """
        key = layout.baseline_result(DATA_QUALITY, layout.STATISTICS_FILE)
        return read_statistics(self.baseline_file(DATA_QUALITY, layout.STATISTICS_FILE), key)
