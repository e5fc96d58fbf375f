"""One statement run by Athena, from its start to its rows.

Belongs here: starting, waiting, stopping, fetching, and what a failure means. Does not belong here: what may be asked
(``statements``), types (``values``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from forecast_platform.aws.clients import client
from forecast_platform.aws.errors import aws_failures
from forecast_platform.aws.polling import DeadlineError, Polling, wait_for
from forecast_platform.aws.settings import AwsSettings
from forecast_platform.errors import InputError, PermanentError, TransientError
from forecast_platform.warehouse.athena.values import Reader, reader_of
from forecast_platform.warehouse.port import QueryResult

_CATALOG = "AwsDataCatalog"
_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0
_BY_THE_USER = 2
"""Athena's error category for what the query or the data is to blame for."""
_MOVED = ("HIVE_CANNOT_OPEN_SPLIT", "HIVE_CURSOR_ERROR", "HIVE_FILESYSTEM_ERROR")
"""Files that were replaced or removed while they were read."""
_DENIED = ("access denied", "accessdenied")
_LIMIT = "bytes scanned"


class Executions:
    """Statements in one work group."""

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings

    def run(self, sql: str, database: str | None) -> None:
        """Run a statement that has no rows, such as CREATE VIEW; see :meth:`rows`."""
        self._finished(sql, database)

    def rows(self, sql: str, database: str | None) -> QueryResult:
        """Run a query.

        Args:
            database: What names without a database mean.

        Raises:
            InputError: Athena says that the query or the data is to blame, or a limit of the work group is reached.
            TransientError: It can be tried again.
            PermanentError: Anything else.
        """
        execution = self._finished(sql, database)
        pages = list(_pages(execution["QueryExecutionId"]))
        columns = _column_info(pages)
        readers = [reader_of(column["Type"]) for column in columns]
        # The first row of a query's answer repeats the names.
        rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]][1:]
        return QueryResult(
            tuple(column["Name"] for column in columns),
            [tuple(map(_value, readers, row)) for row in rows],
            execution.get("Statistics", {}).get("DataScannedInBytes"),
        )

    def columns(self, sql: str, database: str | None) -> list[tuple[str, str]]:
        """Names and Athena's types of the columns that the answer of a query has; raises as :meth:`rows`."""
        execution = self._finished(sql, database)
        found = _column_info(list(_pages(execution["QueryExecutionId"])))
        return [(column["Name"], column["Type"]) for column in found]

    def _finished(self, sql: str, database: str | None) -> dict[str, Any]:
        """The description of an execution that succeeded."""
        identifier = self._start(sql, database)
        with _stopped_when_left(identifier):
            try:
                execution = wait_for(lambda: _ended(identifier), self._polling())
            except DeadlineError:
                hours = f"{self._settings.deadline_hours:g}"
                raise TransientError(
                    f"The query {identifier} did not end within {hours} hours and was stopped."
                ) from None
        if execution["Status"]["State"] != "SUCCEEDED":
            self._fail(execution)
        return execution

    def _start(self, sql: str, database: str | None) -> str:
        context = {"Catalog": _CATALOG} | ({"Database": database} if database else {})
        request: dict[str, Any] = {
            "QueryString": sql,
            "QueryExecutionContext": context,
            "WorkGroup": self._settings.athena_work_group,
        }
        if self._settings.athena_results:
            request["ResultConfiguration"] = {"OutputLocation": self._settings.athena_results}
        athena = client("athena")
        with aws_failures("start a query"):
            try:
                # boto3 gives each call a token of its own, so that a call whose answer was lost starts nothing twice.
                # A token made from the text would outlive the data: a step that is run again has to see what is there
                # now, and Athena would answer it with what was there then.
                return str(athena.start_query_execution(**request)["QueryExecutionId"])
            except athena.exceptions.InvalidRequestException as error:
                raise InputError(f"Athena refuses the query: {_said(error)}{_advice(_said(error))}") from error

    def _polling(self) -> Polling:
        return Polling(
            first=min(_FIRST_PAUSE, self._settings.poll_seconds),
            longest=min(_LONGEST_PAUSE, self._settings.poll_seconds),
            deadline=self._settings.deadline_hours * 3600,
        )

    def _fail(self, execution: dict[str, Any]) -> NoReturn:
        status = execution["Status"]
        error = status.get("AthenaError", {})
        reason = status.get("StateChangeReason") or error.get("ErrorMessage") or "no reason given"
        message = f"The query {execution['QueryExecutionId']} failed: {reason}"
        if status["State"] == "CANCELLED":
            if _LIMIT in reason.lower():
                raise InputError(f"{message}{self._limit()}")
            raise PermanentError(f"The query {execution['QueryExecutionId']} was cancelled: {reason}")
        denied = any(word in reason.lower() for word in _DENIED)
        if error.get("Retryable") or (reason.startswith(_MOVED) and not denied):
            raise TransientError(message)
        if error.get("ErrorCategory") == _BY_THE_USER and not denied:
            raise InputError(message)
        raise PermanentError(message)

    def _limit(self) -> str:
        """What the work group allows, where that may be read."""
        group = self._settings.athena_work_group
        advice = " Read less, for example by a condition on cutoff, or raise the limit."
        with suppress(PermanentError, TransientError), aws_failures("read the work group"):
            found = client("athena").get_work_group(WorkGroup=group)["WorkGroup"]["Configuration"]
            if (limit := found.get("BytesScannedCutoffPerQuery")) is not None:
                return (
                    f" The work group {group} lets a query read {limit:,} bytes (BytesScannedCutoffPerQuery).{advice}"
                )
        return f" The limit is set in the work group {group} (BytesScannedCutoffPerQuery).{advice}"


def _pages(identifier: str) -> Iterator[dict[str, Any]]:
    """The answer of a query, 1,000 rows a page."""
    paginator = client("athena").get_paginator("get_query_results")
    with aws_failures("fetch the rows of a query"):
        yield from paginator.paginate(QueryExecutionId=identifier, PaginationConfig={"PageSize": 1000})


def _column_info(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    return columns


def _value(reader: Reader, cell: dict[str, str]) -> Any:
    """NULL has no text at all; an empty text has one."""
    return reader(cell["VarCharValue"]) if "VarCharValue" in cell else None


def _ended(identifier: str) -> dict[str, Any] | None:
    with aws_failures("look at a query"):
        execution: dict[str, Any] = client("athena").get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
    return execution if execution["Status"]["State"] in _ENDED else None


@contextmanager
def _stopped_when_left(identifier: str) -> Iterator[None]:
    """Stop the execution when nobody waits for it any more: it would go on, and be paid for."""
    try:
        yield
    except BaseException:
        with suppress(PermanentError, TransientError), aws_failures("stop a query"):
            client("athena").stop_query_execution(QueryExecutionId=identifier)
        raise


def _said(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Message") or error)


def _advice(said: str) -> str:
    if "output location" in said.lower():
        return " Set FORECAST_PLATFORM_ATHENA_RESULTS, or an output location in the work group."
    return ""
