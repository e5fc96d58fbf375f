"""Deleting what a project holds in Amazon Forecast, in the order that the service needs.

Belongs here: what depends on what. Does not belong here: deleting one resource (``removal``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from forecast_platform.bucket import Bucket
from forecast_platform.forecast_service.amazon.analyses import FOLDER as ANALYSES
from forecast_platform.forecast_service.amazon.api import ForecastApi, Found
from forecast_platform.forecast_service.amazon.exports import BACKTESTS, FORECASTS
from forecast_platform.forecast_service.amazon.job import HASH_TAG
from forecast_platform.forecast_service.amazon.kinds import (
    AUTO_PREDICTOR,
    BACKTEST_EXPORT,
    DATASET,
    DATASET_GROUP,
    EXPLAINABILITY,
    EXPLAINABILITY_EXPORT,
    FORECAST,
    FORECAST_EXPORT,
    IMPORT_JOB,
    MONITOR,
    PREDICTOR,
    WHAT_IF_ANALYSIS,
    WHAT_IF_FORECAST,
    WHAT_IF_FORECAST_EXPORT,
    Kind,
)
from forecast_platform.forecast_service.amazon.patience import Patience
from forecast_platform.forecast_service.amazon.removal import begin_to_remove, wait_until_gone
from forecast_platform.forecast_service.amazon.requests import SUFFIXES
from forecast_platform.forecast_service.amazon.staging import staged, unstage
from forecast_platform.forecast_service.amazon.turns import Turns
from forecast_platform.forecast_service.identity import NAME

_ORDER = ("forecast", "predictor", "dataset_import")
_SUFFIX = re.compile(f"({'|'.join(SUFFIXES.values())})$")
_log = logging.getLogger(__name__)


class Deletion:
    """Deletes resources of this platform, and finds them. What lacks its tag is left alone."""

    def __init__(self, bucket: Bucket, api: ForecastApi, patience: Patience, turns: Turns) -> None:
        self._bucket, self._api, self._patience, self._turns = bucket, api, patience, turns

    def delete(self, resources: Sequence[tuple[str, str]]) -> list[str]:
        """Delete ``(kind, name)`` resources with everything that was made from them; the names that existed."""
        deleting = {"forecast": self._forecast, "predictor": self._predictor, "dataset_import": self._import}
        in_order = sorted(resources, key=lambda resource: _ORDER.index(resource[0]))
        return [name for kind, name in in_order if deleting[kind](name)]

    def resources(self, project: str) -> list[tuple[str, str]]:
        """Every ``(kind, name)`` of a project."""
        forecasts = {("forecast", one.name) for one in self._of_project(FORECAST, project)}
        predictors = {("predictor", one.name) for one in self._of_project(PREDICTOR, project)}
        groups = {("dataset_import", one.name) for one in self._of_project(DATASET_GROUP, project)}
        # A run that was killed has left datasets without a group.
        groups |= {("dataset_import", _SUFFIX.sub("", one.name)) for one in self._of_project(DATASET, project)}
        return [*sorted(forecasts), *sorted(predictors), *sorted(groups)]

    def predictors(self, name: str) -> Iterator[Found]:
        """The predictors of a name, as their kind."""
        for one in self._api.list(PREDICTOR):
            if one.name == name:
                yield replace(one, kind=AUTO_PREDICTOR) if one.facts.get("IsAutoPredictor") else one

    def _forecast(self, name: str) -> bool:
        found = [one for one in self._api.list(FORECAST) if one.name == name and self._is_ours(one)]
        for forecast in found:
            self._remove_what_ifs(forecast)
            self._remove_explainabilities(forecast)
            self._remove(list(self._api.list(FORECAST_EXPORT, forecast.arn)))
        self._remove(found)
        self._clear(f"{FORECASTS}{name}/")
        self._clear(f"{ANALYSES}{name}/")
        return bool(found)

    def _predictor(self, name: str) -> bool:
        found = [one for one in self.predictors(name) if self._is_ours(one)]
        if any(any(self._api.list(FORECAST, predictor.arn)) for predictor in found):
            _log.info("The predictor %s is kept: another forecast is made by it.", name)
            return False
        for predictor in found:
            self._remove_explainabilities(predictor)
            self._remove_monitor(predictor)
            self._remove(list(self._api.list(BACKTEST_EXPORT, predictor.arn)))
        self._remove(found)
        self._clear(f"{BACKTESTS}{name}/")
        return bool(found)

    def _import(self, name: str) -> bool:
        group = self._known(DATASET_GROUP, name)
        if group is not None and any(self._api.list(PREDICTOR, group.arn)):
            _log.info("The dataset group %s is kept: another predictor forecasts from it.", name)
            return False
        datasets = [one for suffix in SUFFIXES.values() if (one := self._known(DATASET, f"{name}{suffix}"))]
        existed = bool(group or datasets or staged(self._bucket, name))
        for dataset in datasets:
            self._remove(list(self._api.list(IMPORT_JOB, dataset.arn)))
        self._remove(datasets)
        self._remove([group] if group else [])
        unstage(self._bucket, name)
        self._turns.forget(name)
        return existed

    def _remove_what_ifs(self, forecast: Found) -> None:
        analyses = [one for one in self._api.list(WHAT_IF_ANALYSIS) if one.facts.get("ForecastArn") == forecast.arn]
        if not analyses:
            return
        arns = {one.arn for one in analyses}
        what_ifs = [one for one in self._api.list(WHAT_IF_FORECAST) if one.facts.get("WhatIfAnalysisArn") in arns]
        arns = {one.arn for one in what_ifs}
        exports = self._api.list(WHAT_IF_FORECAST_EXPORT)
        self._remove([one for one in exports if arns.intersection(one.facts.get("WhatIfForecastArns", ()))])
        self._remove(what_ifs)
        self._remove(analyses)

    def _remove_monitor(self, predictor: Found) -> None:
        described = self._api.describe(predictor.kind, predictor.arn)
        watching = described.facts.get("MonitorInfo", {}).get("MonitorArn") if described else None
        monitor = self._api.describe(MONITOR, watching) if watching else None
        self._remove([monitor] if monitor else [])

    def _remove_explainabilities(self, source: Found) -> None:
        found = list(self._api.list(EXPLAINABILITY, source.arn))
        if not found:
            return
        # A listing of exports does not say of what.
        listed = [self._api.describe(EXPLAINABILITY_EXPORT, one.arn) for one in self._api.list(EXPLAINABILITY_EXPORT)]
        arns = {one.arn for one in found}
        self._remove([one for one in listed if one is not None and one.facts.get("ExplainabilityArn") in arns])
        self._remove(found)

    def _remove(self, resources: list[Found]) -> None:
        for one in resources:
            begin_to_remove(self._api, self._patience, one)
        for one in resources:
            wait_until_gone(self._api, self._patience, one)

    def _known(self, kind: Kind, name: str) -> Found | None:
        found = self._api.describe(kind, self._api.known_arn(kind, name))
        return found if found is not None and self._is_ours(found) else None

    def _of_project(self, kind: Kind, project: str) -> Iterator[Found]:
        for one in self._api.list(kind):
            matched = NAME.match(_SUFFIX.sub("", one.name) if kind is DATASET else one.name)
            if matched and matched["project"] == project and self._is_ours(one):
                yield one

    def _is_ours(self, found: Found) -> bool:
        return HASH_TAG in self._api.tags(found.arn)

    def _clear(self, folder: str) -> None:
        for stored in list(self._bucket.list(folder)):
            self._bucket.delete(stored.key)
