"""A predictor that an earlier version of the package wrote, and what it forecast. No tests here.

``python -m forecast_platform_tests.forecast_service.golden`` writes ``golden_predictor/`` anew. Do that only together
with a new ``artefacts.FORMAT``: what is there stands for the predictors that people have.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from forecast_platform.forecast_service.local import LocalForecastService, artefacts
from forecast_platform.forecast_service.local.store import FOLDERS, ResourceStore
from forecast_platform.forecast_service.port import ImportRequest
from forecast_platform_tests.engine.series import quiet
from forecast_platform_tests.forecast_service.requests import ITEMS, params, request, sales

GOLDEN = Path(__file__).with_name("golden_predictor")
EXPECTED = GOLDEN / "expected.csv"
"""The forecast from :func:`later_request`."""


def training_request() -> ImportRequest:
    """What it was trained on: 45 days of two items."""
    return request(sales(45, ITEMS[:2]), params("SeasonalNaive"))


def later_request() -> ImportRequest:
    """The data that it forecast from: five days more, and one item more."""
    return request(sales(50, ITEMS), params("SeasonalNaive"))


def put_into(home: Path) -> str:
    """Give the predictor to the service below ``home``; returns its name."""
    name = str(json.loads((GOLDEN / "manifest.json").read_text(encoding="utf-8"))["name"])
    folder = home / "shop" / FOLDERS["predictor"] / name
    shutil.copytree(GOLDEN, folder, ignore=shutil.ignore_patterns(EXPECTED.name))
    return name


def forecast_by(home: Path, predictor: str) -> pd.DataFrame:
    """What the predictor of the service below ``home`` makes of :func:`later_request`."""
    made = LocalForecastService(home).create_forecast(predictor, later_request(), quiet)
    found = ResourceStore(home).find("forecast", made.name)
    assert found is not None
    return artefacts.read_forecast(found.folder)


def main() -> None:
    """Write the predictor and its forecast."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        name = LocalForecastService(home).train_predictor(training_request(), quiet).name
        found = ResourceStore(home).find("predictor", name)
        assert found is not None
        shutil.rmtree(GOLDEN, ignore_errors=True)
        shutil.copytree(found.folder, GOLDEN)
        forecast_by(home, name).to_csv(EXPECTED, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
