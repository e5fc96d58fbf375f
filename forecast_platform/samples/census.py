"""The sample ``census``: a model of who earns over 50,000, three days of its captured traffic, and the truth.

Belongs here: the sample's files. Does not belong here: the people (``census_people``), the model (``census_training``).
The third day drifts. Everything is as an endpoint and its users would have written it, for a ModelMonitor to find out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor import layout
from forecast_platform.params.shapes import one_of
from forecast_platform.samples.census_people import FEATURES, LABEL, Drift, People, people
from forecast_platform.samples.sample import Sample, csv_bytes, json_bytes, random_numbers
from forecast_platform.serving.capture import CaptureOptions, Invocation, RecordFormat
from forecast_platform.serving.capture.records import capture_folder, file_name, ground_truth_line
from forecast_platform.serving.models.linear_document import linear_model_json

if TYPE_CHECKING:
    import numpy as np

    from forecast_platform.serving.models.linear import LinearModel

ENDPOINT = "census-income"
FIRST_DAY = datetime(2025, 11, 24, tzinfo=UTC)
CALM_DAYS = 2
DAYS = 3
_TRAINING_SEED, _TRAFFIC_SEED, _NAMES_SEED = 20251120, 20251124, 20251125
_TRAINING = 5000
_REQUESTS = {9: 200, 10: 280, 11: 320, 12: 220, 13: 260, 14: 300, 15: 280, 16: 220}
"""Per hour of a day; there is no traffic in the other hours."""
_SECONDS_PER_FILE = 1200
_CSV = "text/csv"
_QUALITY_CONSTRAINTS = {
    "version": 0.0,
    "binary_classification_constraints": {
        "accuracy": {"threshold": 0.82, "comparison_operator": "LessThanThreshold"},
        "auc": {"threshold": 0.82, "comparison_operator": "LessThanThreshold"},
    },
}
"""As a team would edit them: suggested are the baseline's own values, which every other calm day falls short of."""


def files(drift: Collection[Drift] = tuple(Drift)) -> dict[str, bytes]:
    """The sample's keys and bytes.

    ``model/model.json``; ``baseline/train.csv`` with a header, the prediction first and the truth last;
    the constraints on the model's quality, edited; ``captured/{endpoint}/{variant}/…`` and ``ground_truth/…`` by hour.

    Args:
        drift: How the third day differs from the days before.
    """
    from forecast_platform.samples.census_training import kept_model

    model = kept_model()
    return {
        "model/model.json": linear_model_json(model),
        "baseline/train.csv": _baseline(training_people(), model),
        "monitoring/baseline/ModelQuality/constraints.json": json_bytes(_QUALITY_CONSTRAINTS),
        **_traffic(model, frozenset(drift)),
    }


def drifts_called(names: Collection[str]) -> frozenset[Drift]:
    """The drifts called ``names``; ``none`` is none of them.

    Raises:
        InputError: Names that no drift has.
    """
    unknown = [name for name in names if name != "none" and name not in set(Drift)]
    if unknown:
        known = one_of([*Drift, "none"])
        raise InputError("There is no such drift.", [Problem("--drift", repr(name), known) for name in unknown])
    return frozenset(Drift(name) for name in names if name != "none")


def training_people() -> People:
    """Those that the model was trained on."""
    return people(random_numbers(_TRAINING_SEED), _TRAINING)


def _baseline(trained_on: People, model: LinearModel) -> bytes:
    scored = zip(_scores(trained_on, model), trained_on.rows, trained_on.labels, strict=True)
    return csv_bytes([(score, *row, str(label)) for score, row, label in scored], ("prediction", *FEATURES, LABEL))


def _traffic(model: LinearModel, drift: frozenset[Drift]) -> dict[str, bytes]:
    """Capture files of twenty minutes, and one ground truth file an hour."""
    random, names = random_numbers(_TRAFFIC_SEED), random_numbers(_NAMES_SEED)
    options = CaptureOptions(ENDPOINT, seconds_per_file=_SECONDS_PER_FILE)
    record = RecordFormat(options)
    found: dict[str, bytes] = {}
    for day in range(DAYS):
        for hour, count in _REQUESTS.items():
            start = FIRST_DAY + timedelta(days=day, hours=hour)
            asked = people(random, count, drift if day >= CALM_DAYS else ())
            invocations = list(_invocations(asked, model, start, names))
            truth = zip(invocations, asked.labels, strict=True)
            found[f"{layout.GROUND_TRUTH}{layout.hour_folder(start)}labels.jsonl"] = b"".join(
                ground_truth_line(invocation.event_id, str(label)) for invocation, label in truth
            )
            for key, members in _by_file(invocations, options, names):
                found[f"{layout.CAPTURED}{key}"] = b"".join(map(record.line, members))
    return found


def _invocations(
    asked: People, model: LinearModel, start: datetime, names: np.random.Generator
) -> Iterator[Invocation]:
    """One request per person, spread over an hour."""
    apart = timedelta(hours=1) / len(asked.rows)
    for index, (row, score) in enumerate(zip(asked.rows, _scores(asked, model), strict=True)):
        yield Invocation(_id(names), start + index * apart, ",".join(row).encode(), _CSV, score.encode(), _CSV)


def _by_file(
    invocations: list[Invocation], options: CaptureOptions, names: np.random.Generator
) -> Iterator[tuple[str, list[Invocation]]]:
    by_part: dict[int, list[Invocation]] = {}
    for invocation in invocations:
        part = int(invocation.instant.timestamp() // options.seconds_per_file)
        by_part.setdefault(part, []).append(invocation)
    for members in by_part.values():
        first = members[0].instant
        yield capture_folder(options, first) + file_name(first, _id(names)), members


def _scores(asked: People, model: LinearModel) -> list[str]:
    """Probabilities as texts; six decimals, because the last digits of an exponential differ between machines."""
    return [f"{prediction.score:.6f}" for prediction in model.predict([list(row) for row in asked.rows])]


def _id(random: np.random.Generator) -> str:
    number = sum(int(draw * 2**32) << (32 * place) for place, draw in enumerate(random.random(4)))
    return str(UUID(int=number, version=4))


SAMPLE = Sample("census", "Captured traffic of a model of incomes, three days of which the last drifts", files)
