"""The server as its users meet it: a process, sockets, signals."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_platform_tests.cli.command import forecast_platform
from forecast_platform_tests.serving.running import (
    Running,
    ask,
    captured,
    event_ids,
    serving,
    until,
    write_linear,
)

WAITS_FOR_A_FILE = """
import os, time

def model_fn(model_dir):
    return os.path.join(model_dir, "go")

def predict_fn(data, model):
    while not os.path.exists(model):
        time.sleep(0.01)
    return [1]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("shared")
    with serving(write_linear(folder / "model"), "--variant", "blue") as running:
        yield running


class TestAnswers:
    def test_ping_is_200_and_empty(self, server: Running) -> None:
        status, _, body = server.ask("/ping")
        assert (status, body) == (200, b"")

    def test_csv_in_gives_csv_out_one_score_per_row(self, server: Running) -> None:
        status, headers, body = server.score("50,baker\n40,other")
        assert (status, headers["content-type"]) == (200, "text/csv")
        assert [round(float(line), 6) for line in body.decode().split("\n")] == [0.904651, 0.562177]

    def test_an_answer_tells_its_event_and_its_variant(self, server: Running) -> None:
        _, headers, _ = server.score()
        assert re.fullmatch(
            r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", headers["x-amzn-requestid"]
        )
        assert headers["x-amzn-invoked-production-variant"] == "blue"

    @pytest.mark.parametrize(
        "body",
        [
            {"instances": [[50, "baker"]]},
            {"instances": [{"features": [50, "baker"]}]},
            {"instances": [{"data": {"features": {"values": [50, "baker"]}}}]},
            {"instances": [{"job": "baker", "age": 50}]},
            [[50, "baker"]],
            [{"age": 50, "job": "baker"}],
            {"age": 50, "job": "baker"},
            {"features": [50, "baker"]},
        ],
        ids=str,
    )
    def test_json_is_read_in_every_shape_that_sagemaker_knows(self, server: Running, body: object) -> None:
        status, headers, answer = server.ask("/invocations", json.dumps(body), Content_Type="application/json")
        assert (status, headers["content-type"]) == (200, "application/json")
        (prediction,) = json.loads(answer)["predictions"]
        assert round(prediction["score"], 6) == 0.904651
        assert prediction["predicted_label"] == "yes"

    def test_json_lines_give_json_lines(self, server: Running) -> None:
        body = '[50, "baker"]\n{"age": null, "job": "smith"}\n'
        status, headers, answer = server.ask("/invocations", body, Content_Type="application/jsonlines")
        assert (status, headers["content-type"]) == (200, "application/jsonlines")
        assert [json.loads(line)["predicted_label"] for line in answer.decode().split("\n")] == ["yes", "no"]

    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            ("*/*", "text/csv"),
            ("application/json", "application/json"),
            ("text/html, application/*;q=0.5", "application/json"),
            ("text/csv;q=0.1, application/jsonlines", "application/jsonlines"),
        ],
    )
    def test_accept_chooses_the_type_of_the_answer(self, server: Running, accept: str, expected: str) -> None:
        status, headers, _ = server.score(Accept=accept)
        assert (status, headers["content-type"]) == (200, expected)

    def test_a_connection_can_be_used_again(self, server: Running) -> None:
        with server.connection() as connection:
            for _ in range(3):
                assert ask(connection, "/invocations", "50,baker", Content_Type="text/csv")[0] == 200
                assert connection.sock is not None

    def test_a_body_in_chunks_is_read(self, server: Running) -> None:
        with server.connection() as connection:
            connection.request(
                "POST", "/invocations", iter([b"50,", b"baker"]), {"Content-Type": "text/csv"}, encode_chunked=True
            )
            assert connection.getresponse().status == 200


