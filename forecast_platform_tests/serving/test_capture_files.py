"""How records become files: by hour, by age and size, over crashes, and when a disk or a bucket refuses."""

from __future__ import annotations

import fcntl
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import InputError
from forecast_platform.serving.capture import CaptureOptions, CaptureWriter, Invocation
from forecast_platform.serving.capture.files import CaptureFiles
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.serving.running import captured, event_ids, until

INSTANT = datetime(2025, 11, 24, 9, 59, 59, 990_000, tzinfo=UTC)


def invocation(name: str, instant: datetime = INSTANT) -> Invocation:
    return Invocation(name, instant, b"1,2", "text/csv", b"0.5", "text/csv")


class Place:
    """A folder that is captured into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "captures"
        self.journals = self.folder / ".journals"
        self.bucket = LocalBucket(self.folder)

    def files(self, options: CaptureOptions | None = None) -> CaptureFiles:
        return CaptureFiles(self.bucket, self.journals, options or CaptureOptions("demo"))

    def writer(self, options: CaptureOptions | None = None, queue_bytes: int = 10_000) -> CaptureWriter:
        options = options or CaptureOptions("demo")
        return CaptureWriter(self.files(options), options, queue_bytes)

    def event_ids(self) -> list[str]:
        return event_ids(captured(self.folder))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class TestCuttingFiles:
    def test_each_record_is_in_the_folder_of_its_hour_whatever_order_they_come_in(self, place: Place) -> None:
        later = INSTANT + timedelta(seconds=1)
        writer = place.writer()
        for name, instant in (("a", INSTANT), ("b", later), ("c", INSTANT), ("d", later)):
            writer.offer(invocation(name, instant))
        writer.close()
        found = {key.key.rsplit("/", 1)[0]: place.bucket.read(key.key) for key in place.bucket.list()}
        assert set(found) == {"demo/AllTraffic/2025/11/24/09", "demo/AllTraffic/2025/11/24/10"}
        assert [data.count(b"\n") for data in found.values()] == [2, 2]

    def test_a_file_appears_when_it_is_large_enough(self, place: Place) -> None:
        writer = place.writer(CaptureOptions("demo", bytes_per_file=1))
        writer.offer(invocation("a"))
        until(lambda: place.event_ids() == ["a"])
        writer.close()

    def test_a_file_appears_when_it_is_old_enough(self, place: Place) -> None:
        writer = place.writer(CaptureOptions("demo", seconds_per_file=0.01))
        writer.offer(invocation("a"))
        until(lambda: place.event_ids() == ["a"])
        writer.close()

    def test_until_then_readers_see_nothing_and_closing_publishes_it(self, place: Place) -> None:
        writer = place.writer()
        writer.offer(invocation("a"))
        until(lambda: writer.counts().captured == 1)
        assert list(place.bucket.list()) == []
        writer.close()
        assert place.event_ids() == ["a"]
        assert list(place.journals.iterdir()) == []

    def test_without_traffic_there_are_no_files(self, place: Place) -> None:
        place.writer().close()
        assert list(place.bucket.list()) == []


class TestSampling:
    @pytest.mark.parametrize(("percentage", "least", "most"), [(0, 0, 0), (100, 400, 400), (50, 100, 300)])
    def test_the_percentage_is_the_share_that_is_captured(
        self, place: Place, percentage: float, least: int, most: int
    ) -> None:
        writer = place.writer(CaptureOptions("demo", sampling_percentage=percentage), queue_bytes=10**6)
        for number in range(400):
            writer.offer(invocation(f"{number}"))
        writer.close()
        assert least <= len(place.event_ids()) <= most
        assert writer.counts().captured + writer.counts().sampled_out == 400


class TestAfterACrash:
    def kill(self, files: CaptureFiles) -> None:
        """The operating system closes the files of a process that is killed, and so drops their locks."""
        for growing in files._growing.values():
            growing.journal.release()

    def test_a_torn_last_line_is_put_aside_and_the_lines_before_it_are_published(self, place: Place) -> None:
        files = place.files()
        files.append(INSTANT, b'{"eventMetadata":{"eventId":"a"}}\n{"eventMetadata":{"eventId":"b"}}\n{"eventMeta')
        self.kill(files)
        place.files()
        assert place.event_ids() == ["a", "b"]
        (torn,) = place.journals.iterdir()
        assert torn.suffix == ".torn"
        assert torn.read_bytes() == b'{"eventMeta'

    def test_a_torn_line_in_the_middle_costs_no_other(self, place: Place) -> None:
        files = place.files()
        files.append(INSTANT, b'{"eventMetadata":{"eventId":"a"}}\n\0\0\0\n{"eventMetadata":{"eventId":"b"}}\n')
        self.kill(files)
        place.files()
        assert place.event_ids() == ["a", "b"]

    @pytest.mark.parametrize("after_publication", [False, True], ids=["before the object", "after the object"])
    def test_a_kill_around_the_publication_makes_every_record_appear_once(
        self, place: Place, after_publication: bool
    ) -> None:
        files = place.files()
        files.append(INSTANT, b'{"eventMetadata":{"eventId":"a"}}\n')
        (journal,) = [growing.journal for growing in files._growing.values()]
        if after_publication:
            place.bucket.create(journal.key, journal.path.read_bytes())
        self.kill(files)
        for _ in range(2):
            place.files()
        assert place.event_ids() == ["a"]
        assert list(place.journals.iterdir()) == []

    def test_the_journal_of_a_living_server_is_left_alone(self, place: Place) -> None:
        living = place.files()
        living.append(INSTANT, b'{"eventMetadata":{"eventId":"a"}}\n')
        place.files().close()
        assert place.event_ids() == []
        living.close()
        assert place.event_ids() == ["a"]

    def test_an_empty_journal_leaves_no_file(self, place: Place) -> None:
        place.journals.mkdir(parents=True)
        (place.journals / "demo+AllTraffic+2025+11+24+09+00-00-000-x.jsonl").touch()
        place.files()
        assert list(place.bucket.list()) == []
        assert list(place.journals.iterdir()) == []


class TestRefusals:
    def test_records_wait_while_the_disk_refuses_and_are_written_when_it_takes_them(self, place: Place) -> None:
        writer = place.writer()
        shutil.rmtree(place.journals)
        place.journals.touch()
        writer.offer(invocation("a"))
        until(lambda: writer.counts().last_error != "")
        assert writer.counts().waiting == 1
        place.journals.unlink()
        until(lambda: writer.counts().captured == 1)
        writer.close()
        assert place.event_ids() == ["a"]
        assert writer.counts().lost == 0

    def test_what_does_not_fit_into_the_queue_is_counted_as_lost(self, place: Place) -> None:
        writer = place.writer(queue_bytes=1000)
        shutil.rmtree(place.journals)
        place.journals.touch()
        for number in range(10):
            writer.offer(invocation(f"{number}"))
        counts = writer.counts()
        assert counts.waiting + counts.lost == 10
        assert 0 < counts.waiting < 10
        writer.close()
        assert writer.counts().lost == 10

    def test_a_write_that_fails_half_way_leaves_no_half_line(self, place: Place) -> None:
        files = place.files()
        files.append(INSTANT, b"{}\n")
        (journal,) = [growing.journal for growing in files._growing.values()]
        limited_child_appends(journal.path)
        assert journal.path.read_bytes() == b"{}\n"
        files.close()

    def test_a_file_that_the_bucket_refuses_is_published_by_a_later_attempt(self, place: Place) -> None:
        options = CaptureOptions("demo", bytes_per_file=1)
        full = InterruptingBucket(place.bucket, 0, lambda: (_ for _ in ()).throw(OSError(28, "No space left")))
        writer = CaptureWriter(CaptureFiles(full, place.journals, options), options)
        writer.offer(invocation("a"))
        until(lambda: writer.counts().captured == 1)
        until(lambda: place.event_ids() == ["a"])
        writer.close()

    def test_a_file_that_the_bucket_refuses_to_the_end_is_published_by_the_next_start(self, place: Place) -> None:
        broken = CaptureFiles(RefusingBucket(place.folder), place.journals, CaptureOptions("demo"))
        broken.append(INSTANT, b'{"eventMetadata":{"eventId":"a"}}\n')
        broken.close()
        assert place.event_ids() == []
        place.files().close()
        assert place.event_ids() == ["a"]

    def test_journals_that_cannot_be_written_are_bad_input(self, place: Place) -> None:
        place.folder.mkdir()
        place.journals.touch()
        with pytest.raises(InputError, match="a folder that can be written"):
            place.files()


class RefusingBucket(LocalBucket):
    """Takes nothing."""

    def create(self, key: str, data: bytes) -> bool:
        raise OSError(28, "No space left on device")


def limited_child_appends(path: Path) -> None:
    """Append more than the process may, in a child, whose limit does not outlive it."""
    if (child := os.fork()) == 0:
        import resource

        from forecast_platform.serving.capture.journal import Journal

        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        journal = Journal.__new__(Journal)
        journal.path, journal.size = path, path.stat().st_size
        journal._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            journal.append(b"x" * 5000)
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_lock_says_that_a_journal_is_alive(place: Place) -> None:
    files = place.files()
    files.append(INSTANT, b"{}\n")
    (path,) = place.journals.iterdir()
    with path.open("rb") as stream, pytest.raises(BlockingIOError):
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    files.close()
