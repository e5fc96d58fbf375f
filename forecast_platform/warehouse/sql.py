"""Athena's dialect in, DuckDB's out: what may be asked, what the names mean, where a mistake is.

Belongs here: parsing, refusing, resolving names, translating. Does not belong here: running anything.

Whatever is not known to be answered as Athena answers it is refused: every kind of syntax node and every
function is on a list of what is allowed, so that a part of DuckDB nobody thought of is not reachable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from forecast_platform.errors import InputError, Problem
from forecast_platform.warehouse.functions import REWRITTEN, SUPPORTED, words
from forecast_platform.warehouse.time_formats import UnsupportedCallError

DEFAULT_DATABASE = "default"
_ENGINE_CATALOG = "memory"
UNNAMED = "(unnamed)"
"""What a translated query calls an expression without a name; Athena calls it ``_col`` and its position."""
_ATHENA_CATALOG = "awsdatacatalog"
_READABLE = "SELECT, WITH, VALUES, SHOW TABLES, SHOW DATABASES, SHOW COLUMNS or DESCRIBE"


@dataclass(frozen=True, order=True)
class Name:
    """A table or view of a database."""

    database: str
    name: str

    @property
    def engine_path(self) -> tuple[str, str, str]:
        """Catalog, schema and name in DuckDB, not yet quoted."""
        return _ENGINE_CATALOG, _schema(self.database), self.name


@dataclass(frozen=True)
class Query:
    """A reading query in DuckDB's dialect, and every table and view it names itself."""

    sql: str
    names: frozenset[Name]


@dataclass(frozen=True)
class ShowDatabases:
    """SHOW DATABASES."""


@dataclass(frozen=True)
class ShowTables:
    """SHOW TABLES, of one database."""

    database: str


@dataclass(frozen=True)
class ShowColumns:
    """SHOW COLUMNS or DESCRIBE: the latter with types."""

    name: Name
    with_types: bool


Statement = Query | ShowDatabases | ShowTables | ShowColumns


class Named(Protocol):
    """What a statement has to know of a database; a catalogue is one."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of its tables and views."""
        ...


def parse_statement(sql: str, catalogues: Mapping[str, Named], default_database: str | None) -> Statement:
    """Read one statement.

    Args:
        sql: As written for Athena.
        catalogues: Every database by name.
        default_database: What ``default`` and names without a database mean.

    Raises:
        InputError: It does not parse, does more than read, uses what Athena or this engine does not know, or
            names a table that is not there. The problem says where.
    """
    return Reader(sql, catalogues, default_database).statement()


def explain_binding_error(message: str, sql: str, columns: Iterable[str]) -> InputError | None:
    """The engine's message about a name it does not know, as an error that points into ``sql``.

    Args:
        message: What DuckDB says about the translated query.
        columns: Names to suggest from.

    Returns:
        ``None`` when the message is about something else.
    """
    found = _UNKNOWN_NAME.search(message)
    if found is None:
        return None
    name = next(group for group in found.groups() if group)
    tokens = Athena().tokenize(sql)
    start = next((token.start for token in tokens if token.text.casefold() == name.casefold()), 0)
    known = sorted(set(columns))
    return _problem(sql, start, f"no column {name!r}", _one_of(known), _suggestion(name, known))


def _untouched(readers: dict[str, Any]) -> dict[str, Any]:
    """sqlglot's readers of function calls without those of :data:`REWRITTEN`, which then stay as written."""
    return {name: reader for name, reader in readers.items() if name.lower() not in REWRITTEN}


class Athena(Trino):
    """Trino, with the functions left alone that are translated here."""

    class Tokenizer(Trino.Tokenizer):
        # A comment in a comment would hide here what Athena would run.
        NESTED_COMMENTS = False

    class Parser(TrinoParser):
        FUNCTIONS = _untouched(TrinoParser.FUNCTIONS)
        FUNCTION_PARSERS = _untouched(TrinoParser.FUNCTION_PARSERS)


