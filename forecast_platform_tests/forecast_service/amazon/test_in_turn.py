"""Several cutoffs and one predictor: whose data is the newest import when each forecast is made.

Belongs here: turns against the peer. Does not belong here: the lease itself (``test_turns``).
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from forecast_platform.aws.clients import client
from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.amazon import turns
from forecast_platform.forecast_service.port import ImportRequest, JobNotBegunError, JobUnderWayError
from forecast_platform_tests.engine.series import quiet
from forecast_platform_tests.fakes.aws_peer import AwsPeer
from forecast_platform_tests.forecast_service.amazon.account import project_bucket, service, shop

MONDAY, TUESDAY, WEDNESDAY = shop(60), shop(61), shop(62)


def first_day(forecast: str) -> str:
    """Of an exported forecast."""
    bucket = project_bucket("elsewhere")
    (key,) = service().export_forecast(forecast, bucket, f"{forecast}/").keys
    return min(line.split(",")[2] for line in bucket.read(key).decode().splitlines()[1:])[:10]


def test_a_forecast_that_failed_and_is_made_again_has_a_turn_of_its_own(peer: AwsPeer) -> None:
    """The failed one is no sign that its owner is done: another would import its own data in between."""
    predictor = service().train_predictor(MONDAY, quiet).name
    peer.fault("fail", "forecast", times=1)
    with pytest.raises(PermanentError, match="failed"):
        service().create_forecast(predictor, MONDAY, quiet)
    service().create_forecast(predictor, TUESDAY, quiet)
    fault, deferring = peer.fault("hang", "dataset-import-job"), service(deferred=True)
    with pytest.raises(JobUnderWayError, match="dataset_import_job"):
        deferring.create_forecast(predictor, MONDAY, quiet)
    with pytest.raises(JobNotBegunError, match="waiting until the forecast shop_20240301T0000"):
        deferring.create_forecast(predictor, WEDNESDAY, quiet)
    peer.heal(fault)
    again = service().create_forecast(predictor, MONDAY, quiet)
    assert (again.reused, first_day(again.name)) == (False, "2024-03-01")


@pytest.mark.slow
def test_a_forecast_that_waits_long_for_a_slot_is_made_from_its_own_data(
    peer: AwsPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_IDLE", timedelta(seconds=1))
    trained = service().train_predictor(MONDAY, quiet)
    fault = peer.fault("hang", "forecast")
    for name in ("one", "two", "three"):
        client("forecast").create_forecast(ForecastName=name, PredictorArn=trained.details["arn"])

    def forecast(asked: ImportRequest) -> str:
        return service().create_forecast(trained.name, asked, quiet).name

    with ThreadPoolExecutor(2) as pool:
        monday = pool.submit(forecast, MONDAY)
        peer_has_refused(peer, "CreateForecast", 4)
        tuesday = pool.submit(forecast, TUESDAY)
        time.sleep(2)
        peer.heal(fault)
        names = monday.result(), tuesday.result()
    assert [first_day(name) for name in names] == ["2024-03-01", "2024-03-02"]


def peer_has_refused(peer: AwsPeer, operation: str, calls: int) -> None:
    """Wait until an operation has been called so often."""
    while len(peer.calls(operation)) < calls:
        time.sleep(0.01)
