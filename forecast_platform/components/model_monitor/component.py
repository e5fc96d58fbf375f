"""The ``ModelMonitor`` component: a few lines of YAML become a baseline, reports, checks and a sensor.

Belongs here: the attributes a user writes, with their documentation. Does not belong here: what is built from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import dagster as dg
from dagster.components import Model, Resolvable
from pydantic import Field

from forecast_platform.components.check_attributes import CheckAttributes, UserChecks, load_checks
from forecast_platform.components.instants import Instant, OptionalInstant, in_utc
from forecast_platform.components.model_monitor.scaffold import ModelMonitorScaffolder
from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.monitor import (
    AttributionSettings,
    BiasSettings,
    Hooks,
    Monitor,
    QualitySettings,
)
from forecast_platform.project import PROJECT_NAME_RULE


class ModelQualityAttributes(Model, Resolvable):
    """How predictions are compared with the truth that arrives later."""

    problem_type: Annotated[
        Literal["Regression", "BinaryClassification", "MulticlassClassification"],
        Field(description="What the model predicts: a number, one of two labels, one of several labels."),
    ]
    inference_attribute: Annotated[
        str | None, Field(description="Feature that holds the predicted label or number.")
    ] = None
    probability_attribute: Annotated[
        str | None, Field(description="Feature that holds the positive label's probability.")
    ] = None
    probability_threshold: Annotated[
        float, Field(description="A probability above it predicts the positive label where there is no prediction.")
    ] = 0.5
    positive_label: Annotated[str, Field(description="Of a binary classification.")] = "1"
    ground_truth_attribute: Annotated[
        str | None,
        Field(description="Column of the true label in the baseline dataset; with it constraints are suggested."),
    ] = None
    start_offset: Annotated[
        str | None, Field(description="Which predictions, when labels come late: StartTimeOffset.", examples=["-P8D"])
    ] = None
    end_offset: Annotated[str | None, Field(description="EndTimeOffset.", examples=["-P1D"])] = None

    def settings(self) -> QualitySettings:
        """The domain's view."""
        return QualitySettings(
            problem_type=self.problem_type,
            inference_attribute=self.inference_attribute,
            probability_attribute=self.probability_attribute,
            probability_threshold=self.probability_threshold,
            positive_label=self.positive_label,
            start_offset=self.start_offset,
            end_offset=self.end_offset,
            baseline_label=self.ground_truth_attribute,
        )


class BiasAttributes(Model, Resolvable):
    """Whose treatment by the model is watched."""

    facet: Annotated[str, Field(description="Feature by which people are told apart.")]
    facet_values: Annotated[
        Sequence[str],
        Field(description="The group that may be treated worse: its values, or one number above which it is."),
    ]
    label: Annotated[str, Field(description="Column of the observed label in the baseline dataset.")]
    predicted_label: Annotated[
        str | None,
        Field(
            description="Feature that holds the predicted label. Default: it follows from the probability and the "
            "threshold of `model_quality`."
        ),
    ] = None
    positive_labels: Annotated[Sequence[str], Field(description="The favourable outcomes.")] = ("1",)

    def settings(self) -> BiasSettings:
        """The domain's view."""
        return BiasSettings(
            self.facet, tuple(self.facet_values), self.label, self.predicted_label, tuple(self.positive_labels)
        )


class AttributionAttributes(Model, Resolvable):
    """Which model's feature attributions are watched."""

    model_key: Annotated[
        str, Field(description="Key of the model in the bucket, a file or folder that `forecast-platform serve` takes.")
    ]
    rows: Annotated[int, Field(ge=10, description="Rows of a window that are explained at most.")] = 200


