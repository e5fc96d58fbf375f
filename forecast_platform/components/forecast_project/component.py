"""The ``ForecastProject`` component: a few lines of YAML become assets, checks, a sensor and jobs.

Belongs here: the attributes a user writes, with their documentation. Does not belong here: what is built from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import dagster as dg
from dagster.components import Model, Resolvable
from pydantic import Field

from forecast_platform.components.check_attributes import CheckAttributes, UserChecks, load_checks
from forecast_platform.components.forecast_project.scaffold import ForecastProjectScaffolder
from forecast_platform.components.instants import Instant, OptionalInstant
from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain
from forecast_platform.project import PROJECT_NAME_RULE, Project
from forecast_platform.settings import load_settings


@dg.scaffold_with(ForecastProjectScaffolder)
class ForecastProject(dg.Component, Model, Resolvable):
    """Forecasts a set of time series at every cutoff: data and a params.json in the bucket become quantile
    forecasts, SQL tables, a dashboard and an archive."""

    start: Annotated[
        Instant,
        Field(
            description="Start of the first window (ISO date or date-time, in the clock the data is written in); the "
            "first cutoff is one window later. Weekly windows start on its weekday, monthly ones on its day (1-28)."
        ),
    ]
    cadence: Annotated[
        Literal["hourly", "daily", "weekly", "monthly"],
        Field(description="How often to forecast: the distance between two cutoffs.", examples=["daily"]),
    ]
    end: Annotated[
        OptionalInstant,
        Field(description="No window starts at or after it. Leave it out for a project that goes on."),
    ] = None
    name: Annotated[
        str | None,
        Field(
            description=f"Asset group and first part of the asset keys: {PROJECT_NAME_RULE}. "
            "Default: the folder's name."
        ),
    ] = None
    prefix: Annotated[
        str | None,
        Field(description="Where the project's objects are in the bucket; empty = at its root. Default: the name."),
    ] = None
    service: Annotated[
        Literal["local", "amazon_forecast"] | None,
        Field(
            description="Who trains and forecasts: the embedded engine or Amazon Forecast. Default: what "
            "FORECAST_PLATFORM_SERVICE says, or else `local`, and on AWS `amazon_forecast`."
        ),
    ] = None
    retrain: Annotated[
        Literal["weekly", "daily", "monthly", "always", "on_drift", "on_decay"],
        Field(
            description="The grid on which predictors are trained, anchored at the first cutoff. A cutoff uses the "
            "predictor of the last grid cutoff at or before it. `always` trains at every cutoff; `on_drift` when the "
            "data has drifted since the last training, `on_decay` when forecasts have become worse than the backtest "
            "of their predictor promised."
        ),
    ] = "weekly"
    retrain_cooldown: Annotated[
        int,
        Field(ge=1, description="With `on_drift` and `on_decay`: cutoffs from one training to the next, at least."),
    ] = 7
    preset: Annotated[
        Literal["as_params", "fast", "balanced", "best"],
        Field(
            description="How much work a predictor is worth. `as_params` follows AutoMLOverrideStrategy in params.json "
            "(`fast` for LatencyOptimized, `best` for AccuracyOptimized), and is `balanced` without it."
        ),
    ] = "as_params"
    cleanup: Annotated[
        Literal["as_params", "always", "never"],
        Field(
            description="Delete the service's forecast, predictor and import after a successful export; the exported "
            "data stays. `as_params` follows PerformDelete in params.json."
        ),
    ] = "as_params"
    explain: Annotated[
        bool,
        Field(
            description="Say how much each related feature, item attribute and holiday moves the forecasts. "
            "ExplainPredictor in params.json asks for the same."
        ),
    ] = False
    automation: Annotated[
        bool, Field(description="Whether the sensors run from the start, without anyone switching them on in the UI.")
    ] = True
    max_refused_share: Annotated[
        float,
        Field(ge=0, le=1, description="Share of rows that may be refused before a run stops ahead of training."),
    ] = 0.0
    max_periods_behind: Annotated[
        float,
        Field(
            ge=0,
            description="Periods of the data by which its newest observation may be behind the cutoff "
            "before people are warned.",
        ),
    ] = 1.0
    max_hours_late: Annotated[
        float | None,
        Field(
            ge=0,
            description="Hours after a cutoff by which its forecast must be there before people are warned. "
            "Default: one period of the cadence.",
        ),
    ] = None
    checks: Annotated[
        Sequence[CheckAttributes],
        Field(description="Questions of your own about the rows of an asset, as expectations of Great Expectations."),
    ] = ()
    checks_from: Annotated[
        Sequence[str],
        Field(
            description="Dotted paths of functions without arguments that return such questions; a path that starts "
            "with a dot begins in the folder of the defs.yaml.",
            examples=[[".my_checks.checks"]],
        ),
    ] = ()
    owners: Annotated[Sequence[str], Field(description="Owners of the assets: e-mail addresses or `team:name`.")] = ()
    notify: Annotated[
        Sequence[str],
        Field(description="Mail addresses told of every success and failure; the outbox is always told."),
    ] = ()

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Everything Dagster knows of this project."""
        from forecast_platform.components.forecast_project.build import build_definitions

        folder = context.defs_relative_module_name(context.path)
        return build_definitions(
            self.project(context.path.name),
            owners=self.owners,
            notify=self.notify,
            automation=self.automation,
            checks=UserChecks([*self.checks, *load_checks(self.checks_from, folder)], folder),
        )

    def project(self, folder: str) -> Project:
        """The domain's view of the attributes.

        Args:
            folder: Name of the folder of the ``defs.yaml``; the default of ``name``.

        Raises:
            InputError: The name, the prefix or the day of a monthly start cannot be used.
        """
        name = self.name or folder
        return Project(
            name=name,
            prefix=name if self.prefix is None else self.prefix,
            schedule=CutoffSchedule(Cadence(self.cadence), self.start, self.end),
            retrain=Retrain(self.retrain),
            retrain_cooldown=self.retrain_cooldown,
            service=self.service or load_settings().service,
            preset=None if self.preset == "as_params" else self.preset,
            explain=self.explain,
            cleanup={"as_params": None, "always": True, "never": False}[self.cleanup],
            max_refused_share=self.max_refused_share,
            max_periods_behind=self.max_periods_behind,
            max_hours_late=self.max_hours_late,
        )
