from pathlib import Path

import pytest

from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.notifications.message import Notification
from forecast_platform.notifications.outbox import Outbox
from forecast_platform.notifications.port import notify_all
from forecast_platform_tests.notifications.examples import success


class Broken:
    def __init__(self, name: str, failure: Exception) -> None:
        self.name = name
        self._failure = failure

    def send(self, notification: Notification) -> None:
        raise self._failure


def test_everyone_is_told_even_when_the_first_carrier_fails(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.jsonl")
    with pytest.raises(PermanentError, match=r"1 of 2 ways .* failed\. mail: no such user"):
        notify_all([Broken("mail", PermanentError("no such user")), outbox], success())
    assert outbox.notifications() == [success()]


def test_every_failure_is_reported_and_kept_as_a_cause() -> None:
    first, second = PermanentError("refused"), ZeroDivisionError("a fault of ours")
    with pytest.raises(PermanentError, match="a: refused; b: a fault of ours") as failed:
        notify_all([Broken("a", first), Broken("b", second)], success())
    assert isinstance(failed.value.__cause__, ExceptionGroup)
    assert failed.value.__cause__.exceptions == (first, second)


def test_trying_again_is_asked_for_when_it_can_help_one_of_them() -> None:
    with pytest.raises(TransientError):
        notify_all([Broken("a", PermanentError("refused")), Broken("b", TransientError("busy"))], success())


def test_nobody_to_tell_is_not_a_failure() -> None:
    notify_all([], success())
