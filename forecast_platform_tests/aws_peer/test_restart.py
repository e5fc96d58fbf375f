"""A peer that is killed and started again loses nothing, and goes on with what was under way."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.errors import InputError
from forecast_platform_tests.aws_peer.program import Program, client, ended, gone
from forecast_platform_tests.fakes.aws_peer import peer_in_thread, peer_process
from forecast_platform_tests.fakes.idle_engine import IdleEngine


def test_a_job_under_way_is_done_by_the_next_peer_and_everything_else_is_there(tmp_path: Path) -> None:
    first, second = IdleEngine(), IdleEngine()
    begun, go_on = first.hold()
    with peer_in_thread(tmp_path, engine=lambda home: first) as peer:
        program = Program(client("forecast", peer.url))
        arn = program.start_import(program.dataset(Tags=[{"Key": "a", "Value": "b"}]))
        assert begun.wait(30)
        # By then the peer is ending, and waits for what is being computed.
        threading.Timer(0.3, go_on.set).start()
    with peer_in_thread(tmp_path, engine=lambda home: second) as peer:
        forecast = client("forecast", peer.url)
        done = ended(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)
        assert done["Status"] == "ACTIVE"
        assert second.asked == [("import_data", "monday")]
        assert forecast.list_tags_for_resource(ResourceArn=done["DatasetArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
        assert peer.created() == {("CreateDataset", "sales"): 1, ("CreateDatasetImportJob", "monday"): 1}


def test_a_call_log_whose_last_line_was_cut_off_is_read(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text('{"at": 1.0, "operation": "CreateDat')
    with peer_in_thread(tmp_path, engine=IdleEngine) as peer:
        client("forecast", peer.url).list_datasets()
        assert [call["operation"] for call in peer.calls()] == ["ListDatasets"]
    (line,) = (tmp_path / "calls.jsonl").read_text().splitlines()
    assert json.loads(line)["operation"] == "ListDatasets"


def test_an_explainability_that_a_kill_came_before_is_added_by_the_next_peer(tmp_path: Path) -> None:
    first, second = IdleEngine(), IdleEngine()
    with peer_in_thread(tmp_path, engine=lambda home: first) as peer:
        program = Program(client("forecast", peer.url))
        group = program.group_with_data()
        begun, go_on = first.hold()
        program.start_auto_predictor(group, ExplainPredictor=True, Tags=[{"Key": "a", "Value": "b"}])
        assert begun.wait(30)
        threading.Timer(0.3, go_on.set).start()
    (lost,) = (tmp_path / "forecast" / "resources" / "explainability").iterdir()
    lost.unlink()
    with peer_in_thread(tmp_path, engine=lambda home: second) as peer:
        forecast = client("forecast", peer.url)
        (line,) = forecast.list_explainabilities()["Explainabilities"]
        arn = line["ExplainabilityArn"]
        assert ended(forecast.describe_explainability, ExplainabilityArn=arn)["Status"] == "ACTIVE"
        assert forecast.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_two_peers_do_not_share_a_home(tmp_path: Path) -> None:
    with (
        peer_in_thread(tmp_path, engine=IdleEngine),
        pytest.raises(InputError, match="no other peer uses"),
        peer_in_thread(tmp_path, engine=IdleEngine),
    ):
        pass


@pytest.mark.slow
def test_a_peer_that_is_killed_at_every_state_goes_on_from_there(aws: str, tmp_path: Path) -> None:
    import boto3

    store = boto3.client("s3")
    store.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    rows = "".join(f"a,2024-01-{day:02} 00:00:00,{day}\n" for day in range(1, 32))
    store.put_object(Bucket="data", Key="train/a.csv", Body=rows.encode())
    with peer_process(tmp_path, delay=0.4) as process:
        forecast = client("forecast", process.start().url)
        arn = Program(forecast).start_import(Program(forecast).dataset())
        for status in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            _wait_for(forecast, arn, status)
            process.kill()
            forecast = client("forecast", process.start().url)
        assert ended(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)["Status"] == "ACTIVE"
        forecast.delete_dataset_import_job(DatasetImportJobArn=arn)
        process.kill()
        peer = process.start()
        gone(client("forecast", peer.url).describe_dataset_import_job, DatasetImportJobArn=arn)
        assert set(peer.created().values()) == {1}


def _wait_for(forecast: Any, arn: str, status: str) -> None:
    while forecast.describe_dataset_import_job(DatasetImportJobArn=arn)["Status"] != status:
        pass
