import json

import pytest

from forecast_platform.notifications.message import Notification, failure_message, success_message
from forecast_platform_tests.notifications.examples import CUTOFF, failure, success


def test_a_success_names_project_cutoff_and_outcome_in_one_line() -> None:
    assert success().subject == "electricity: the forecast of 2014-11-30 00:00:00 is there"


def test_a_success_says_what_was_produced_how_good_it_is_and_where_it_is() -> None:
    body = success().body
    for said in ("657", "3", "0.0831", "/bucket/electricity/quicksight/forecast.csv", "http://127.0.0.1:3001", "run-1"):
        assert said in body


def test_a_failure_says_what_went_wrong_and_what_to_do() -> None:
    told = failure()
    assert told.subject == "electricity: the run of 2014-11-30 00:00:00 FAILED"
    assert "train/a.csv, line 17" in told.body
    assert "Correct the file and upload it again." in told.body


def test_every_line_of_a_long_error_is_told() -> None:
    body = failure(error="two problems\n  - first\n  - second").body
    assert "  two problems\n    - first\n    - second\n" in body


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_accuracy_that_was_not_measured_is_not_a_number(unknown: float | None) -> None:
    told = success_message("p", CUTOFF, "r", rows=1, items=1, average_wql=unknown, places={})
    assert "not measured" in told.body
    assert told.details["average_wql"] is None


@pytest.mark.parametrize("breaker", ["\n", "\r\n", "\r", "\x00", "\x1b[2J", "\u2028", "\x85", "\ud800"])
def test_no_text_can_break_out_of_the_subject_or_disturb_a_terminal(breaker: str) -> None:
    told = Notification("failure", "p", CUTOFF, "r", f"p failed{breaker}Bcc: x@example.com", f"item{breaker}two")
    assert len(told.subject.splitlines()) == 1
    assert told.subject.isprintable()
    assert all(line.isprintable() for line in told.body.split("\n"))
    told.body.encode()


def test_an_error_of_many_lines_stays_in_its_place() -> None:
    told = failure_message("p", CUTOFF, "r", error="", advice="look", places={"Log": "a\nRun  forged"})
    assert "(nothing was said)" in told.body
    assert "\nRun  forged" not in told.body


def test_a_notification_goes_to_json_and_back() -> None:
    for told in (success(), failure(error='한글 🙂 "quoted"')):
        assert Notification.from_json(json.loads(json.dumps(told.to_json()))) == told
