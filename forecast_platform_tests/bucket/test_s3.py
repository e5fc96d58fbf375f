"""What only a bucket on S3 has: other people's keys, ranges, encryption, refusals, lost answers, and processes."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecast_platform.aws.clients import client, forget_clients
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.bucket.s3_stream import SMALLEST
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform_tests.bucket.conftest import pointed_at
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.fakes.s3_proxy import Fault, S3Proxy, running_proxy

KMS_KEY = f"arn:aws:kms:{moto_server.REGION}:{moto_server.ACCOUNT}:key/0f0e0d0c-1111-2222-3333-444455556666"


@pytest.fixture(scope="module")
def between(moto_url: str) -> Iterator[S3Proxy]:
    """Stands between the tests and an empty account, with the clients made once for all of them."""
    moto_server.reset(moto_url)
    names = moto_server.environment(moto_url)
    with running_proxy(moto_url) as running, pointed_at({**names, "AWS_ENDPOINT_URL_S3": running.url}):
        yield running


@pytest.fixture
def bucket(between: S3Proxy, request: pytest.FixtureRequest) -> Iterator[S3Bucket]:
    name = f"forecasts-{sha256(request.node.name.encode()).hexdigest()[:16]}"
    client("s3").create_bucket(Bucket=name, **moto_server.IN_THE_REGION)
    yield S3Bucket(name)
    between.fault = lambda method: None


@pytest.fixture
def proxy(bucket: S3Bucket, between: S3Proxy) -> S3Proxy:
    """What stands between ``bucket`` and its server."""
    between.passed.clear()
    return between


def test_a_bucket_is_a_value_that_may_be_sent_to_other_processes() -> None:
    bucket = S3Bucket("forecasts", "team/", kms_key_arn=KMS_KEY).below("sales")
    assert bucket == S3Bucket("forecasts", "team/sales", kms_key_arn=KMS_KEY)
    assert pickle.loads(pickle.dumps(bucket)) == bucket
    assert len({bucket, S3Bucket("forecasts", "team/sales", kms_key_arn=KMS_KEY)}) == 1


def test_a_folder_in_a_uri_keeps_its_slash() -> None:
    bucket = S3Bucket("forecasts", "team")
    assert bucket.uri() == "s3://forecasts/team"
    assert bucket.uri("train/") == "s3://forecasts/team/train/"
    assert bucket.uri("train/a b.csv") == "s3://forecasts/team/train/a b.csv"
    assert S3Bucket("forecasts").uri() == "s3://forecasts"


@pytest.mark.parametrize("prefix", ["../other", "/", "a//b"])
def test_a_prefix_that_no_key_could_have_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="key"):
        S3Bucket("forecasts", prefix)


def test_objects_whose_keys_the_platform_does_not_take_are_passed_over(bucket: S3Bucket) -> None:
    for key in ("train/", "train/.hidden", "train//a.csv", "train/../b.csv", "/a", "train/a.csv", "train\\c.csv"):
        client("s3").put_object(Bucket=bucket.bucket, Key=key, Body=b"1")
    assert [stored.key for stored in bucket.list()] == ["train/a.csv"]
    assert [stored.key for stored in bucket.list("train/")] == ["train/a.csv"]


def test_a_listing_of_several_pages_is_complete_and_in_order(bucket: S3Bucket) -> None:
    keys = [f"capture/{number:05}.jsonl" for number in range(1_100)]
    moto_server.put_directly(bucket.bucket, ["a", *reversed(keys), "z"])
    assert [stored.key for stored in bucket.list("capture/")] == keys


def test_keys_that_look_encoded_are_taken_as_they_are(bucket: S3Bucket) -> None:
    keys = ["a b", "a%20b", "a%2Fb", "a&amp;b", "a+b", "a=b?c#d", "a~[b]{c}^|`<d>"]
    for key in keys:
        assert bucket.create(key, key.encode())
    assert [stored.key for stored in bucket.list()] == keys
    assert [bucket.read(key).decode() for key in keys] == keys
    for key in keys:
        bucket.delete(key)
    assert list(bucket.list()) == []


def test_what_is_written_is_encrypted_with_the_key_that_is_set(bucket: S3Bucket) -> None:
    encrypting = S3Bucket(bucket.bucket, kms_key_arn=KMS_KEY)
    encrypting.write("written", b"1")
    encrypting.create("created", b"1")
    encrypting.write("large", bytes(9_000_000))
    for key in ("written", "created", "large"):
        told = client("s3").head_object(Bucket=bucket.bucket, Key=key)
        assert (told["ServerSideEncryption"], told["SSEKMSKeyId"]) == ("aws:kms", KMS_KEY)


def test_what_is_large_is_sent_in_parts_and_appears_whole(bucket: S3Bucket, proxy: S3Proxy) -> None:
    data = bytes(range(256)) * 80_000
    bucket.write("large", data)
    assert [one.method for one in proxy.passed] == ["POST", "PUT", "PUT", "PUT", "POST"]
    assert bucket.read("large") == data


def test_a_footer_is_read_without_the_rest_of_the_object(bucket: S3Bucket, proxy: S3Proxy) -> None:
    table = pa.table({"bytes": pa.array([os.urandom(1000) for _ in range(3000)])})
    parquet = io.BytesIO()
    pq.write_table(table, parquet)
    bucket.write("table.parquet", parquet.getvalue())
    proxy.passed.clear()
    with bucket.open("table.parquet") as stream:
        assert pq.ParquetFile(stream).metadata.num_rows == 3000
        assert sum(one.sent for one in proxy.passed) <= 2 * SMALLEST
        assert pq.read_table(stream) == table


@pytest.mark.parametrize("size", [0, 1, SMALLEST, SMALLEST + 1])
def test_opening_is_one_request_and_so_is_reading_what_is_small(bucket: S3Bucket, proxy: S3Proxy, size: int) -> None:
    data = os.urandom(size)
    bucket.write("a", data)
    proxy.passed.clear()
    with bucket.open("a") as stream:
        assert len(proxy.passed) == (1 if size else 2)  # no part can be asked for of what is empty
        assert stream.read(10) == data[:10]
        stream.seek(0)
        assert len(proxy.passed) == (1 if size else 2)
        assert stream.read() == data


def test_a_stream_reads_as_a_file_does(bucket: S3Bucket) -> None:
    data = os.urandom(500_000)
    bucket.write("a", data)
    with bucket.open("a") as stream, io.BytesIO(data) as expected:
        for where, whence, length in ((0, 0, 10), (-10, 2, 20), (499_000, 0, -1), (70_000, 0, 300_000), (-5, 1, 7)):
            assert stream.seek(where, whence) == expected.seek(where, whence)
            assert stream.read(length) == expected.read(length)
        assert stream.seek(600_000) == 600_000
        assert stream.read() == b""
        with pytest.raises(ValueError, match="negative"):
            stream.seek(-1)
        stream.seek(0)
        assert b"".join(iter(lambda: stream.read(7_777), b"")) == data


def test_a_stream_of_an_object_that_is_replaced_is_never_mixed(bucket: S3Bucket) -> None:
    bucket.write("a", bytes(500_000))
    with bucket.open("a") as stream:
        assert stream.read(1) == b"\0"
        bucket.write("a", b"\1" * 500_000)
        with pytest.raises(TransientError, match="/a was replaced or deleted while it was read"):
            stream.read()


def test_a_bucket_that_is_not_there_is_told(between: S3Proxy) -> None:
    missing = S3Bucket("no-such-bucket")
    for asked in (
        lambda: missing.read("a"),
        lambda: missing.write("a", b""),
        lambda: missing.create("a", b""),
        lambda: list(missing.list()),
        lambda: missing.delete("a"),
    ):
        with pytest.raises(PermanentError, match="Create the bucket, or name another in FORECAST_PLATFORM_BUCKET"):
            asked()


def test_what_a_policy_denies_is_told_for_every_request(bucket: S3Bucket, proxy: S3Proxy) -> None:
    proxy.fault = lambda method: Fault(403, "AccessDenied", "User is not authorized to perform: s3:GetObject")
    for asked in (
        lambda: bucket.read("a"),
        lambda: bucket.open("a"),
        lambda: bucket.head("a"),
        lambda: bucket.write("a", b""),
        lambda: bucket.create("a", b""),
        lambda: bucket.compare_and_swap("a", b"", '"version"'),
        lambda: list(bucket.list()),
        lambda: bucket.delete("a"),
    ):
        with pytest.raises(PermanentError, match=r"s3://forecasts.*: .*deploy/iam"):
            asked()


@pytest.mark.parametrize(("status", "code"), [(301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed")])
def test_a_bucket_in_another_region_is_told(bucket: S3Bucket, proxy: S3Proxy, status: int, code: str) -> None:
    """Past bug: the redirect was taken for a server out of reach, which another try may find. Listings follow it."""
    proxy.fault = lambda method: Fault(status, code)
    for asked in (
        lambda: bucket.read("a"),
        lambda: bucket.open("a"),
        lambda: bucket.head("a"),
        lambda: bucket.write("a", b""),
        lambda: bucket.create("a", b""),
        lambda: bucket.compare_and_swap("a", b"", '"version"'),
        lambda: bucket.delete("a"),
    ):
        with pytest.raises(PermanentError, match=r"set AWS_DEFAULT_REGION to the bucket's"):
            asked()


def test_a_conflict_with_something_else_may_be_tried_again(bucket: S3Bucket, proxy: S3Proxy) -> None:
    """Past bug: it came out as obstore's "already exists", with the headers of the request in its text."""
    proxy.fault = lambda method: Fault(409, "OperationAborted", "A conflicting operation is in progress.")
    for asked in (lambda: bucket.write("a", b""), lambda: bucket.delete("a"), lambda: bucket.read("a")):
        with pytest.raises(TransientError, match=r"OperationAborted: A conflicting operation is in progress\.$"):
            asked()


