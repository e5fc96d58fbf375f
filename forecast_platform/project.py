"""One forecasting problem: what a user says of it besides its parameters and its data.

Belongs here: the settings of a project, checked. Does not belong here: its parameters (``params``), what is
done with it (``pipeline``), how Dagster shows it (``components``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain
from forecast_platform.errors import InputError, Problem

PROJECT_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
PROJECT_NAME_RULE = (
    "a lower-case letter followed by at most 29 lower-case letters, digits or underscores; not a word of SQL"
)
RESERVED_NAMES = ("default", "information_schema", "pg_catalog")
"""A project is a database too, and these mean something in SQL."""
LAST_DAY_OF_EVERY_MONTH = 28


@dataclass(frozen=True)
class Project:
    """One forecasting problem.

    Attributes:
        name: Also its asset group and the first part of its asset keys; see :data:`PROJECT_NAME_RULE`.
        prefix: Where its objects are in the bucket; empty = at the root, as in the old pipeline.
        schedule: Every cutoff it can have.
        retrain: The grid on which its predictors are trained, or what makes it train.
        retrain_cooldown: Cutoffs from one training to the next, at least, where the data makes it train.
        service: Who trains and forecasts, e.g. ``local``.
        cleanup: Delete the service's forecast, predictor and import after an export; ``None`` = as
            ``PerformDelete`` in the parameters says.
        preset: How much work its predictors are worth: ``fast``, ``balanced`` or ``best``; ``None`` = as the parameters
            say.
        explain: Say how much each feature moves the forecasts, also when the parameters do not ask for it.
        max_refused_share: Share of rows (0-1) that may be refused before a run stops ahead of training.
        max_periods_behind: Periods of the data by which the newest observation may be behind the cutoff before
            people are warned.
        max_hours_late: Hours after a cutoff by which its forecast must be there before people are warned; ``None`` =
            one period of the cadence.
    """

    name: str
    prefix: str
    schedule: CutoffSchedule
    retrain: Retrain = Retrain.WEEKLY
    service: str = "local"
    cleanup: bool | None = None
    preset: str | None = None
    explain: bool = False
    max_refused_share: float = 0.0
    max_periods_behind: float = 1.0
    max_hours_late: float | None = None
    retrain_cooldown: int = 7

    def __post_init__(self) -> None:
        """Raises ``InputError`` for a name, a prefix, a monthly start or a cooldown that cannot be used."""
        problems = []
        if not PROJECT_NAME.fullmatch(self.name) or self.name in RESERVED_NAMES:
            problems.append(Problem("project name", repr(self.name), PROJECT_NAME_RULE))
        if self.prefix.startswith("/") or ".." in self.prefix.split("/"):
            problems.append(Problem("prefix", repr(self.prefix), "a folder of the bucket, without a leading / and .."))
        if self.schedule.cadence is Cadence.MONTHLY and self.schedule.start.day > LAST_DAY_OF_EVERY_MONTH:
            problems.append(
                Problem("start", f"day {self.schedule.start.day}", "a day of the month that all have: 1 to 28")
            )
        if self.retrain_cooldown < 1:
            problems.append(Problem("retrain_cooldown", str(self.retrain_cooldown), "a number of cutoffs, at least 1"))
        if problems:
            raise InputError(f"Project {self.name!r} cannot be used.", problems)