@dg.scaffold_with(ModelMonitorScaffolder)
class ModelMonitor(dg.Component, Model, Resolvable):
    """Watches a model or a table: what is captured becomes statistics, violations and reports in the formats of
    SageMaker Model Monitor."""

    start: Annotated[Instant, Field(description="Start of the first window (ISO date or date-time, UTC).")]
    every: Annotated[Literal["hourly", "daily"], Field(description="How long a window is.")] = "hourly"
    end: Annotated[OptionalInstant, Field(description="No window starts at or after it.")] = None
    name: Annotated[
        str | None,
        Field(
            description=f"Asset group and first part of the asset keys: {PROJECT_NAME_RULE}. "
            "Default: the folder's name."
        ),
    ] = None
    prefix: Annotated[
        str | None, Field(description="Where the monitor's objects are in the bucket. Default: the name.")
    ] = None
    endpoint: Annotated[str | None, Field(description="Endpoint in the capture's folders. Default: the name.")] = None
    variant: Annotated[str, Field(description="Production variant in the capture's folders.")] = "AllTraffic"
    source: Annotated[
        Literal["captured", "files", "batch_transform"],
        Field(
            description="What is watched: the data capture of an endpoint, CSV or Parquet files in folders "
            "yyyy/mm/dd or yyyy/mm/dd/hh, or the data capture of batch transform jobs."
        ),
    ] = "captured"
    data: Annotated[
        str | None, Field(description="Folder of what is watched. Default: `captured/`, or `files/` for files.")
    ] = None
    header: Annotated[bool, Field(description="Whether watched CSV files name their columns in the first row.")] = True
    baseline: Annotated[str, Field(description="Key of the baseline dataset, or a folder with nothing else in it.")] = (
        layout.BASELINE
    )
    baseline_header: Annotated[
        bool, Field(description="Whether a CSV baseline names its columns in the first row.")
    ] = True
    blocking: Annotated[
        bool, Field(description="Whether violations are errors that stop what is downstream in the same run.")
    ] = False
    expects_traffic: Annotated[
        bool, Field(description="Whether a window without data is a failed execution, as in SageMaker.")
    ] = True
    preprocessor: Annotated[
        str | None, Field(description="Script with `preprocess_handler`, relative to the folder of the defs.yaml.")
    ] = None
    postprocessor: Annotated[
        str | None, Field(description="Script with `postprocess_handler`, relative to the folder of the defs.yaml.")
    ] = None
    hook_timeout: Annotated[
        float,
        Field(
            gt=0, description="Seconds that a script may take: a preprocessor per hour, a postprocessor per execution."
        ),
    ] = 300.0
    model_quality: Annotated[
        ModelQualityAttributes | None, Field(description="Compare predictions with the truth in `ground_truth/`.")
    ] = None
    bias: Annotated[BiasAttributes | None, Field(description="Watch bias metrics of the predictions.")] = None
    attribution: Annotated[
        AttributionAttributes | None, Field(description="Watch which features the model relies on.")
    ] = None
    automation: Annotated[bool, Field(description="Whether the sensor runs from the start.")] = True
    owners: Annotated[Sequence[str], Field(description="Owners of the assets: e-mail addresses or `team:name`.")] = ()
    checks: Annotated[
        Sequence[CheckAttributes],
        Field(description="Questions of your own about the captured rows, as expectations of Great Expectations."),
    ] = ()
    checks_from: Annotated[
        Sequence[str], Field(description="Dotted paths of functions without arguments that return such questions.")
    ] = ()

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Everything Dagster knows of this monitor."""
        from forecast_platform.components.model_monitor.build import build_definitions

        folder = context.defs_relative_module_name(context.path)
        return build_definitions(
            self.monitor(context.path),
            owners=self.owners,
            automation=self.automation,
            checks=UserChecks([*self.checks, *load_checks(self.checks_from, folder)], folder),
        )

    def monitor(self, folder: Path) -> Monitor:
        """The domain's view of the attributes.

        Args:
            folder: Of the ``defs.yaml``; its name is the default of ``name``.

        Raises:
            InputError: A name, a folder or a script cannot be used.
        """
        name = self.name or folder.name
        end = None if self.end is None else in_utc(self.end)
        data = self.data if self.data is not None else layout.FILES if self.source == "files" else layout.CAPTURED
        return Monitor(
            name=name,
            prefix=name if self.prefix is None else self.prefix,
            schedule=CutoffSchedule(Cadence(self.every), in_utc(self.start), end),
            endpoint=self.endpoint,
            variant=self.variant,
            source=self.source,
            data=data if not data or data.endswith("/") else f"{data}/",
            baseline=self.baseline,
            baseline_header=self.baseline_header,
            header=self.header,
            blocking=self.blocking,
            expects_traffic=self.expects_traffic,
            hooks=self._hooks(folder),
            model_quality=self.model_quality.settings() if self.model_quality else None,
            bias=self.bias.settings() if self.bias else None,
            attribution=AttributionSettings(self.attribution.model_key, self.attribution.rows)
            if self.attribution
            else None,
        )

    def _hooks(self, folder: Path) -> Hooks:
        written = {"preprocessor": self.preprocessor, "postprocessor": self.postprocessor}
        paths = {name: folder / script for name, script in written.items() if script is not None}
        absent = [
            Problem(name, f"no file {path}", "a Python script beside the defs.yaml")
            for name, path in paths.items()
            if not path.is_file()
        ]
        if absent:
            raise InputError("The scripts of a monitor cannot be used.", absent)
        return Hooks(paths.get("preprocessor"), paths.get("postprocessor"), self.hook_timeout)