def test_expired_keys_are_told_and_may_be_tried_again(bucket: S3Bucket, proxy: S3Proxy) -> None:
    proxy.fault = lambda method: Fault(400, "ExpiredToken", "The provided token has expired.")
    for asked in (lambda: bucket.read("a"), lambda: bucket.head("a"), lambda: list(bucket.list())):
        with pytest.raises(TransientError, match="The keys of this process have expired"):
            asked()


def test_keys_are_never_in_a_message(bucket: S3Bucket, proxy: S3Proxy) -> None:
    proxy.fault = lambda method: Fault(403, "SignatureDoesNotMatch", "Wrong.</Message><K>testing</K><Message>")
    with pytest.raises(PermanentError) as told:
        bucket.read("a")
    assert "testing" not in str(told.value)
    assert told.value.__cause__ is None


def test_throttles_and_faults_of_the_server_are_waited_out(bucket: S3Bucket, proxy: S3Proxy) -> None:
    slow_down, fault = Fault(503, "SlowDown"), Fault(500, "InternalError")
    proxy.faults(slow_down, fault, slow_down, method="PUT")
    bucket.write("a", b"1")
    proxy.faults(slow_down, fault, method="GET")
    assert bucket.read("a") == b"1"


def test_a_writer_whose_answer_was_lost_still_knows_that_it_has_won(bucket: S3Bucket, proxy: S3Proxy) -> None:
    proxy.faults(Fault(500, "InternalError", after_all=True), method="PUT")
    assert bucket.create("a", b"1")
    first = bucket.head("a")
    assert first is not None
    proxy.faults(Fault(500, "InternalError", after_all=True), method="PUT")
    assert bucket.compare_and_swap("a", b"2", first.version)
    assert not bucket.create("a", b"3")


