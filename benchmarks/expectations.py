"""What our checks add to Great Expectations: twenty expectations on a million rows, by it alone and by ``validate``.

Run: ``python benchmarks/expectations.py [ROWS]``. Prints seconds of processor time, which other work on the machine
disturbs least, the ratio and the peak memory: for data that is as expected, and for data of which every row fails.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from forecast_platform.quality import Check, Expectation

if TYPE_CHECKING:
    import pandas as pd

ROUNDS = 2
"""Each way runs so often, in turns, each time in a process of its own; the fastest counts."""
ITEMS = 200
NUMBERS = [f"n{number}" for number in range(6)]


def sample(rows: int) -> pd.DataFrame:
    """Rows of :data:`ITEMS` items with six columns of numbers, of which the later are greater, and a category."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    hours = -(-rows // ITEMS)
    numbers = {column: random.gamma(2.0, 20.0, rows) + 1000 * place for place, column in enumerate(NUMBERS)}
    keys = {
        "item_id": np.repeat([f"client_{number}" for number in range(ITEMS)], hours)[:rows],
        "timestamp": np.tile(pd.date_range("2000-01-01", periods=hours, freq="h"), ITEMS)[:rows],
        "category": random.choice(["bread", "milk", "tea"], rows),
    }
    return pd.DataFrame(keys | numbers)


def as_expected() -> list[Expectation]:
    """Twenty expectations of several kinds that the sample meets."""
    return [
        *(
            Expectation("ExpectColumnValuesToNotBeNull", {"column": column})
            for column in ("item_id", "timestamp", "n0")
        ),
        *(Expectation("ExpectColumnValuesToBeBetween", {"column": column, "min_value": 0}) for column in NUMBERS[:4]),
        *(_greater(NUMBERS[place + 1], NUMBERS[place]) for place in range(3)),
        *(Expectation("ExpectColumnMeanToBeBetween", {"column": column, "min_value": 0}) for column in NUMBERS[:3]),
        Expectation("ExpectColumnMaxToBeBetween", {"column": "n4", "min_value": 0}),
        Expectation("ExpectColumnStdevToBeBetween", {"column": "n5", "min_value": 0}),
        Expectation("ExpectColumnValuesToBeInSet", {"column": "category", "value_set": ["bread", "milk", "tea"]}),
        Expectation("ExpectColumnValuesToMatchRegex", {"column": "category", "regex": "^[a-z]+$"}),
        Expectation("ExpectColumnUniqueValueCountToBeBetween", {"column": "item_id", "max_value": ITEMS}),
        Expectation("ExpectCompoundColumnsToBeUnique", {"column_list": ["item_id", "timestamp"]}),
        Expectation("ExpectTableRowCountToBeBetween", {"min_value": 1}),
    ]


def all_failing() -> list[Expectation]:
    """Twenty expectations that every row of the sample fails."""
    return [
        *(
            Expectation("ExpectColumnValuesToBeBetween", {"column": column, "max_value": limit})
            for column in NUMBERS
            for limit in (-1, -2)
        ),
        *(_greater(NUMBERS[place], NUMBERS[place + 1]) for place in range(5)),
        Expectation("ExpectColumnValuesToBeInSet", {"column": "category", "value_set": ["salt"]}),
        Expectation("ExpectColumnValuesToMatchRegex", {"column": "category", "regex": "^[A-Z]+$"}),
        Expectation("ExpectColumnValuesToBeNull", {"column": "item_id"}),
    ]


def _greater(column: str, than: str) -> Expectation:
    return Expectation("ExpectColumnPairValuesAToBeGreaterThanB", {"column_A": column, "column_B": than})


def by_great_expectations(frame: pd.DataFrame, expectations: list[Expectation]) -> list[bool]:
    """As its documentation has it, with the result format that we use."""
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("batch")
    batch = asset.add_batch_definition_whole_dataframe("batch").get_batch({"dataframe": frame})
    made = [getattr(gxe, one.name)(**one.arguments) for one in expectations]
    results = batch.validate(gx.ExpectationSuite("suite", expectations=made), result_format="SUMMARY").results
    return [bool(result.success) for result in results]


def by_validate(frame: pd.DataFrame, expectations: list[Expectation]) -> list[bool]:
    """One check for each, as an asset check evaluates them: with words, messages and rows."""
    from forecast_platform.quality.validation import validate

    checks = [Check(f"check_{number}", "", "critical", (one,)) for number, one in enumerate(expectations)]
    return [outcome.passed for outcome in validate(frame, checks, {}).values()]


WAYS: dict[str, Callable[[pd.DataFrame, list[Expectation]], list[bool]]] = {
    "Great Expectations": by_great_expectations,
    "validate": by_validate,
}
KINDS = {"as expected": as_expected, "every row fails": all_failing}


def measure(way: str, kind: str, rows: int) -> dict[str, float]:
    """Evaluate once, in this process; imports and the making of the frame are not what is measured."""
    frame, expectations = sample(rows), KINDS[kind]()
    WAYS[way](frame.head(100), expectations)
    before = _peak_mebibytes()
    started = time.process_time()
    met = WAYS[way](frame, expectations)
    seconds = time.process_time() - started
    assert set(met) == {kind == "as expected"}, met
    assert len(met) == 20
    return {"seconds": seconds, "before": before, "peak": _peak_mebibytes()}


def _peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_a_process(way: str, kind: str, rows: int) -> dict[str, Any]:
    command = [sys.executable, __file__, str(rows), way, kind]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def main(rows: int) -> None:
    """Measure both ways in turns and print a table."""
    print(f"20 expectations, {rows:,} rows of {len(NUMBERS) + 3} columns, best of {ROUNDS}")
    for kind in KINDS:
        runs = [{way: _in_a_process(way, kind, rows) for way in WAYS} for _ in range(ROUNDS)]
        best = {way: min((run[way] for run in runs), key=lambda measured: measured["seconds"]) for way in WAYS}
        alone = best["Great Expectations"]["seconds"]
        for way, measured in best.items():
            print(
                f"{kind:16} {way:19} {measured['seconds']:6.2f} s  {measured['seconds'] / alone:5.2f} x  "
                f"{measured['peak']:6.0f} MiB peak ({measured['before']:.0f} before)"
            )


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[2], sys.argv[3], size)))
    else:
        main(size)
