"""What may be asked of Athena, and what the names in it mean.

Belongs here: reading a statement as far as that. Does not belong here: grammar and functions, which Athena checks.

Names are the only thing that is changed: ``default`` and names without a database become the chosen database, so that
the queries of the old pipeline and those of the embedded engine run as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


def read_statement(sql: str, databases: Mapping[str, Named], default_database: str | None) -> Statement:
    """Read one statement; a :class:`Query` has Athena's dialect and every name in full.

    Args:
        databases: By name, with what they hold.
        default_database: What ``default`` and names without a database mean.

    Raises:
        InputError: It does more than read, is more than one, or names a table that is not there.
    """
    return _AthenaReader(sql, databases, default_database).statement()


@dataclass(frozen=True)
class Names:
    """Tables and views of a database."""

    names: tuple[str, ...]


class _AthenaReader(Reader):
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
        return self._qualified(tree)

    def _check_single(self, tokens: list[Token]) -> None:
        ends = [index for index, token in enumerate(tokens) if token.token_type is TokenType.SEMICOLON]
        if ends and ends[0] != len(tokens) - 1:
            self._refuse(tokens[ends[0]].start, "more than one statement", "one", quoted=False)

    def _qualified(self, tree: exp.Expr) -> Query:
        """The text with every table's database written before it."""
        edits: list[tuple[int, int, str]] = []
        names: set[Name] = set()
        for table in [table for table in tree.find_all(exp.Table) if _is_named(table)]:
            written, start = table.args.get("db"), int(table.this.meta["start"])
            name = self._resolve(table)
            names.add(name)
            if written is None:
                edits.append((start, start, f'"{name.database}".'))
            elif written.name.lower() == DEFAULT_DATABASE:
                edits.append((int(written.meta["start"]), int(written.meta["end"]) + 1, f'"{name.database}"'))
        for column in tree.find_all(exp.Column):
            written = column.args.get("db")
            if written is not None and written.name.lower() == DEFAULT_DATABASE:
                database = self._database(DEFAULT_DATABASE, int(written.meta["start"]))
                edits.append((int(written.meta["start"]), int(written.meta["end"]) + 1, f'"{database}"'))
        return Query(_edited(self._sql, edits), frozenset(names))


def _is_named(table: exp.Table) -> bool:
    """Whether it is a table of a database: no WITH query, and no function such as UNNEST."""
    return isinstance(table.this, exp.Identifier) and "start" in table.this.meta and not names_cte(table)


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text