def test_a_server_out_of_reach_may_be_tried_again(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast_platform.bucket.s3_store._RETRIES", {"max_retries": 0})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    forget_clients()
    with pytest.raises(TransientError, match="read s3://forecasts/a"):
        S3Bucket("forecasts").read("a")


def test_without_keys_a_person_is_told_where_to_put_them(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    forget_clients()
    with pytest.raises(PermanentError, match="There are no AWS keys"):
        S3Bucket("forecasts").read("a")


_CHILDREN = """
import os, sys
from functools import partial
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.engine.executor import LocalExecutor

def length(bucket, chunk):
    return len(bucket.read("a"))

if __name__ == "__main__":
    bucket = S3Bucket(sys.argv[1])
    bucket.write("a", b"123")
    with LocalExecutor(jobs=2, seconds_that_pay=-1) as executor:
        print("the executor's processes read", list(executor.map(partial(length, bucket), [0, 0, 0])), flush=True)
    child = os.fork()
    if not child:
        try:
            S3Bucket("another").read("a")
        except Exception as error:
            print(error, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print("the parent reads", bucket.read("a"))
"""


@pytest.mark.slow
def test_children_that_are_spawned_work_and_those_that_are_forked_are_told_why_not(
    bucket: S3Bucket, tmp_path: Path
) -> None:
    """obstore's threads do not survive a fork: a forked child that asked for an object waited for ever."""
    script = tmp_path / "children.py"
    script.write_text(_CHILDREN)
    command = [sys.executable, str(script), bucket.bucket]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    assert said[0] == "the executor's processes read [3, 3, 3]"
    assert said[1].startswith("This process was forked from one that had used S3")
    assert said[2] == "the parent reads b'123'"


_WRITE_FOR_EVER = """
import itertools, sys
from forecast_platform.bucket.s3 import S3Bucket
for number in itertools.count():
    S3Bucket(sys.argv[1]).write("object", bytes([number % 256]) * 9_000_000)
    print(number, flush=True)
"""


@pytest.mark.slow
def test_kill_9_in_the_middle_of_writing_leaves_one_whole_object(bucket: S3Bucket) -> None:
    for writes in (1, 2):
        with subprocess.Popen([sys.executable, "-c", _WRITE_FOR_EVER, bucket.bucket], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(writes):
                writer.stdout.readline()
            time.sleep(0.05 * writes)
            writer.send_signal(signal.SIGKILL)
        data = bucket.read("object")
        assert len(data) == 9_000_000
        assert len(set(data)) == 1
        assert [stored.key for stored in bucket.list()] == ["object"]
