"""Bringing a database in Glue to what a catalogue says, so that whoever reads meanwhile finds every table.

Belongs here: the order of the steps. Does not belong here: the calls (``glue``, ``execution``) and what they are given
(``definitions``).

Nothing that goes on existing is dropped: tables are changed in place, and get new columns before the views that show
them and lose old ones after. A kill between two steps leaves tables that can be read, and the next publication goes on.
What the catalogue no longer names is removed at the end if this platform made it; the files stay. Two things cannot be
had without a moment's gap: a name that was a table and becomes a view, or the other way round, as Athena replaces
neither by the other; and a view of a column whose type changes, which Athena refuses until the view is made anew.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from forecast_platform.bucket import Bucket, layout
from forecast_platform.errors import ForecastPlatformError, TransientError
from forecast_platform.warehouse.athena.definitions import (
    MADE_FROM,
    OWNER,
    columns_of,
    files_name,
    needs_view,
    table_input,
    view_over_files,
    with_columns,
)
from forecast_platform.warehouse.athena.execution import Executions
from forecast_platform.warehouse.athena.glue import Definition, GlueDatabase, definitions_in
from forecast_platform.warehouse.athena.projection import partition_values, projection
from forecast_platform.warehouse.athena.statements import Names, read_statement
from forecast_platform.warehouse.catalogue import Catalogue, Table, View
from forecast_platform.warehouse.duckdb_warehouse import check_views
from forecast_platform.warehouse.sql import Query

_VIEW = "VIRTUAL_VIEW"
_ATTEMPTS = 4
_OVERTAKEN = ("alreadyexists", "already exists", "concurrentmodification", "concurrent modification")
"""What Athena says when two make a view at once."""


def publish(catalogue: Catalogue, bucket: Bucket, executions: Executions) -> None:
    """Make the database of ``catalogue`` hold what it says, over the files of ``bucket``.

    Raises:
        InputError: A view does not run on the tables, or a name is taken by something that is not this platform's.
    """
    check_views(catalogue, {})
    _Publication(catalogue, bucket, executions).publish()


class _Publication:
    def __init__(self, catalogue: Catalogue, bucket: Bucket, executions: Executions) -> None:
        self._catalogue = catalogue
        self._bucket = bucket
        self._executions = executions
        self._owner = bucket.uri()
        self._glue = GlueDatabase(catalogue.database, self._owner)
        self._views = {view.name: view for view in _all_views(catalogue)}
        self._found: dict[str, Definition] = {}

    def publish(self) -> None:
        tables = [self._input(table) for table in self._catalogue.tables]
        self._glue.ensure()
        self._found = definitions_in(self._catalogue.database)
        wanted = {*self._views, *(table["Name"] for table in tables)}
        self._glue.refuse_foreign(one for name, one in self._found.items() if name in wanted and not self._is_ours(one))
        for table in tables:
            self._change_kind(table["Name"], to_view=False)
            self._put(self._with_old_columns(table))
        for view in self._views.values():
            self._make(view, self._text(view))
        for table in tables:
            self._put(table)
        self._remove_all_but(wanted)

    def _input(self, table: Table) -> dict[str, Any]:
        keys = (stored.key for stored in self._bucket.list(table.folder)) if table.partitions else ()
        values = partition_values(keys, table.partitions)
        location = self._bucket.uri(table.folder)
        return table_input(table, location, self._owner, projection(values, location))

    def _is_ours(self, definition: Definition) -> bool:
        """Whether it is marked, or a view that was claimed: a kill may have come before the mark."""
        if definition.get("Parameters", {}).get(OWNER) == self._owner:
            return True
        is_view = definition.get("TableType") == _VIEW
        return is_view and self._bucket.head(layout.claimed_view(definition["Name"])) is not None

    def _with_old_columns(self, table: Definition) -> Definition:
        """The new columns and behind them those that the views as they are may still read."""
        new, old = columns_of(table), columns_of(self._found.get(table["Name"], {}))
        names = {column["Name"] for column in new}
        return with_columns(table, [*new, *(column for column in old if column["Name"] not in names)])

    def _put(self, table: Definition) -> None:
        self._glue.put(table, self._found.get(table["Name"]))
        self._found[table["Name"]] = table

    def _change_kind(self, name: str, *, to_view: bool) -> None:
        found = self._found.get(name)
        if found is not None and (found.get("TableType") == _VIEW) != to_view:
            self._glue.remove(name)
            del self._found[name]

    def _text(self, view: View) -> str:
        """The query of a view over tables of files only, so that replacing one view disturbs no other."""
        database = self._catalogue.database
        names = {database: Names((*(files_name(table) for table in self._catalogue.tables), *self._views))}
        read = read_statement(view.sql, names, database)
        assert isinstance(read, Query), "views were checked"
        below = {name.name: self._text(self._views[name.name]) for name in read.names if name.name in self._views}
        inlined = read_statement(view.sql, names, database, below)
        assert isinstance(inlined, Query), "read before"
        return inlined.sql

    def _make(self, view: View, text: str) -> None:
        found = self._found.get(view.name, {})
        made_from = self._digest(text)
        if found.get("TableType") == _VIEW and found.get("Parameters", {}).get(MADE_FROM) == made_from:
            return
        claim, claimed = layout.claimed_view(view.name), made_from.encode()
        for _ in range(_ATTEMPTS):
            self._bucket.write(claim, claimed)
            self._change_kind(view.name, to_view=True)
            self._create_view(view.name, text)
            self._glue.mark(view.name, {MADE_FROM: made_from})
            # Whoever has claimed it since may have made it before ours was marked, and the mark would be of another.
            if self._content(claim) == claimed:
                return
        raise TransientError(f"The view {self._catalogue.database}.{view.name} keeps being made anew by others.")

    def _create_view(self, name: str, text: str) -> None:
        database = self._catalogue.database
        sql = f'CREATE OR REPLACE VIEW "{database}"."{name}" AS {text}'
        for attempt in range(_ATTEMPTS):
            try:
                self._executions.run(sql, database)
                return
            except ForecastPlatformError as error:
                if attempt == _ATTEMPTS - 1 or not any(words in str(error).lower() for words in _OVERTAKEN):
                    raise

    def _content(self, key: str) -> bytes | None:
        try:
            return self._bucket.read(key)
        except KeyError:
            return None

    def _digest(self, text: str) -> str:
        """Of the query and of all columns: Athena keeps a view's columns and refuses it when they have changed."""
        columns = [[table.name, [asdict(column) for column in table.columns]] for table in self._catalogue.tables]
        return sha256(json.dumps([text, columns]).encode()).hexdigest()

    def _remove_all_but(self, wanted: set[str]) -> None:
        others = [one for name, one in self._found.items() if name not in wanted and self._is_ours(one)]
        for one in sorted(others, key=lambda definition: definition.get("TableType") != _VIEW):
            self._glue.remove(one["Name"])
            self._bucket.delete(layout.claimed_view(one["Name"]))


def _all_views(catalogue: Catalogue) -> list[View]:
    over_files = [view_over_files(table) for table in catalogue.tables if needs_view(table)]
    return [*over_files, *catalogue.views]
