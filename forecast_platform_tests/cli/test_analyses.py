"""``explain`` and ``what-if``: what they print, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.cli import main
from forecast_platform_tests.components.running import environment, write_project
from forecast_platform_tests.planned_project import SCENARIO, planned_workspace

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A deployment with the planned project, of which nothing has run yet."""
    planned_workspace(tmp_path / "home")
    write_project(tmp_path / "defs", "small", '  start: "2025-02-10"\n  end: "2025-04-01"\n  cadence: daily\n')
    (tmp_path / "milk.json").write_text(SCENARIO)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(tmp_path).items():
            patch.setenv(name, value)
        yield tmp_path


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs ``forecast-platform`` in this process; gives the exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            main(arguments)
            code = 0
        except SystemExit as ending:
            code = int(ending.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_explain_prints_the_impacts_and_keeps_them(folder: Path, command: Command) -> None:
    code, out, err = command("explain", "small")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["item_id", "promotion", "shelf"]
    assert ["Aggregate", "1.0", "0.0"] in lines
    scores = folder / "home/bucket/small/explainability/cutoff=2025-03-02T00-00-00Z/scores.csv"
    assert err == f"Raw scores: {scores}\n"
    assert scores.is_file()


def test_what_if_prints_the_sums_and_writes_every_step_to_a_file(folder: Path, command: Command) -> None:
    code, out, err = command("what-if", "small", str(folder / "milk.json"), "--output", str(folder / "milk.csv"))
    assert code == 0
    lines = [line.split() for line in out.splitlines() if line.split()[:1] in (["all"], ["milk"], ["bread"])]
    assert [line[0] for line in lines] == ["all", "milk", "bread"]
    assert float(lines[1][3]) > 10
    assert lines[2][3:] == ["0.0", "0.0"]
    assert err == f"Every series and step: {folder / 'milk.csv'}\n"
    assert len(pd.read_csv(folder / "milk.csv")) == 10
    assert not (folder / "home/bucket/small/what_if").exists()


def test_an_earlier_cutoff_can_be_asked_about(folder: Path, command: Command) -> None:
    command("explain", "small")
    code, out, _ = command("explain", "small", "--cutoff", "2025-02-25")
    assert code == 0
    assert "Aggregate" in out


def test_a_scenario_that_changes_nothing_is_warned_of(folder: Path, command: Command) -> None:
    (folder / "wine.json").write_text(SCENARIO.replace("milk", "wine"))
    code, _, err = command("what-if", "small", str(folder / "wine.json"))
    assert code == 0
    assert "warning:" in err
    assert "changes no value" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("explain", "shop"), "no project called 'shop'"),
        (("explain", "small", "--cutoff", "2025-03-02T06:00:00"), "the nearest is 2025-03-02 00:00:00"),
        (("what-if", "small", "none.json"), "none.json"),
    ],
)
def test_wrong_usage_is_exit_code_2_on_stderr(arguments: tuple[str, ...], says: str, command: Command) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert says in err


def test_a_scenario_that_cannot_be_used_is_exit_code_2_with_every_problem(folder: Path, command: Command) -> None:
    document = json.loads(SCENARIO)
    document["TimeSeriesTransformations"][0]["Action"] = {"AttributeName": "promo", "Operation": "DIVIDE", "Value": 0}
    (folder / "milk.json").write_text(json.dumps(document))
    code, out, err = command("what-if", "small", str(folder / "milk.json"))
    assert (code, out) == (2, "")
    assert f"{folder / 'milk.json'}: $.TimeSeriesTransformations[0].Action.AttributeName: found 'promo'" in err
    assert "found a division by 0" in err
