"""Evaluates ``UnexpectedRowsExpectation`` on a frame: the rows that a SQL query returns are not as expected.

Great Expectations asks it of databases only; here DuckDB asks it of the frame. Belongs here: that query. Does not
belong here: all other expectations (``gx_engine``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from forecast_platform.errors import InputError, Problem
from forecast_platform.quality.answers import EXAMPLES, Answer, ExpectationError, Place, counted
from forecast_platform.quality.checks import Expectation

if TYPE_CHECKING:
    import pandas as pd

NAME = "UnexpectedRowsExpectation"
_BATCH = "batch"
_SEES_NOTHING_ELSE: Mapping[str, str] = {"enable_external_access": "false", "python_enable_replacements": "false"}


def evaluate(frame: pd.DataFrame, expectation: Expectation, place: Place) -> Answer:
    """Run the argument ``unexpected_rows_query`` on ``frame``, which the query calls ``{batch}``.

    The query sees nothing but the frame: no file, no network, no variable of this process.

    Raises:
        InputError: There is no query.
        ExpectationError: DuckDB cannot run the query.
    """
    import duckdb

    check, position = place
    query = expectation.arguments.get("unexpected_rows_query")
    if not isinstance(query, str):
        found = f"{expectation.name} with {expectation.arguments}"
        problem = Problem(f"check {check}", found, "a query as unexpected_rows_query")
        raise InputError("There are checks that cannot be evaluated.", [problem])
    statement = query.replace("{batch}", _BATCH).rstrip().rstrip(";")
    words = str(expectation.arguments.get("description") or f"no row is returned by: {' '.join(statement.split())}")
    try:
        with duckdb.connect(config={**_SEES_NOTHING_ELSE}) as database:
            database.register(_BATCH, frame)
            rows = database.sql(f"SELECT * FROM ({statement}) LIMIT {EXAMPLES}").df()
            (count,) = database.sql(f"SELECT count(*) FROM ({statement})").fetchall()[0]
    except duckdb.Error as error:
        raise ExpectationError(f"check {check}: could not evaluate {words}: {error}") from error
    # A query may add up or rename: its rows need not be rows of the frame, so they are numbered after those.
    first = len(frame) + EXAMPLES * position
    rows.index = range(first, first + len(rows))
    return Answer(words, f"{counted(int(count), 'row')} returned", count == 0, rows)
