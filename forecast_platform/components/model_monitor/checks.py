"""The checks of a monitor: one per question of SageMaker's, and the user's own about the captured rows.

Belongs here: the way from a partition to a batch. Does not belong here: what is expected (``quality.suites``), how
checks look in Dagster (``components.expectations``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from forecast_platform.components.check_attributes import UserChecks
from forecast_platform.components.expectations import Suite, build_expectation_checks
from forecast_platform.components.failures import domain_failures, mark_permanent
from forecast_platform.components.model_monitor.shell import REPORT_ASSETS, MonitorShell
from forecast_platform.model_monitor.window import Window
from forecast_platform.quality import Check
from forecast_platform.quality.suites import monitoring_report

if TYPE_CHECKING:
    from forecast_platform.quality.validation import Batch

    BatchOf = Callable[[MonitorShell, Window], Batch]

ROWS = "captured_data"


def build_checks(shell: MonitorShell, user_checks: UserChecks) -> list[dg.AssetChecksDefinition]:
    """Every check of the monitor.

    Raises:
        InputError: There are checks of the user's that cannot be used.
    """
    suites = {
        REPORT_ASSETS[kind]: _suite(
            shell, monitoring_report.checks(kind, blocking=shell.monitor.blocking), partial(_violations, kind)
        )
        for kind in shell.monitor.kinds
    }
    of_user = user_checks.by_table({ROWS: ("",)}, {})
    if of_user:
        suites[ROWS] = _suite(shell, of_user[ROWS, ""], _captured_rows)
    return [
        build_expectation_checks(
            shell.key(noun),
            [suite],
            partitions_def=shell.partitions,
            on_critical_failure=mark_permanent,
            failures=domain_failures,
        )
        for noun, suite in suites.items()
    ]


def _suite(shell: MonitorShell, checks: Sequence[Check], batch_of: BatchOf) -> Suite:
    def load_batch(context: dg.AssetCheckExecutionContext) -> Batch:
        return batch_of(shell, shell.window(context.partition_key))

    return Suite(checks, load_batch)


def _violations(kind: str, shell: MonitorShell, window: Window) -> Batch:
    from forecast_platform.model_monitor.steps.monitoring import stored_execution

    execution, violations = stored_execution(shell.workspace(), kind, window)
    return monitoring_report.batch(execution, violations)


def _captured_rows(shell: MonitorShell, window: Window) -> Batch:
    from forecast_platform.model_monitor.steps.captured_data import captured_rows
    from forecast_platform.quality.validation import Batch

    frame = captured_rows(shell.workspace(), window)
    return Batch(frame, {"cutoff": window.end, "rows": len(frame)})
