"""The page about algorithms says what the engine has: names, hyperparameters, presets, thresholds."""

from __future__ import annotations

import re
from pathlib import Path

from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS, Hyperparameter
from forecast_platform.engine.candidates import ENOUGH_SPARSE_SERIES, INTERMITTENT, PRESETS, SPARSE
from forecast_platform.engine.combination import LEAST_WEIGHT, PRIOR_WINDOWS
from forecast_platform.engine.covariates import KNOWN_AHEAD_SHARE
from forecast_platform.engine.tuning import TRIALS
from forecast_platform.params.schema import ALGORITHMS

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "reference" / "algorithms.md").read_text("utf-8")
PROSE = " ".join(PAGE.split())


def section(title: str) -> str:
    """What is below a heading of the second level."""
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert match is not None, title
    return match[1]


def cells(row: str) -> list[str]:
    match = re.search(rf"^\| {re.escape(row)} \| (.*) \|$", section("Presets"), re.MULTILINE)
    assert match is not None, row
    return match[1].split(" | ")


def row_of(algorithm: str, parameter: Hyperparameter) -> str:
    default = "from the data" if parameter.default is None else f"`{str(parameter.default).replace('True', 'true')}`"
    if parameter.tuned is None:
        tuned = "–"
    elif parameter.choices:
        tuned = ", ".join(f"`{choice}`" for choice in parameter.tuned)
    else:
        low, high = parameter.tuned
        tuned = f"{low:g} to {high:g}" + (", logarithmic" if parameter.logarithmic else "")
    return f"| `{algorithm}` | `{parameter.name}` | {default} | {parameter.expected} | {tuned} |"


def test_every_algorithm_is_in_the_table_and_no_other() -> None:
    first = section("All of them").split("\n\n### ")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", first, re.MULTILINE) == list(ALGORITHMS)


def test_every_hyperparameter_is_there_with_its_default_and_its_range() -> None:
    expected = [row_of(algorithm, one) for algorithm, parameters in HYPERPARAMETERS.items() for one in parameters]
    assert [line for line in section("Hyperparameters").splitlines() if line.startswith("| `")] == expected


def test_the_presets_are_there_with_what_they_try() -> None:
    tried: set[str] = set()
    for preset, cell in zip(PRESETS.values(), cells("tries"), strict=True):
        tried |= set(re.findall(r"`([\w-]+)`", cell))
        assert tried == set(preset.algorithms)


def test_the_presets_are_there_with_their_numbers() -> None:
    sample = cells("series in that sample, at most")
    windows = cells("windows of the past that a sample of the series is backtested on, besides those reported")
    rest = cells("the same windows of the other series")
    assert list(zip(windows, rest, sample, strict=True)) == [
        (str(one.windows), str(one.windows_of_the_rest), str(one.sample)) for one in PRESETS.values()
    ]
    assert cells("trials of [tuning](#tuning)") == [str(count) for count in TRIALS.values()]
    assert list(TRIALS) == list(PRESETS)


def test_the_thresholds_in_the_prose_are_those_of_the_code() -> None:
    intermittent = ", ".join(f"`{name}`" for name in INTERMITTENT[:-1]) + f" and `{INTERMITTENT[-1]}`"
    assert f"To each list come {intermittent}" in PROSE
    assert (
        f"at least {ENOUGH_SPARSE_SERIES:.0%} of the series are sparse ({SPARSE:.0%} zeros or more)".replace("%", " %")
        in PROSE
    )
    assert f"less than {LEAST_WEIGHT:.0%} is dropped".replace("%", " %") in PROSE
    assert PRIOR_WINDOWS == 6
    assert "as much as six windows of the series itself" in PROSE
    assert f"at least {KNOWN_AHEAD_SHARE:.0%} of the series that have it".replace("%", " %") in PROSE
