"""The sample ``census``: the same everywhere, calm for two days, and drifting in each way only when it is asked to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import InputError
from forecast_platform.samples import census, generate
from forecast_platform.samples.census_people import FEATURES, LABEL, Drift, people
from forecast_platform.samples.census_training import fit, kept_model, train
from forecast_platform.samples.sample import random_numbers
from forecast_platform.serving.models import load_model
from forecast_platform.serving.sklearn_export import linear_model

REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "census"
GOLDEN = "4a0b8cdeb116d8fe58e5e845e709366c4e5ed68067b2807eacd2687a7eb07620"
Row = dict[str, str]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return generate("census")


def table(data: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def records(files: dict[str, bytes], below: str, day: int) -> Iterator[dict[str, Any]]:
    for key, data in files.items():
        if key.startswith(below) and f"/2025/11/{day}/" in key:
            yield from map(json.loads, data.splitlines())


def requests(files: dict[str, bytes], day: int) -> list[Row]:
    return [
        dict(zip(FEATURES, record["captureData"]["endpointInput"]["data"].split(","), strict=True))
        for record in records(files, "captured/", day)
    ]


def share(rows: list[Row], name: str, value: str) -> float:
    return sum(row[name] == value for row in rows) / len(rows)


def mean(rows: list[Row], name: str) -> float:
    return sum(float(row[name]) for row in rows) / len(rows)


def test_the_bytes_are_the_same_on_every_machine_and_for_ever(files: dict[str, bytes]) -> None:
    digest = sha256()
    for key in sorted(files):
        digest.update(key.encode() + b"\0" + sha256(files[key]).digest())
    assert digest.hexdigest() == GOLDEN


def test_the_baseline_has_the_prediction_first_the_truth_last_and_nothing_missing(files: dict[str, bytes]) -> None:
    rows = table(files["baseline/train.csv"])
    assert list(rows[0]) == ["prediction", *FEATURES, LABEL]
    assert len(rows) == 5000
    assert all(value for row in rows for value in row.values())
    assert all(row["age"].isdecimal() for row in rows)


def test_captures_lie_in_the_folders_of_their_hours_and_times(files: dict[str, bytes]) -> None:
    for key, data in files.items():
        if key.startswith("captured/"):
            hour = datetime.strptime(key.split("/", 3)[3].rsplit("/", 1)[0], "%Y/%m/%d/%H")
            for line in data.splitlines():
                time = json.loads(line)["eventMetadata"]["inferenceTime"]
                assert datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(minute=0, second=0) == hour


@pytest.mark.parametrize("day", [24, 25, 26])
def test_every_request_has_its_truth_in_its_hour_once(files: dict[str, bytes], day: int) -> None:
    asked = [record["eventMetadata"]["eventId"] for record in records(files, "captured/", day)]
    known = [record["eventMetadata"]["eventId"] for record in records(files, "ground_truth/", day)]
    assert len(set(asked)) == len(asked) == 2080
    assert sorted(asked) == sorted(known)


def test_the_captured_answers_are_those_of_the_model(files: dict[str, bytes], tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    bucket.write("model/model.json", files["model/model.json"])
    model = load_model(tmp_path / "model")
    for day in (24, 26):
        for record in list(records(files, "captured/", day))[:50]:
            sides = record["captureData"]
            answer = model.answer(sides["endpointInput"]["data"].encode(), "text/csv", "")
            assert f"{float(answer.body):.6f}" == sides["endpointOutput"]["data"]


def test_the_calm_days_are_as_the_baseline(files: dict[str, bytes]) -> None:
    rows = table(files["baseline/train.csv"])
    values = {name: {row[name] for row in rows} for name in ("workclass", "education", "occupation", "region", "sex")}
    for day in (24, 25):
        asked = requests(files, day)
        assert all(row[name] in known for row in asked for name, known in values.items())
        assert all(row["age"].isdecimal() for row in asked)
        assert mean(asked, "hours_per_week") == pytest.approx(mean(rows, "hours_per_week"), abs=0.7)


CHANGES: dict[Drift, set[str]] = {
    Drift.SHIFTED_NUMBER: {"hours_per_week"},
    Drift.NEW_CATEGORY: {"workclass"},
    Drift.MISSING_VALUES: {"occupation", "education_years"},
    Drift.TYPE_CHANGE: {"age"},
    Drift.LABEL_SHIFT: set(),
}


@pytest.mark.parametrize("drift", Drift)
def test_each_drift_changes_its_own_thing_and_nothing_else(drift: Drift) -> None:
    calm, drifted = people(random_numbers(1), 2000), people(random_numbers(1), 2000, [drift])
    changed = {
        name
        for before, after in zip(calm.rows, drifted.rows, strict=True)
        for name, old, new in zip(FEATURES, before, after, strict=True)
        if old != new
    }
    assert changed == CHANGES[drift]
    assert (calm.labels != drifted.labels) == (drift is Drift.LABEL_SHIFT)


def test_the_third_day_drifts_in_every_way(files: dict[str, bytes]) -> None:
    before, after = requests(files, 25), requests(files, 26)
    assert mean(after, "hours_per_week") - mean(before, "hours_per_week") > 6
    assert 0.09 < share(after, "workclass", "platform") < 0.16
    assert 0.13 < share(after, "occupation", "") < 0.2
    assert all("." in row["age"] for row in after)
    truth = [int(record["groundTruthData"]["data"]) for record in records(files, "ground_truth/", 26)]
    assert sum(truth) / len(truth) > 0.3


def test_without_drift_the_third_day_is_as_the_others_and_the_first_two_do_not_change(files: dict[str, bytes]) -> None:
    calm = census.files(drift=())
    assert calm.keys() == files.keys()
    changed = {key for key in calm if calm[key] != files[key]}
    assert changed
    assert all("/2025/11/26/" in key for key in changed)
    assert share(requests(calm, 26), "workclass", "platform") == 0


def test_a_drift_of_another_name_is_bad_input() -> None:
    assert census.drifts_called(["none"]) == frozenset()
    with pytest.raises(InputError, match="'sideways'; expected shifted_number"):
        census.drifts_called(["sideways"])


class TestTraining:
    @pytest.fixture(autouse=True)
    def _needs_scikit_learn(self) -> None:
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")

    def test_the_kept_model_is_what_training_gives(self) -> None:
        trained, kept = train(census.training_people()), kept_model()
        rows = people(random_numbers(7), 500).rows
        for one, other in zip(trained.predict(rows), kept.predict(rows), strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-3)

    def test_the_model_tells_incomes_apart(self, files: dict[str, bytes]) -> None:
        from sklearn.metrics import roc_auc_score

        unseen = people(random_numbers(8), 3000)
        scores = [prediction.score for prediction in kept_model().predict(unseen.rows)]
        assert roc_auc_score(unseen.labels, scores) > 0.82

    @pytest.mark.skipif(not REAL.is_dir(), reason="the real data (shared/data beside the checkout) is not here")
    def test_on_the_real_census_it_is_about_as_good_as_a_published_pipeline(self) -> None:
        import pandas as pd
        from sklearn.metrics import accuracy_score, roc_auc_score

        frame = pd.read_csv(REAL / "census-income-sample.csv", skipinitialspace=True)
        published = json.loads((REAL / "evaluation.json").read_text())
        labels = (frame.pop("income") == "50000+.").astype(int)
        frame = frame.drop(columns=["instance weight", "year"])
        training, test = slice(0, None, 2), slice(1, None, 2)
        pipeline = fit(frame[training], labels[training], class_weight="balanced", C=0.1)
        texts = frame[test].astype(object).where(frame[test].notna(), None).to_numpy().tolist()
        predictions = linear_model(pipeline).predict(texts)
        assert [one.label for one in predictions] == pipeline.predict(frame[test]).tolist()
        scores = [prediction.score for prediction in predictions]
        assert roc_auc_score(labels[test], scores) > published["roc_auc"] - 0.1
        assert accuracy_score(labels[test], pipeline.predict(frame[test])) > published["accuracy"] - 0.1