_UNKNOWN_NAME = re.compile(
    r'Referenced (?:column|table) "([^"]+)" not found'
    r'|have a column named "([^"]+)"'
    # An unknown column gets itself as its name in the answer, which DuckDB takes for a circle.
    r'|Column "([^"]+)" referenced that exists in the SELECT clause'
)
SHOW = re.compile(
    r"""\s*(?:
        (?P<databases>SHOW\s+(?:DATABASES|SCHEMAS))
        | SHOW\s+(?P<tables>TABLES)(?:\s+(?:IN|FROM)\s+(?P<database>\S+))?
        | (?:(?P<describe>DESC(?:RIBE)?)|SHOW\s+COLUMNS\s+(?:IN|FROM))\s+(?P<table>\S+)
    )\s*;?\s*""",
    re.IGNORECASE | re.VERBOSE,
)

_NODES = words(
    """
    Add Alias All And Any Between Boolean Bracket CTE Case Column Cross Cube DPipe DataType DataTypeParam Distinct Div
    EQ Escape Except Exists Extract Filter From GT GTE Group GroupingSets Having Identifier If IgnoreNulls In Intersect
    Interval Is Join LT LTE Like Limit Literal Mod Mul NEQ Neg Not Null NullSafeEQ NullSafeNEQ Offset Or Order Ordered
    Paren Rollup Select Star Sub Subquery Table TableAlias Tuple Union Unnest Values Var Where Window WindowSpec With
    """
)
_WORDLESS_FUNCTIONS = words(
    """
    And Array Case Cast CurrentDate CurrentTimestamp Exists Extract If Localtimestamp Or StrPosition Substring Trim
    TryCast Unnest
    """
)
"""Functions with a syntax of their own, for which sqlglot does not keep where they were written."""

_ARGUMENTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: words("with_ expressions from_ joins where group having windows order limit offset distinct"),
    exp.SetOperation: words("with_ this expression distinct order limit offset"),
    exp.CTE: frozenset({"this", "alias"}),
    exp.Table: frozenset({"this", "db", "catalog", "alias", "joins"}),
    exp.Join: frozenset({"this", "side", "kind", "method", "on", "using"}),
    exp.Star: frozenset(),
    exp.Distinct: frozenset({"expressions"}),
    exp.Group: frozenset({"expressions", "grouping_sets", "cube", "rollup"}),
    exp.Limit: frozenset({"expression"}),
}
_JOIN_WORDS = frozenset({"", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "OUTER", "NATURAL"})
_TYPES = words("VARCHAR CHAR DOUBLE FLOAT INT BIGINT SMALLINT TINYINT BOOLEAN DATE TIMESTAMP TIME DECIMAL ARRAY")
_EXTRACTED = frozenset({"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"})
_BEGIN = (TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.L_PAREN, TokenType.TABLE)
_FROM_FIRST = (TokenType.L_PAREN, TokenType.UNION, TokenType.ALL, TokenType.EXCEPT, TokenType.INTERSECT)


