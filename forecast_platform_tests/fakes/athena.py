"""Athena for tests: moto's, which answers every query with nothing, with executions that run SQL (``athena_sql``).

Belongs here: what callers see of an execution: states, tokens, pages, failures. Does not belong here: SQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from math import inf
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from forecast_platform.errors import InputError
from forecast_platform_tests.fakes.athena_sql import Account, Answer, FailedError, answer

_ANSWER_TYPES = {"string": "varchar", "int": "integer"}


@dataclass
class Execution:
    """One query; what GetQueryExecution says of it next is first in ``states``."""

    sql: str
    database: str | None
    token: str
    output: str
    states: list[str]
    identifier: str = field(default_factory=lambda: str(uuid4()))
    reason: str = ""
    category: int = 2
    answer: Answer = field(default_factory=Answer)

    @property
    def lines(self) -> list[tuple[Any, ...]]:
        """The names of the columns, and the rows."""
        return [tuple(name for name, _ in self.answer.columns), *self.answer.rows]


@dataclass
class AthenaPeer:
    """All executions, and what goes wrong on purpose.

    Attributes:
        refusals: Codes of the errors that the next starts are answered with.
        lost_answers: How many of the next starts begin a query and are answered with a fault of the service.
        endless: Queries run until they are stopped.
        scanned: How many bytes every query is said to have read; ``None`` = those of its tables' files.
    """

    executions: dict[str, Execution] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    lost_answers: int = 0
    endless: bool = False
    scanned: int | None = None

    def start_query_execution(self, request: Any) -> Any:
        if self.refusals:
            return _error(self.refusals.pop(0), "Rate exceeded")
        sql, token = request._get_param("QueryString"), request._get_param("ClientRequestToken")
        group = request.athena_backend.work_groups[request._get_param("WorkGroup")].configuration
        asked = request._get_param("ResultConfiguration") or {}
        output = asked.get("OutputLocation") or group.get("ResultConfiguration", {}).get("OutputLocation")
        if not output:
            return _error("InvalidRequestException", "No output location provided.")
        known = next((one for one in self.executions.values() if one.token == token), None)
        if known is not None and known.sql != sql:
            return _error("InvalidRequestException", "Idempotent parameters do not match")
        if known is None:
            database = (request._get_param("QueryExecutionContext") or {}).get("Database")
            known = Execution(sql, database, token, output, ["QUEUED", "RUNNING", "SUCCEEDED"])
            self.executions[known.identifier] = known
            _execute(known, Account(request))
            if self.scanned is not None:
                known.answer = replace(known.answer, scanned=self.scanned)
            if known.answer.scanned > group.get("BytesScannedCutoffPerQuery", inf):
                known.states, known.reason = ["QUEUED", "RUNNING", "CANCELLED"], "Bytes scanned limit was exceeded"
        if self.lost_answers:
            self.lost_answers -= 1
            return _error("InternalServerException", "Internal error", status=500)
        return json.dumps({"QueryExecutionId": known.identifier})

    def get_query_execution(self, request: Any) -> str:
        one = self.executions[request._get_param("QueryExecutionId")]
        if len(one.states) > 1 and not (self.endless and one.states[0] == "RUNNING"):
            one.states.pop(0)
        status: dict[str, Any] = {"State": one.states[0]}
        if one.states[0] in ("FAILED", "CANCELLED"):
            status |= {"StateChangeReason": one.reason}
        if one.states[0] == "FAILED":
            status |= {"AthenaError": {"ErrorCategory": one.category, "Retryable": False, "ErrorMessage": one.reason}}
        described = {"QueryExecutionId": one.identifier, "Query": one.sql, "Status": status}
        return json.dumps({"QueryExecution": {**described, "Statistics": {"DataScannedInBytes": one.answer.scanned}}})

    def get_query_results(self, request: Any) -> Any:
        one = self.executions[request._get_param("QueryExecutionId")]
        if one.states != ["SUCCEEDED"]:
            return _error("InvalidRequestException", f"Query did not finish successfully: {one.states[0]}")
        start, size = int(request._get_param("NextToken") or 0), request._get_param("MaxResults") or 1000
        lines = one.lines
        page = [{"Data": [_cell(value) for value in line]} for line in lines[start : start + size]]
        info = [{"Name": name, "Type": _ANSWER_TYPES.get(kind, kind)} for name, kind in one.answer.columns]
        answer: dict[str, Any] = {"ResultSet": {"Rows": page, "ResultSetMetadata": {"ColumnInfo": info}}}
        return json.dumps(answer | ({"NextToken": str(start + size)} if start + size < len(lines) else {}))

    def stop_query_execution(self, request: Any) -> str:
        one = self.executions[request._get_param("QueryExecutionId")]
        if len(one.states) > 1:
            one.states, one.reason = ["CANCELLED"], "Query was cancelled by the user"
        return "{}"


@contextmanager
def executing_athena() -> Iterator[AthenaPeer]:
    """Let the Athena of the moto servers in this process run SQL."""
    from moto.athena.responses import AthenaResponse

    peer = AthenaPeer()
    answers = ("start_query_execution", "get_query_execution", "get_query_results", "stop_query_execution")
    replaced: dict[str, Any] = {name: _method(getattr(peer, name)) for name in answers}
    with patch.multiple(AthenaResponse, **replaced):
        yield peer


def _method(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function, which unlike a bound method becomes a method of the class that it is put into."""

    def handle(request: Any) -> Any:
        return handler(request)

    return handle


def _execute(one: Execution, account: Account) -> None:
    try:
        one.answer = answer(account, one.sql, one.database)
    except (FailedError, InputError) as error:
        one.states, one.reason = ["QUEUED", "RUNNING", "FAILED"], str(error)
    except Exception as error:  # what Athena calls an error of its own
        one.states, one.reason, one.category = ["QUEUED", "RUNNING", "FAILED"], f"INTERNAL_ERROR: {error}", 1
    if one.states[-1] == "SUCCEEDED":
        text = "".join(",".join(_quoted(_cell(value)) for value in line) + "\n" for line in one.lines)
        account.write(f"{one.output.rstrip('/')}/{one.identifier}.csv", text.encode())


def _cell(value: Any) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": _text(value)}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(value), repr(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return str(value)


def _quoted(cell: dict[str, str]) -> str:
    text = cell.get("VarCharValue")
    return "" if text is None else '"' + text.replace('"', '""') + '"'


def _error(code: str, message: str, status: int = 400) -> tuple[str, dict[str, int]]:
    return json.dumps({"__type": code, "Message": message}), {"status": status}
