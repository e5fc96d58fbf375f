"""What may be asked of Athena, and what the names in it mean.

Belongs here: reading a statement as far as that. Does not belong here: grammar and functions, which Athena checks.

Names are the only thing that is changed: ``default`` and names without a database become the chosen database, so that
the queries of the old pipeline and those of the embedded engine run as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from forecast_platform.warehouse.sql import (
    DEFAULT_DATABASE,
    SHOW,
    Athena,
    Name,
    Named,
    Query,
    Reader,
    Statement,
    names_cte,
)


def read_statement(
    sql: str,
    databases: Mapping[str, Named],
    default_database: str | None,
    inlined: Mapping[str, str] | None = None,
) -> Statement:
    """Read one statement; a :class:`Query` has Athena's dialect and every name in full.

    Args:
        databases: By name, with what they hold.
        default_database: What ``default`` and names without a database mean.
        inlined: Queries that take the place of the views of these names.

    Raises:
        InputError: It does more than read, is more than one, or names a table that is not there.
    """
    return _AthenaReader(sql, databases, default_database, inlined or {}).statement()


@dataclass(frozen=True)
class Names:
    """Tables and views of a database."""

    names: tuple[str, ...]


class _AthenaReader(Reader):
    def __init__(
        self, sql: str, databases: Mapping[str, Named], default_database: str | None, inlined: Mapping[str, str]
    ) -> None:
        super().__init__(sql, databases, default_database)
        self._inlined = inlined

    def statement(self) -> Statement:
        if shown := SHOW.fullmatch(self._sql):
            return self._show(shown)
        tokens = self._tokens()
        self._check_begin(tokens)
        self._check_single(tokens)
        try:
            tree = sqlglot.parse_one(self._sql, dialect=Athena)
        except (SqlglotError, RecursionError):
            # Athena may know what this reader does not; if it does not either, it says so.
            return Query(self._sql, frozenset())
        if tree.find(exp.DML):
            self._refuse(0, "a statement that changes something", "one that only reads", quoted=False)
        return self._qualified(tree)

    def _check_single(self, tokens: list[Token]) -> None:
        ends = [index for index, token in enumerate(tokens) if token.token_type is TokenType.SEMICOLON]
        if ends and ends[0] != len(tokens) - 1:
            self._refuse(tokens[ends[0]].start, "more than one statement", "one", quoted=False)

    def _qualified(self, tree: exp.Expr) -> Query:
        """The text with every table's database written before it."""
        edits: list[_Edit] = []
        names: set[Name] = set()
        for table in [table for table in tree.find_all(exp.Table) if _is_named(table)]:
            written, bare = table.args.get("db"), table.this
            first = table.args.get("catalog") or written or bare
            name = self._resolve(table)
            names.add(name)
            if (query := self._inlined.get(name.name)) is not None:
                alias = "" if table.alias else f' AS "{name.name}"'
                edits.append(_Edit(_start(first), _end(bare), f"({query}){alias}"))
            elif written is None:
                edits.append(_Edit(_start(bare), _start(bare), f'"{name.database}".'))
            elif written.name.lower() == DEFAULT_DATABASE:
                edits.append(_Edit(_start(written), _end(written), f'"{name.database}"'))
        return Query(_edited(self._sql, edits + self._column_edits(tree)), frozenset(names))

    def _column_edits(self, tree: exp.Expr) -> list[_Edit]:
        """``default.train.item_id`` names a database too; a query in the place of a table has none."""
        edits = []
        for column in tree.find_all(exp.Column):
            written = column.args.get("db")
            if written is None:
                continue
            if column.table.lower() in self._inlined:
                edits.append(_Edit(_start(written), _start(column.args["table"]), ""))
            elif written.name.lower() == DEFAULT_DATABASE:
                database = self._database(DEFAULT_DATABASE, _start(written))
                edits.append(_Edit(_start(written), _end(written), f'"{database}"'))
        return edits


class _Edit(NamedTuple):
    """Text to be put in the place of what is from ``start`` up to before ``end``."""

    start: int
    end: int
    text: str


def _is_named(table: exp.Table) -> bool:
    """Whether it is a table of a database: no WITH query, and no function such as UNNEST."""
    return isinstance(table.this, exp.Identifier) and "start" in table.this.meta and not names_cte(table)


def _start(identifier: exp.Expr) -> int:
    return int(identifier.meta["start"])


def _end(identifier: exp.Expr) -> int:
    return int(identifier.meta["end"]) + 1


def _edited(text: str, edits: list[_Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