class Reader:
    """One statement being read; holds its text so that every complaint can say where."""

    def __init__(self, sql: str, catalogues: Mapping[str, Named], default_database: str | None) -> None:
        self._sql = sql
        self._catalogues = catalogues
        self._default = default_database

    def statement(self) -> Statement:
        if shown := SHOW.fullmatch(self._sql):
            return self._show(shown)
        tree = self._parse()
        self._check(tree)
        names = frozenset(self._resolve(table) for table in list(tree.find_all(exp.Table)) if not names_cte(table))
        self._resolve_columns(tree)
        return Query(_translate(tree), names)

    def _show(self, shown: re.Match[str]) -> Statement:
        if shown["databases"]:
            return ShowDatabases()
        if shown["tables"]:
            written = shown["database"]
            return ShowTables(self._database(_bare(written) if written else None, shown.start("database")))
        parts = [_bare(part) for part in shown["table"].split(".")]
        if len(parts) > 2:
            self._refuse(shown.start("table"), shown["table"], "table or database.table")
        start = shown.start("table")
        database = self._database(parts[0] if len(parts) == 2 else None, start)
        name = self._known(database, parts[-1], start)
        return ShowColumns(name, with_types=bool(shown["describe"]))

    def _parse(self) -> exp.Expr:
        try:
            tokens = self._tokens()
            self._check_begin(tokens)
            self._check_tokens(tokens)
            statements = [tree for tree in Athena().parse(self._sql) if tree is not None]
        except ParseError as error:
            raise self._parse_error(error) from None
        except (SqlglotError, RecursionError) as error:
            raise self._not_sql(error) from None
        if len(statements) != 1:
            self._refuse(0, f"{len(statements)} statements", "one", quoted=False)
        return statements[0]

    def _tokens(self) -> list[Token]:
        try:
            return Athena().tokenize(self._sql)
        except SqlglotError as error:
            raise self._not_sql(error) from None

    def _not_sql(self, error: Exception) -> InputError:
        reason = str(error).partition("\n")[0] or "it is nested too deeply"
        return _problem(self._sql, 0, f"text that is not SQL ({reason})", "one statement")

    def _check_begin(self, tokens: list[Token]) -> None:
        if not tokens:
            self._refuse(0, "no statement", _READABLE, quoted=False)
        if tokens[0].token_type not in _BEGIN:
            self._refuse(tokens[0].start, tokens[0].text, f"a statement that only reads: {_READABLE}")

    def _parse_error(self, error: ParseError) -> InputError:
        place = error.errors[0] if error.errors else {}
        highlight = str(place.get("highlight") or "")
        lines = self._sql.splitlines(keepends=True)
        line, end = int(place.get("line") or 1), int(place.get("col") or 1)
        start = min(sum(map(len, lines[: line - 1])) + max(end - len(highlight), 0), len(self._sql))
        description = str(place.get("description") or "")
        advice = "" if "class '" in description or "Token" in description else f"{description}."
        return _problem(self._sql, start, repr(highlight or "the end"), "SQL as Athena writes it", advice)

    def _check_tokens(self, tokens: list[Token]) -> None:
        """Refuse spellings that the parser takes from other dialects without leaving a trace in the tree."""
        limited: dict[int, bool] = {}
        depth = 0
        for before, token, after in _neighbours(tokens):
            kind = token.token_type
            if kind is TokenType.L_PAREN:
                depth += 1
                limited[depth] = False
            elif kind is TokenType.R_PAREN:
                depth -= 1
            elif kind is TokenType.LIMIT:
                limited[depth] = True
            elif kind in (TokenType.SELECT, TokenType.UNION):
                limited[depth] = False
            elif kind is TokenType.OFFSET and limited.get(depth):
                self._refuse(token.start, "OFFSET after LIMIT", "OFFSET before LIMIT", quoted=False)
            elif kind is TokenType.FROM and (before is None or before.token_type in _FROM_FIRST):
                self._refuse(token.start, "FROM without SELECT", "SELECT … FROM …", quoted=False)
            elif kind is TokenType.DCOLON:
                self._refuse(token.start, "::", "CAST(value AS type)")
            elif kind is TokenType.L_BRACE:
                self._refuse(token.start, "{", "ROW or MAP of Athena")
            elif kind is TokenType.L_BRACKET and not _follows_value(before):
                self._refuse(token.start, "[", "ARRAY[…]")
            elif kind is TokenType.ALL and before and before.token_type in (TokenType.ORDER_BY, TokenType.GROUP_BY):
                self._refuse(token.start, f"{before.text} ALL", "the columns", quoted=False)
            elif kind is TokenType.EQ and token.text == "==":
                self._refuse(token.start, "==", "=")
            elif kind is TokenType.COMMA and before and after and limited.get(depth):
                self._refuse(token.start, "LIMIT with two numbers", "OFFSET … LIMIT …", quoted=False)

    def _check(self, tree: exp.Expr) -> None:
        for node in tree.walk():
            self._check_node(node)
        for node in list(tree.find_all(exp.Anonymous)):
            self._rewrite(node)

    def _check_node(self, node: exp.Expr) -> None:
        kind = type(node).__name__
        if isinstance(node, exp.Func) and kind not in _WORDLESS_FUNCTIONS:
            self._check_function(node)
        elif kind not in _NODES and kind not in _WORDLESS_FUNCTIONS:
            self._refuse_node(node, _spelled(kind))
        for known, allowed in _ARGUMENTS.items():
            if isinstance(node, known):
                for argument, value in node.args.items():
                    if value and argument not in allowed:
                        self._refuse_node(node, f"{_spelled(kind)} with {argument.strip('_').upper()}")
        if isinstance(node, exp.Join) and not {node.side, node.kind, node.method} <= _JOIN_WORDS:
            self._refuse_node(node, f"{' '.join((node.method, node.side, node.kind)).strip()} JOIN")
        if isinstance(node, exp.DataType) and node.this.name not in _TYPES:
            self._refuse_node(node, f"the type {node.sql()}")
        if isinstance(node, exp.Extract) and node.name.upper() not in _EXTRACTED:
            self._refuse_node(node, f"EXTRACT({node.name} …)")

    def _check_function(self, node: exp.Func) -> None:
        start, end = node.meta.get("start"), node.meta.get("end")
        if start is None or end is None:
            self._refuse_node(node, node.sql_name())
            return
        written = self._sql[start : end + 1]
        if written.lower() not in SUPPORTED:
            raise _problem(
                self._sql,
                start,
                f"the function {written}",
                "a function of Athena that works here (see the page “Query with SQL”)",
                _suggestion(written.lower(), sorted(SUPPORTED)),
            )

    def _rewrite(self, node: exp.Anonymous) -> None:
        rewrite = REWRITTEN.get(node.name.lower())
        if rewrite is None:
            return
        try:
            node.replace(rewrite([argument.copy() for argument in node.expressions]))
        except UnsupportedCallError as error:
            start = int(node.meta.get("start", 0))
            self._refuse(start, f"{node.name}(…), but {error}", "a call that is answered as in Athena", quoted=False)

    def _resolve(self, table: exp.Table) -> Name:
        if not isinstance(table.this, exp.Identifier):
            self._refuse_node(table, "a table function")
        start = int(table.this.meta.get("start", 0))
        if table.catalog and table.catalog.lower() != _ATHENA_CATALOG:
            self._refuse(start, table.catalog, "AwsDataCatalog")
        written = table.args.get("db")
        database = self._database(table.db or None, int(written.meta.get("start", 0)) if written else start)
        name = self._known(database, table.name, start)
        for part, written in zip(("catalog", "db", "this"), name.engine_path, strict=True):
            table.set(part, exp.to_identifier(written))
        return name

    def _resolve_columns(self, tree: exp.Expr) -> None:
        """``default.train.item_id`` names the database the table was found in."""
        for column in tree.find_all(exp.Column):
            if column.args.get("db"):
                database = self._database(column.db, int(column.args["db"].meta.get("start", 0)))
                column.set("db", exp.to_identifier(_schema(database)))
                column.set("catalog", None)

    def _known(self, database: str, name: str, start: int) -> Name:
        names = self._catalogues[database].names
        if name.lower() not in names:
            advice = _suggestion(name, names)
            raise _problem(self._sql, start, f"no table {name!r} in {database}", _one_of(names), advice)
        return Name(database, name.lower())

    def _database(self, written: str | None, start: int) -> str:
        """The database that ``written`` means; ``None`` or ``default`` = the chosen one."""
        name = DEFAULT_DATABASE if written is None else written.lower()
        if name == DEFAULT_DATABASE:
            if self._default is None:
                raise _problem(
                    self._sql,
                    start,
                    "a table without a database",
                    _one_of(sorted(self._catalogues)),
                    "Choose a project, or write its name and a dot before the table.",
                )
            name = self._default
        if name not in self._catalogues:
            known = sorted(self._catalogues)
            raise _problem(self._sql, start, f"no database {name!r}", _one_of(known), _suggestion(name, known))
        return name

    def _refuse_node(self, node: exp.Expr, what: str) -> None:
        places = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        self._refuse(min(places, default=0), what, "what Athena and this engine both know", quoted=False)

    def _refuse(self, start: int, found: str, expected: str, *, quoted: bool = True) -> None:
        raise _problem(self._sql, start, repr(found) if quoted else found, expected)


