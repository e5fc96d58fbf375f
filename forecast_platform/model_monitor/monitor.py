"""One monitored model: what a user says of it.

Belongs here: the settings of a monitor, checked. Does not belong here: what is done with them (``steps``), how Dagster
shows them (``components``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from forecast_platform.bucket.keys import check_prefix
from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.model_quality.problem import Attributes, ProblemType
from forecast_platform.model_monitor.model_quality.windows import analysis_window
from forecast_platform.model_monitor.window import Window
from forecast_platform.project import PROJECT_NAME, PROJECT_NAME_RULE, RESERVED_NAMES

DATA_QUALITY, MODEL_QUALITY = "DataQuality", "ModelQuality"
MODEL_BIAS, MODEL_EXPLAINABILITY = "ModelBias", "ModelExplainability"
_SCHEDULE_SUFFIX = {
    DATA_QUALITY: "",
    MODEL_QUALITY: "-model-quality",
    MODEL_BIAS: "-model-bias",
    MODEL_EXPLAINABILITY: "-model-explainability",
}
CAPTURED, FILES, BATCH_TRANSFORM = "captured", "files", "batch_transform"
_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_FOLDER_NAME_RULE = "letters, digits, dots, hyphens and underscores, at most 63 of them"


@dataclass(frozen=True)
class Hooks:
    """Scripts of the user, run in processes of their own.

    Attributes:
        preprocessor: Has ``preprocess_handler``; ``None`` = records are taken as they are.
        postprocessor: Has ``postprocess_handler``, called after an execution that was not ``Failed``.
        timeout: Seconds that each may take per execution.
    """

    preprocessor: Path | None = None
    postprocessor: Path | None = None
    timeout: float = 300.0


@dataclass(frozen=True)
class QualitySettings:
    """How predictions are compared with the truth.

    Attributes:
        problem_type: ``Regression``, ``BinaryClassification`` or ``MulticlassClassification``.
        inference_attribute: Column of the prediction; ``None`` = there is only a probability.
        probability_attribute: Column of the probability of the positive class.
        probability_threshold: A probability above it predicts the positive label, where there is no prediction.
        positive_label: The label that counts as 1.
        start_offset, end_offset: StartTimeOffset and EndTimeOffset, e.g. ``-P8D`` and ``-P1D``: which predictions,
            counted back from the end of the window, because labels come late. ``None`` = those of the window.
        baseline_label: Column of the true label in the baseline dataset; ``None`` = it has none, so no constraints
            are suggested.
    """

    problem_type: ProblemType
    inference_attribute: str | None = None
    probability_attribute: str | None = None
    probability_threshold: float = 0.5
    positive_label: str = "1"
    start_offset: str | None = None
    end_offset: str | None = None
    baseline_label: str | None = None

    def attributes(self, ground_truth: str) -> Attributes:
        """The columns of a prediction, beside that of its ``ground_truth``."""
        return Attributes(
            ground_truth=ground_truth,
            inference=self.inference_attribute,
            probability=self.probability_attribute,
            probability_threshold=self.probability_threshold,
            positive_label=self.positive_label,
        )

    def problems(self, window: Window) -> Iterator[Problem]:
        """What cannot be used in any ``window``."""
        yield from self.attributes("").problems(self.problem_type)
        try:
            analysis_window(window.end, window.end - window.start, self.start_offset, self.end_offset)
        except InputError as error:
            yield from error.problems


@dataclass(frozen=True)
class BiasSettings:
    """Whose treatment is watched.

    Attributes:
        facet: Column by which people are told apart.
        facet_values: The disadvantaged group: values, or one number above which one belongs to it.
        label: Column of the observed label in the baseline dataset.
        predicted_label: Column of the prediction; ``None`` = it follows from the probability of ``model_quality``.
        positive_labels: The favourable outcomes.
    """

    facet: str
    facet_values: tuple[str, ...]
    label: str
    predicted_label: str | None = None
    positive_labels: tuple[str, ...] = ("1",)


@dataclass(frozen=True)
class AttributionSettings:
    """Which model is explained.

    Attributes:
        model: Key of the model's file or folder in the bucket, as ``forecast-platform serve`` takes it.
        rows: How many rows of a window are explained at most.
    """

    model: str
    rows: int = 200


@dataclass(frozen=True)
class Monitor:
    """One monitored model, or table.

    Attributes:
        name: Also its asset group, its database and the first part of its asset keys.
        prefix: Where its objects are in the bucket.
        schedule: Its windows: hours or days.
        endpoint, variant: Folders of the capture; without an endpoint the name stands for it.
        source: ``captured``: data capture of an endpoint. ``batch_transform``: of batch jobs. ``files``: any CSV or
            Parquet files.
        data: Folder of what is monitored, ending in ``/``.
        baseline: Key of the baseline dataset, or a folder that holds it.
        baseline_header: Whether the first row of a CSV baseline names the columns.
        header: The same for monitored CSV files.
        blocking: Whether a violation stops what is downstream in the same run.
        expects_traffic: Whether a window without data is ``Failed``, as in SageMaker. Else it is ``Completed``.
    """

    name: str
    prefix: str
    schedule: CutoffSchedule
    endpoint: str | None = None
    variant: str = "AllTraffic"
    source: str = CAPTURED
    data: str = layout.CAPTURED
    baseline: str = layout.BASELINE
    baseline_header: bool = True
    header: bool = True
    blocking: bool = False
    expects_traffic: bool = True
    hooks: Hooks = field(default_factory=Hooks)
    model_quality: QualitySettings | None = None
    bias: BiasSettings | None = None
    attribution: AttributionSettings | None = None

    def __post_init__(self) -> None:
        """Raises ``InputError`` for names, folders and a cadence that cannot be used."""
        problems = [*self._bias_problems()]
        if self.model_quality is not None:
            of_quality = self.model_quality.problems(self.window(self.schedule.cutoff(0)))
            problems += [replace(one, where=f"model_quality, {one.where}") for one in of_quality]
        if not PROJECT_NAME.fullmatch(self.name) or self.name in RESERVED_NAMES:
            problems.append(Problem("monitor name", repr(self.name), PROJECT_NAME_RULE))
        if self.schedule.cadence not in (Cadence.HOURLY, Cadence.DAILY):
            problems.append(Problem("every", self.schedule.cadence.value, "hourly or daily"))
        start = self.schedule.start
        if start != start.replace(minute=0, second=0, microsecond=0):
            # What is watched lies in folders of hours, and each of them belongs to one window.
            problems.append(Problem("start", start.isoformat(sep=" "), "a whole hour, in UTC"))
        if self.schedule.end is not None and self.schedule.end <= start:
            problems.append(Problem("end", self.schedule.end.isoformat(sep=" "), f"an instant after start, {start}"))
        for where, folder in (("endpoint", self.endpoint or self.name), ("variant", self.variant)):
            if not _FOLDER_NAME.fullmatch(folder):
                problems.append(Problem(where, repr(folder), _FOLDER_NAME_RULE))
        keys = {"prefix": self.prefix, "data": self.data, "baseline": self.baseline}
        if self.attribution is not None:
            keys["attribution, model_key"] = self.attribution.model
        for where, key in keys.items():
            try:
                check_prefix(key)
            except ValueError as error:
                problems.append(Problem(where, repr(key), "a key of the bucket", f"The {error}."))
        if self.attribution is not None and not self.attribution.model:
            problems.append(Problem("attribution, model_key", "nothing", "the key of a model's file or folder"))
        if self.hooks.preprocessor is not None and self.source != CAPTURED:
            found = f"it with source: {self.source}"
            problems.append(Problem("preprocessor", found, f"source: {CAPTURED}: it is given captured records"))
        problems += self._what_cannot_be_labelled()
        if problems:
            raise InputError(f"Monitor {self.name!r} cannot be used.", problems)

    def _what_cannot_be_labelled(self) -> list[Problem]:
        """Ground truth is matched by the ids of captured records, which tables and preprocessed rows do not have."""
        if self.model_quality is None and self.bias is None:
            return []
        where = "model_quality" if self.model_quality else "bias"
        problems = []
        if self.source != CAPTURED:
            found = f"it with source: {self.source}"
            problems.append(Problem(where, found, f"source: {CAPTURED}, whose records have ids to match labels with"))
        if self.hooks.preprocessor is not None:
            advice = "Make a monitor of its own for it, with the same capture."
            problems.append(Problem(where, "it with a preprocessor", "records as they were captured", advice))
        return problems

    def _bias_problems(self) -> Iterator[Problem]:
        if self.bias is None:
            return
        probability = self.model_quality and self.model_quality.probability_attribute
        if self.bias.predicted_label is None and probability is None:
            expected = "the feature that holds the predicted label, or a probability_attribute of model_quality"
            yield Problem("bias, predicted_label", "nothing", expected)
        for where, values in (("facet_values", self.bias.facet_values), ("positive_labels", self.bias.positive_labels)):
            if not values:
                yield Problem(f"bias, {where}", "an empty list", "at least one value")

    @property
    def reported_endpoint(self) -> str:
        """The endpoint in reports and metrics."""
        return self.endpoint or self.name

    @property
    def folder_of_hours(self) -> str:
        """What is watched lies below it, in folders ``yyyy/mm/dd/hh/``."""
        if self.source == CAPTURED:
            return f"{self.data}{self.reported_endpoint}/{self.variant}/"
        return f"{self.data}input/" if self.source == BATCH_TRANSFORM else self.data

    @property
    def kinds(self) -> tuple[str, ...]:
        """The monitoring types that it has, in the order in which they run."""
        asked = {
            DATA_QUALITY: True,
            MODEL_QUALITY: self.model_quality is not None,
            MODEL_BIAS: self.bias is not None,
            MODEL_EXPLAINABILITY: self.attribution is not None,
        }
        return tuple(kind for kind, wanted in asked.items() if wanted)

    @property
    def label_columns(self) -> frozenset[str]:
        """Columns of the baseline dataset that hold the truth, which no capture has."""
        labels = {self.model_quality and self.model_quality.baseline_label, self.bias and self.bias.label}
        return frozenset(label for label in labels if label)

    def schedule_name(self, kind: str) -> str:
        """What SageMaker calls the monitoring schedule: one per monitoring type."""
        return f"{self.name}{_SCHEDULE_SUFFIX[kind]}"

    def window(self, end: datetime) -> Window:
        """The window that ends at ``end``."""
        return Window(self.schedule.cadence.frequency.step(end, -1), end)
