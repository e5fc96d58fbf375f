"""Which functions of Athena work here, and what they are called in DuckDB when sqlglot's answer is not Athena's.

Belongs here: names and macros. Does not belong here: the grammar of queries (``sql``), time formats (``time_formats``).

Source: Trino documentation, "Functions and operators" (Athena engine version 3).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from forecast_platform.warehouse.time_formats import UnsupportedCallError, joda_to_strftime, mysql_to_strftime


def words(text: str) -> frozenset[str]:
    """The words of ``text``, which is written over several lines."""
    return frozenset(text.split())


SUPPORTED = words(
    """
    abs approx_distinct approx_percentile any_value arbitrary array_agg array_distinct array_join array_max array_min
    array_sort avg bool_and bool_or cardinality cast cbrt ceil ceiling coalesce concat contains corr count count_if
    covar_pop covar_samp cume_dist date date_add date_diff date_format date_parse date_trunc day day_of_month
    day_of_week day_of_year degrees dense_rank dow doy element_at every exp extract first_value floor format_datetime
    from_iso8601_date from_iso8601_timestamp from_unixtime greatest hour if is_nan json_extract_scalar lag
    last_day_of_month last_value lead least length  ln log10 log2 lower lpad ltrim max max_by min min_by minute
    mod month nth_value ntile now nullif parse_datetime percent_rank pi position pow power quarter radians rank
    regexp_extract regexp_like regexp_replace regr_intercept regr_slope replace round row_number rpad rtrim second
    sequence sign split split_part sqrt starts_with stddev stddev_pop stddev_samp strpos substr substring sum
    to_iso8601 to_unixtime trim truncate try try_cast upper var_pop var_samp variance week year
    """
)
"""Every function that a query may call, as Athena spells it. Whatever is not here is refused: DuckDB's own
functions read files, and what DuckDB only resembles would give wrong answers silently."""

MACROS = (
    "athena_from_unixtime(seconds) AS make_timestamp(CAST(round(CAST(seconds AS DOUBLE) * 1000) * 1000 AS BIGINT))",
    """athena_to_iso8601(x) AS CASE WHEN typeof(x) = 'DATE' THEN strftime(x, '%Y-%m-%d')
       ELSE strftime(x, '%Y-%m-%dT%H:%M:%S.%g') END""",
    """athena_regexp_extract(text, pattern) AS
         CASE WHEN regexp_matches(text, pattern) THEN regexp_extract(text, pattern) END,
       (text, pattern, part) AS
         CASE WHEN regexp_matches(text, pattern) THEN regexp_extract(text, pattern, part) END""",
    """athena_split_part(text, delimiter, part) AS
         CASE WHEN part <= len(string_split(text, delimiter)) THEN split_part(text, delimiter, part) END""",
)
"""Where DuckDB's function of the same name differs: no match gives an empty text there and NULL in Athena."""


def _formatted(target: str, convert: Callable[[str], str]) -> Callable[[list[exp.Expr]], exp.Expr]:
    def call(arguments: list[exp.Expr]) -> exp.Expr:
        _expect(arguments, 2)
        return exp.func(target, arguments[0], exp.Literal.string(convert(_text(arguments[1], "the format"))))

    return call


def _renamed(target: str, *counts: int) -> Callable[[list[exp.Expr]], exp.Expr]:
    def call(arguments: list[exp.Expr]) -> exp.Expr:
        _expect(arguments, *counts)
        return exp.Anonymous(this=target, expressions=arguments)

    return call


def _cast(target: str) -> Callable[[list[exp.Expr]], exp.Expr]:
    def call(arguments: list[exp.Expr]) -> exp.Expr:
        _expect(arguments, 1)
        return exp.cast(arguments[0], target)

    return call


def _regexp_replace(arguments: list[exp.Expr]) -> exp.Expr:
    """Athena replaces every match and writes groups as ``$1``; DuckDB needs the flag ``g`` and ``\\1``."""
    _expect(arguments, 2, 3)
    written = _text(arguments[2], "the replacement") if len(arguments) == 3 else ""
    replacement = re.sub(r"\$(\d)", r"\\\1", written.replace("\\", "\\\\"))
    return exp.Anonymous(
        this="regexp_replace",
        expressions=[*arguments[:2], exp.Literal.string(replacement), exp.Literal.string("g")],
    )


def _expect(arguments: list[exp.Expr], *counts: int) -> None:
    if len(arguments) not in counts:
        wanted = " or ".join(str(count) for count in counts)
        raise UnsupportedCallError(f"it is called with {len(arguments)} arguments; {wanted} work here")


def _text(argument: exp.Expr, what: str) -> str:
    if not (isinstance(argument, exp.Literal) and argument.is_string):
        raise UnsupportedCallError(f"{what} is {argument.sql()}; only a text in quotes works here")
    return str(argument.this)


REWRITTEN: dict[str, Callable[[list[exp.Expr]], exp.Expr]] = {
    "date_parse": _formatted("strptime", mysql_to_strftime),
    "date_format": _formatted("strftime", mysql_to_strftime),
    "parse_datetime": _formatted("strptime", joda_to_strftime),
    "format_datetime": _formatted("strftime", joda_to_strftime),
    "from_unixtime": _renamed("athena_from_unixtime", 1),
    "to_unixtime": _renamed("epoch", 1),
    "to_iso8601": _renamed("athena_to_iso8601", 1),
    "from_iso8601_timestamp": _cast("timestamp"),
    "from_iso8601_date": _cast("date"),
    "date_diff": _renamed("date_sub", 3),
    "regexp_extract": _renamed("athena_regexp_extract", 2, 3),
    "regexp_replace": _regexp_replace,
    "split": _renamed("string_split", 2),
    "split_part": _renamed("athena_split_part", 3),
    "element_at": _renamed("list_extract", 2),
    "ceil": _renamed("ceil", 1),
    "ceiling": _renamed("ceil", 1),
    "floor": _renamed("floor", 1),
    "max_by": _renamed("arg_max", 2),
    "min_by": _renamed("arg_min", 2),
    "json_extract_scalar": _renamed("json_extract_string", 2),
    "length": _renamed("length", 1),
    "sign": _renamed("sign", 1),
    "truncate": _renamed("trunc", 1),
    "array_join": _renamed("array_to_string", 2),
    "array_max": _renamed("list_max", 1),
    "array_min": _renamed("list_min", 1),
    "every": _renamed("bool_and", 1),
}
"""Functions that are translated here and not by sqlglot. ``date_diff`` counts whole units in Athena, which is
DuckDB's ``date_sub``; DuckDB's own ``date_diff`` counts the boundaries crossed."""