def _schema(database: str) -> str:
    """Not the bare name: DuckDB takes a schema called ``temp``, ``system`` or ``memory`` for its own."""
    return f"project_{database}"


def _translate(tree: exp.Expr) -> str:
    """DuckDB's spelling of a checked and resolved tree. Every identifier is quoted."""
    tree = tree.transform(_engine_node)
    _name_expressions(tree)
    return tree.sql(dialect="duckdb", identify=True, unsupported_level=sqlglot.ErrorLevel.IGNORE)


def _engine_node(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Div):
        # Whether a division is one of integers is for the engine to see, by its setting integer_division.
        node.set("typed", False)
        node.set("safe", False)
    elif isinstance(node, exp.DataType) and node.this is exp.DataType.Type.TIMESTAMP:
        # sqlglot reads a timestamp literal as one of precision 0 and drops its fraction.
        node.set("expressions", [])
    elif isinstance(node, exp.CurrentTimestamp):
        return exp.cast(exp.CurrentTimestamp(), "timestamp")
    return node


def _name_expressions(tree: exp.Expr) -> None:
    """Give every column of the answer the name that Athena gives it, in lower case as its tables have them."""
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    if not isinstance(tree, exp.Select):
        return
    for expression in tree.expressions:
        if isinstance(expression, exp.Column) and not expression.is_star:
            expression.replace(exp.alias_(expression.copy(), expression.name.lower()))
        elif not isinstance(expression, exp.Alias | exp.Star | exp.Column):
            expression.replace(exp.alias_(expression.copy(), UNNAMED, quoted=True))