class TestRefusals:
    @pytest.mark.parametrize("content_type", ["", "application/x-npy", "text/csv; charset=latin-1", "nonsense"])
    def test_a_content_type_that_cannot_be_read_is_415(self, server: Running, content_type: str) -> None:
        status, _, body = server.score(Content_Type=content_type)
        assert status == 415
        assert b"cannot be read" in body

    def test_an_accept_that_cannot_be_met_is_406(self, server: Running) -> None:
        assert server.score(Accept="text/html")[0] == 406

    def test_every_bad_cell_is_named(self, server: Running) -> None:
        status, _, body = server.score("old,baker\n50,baker\n1e999,x")
        assert status == 400
        assert body.decode().splitlines() == [
            "The payload cannot be scored.",
            '  - row 1, age: found "old"; expected a number, or nothing.',
            '  - row 3, age: found "1e999"; expected a number, or nothing.',
        ]

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ("", "found nothing"),
            ("50,baker\n50", "line 2: found 1 values; expected 2 values: age, job"),
            ("age,job\n50,baker", "Leave the header out"),
            ('50,"baker', "line 1"),
            (b"50,b\xe4cker", "byte 5 of the body: found 0xE4; expected text in UTF-8"),
        ],
    )
    def test_a_csv_that_cannot_be_scored_is_400_and_says_where(
        self, server: Running, body: str | bytes, told: str
    ) -> None:
        status, _, answer = server.ask("/invocations", body or b"", "POST", Content_Type="text/csv")
        assert status == 400
        assert told in answer.decode()

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ('{"instances": [', "character 16"),
            ('{"instances": 5}', "instances: found 5; expected a list"),
            ('{"instances": [[50]]}', "instance 1: found 1 values"),
            ('[{"age": 50}]', "instance 1, job: found nothing"),
            ('[{"age": 50, "job": "x", "jop": 1}]', 'the unknown feature "jop"'),
            ('[[50, ["x"]]]', "instance 1, job: found a list"),
            ('[[true, "x"]]', "row 1, age: found true"),
            ('[["50_0", "x"]]', 'row 1, age: found "50_0"'),
            ('[[NaN, "x"]]', "NaN is not JSON"),
            ("7", "instance 1: found 7"),
            ("[]", "found nothing"),
            ("[" * 100_000, "the body"),
        ],
    )
    def test_a_json_that_cannot_be_scored_is_400_and_says_where(self, server: Running, body: str, told: str) -> None:
        status, _, answer = server.ask("/invocations", body, Content_Type="application/json")
        assert status == 400
        assert told in answer.decode()

    def test_what_is_announced_as_too_large_is_413_before_it_is_sent(self, server: Running) -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(
                b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
                b"Content-Length: 99999999\r\n\r\n"
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 413 ")

    def test_what_turns_out_too_large_is_413(self, server: Running) -> None:
        parts = [b"0" * 2**20] * 26
        with server.connection() as connection:
            connection.request("POST", "/invocations", iter(parts), {"Content-Type": "text/csv"}, encode_chunked=True)
            assert connection.getresponse().status == 413

    @pytest.mark.parametrize(
        "headers",
        [{"X_Amzn_SageMaker_Inference_Id": "x" * 65}, {"X_Amzn_SageMaker_Custom_Attributes": "ä"}],
        ids=["inference id", "attributes"],
    )
    def test_a_header_that_sagemaker_would_refuse_is_400(self, server: Running, headers: dict[str, str]) -> None:
        assert server.score(**headers)[0] == 400

    def test_other_paths_and_methods_say_what_there_is(self, server: Running) -> None:
        assert server.ask("/elsewhere")[0] == 404
        assert server.ask("/capture")[0] == 404
        status, headers, _ = server.ask("/invocations")
        assert (status, headers["allow"]) == (405, "POST")

    def test_the_name_of_another_site_is_403(self, server: Running) -> None:
        assert server.ask("/ping", Host="evil.example")[0] == 403
        assert server.ask("/ping", Host="localhost:8080")[0] == 200


class TestConcurrency:
    def test_every_caller_gets_the_answer_to_his_own_request_and_each_is_captured_once(self, tmp_path: Path) -> None:
        captures = tmp_path / "captures"
        answered: list[tuple[str, str, str]] = []

        def call(server: Running, number: int) -> None:
            with server.connection() as connection:
                for turn in range(40):
                    age = f"{number}.{turn:02d}"
                    _, headers, body = ask(connection, "/invocations", f"{age},x", Content_Type="text/csv")
                    answered.append((headers["x-amzn-requestid"], f"{age},x", body.decode()))

        with serving(write_linear(tmp_path / "model"), "--capture", captures) as server:
            callers = [threading.Thread(target=call, args=(server, number)) for number in range(8)]
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join()
            assert server.end()[0] == 0
        recorded = {
            record["eventMetadata"]["eventId"]: (
                record["captureData"]["endpointInput"]["data"],
                record["captureData"]["endpointOutput"]["data"],
            )
            for record in captured(captures)
        }
        assert len(captured(captures)) == len(answered) == 320
        assert recorded == {event: (asked, said) for event, asked, said in answered}

    def test_a_slow_script_keeps_nobody_else_waiting(self, tmp_path: Path) -> None:
        (tmp_path / "inference.py").write_text(WAITS_FOR_A_FILE)
        with serving(tmp_path) as server:
            slow = Asking(server)
            assert server.ask("/ping")[0] == 200
            (tmp_path / "go").touch()
            assert slow.answer()[0] == 200


class Asking(threading.Thread):
    """Asks for a score in the background."""

    def __init__(self, server: Running) -> None:
        super().__init__()
        self._server = server
        self._answer: tuple[int, dict[str, str], bytes] | None = None
        self.start()

    def run(self) -> None:
        self._answer = self._server.score("1", Accept="text/csv")

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        self.join()
        assert self._answer is not None
        return self._answer


class TestTheEnd:
    def test_what_is_being_answered_when_the_server_is_told_to_end_is_answered_and_captured(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "inference.py").write_text(WAITS_FOR_A_FILE)
        captures = tmp_path / "captures"
        with serving(tmp_path, "--capture", captures) as server:
            slow = Asking(server)
            until(lambda: _connections(server) >= 1)
            server.process.terminate()
            (tmp_path / "go").touch()
            status, headers, _ = slow.answer()
            assert status == 200
            assert server.process.wait(60) == 0
        assert event_ids(captured(captures)) == [headers["x-amzn-requestid"]]

    def test_ending_under_load_loses_no_answered_request(self, tmp_path: Path) -> None:
        captures = tmp_path / "captures"
        answered: list[str] = []

        def call(server: Running) -> None:
            try:
                while True:
                    answered.append(server.score()[1]["x-amzn-requestid"])
            except OSError:  # it is gone
                return

        with serving(write_linear(tmp_path / "model"), "--capture", captures) as server:
            callers = [threading.Thread(target=call, args=(server,)) for _ in range(4)]
            for caller in callers:
                caller.start()
            until(lambda: len(answered) > 200)
            assert server.end()[0] == 0
            for caller in callers:
                caller.join()
        recorded = event_ids(captured(captures))
        assert len(recorded) == len(set(recorded))
        assert set(answered) <= set(recorded)

    def test_a_killed_server_leaves_nothing_half_visible_and_the_next_one_publishes_its_records(
        self, tmp_path: Path
    ) -> None:
        model, captures = write_linear(tmp_path / "model"), tmp_path / "captures"
        with serving(model, "--capture", captures) as server:
            answered = [server.score()[1]["x-amzn-requestid"] for _ in range(20)]
            until(lambda: server.capture_state()["captured"] == 20)
            server.process.kill()
            server.process.wait()
            assert captured(captures) == []
        with serving(model, "--capture", captures) as server:
            assert event_ids(captured(captures)) == answered
            assert server.end()[0] == 0
        assert event_ids(captured(captures)) == answered
        assert list((captures / ".journals").iterdir()) == []

    def test_two_servers_can_capture_into_one_folder(self, tmp_path: Path) -> None:
        model, captures = write_linear(tmp_path / "model"), tmp_path / "captures"
        with serving(model, "--capture", captures) as one:
            first = one.score()[1]["x-amzn-requestid"]
            until(lambda: one.capture_state()["captured"] == 1)
            with serving(model, "--capture", captures) as two:
                second = two.score()[1]["x-amzn-requestid"]
                assert captured(captures) == []
                assert two.end()[0] == 0
            assert one.end()[0] == 0
        assert sorted(event_ids(captured(captures))) == sorted([first, second])


def _connections(server: Running) -> int:
    import psutil

    return len([one for one in psutil.Process(server.process.pid).net_connections() if one.status == "ESTABLISHED"])


SMALL_FILES_ONLY = ("sh", "-c", 'ulimit -f 8; exec "$@"', "sh")
"""A disk that takes some kilobytes: room for the first records and not for the others."""


class TestADiskThatRefuses:
    def test_answers_go_on_and_the_loss_is_counted_and_told(self, tmp_path: Path) -> None:
        captures = tmp_path / "captures"
        with serving(write_linear(tmp_path / "model"), "--capture", captures, below=SMALL_FILES_ONLY) as server:
            answered = [server.score()[1]["x-amzn-requestid"] for _ in range(3)]
            until(lambda: server.capture_state()["captured"] == 3)
            for _ in range(40):
                assert server.score()[0] == 200
            until(lambda: "File too large" in server.capture_state()["last_error"])
            assert server.capture_state()["waiting"] > 0
            code, said = server.end()
        assert code == 0
        assert "captures are being lost" in said
        recorded = event_ids(captured(captures))
        assert recorded[:3] == answered


class TestStarting:
    def test_a_port_that_is_taken_is_bad_input(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            ended = forecast_platform("serve", write_linear(tmp_path / "model"), "--port", port)
        assert ended.returncode == 2
        assert f"127.0.0.1:{port}" in ended.stderr

    def test_a_target_that_cannot_be_written_is_bad_input(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        ended = forecast_platform(
            "serve", write_linear(tmp_path / "model"), "--port", "0", "--capture", tmp_path / "file"
        )
        assert ended.returncode == 2
        assert "a folder that can be written" in ended.stderr

    def test_all_options_that_cannot_be_used_are_named(self, tmp_path: Path) -> None:
        options = (
            "--endpoint",
            "my_model",
            "--variant",
            "-",
            "--sampling-percentage",
            "101",
            "--seconds-per-file",
            "0",
        )
        ended = forecast_platform("serve", write_linear(tmp_path / "model"), *options)
        assert ended.returncode == 2
        assert all(found in ended.stderr for found in ("'my_model'", "'-'", "found 101", "found 0"))

    def test_the_bucket_of_the_platform_can_be_the_target(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path / "home"))
        options = ("--capture", "bucket:census/captured", "--endpoint", "income")
        with serving(write_linear(tmp_path / "model"), *options) as server:
            server.score()
            assert server.end()[0] == 0
        (file,) = (tmp_path / "home" / "bucket").rglob("*.jsonl")
        below = file.relative_to(tmp_path / "home" / "bucket" / "census" / "captured")
        assert re.fullmatch(r"income/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", str(below))
