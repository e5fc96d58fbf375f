import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.notifications.message import Notification
from forecast_platform.notifications.outbox import DeliveredOnce, Outbox
from forecast_platform_tests.notifications.examples import failure, success


class Carrier:
    """Remembers what it carried; fails as often as it is told to."""

    name = "carrier"

    def __init__(self, failures: int = 0) -> None:
        self.carried: list[Notification] = []
        self._failures = failures

    def send(self, notification: Notification) -> None:
        if self._failures:
            self._failures -= 1
            raise TransientError("busy")
        self.carried.append(notification)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "outbox.jsonl"


def test_a_notification_is_one_line(path: Path) -> None:
    Outbox(path).send(success())
    Outbox(path).send(failure(error="two\nlines"))
    assert path.read_bytes().count(b"\n") == 2
    assert Outbox(path).notifications() == [success(), failure(error="two\nlines")]


def test_an_outbox_that_was_never_written_is_empty(path: Path) -> None:
    assert Outbox(path).notifications() == []
    assert not path.exists()


def test_the_same_end_of_the_same_run_is_written_once(path: Path) -> None:
    for _ in range(2):
        Outbox(path).send(success("run-1"))
        Outbox(path).send(failure("run-1"))
        Outbox(path).send(success("run-2"))
    assert [told.key for told in Outbox(path).notifications()] == ["run-1/success", "run-1/failure", "run-2/success"]


def test_a_line_that_a_kill_cut_off_is_written_again_in_full(path: Path) -> None:
    outbox = Outbox(path)
    outbox.send(success("run-1"))
    whole = path.read_bytes()
    outbox.send(success("run-2"))
    both = path.read_bytes()
    for cut in (*range(len(whole), len(both), 97), len(both) - 2, len(both) - 1):
        path.write_bytes(both[:cut])
        outbox.send(success("run-2"))
        assert path.read_bytes() == both, cut


def test_reading_mends_a_cut_line_too(path: Path) -> None:
    Outbox(path).send(success("run-1"))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"key": "run-2/succ')
    assert Outbox(path).notifications() == [success("run-1")]
    assert path.read_bytes() == whole


def test_lines_that_a_person_wrote_into_the_file_are_kept_and_passed_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('a note\n{"no": "key"}\n')
    Outbox(path).send(success())
    assert Outbox(path).notifications() == [success()]
    assert path.read_text().startswith('a note\n{"no": "key"}\n')


def test_processes_that_write_at_once_neither_lose_nor_double_a_line(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from forecast_platform.notifications.outbox import Outbox\n"
        "from forecast_platform_tests.notifications.examples import success\n"
        "for number in range(20): Outbox(Path(sys.argv[1])).send(success(f'run-{number}'))\n"
    )
    root = Path(__file__).resolve().parents[2]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}
        )
        for _ in range(2)
    ]
    assert [writer.wait(timeout=30) for writer in writers] == [0, 0]
    assert [told.run_id for told in Outbox(path).notifications()] == [f"run-{number}" for number in range(20)]


def test_what_a_carrier_has_delivered_is_not_delivered_again(path: Path) -> None:
    carrier = Carrier()
    for _ in range(3):
        DeliveredOnce(carrier, path).send(success())
    DeliveredOnce(carrier, path).send(failure())
    assert carrier.carried == [success(), failure()]


def test_what_a_carrier_failed_to_deliver_is_tried_again(path: Path) -> None:
    carrier = Carrier(failures=1)
    with pytest.raises(TransientError, match="busy"):
        DeliveredOnce(carrier, path).send(success())
    DeliveredOnce(carrier, path).send(success())
    assert carrier.carried == [success()]


def test_what_could_not_be_delivered_stays_due_until_it_is(path: Path) -> None:
    """Dagster reports the end of a run once; a mail server that is down then must not lose the mail."""
    carrier = Carrier(failures=2)
    with pytest.raises(TransientError, match="busy"):
        DeliveredOnce(carrier, path).send(success())
    with pytest.raises(TransientError, match="busy"):
        DeliveredOnce(carrier, path).deliver_due("electricity")
    assert DeliveredOnce(carrier, path).deliver_due("electricity") == 1
    assert DeliveredOnce(carrier, path).deliver_due("electricity") == 0
    assert carrier.carried == [success()]


def test_only_what_is_due_for_the_project_is_tried_again(path: Path) -> None:
    carrier = Carrier(failures=1)
    with pytest.raises(TransientError):
        DeliveredOnce(carrier, path).send(success(project="store_sales"))
    assert DeliveredOnce(carrier, path).deliver_due("electricity") == 0
    assert DeliveredOnce(carrier, path).deliver_due("store_sales") == 1


def test_what_a_carrier_refuses_for_good_is_said_once_and_not_tried_again(path: Path) -> None:
    class Refusing:
        name = "refusing"
        tries = 0

        def send(self, notification: Notification) -> None:
            self.tries += 1
            raise PermanentError("550 no such mailbox")

    carrier = Refusing()
    with pytest.raises(PermanentError, match="550"):
        DeliveredOnce(carrier, path).send(success())
    assert DeliveredOnce(carrier, path).deliver_due("electricity") == 0
    assert carrier.tries == 1