def names_cte(table: exp.Table) -> bool:
    """Whether ``table`` names a WITH query that is visible where it stands."""
    if table.args.get("db") or not isinstance(table.this, exp.Identifier):
        return False
    return table.name.lower() in {name.lower() for name in _visible_ctes(table)}


def _visible_ctes(node: exp.Expr) -> Iterator[str]:
    child, parent = node, node.parent
    while parent is not None:
        if isinstance(parent, exp.With):
            index = next(i for i, cte in enumerate(parent.expressions) if cte is child)
            visible = parent.expressions[: index + (1 if parent.recursive else 0)]
            yield from (cte.alias for cte in visible)
        elif (clause := parent.args.get("with_")) is not None and clause is not child:
            yield from (cte.alias for cte in clause.expressions)
        child, parent = parent, parent.parent


def _neighbours(tokens: list[Token]) -> Iterator[tuple[Token | None, Token, Token | None]]:
    for index, token in enumerate(tokens):
        yield (
            tokens[index - 1] if index else None,
            token,
            tokens[index + 1] if index + 1 < len(tokens) else None,
        )


def _follows_value(before: Token | None) -> bool:
    """Whether a bracket after ``before`` takes an element or begins ARRAY[…], and not a bare list."""
    return before is not None and (
        before.token_type in (TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN, TokenType.R_BRACKET)
        or before.token_type is TokenType.ARRAY
    )


def _spelled(node_kind: str) -> str:
    """``AtTimeZone`` as ``AT TIME ZONE``."""
    return "*" if node_kind == "Star" else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", node_kind).upper()


def _bare(written: str) -> str:
    return written.strip('"`').lower()


def _one_of(names: Iterable[str]) -> str:
    return f"one of {', '.join(names)}" if (names := list(names)) else "something that exists; nothing is published yet"


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""


def _problem(sql: str, start: int, found: str, expected: str, advice: str = "") -> InputError:
    line = sql.count("\n", 0, start) + 1
    column = start - (sql.rfind("\n", 0, start) + 1) + 1
    where = f"query, line {line}, column {column}"
    return InputError("The query cannot be run.", [Problem(where, found, expected, advice)])
