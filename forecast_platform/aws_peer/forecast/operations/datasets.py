"""Datasets, dataset groups and imports.

Belongs here: their creation and their rules. Does not belong here: reading files (``engine``).
"""

from __future__ import annotations

from typing import Any

from forecast_platform.aws_peer.forecast import kinds, refusals
from forecast_platform.aws_peer.forecast.account import Account, Draft
from forecast_platform.aws_peer.forecast.resources import Resource
from forecast_platform.frequency import Frequency
from forecast_platform.params.dataset_rules import check_datasets, view_datasets
from forecast_platform.params.domains import DATASET_TYPES, METADATA
from forecast_platform.params.schema import DATE, TIMESTAMP_FORMATS
from forecast_platform.params.shapes import Problems

Document = dict[str, Any]


class DatasetOperations:
    """Handlers of datasets, groups and imports."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create_dataset(self, request: Document) -> Document:
        """CreateDataset."""
        return self._account.create(Draft(kinds.DATASET, request), lambda: _check_dataset(request))

    def create_dataset_group(self, request: Document) -> Document:
        """CreateDatasetGroup."""
        datasets = self._datasets(request.get("DatasetArns", []))
        draft = Draft(kinds.DATASET_GROUP, request, added={"DatasetArns": [dataset.arn for dataset in datasets]})
        return self._account.create(draft, lambda: _check_members(request["Domain"], datasets))

    def update_dataset_group(self, request: Document) -> Document:
        """UpdateDatasetGroup."""
        with self._account.lock:
            group = self._account.find_active(request["DatasetGroupArn"], kinds.DATASET_GROUP)
            datasets = self._datasets(request["DatasetArns"])
            _check_members(group.document["Domain"], datasets)
            self._account.update(group, {"DatasetArns": [dataset.arn for dataset in datasets]})
        return {}

    def create_dataset_import_job(self, request: Document) -> Document:
        """CreateDatasetImportJob."""
        dataset = self._account.find(request["DatasetArn"], kinds.DATASET)
        defaults = {"Format": "CSV", "ImportMode": "FULL"}
        draft = Draft(
            kinds.IMPORT_JOB,
            request,
            parents=[dataset],
            added={name: value for name, value in defaults.items() if name not in request},
        )
        return self._account.create(draft, lambda: _check_import(request, dataset))

    def _datasets(self, arns: list[str]) -> list[Resource]:
        return [self._account.find(arn, kinds.DATASET) for arn in arns]


def _check_dataset(request: Document) -> None:
    """The rules that params.json has for its datasets are AWS's, and some that only the platform's tables need.

    Raises:
        ServiceError: ``InvalidInputException`` with all of them that are broken.
    """
    problems, warnings = Problems(""), Problems("")
    document = {"DatasetGroup": {"Domain": request["Domain"]}, "Datasets": [_with_frequency(request)]}
    check_datasets(document, view_datasets(document), problems, warnings)
    about_this_one = [str(problem) for problem in problems.found if ".Datasets[0]" in problem.where]
    if about_this_one:
        raise refusals.invalid_input(" ".join(text.removeprefix(": $.Datasets[0].") for text in about_this_one))


def _with_frequency(request: Document) -> Document:
    """AWS takes a frequency for item metadata, which have none, and so does this peer."""
    others = {name: value for name, value in request.items() if name != "DataFrequency"}
    if "DataFrequency" not in request or request["DatasetType"] == METADATA:
        return others
    return {**others, "DataFrequency": Frequency.parse(request["DataFrequency"])}


def _check_members(domain: str, datasets: list[Resource]) -> None:
    for dataset in datasets:
        if dataset.document["Domain"] != domain:
            raise refusals.invalid_input(
                f"The dataset {dataset.arn} has the domain {dataset.document['Domain']}; the group has {domain}."
            )
    for dataset_type in DATASET_TYPES:
        same = [dataset.arn for dataset in datasets if dataset.document["DatasetType"] == dataset_type]
        if len(same) > 1:
            raise refusals.invalid_input(f"A dataset group can have one {dataset_type} dataset, not {', '.join(same)}.")


def _check_import(request: Document, dataset: Resource) -> None:
    written = request.get("TimestampFormat")
    if written is not None and written not in TIMESTAMP_FORMATS:
        raise refusals.invalid_input(f"TimestampFormat {written} is none of {', '.join(TIMESTAMP_FORMATS)}.")
    frequency = dataset.document.get("DataFrequency")
    if written == DATE and frequency and Frequency.parse(frequency).unit in ("H", "min"):
        raise refusals.invalid_input(f"TimestampFormat {written} cannot hold data of the frequency {frequency}.")
    if request.get("TimeZone") and request.get("UseGeolocationForTimeZone"):
        raise refusals.invalid_input("Give either TimeZone or UseGeolocationForTimeZone.")
