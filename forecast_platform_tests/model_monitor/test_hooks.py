"""Scripts of a person, in their own process: what goes wrong first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.hooks import (
    MOST_CRASHES,
    HookError,
    preprocessed,
    preprocessed_lines,
    run_postprocessor,
)
from forecast_platform.model_monitor.reading.rows import Rows
from forecast_platform_tests.model_monitor.capture.test_reading import line

Script = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    def write(code: str) -> Path:
        path = tmp_path / "hook.py"
        path.write_text(code)
        return path

    return write


def capture(*inputs: str) -> list[bytes]:
    """A capture file with a record for each input; the answer is always 0.5."""
    return ["\n".join(line(one, "0.5\n") for one in inputs).encode()]


def listed(rows: Rows) -> list[dict[str, Any]]:
    return [row for batch in rows.batches() for row in batch.to_pylist()]


def ends(process: int) -> bool:
    """Whether a process that was killed is gone, or waits for its parent only, within some seconds."""
    for _ in range(200):
        with suppress(FileNotFoundError):
            if Path(f"/proc/{process}/stat").read_text().split()[2] != "Z":
                time.sleep(0.05)
                continue
        return True
    return False


def test_a_script_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        preprocessed(capture("1"), tmp_path / "none.py")


def test_a_script_that_cannot_be_compiled_is_told_with_its_line(script: Script) -> None:
    with pytest.raises(HookError) as caught:
        preprocessed(capture("1"), script("x = 1\ndef preprocess_handler(record:\n"))
    assert caught.value.problems[0].where.endswith("hook.py, line 2")


def test_a_script_that_raises_when_it_is_imported_is_told_with_its_line_and_what_it_printed(script: Script) -> None:
    with pytest.raises(HookError, match="no-such-module") as caught:
        preprocessed(capture("1"), script("print('before')\nraise ValueError('no-such-module')\n"))
    assert caught.value.problems[0].where.endswith("hook.py, line 2")
    assert "before" in caught.value.output


def test_a_script_without_the_handler_is_told(script: Script) -> None:
    with pytest.raises(HookError, match="no function preprocess_handler"):
        preprocessed(capture("1"), script("def handler(record): ...\n"))


def test_an_exception_costs_its_record_only_and_names_record_and_line(script: Script) -> None:
    code = """
def preprocess_handler(record):
    return {"x": 1 / float(record.endpoint_input.data)}
"""
    rows = preprocessed(capture("1", "0", "2"), script(code))
    assert listed(rows) == [{"x": "1.0"}, {"x": "0.5"}]
    assert rows.refused[0].where == "the data, line 2"
    assert rows.refused[0].found == "ZeroDivisionError: float division by zero (line 3 of the script)"
    listed(rows)
    assert rows.refused_rows == 1


@pytest.mark.parametrize("ending", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_a_crash_costs_its_record_only(script: Script, ending: str) -> None:
    code = f"""
import os
def preprocess_handler(record):
    if record.endpoint_input.data == "2":
        {ending}
    return {{"x": record.endpoint_input.data}}
"""
    rows = preprocessed(capture("1", "2", "3", "2", "4"), script(code))
    assert listed(rows) == [{"x": "1"}, {"x": "3"}, {"x": "4"}]
    assert [refused.where for refused in rows.refused] == ["the data, line 2", "the data, line 4"]
    assert "the script's process ended" in rows.refused[0].found


def test_leaving_the_interpreter_is_an_error_of_the_record(script: Script) -> None:
    rows = preprocessed(capture("1"), script("def preprocess_handler(record):\n    exit(1)\n"))
    with pytest.raises(InputError, match="SystemExit"):
        listed(rows)


def test_a_script_that_keeps_crashing_is_given_up(script: Script) -> None:
    code = "import os\ndef preprocess_handler(record):\n    print('dying', flush=True)\n    os._exit(1)\n"
    with pytest.raises(HookError, match="keeps crashing") as caught:
        preprocessed(capture(*["1"] * (MOST_CRASHES + 3)), script(code))
    assert "dying" in caught.value.output


def test_a_script_that_hangs_is_ended_with_all_it_started_and_the_record_is_named(
    script: Script, tmp_path: Path
) -> None:
    code = f"""
import pathlib, subprocess, time
def preprocess_handler(record):
    if record.endpoint_input.data == "2":
        child = subprocess.Popen(["sleep", "600"])
        pathlib.Path({str(tmp_path / "child")!r}).write_text(str(child.pid))
        time.sleep(600)
    return {{"x": 1}}
"""
    with pytest.raises(HookError, match="no end after 2 seconds, at the data, line 2"):
        preprocessed(capture("1", "2", "3"), script(code), timeout=2)
    assert ends(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("returned", ["None", "3", "[1]", "{'a': object()}", "{'a': float}"])
def test_what_is_no_row_is_refused(script: Script, returned: str) -> None:
    rows = preprocessed(capture("1"), script(f"def preprocess_handler(record):\n    return {returned}\n"))
    with pytest.raises(InputError, match="TypeError"):
        listed(rows)


def test_text_that_is_not_unicode_is_refused(script: Script) -> None:
    rows = preprocessed(capture("1"), script("def preprocess_handler(record):\n    return {'a': '\\ud800'}\n"))
    with pytest.raises(InputError, match="surrogate"):
        listed(rows)


def test_lines_that_are_no_records_never_reach_the_script(script: Script) -> None:
    sources = [b"broken\n" + capture("1")[0]]
    rows = preprocessed(sources, script("def preprocess_handler(record):\n    return {'x': 1}\n"))
    assert (listed(rows), rows.records) == ([{"x": "1"}], 1)
    assert [refused.where for refused in rows.refused] == ["the data, line 1"]


def test_keys_that_are_numbers_are_positions_and_take_the_names_of_the_baseline(script: Script) -> None:
    code = """
def preprocess_handler(inference_record):
    input_data = inference_record.endpoint_input.data
    output_data = inference_record.endpoint_output.data.rstrip("\\n")
    data = output_data + "," + input_data
    return {str(i).zfill(20): d for i, d in reversed(list(enumerate(data.split(","))))}
"""
    rows = preprocessed(capture("1,2,3"), script(code), names=["prediction", "a"])
    assert listed(rows) == [{"prediction": "0.5", "a": "1", "_c2": "2", "_c3": "3"}]


def test_rows_may_be_several_none_or_have_missing_values(script: Script) -> None:
    code = """
def preprocess_handler(record, logger):
    logger.info("seen")
    count = int(record.endpoint_input.data)
    return [{"a": index, "b": None, "c": {"d": True}} for index in range(count)]
"""
    rows = preprocessed(capture("2", "0"), script(code))
    assert listed(rows) == [{"a": str(index), "b": None, "c.d": "true"} for index in range(2)]
    assert rows.refused_rows == 0
    assert "seen" in rows.output


def test_the_record_is_the_one_that_scripts_for_sagemaker_know(script: Script) -> None:
    code = """
import json
def preprocess_handler(inference_record):
    event = inference_record.event_data
    metadata = inference_record.event_metadata
    attributes = metadata.custom_attribute
    return {
        "same": event.endpointInput.data == inference_record.endpoint_input.data == event.endpoint_input["data"],
        "encoding": inference_record.endpoint_output.encoding,
        "type": inference_record.endpoint_input.observedContentType,
        "mode": inference_record.endpoint_input.mode,
        "event": metadata.event_id,
        "attribute": json.loads(attributes[0])["test"] if attributes is not None else None,
        "none": inference_record.batch_transform_output.data,
    }
"""
    record = line("1", "0.5", customAttributes=['{"test": "yes"}']).encode()
    (row,) = listed(preprocessed([record], script(code)))
    assert row == {
        "same": "true",
        "encoding": "CSV",
        "type": "text/csv",
        "mode": "INPUT",
        "event": "e1",
        "attribute": "yes",
        "none": None,
    }


def test_numbers_of_numpy_and_what_the_script_prints_do_no_harm(script: Script) -> None:
    code = """
import numpy as np
def preprocess_handler(record):
    print('{"rows": []}')
    return {"a": np.float64(1.5), "b": np.int64(2), "c": float("nan")}
"""
    rows = preprocessed(capture("1"), script(code))
    assert listed(rows) == [{"a": "1.5", "b": "2", "c": "NaN"}]
    assert '{"rows": []}' in rows.output


def test_the_script_finds_its_own_modules_and_those_of_python_before_ours(script: Script, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("VALUE = 7\n")
    code = """
import helper, statistics, profile
def preprocess_handler(record):
    return {"helper": helper.VALUE, "mean": statistics.mean([1, 3])}
"""
    assert listed(preprocessed(capture("1"), script(code))) == [{"helper": "7", "mean": "2"}]


def test_one_process_serves_all_records_of_an_execution(script: Script) -> None:
    code = "import os\ndef preprocess_handler(record):\n    return {'process': os.getpid()}\n"
    rows = preprocessed(capture(*["1"] * 500), script(code))
    processes = {row["process"] for row in listed(rows)}
    assert len(processes) == 1
    assert processes != {str(os.getpid())}


def test_lines_of_a_baseline_are_given_as_text_without_the_header(script: Script) -> None:
    code = "def preprocess_handler(line):\n    return {str(i).zfill(20): v for i, v in enumerate(line.split(','))}\n"
    rows = preprocessed_lines(b"a,b\n1,2\n3,\n", script(code), names=["x", "y"])
    assert listed(rows) == [{"x": "1", "y": "2"}, {"x": "3", "y": None}]


def test_the_postprocessor_runs_once_without_arguments_and_its_output_is_kept(script: Script) -> None:
    code = "import os\ndef postprocess_handler():\n    print('report in', os.environ['output_path'])\n"
    assert run_postprocessor(script(code), environment={"output_path": "there"}) == "report in there\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("import os; os._exit(7)", "exit code 7"),
        ("import time; time.sleep(600)", "no end after 1 seconds"),
    ],
)
def test_a_postprocessor_that_fails_is_a_hook_error(script: Script, body: str, message: str) -> None:
    with pytest.raises(HookError, match=message):
        run_postprocessor(script(f"def postprocess_handler():\n    {body}\n"), timeout=1 if "sleep" in body else 60)
