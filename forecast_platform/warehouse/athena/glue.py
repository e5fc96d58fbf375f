"""One database in Glue's catalogue: found, made, and changed in place.

Belongs here: the calls, whose an object is, and two writers at once. Does not belong here: what is written
(``definitions``) and in which order (``publishing``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from forecast_platform.aws.clients import client
from forecast_platform.aws.errors import aws_failures, error_code
from forecast_platform.aws.polling import DeadlineError, Polling, wait_for
from forecast_platform.errors import InputError, Problem, TransientError
from forecast_platform.warehouse.athena.definitions import OWNER
from forecast_platform.warehouse.functions import words

_OVERTAKEN = frozenset({"AlreadyExistsException", "ConcurrentModificationException", "EntityNotFoundException"})
"""Another writer was faster: what is there now has to be looked at."""
_AGAIN = Polling(first=0.1, longest=2.0, deadline=60.0)
_OF_INPUT = words(
    """
    Name Description Owner Retention StorageDescriptor PartitionKeys ViewOriginalText ViewExpandedText TableType
    Parameters TargetTable
    """
)
"""What of a table's document may be written back."""

Definition = Mapping[str, Any]


class GlueDatabase:
    """The database of one project or monitor.

    Args:
        owner: Where the files of its project are; marks what is this platform's.
    """

    def __init__(self, name: str, owner: str) -> None:
        self._name = name
        self._owner = owner

    def ensure(self) -> None:
        """Make the database, or mark one that somebody made beforehand.

        Raises:
            InputError: It belongs to a project in another bucket.
        """
        _until_not_overtaken(self._ensure, f"make the database {self._name}")

    def refuse_foreign(self, definitions: Iterable[Definition]) -> None:
        """Refuse to go on when one of ``definitions`` is not this platform's.

        Raises:
            InputError: Names all of them.
        """
        problems = [
            Problem(
                f"{self._name}.{one['Name']}",
                "a table or view that this platform did not make",
                f"no such name in the database {self._name}",
                "Rename it or drop it: the platform's own would take its place.",
            )
            for one in definitions
            if one.get("Parameters", {}).get(OWNER) != self._owner
        ]
        if problems:
            raise InputError(f"The tables of {self._name} cannot be published.", problems)

    def put(self, wanted: Definition, known: Definition | None) -> None:
        """Make the table, or change it in place where it differs: readers see the one or the other.

        Args:
            known: What was found of it before; asked for again unless it says what is wanted.

        Raises:
            InputError: There is one of that name that is not this platform's.
        """
        if known is not None and _holds(known, wanted):
            return
        _until_not_overtaken(lambda: self._put(wanted), f"write the table {self._name}.{wanted['Name']}")

    def mark(self, name: str, parameters: Mapping[str, str]) -> None:
        """Add parameters, and this platform's mark, to a view that Athena has made."""

        def add() -> bool:
            found = client("glue").get_table(DatabaseName=self._name, Name=name)["Table"]
            kept = {key: found[key] for key in _OF_INPUT if key in found}
            kept["Parameters"] = {**found.get("Parameters", {}), OWNER: self._owner, **parameters}
            self._update(kept)
            return True

        _until_not_overtaken(add, f"mark the view {self._name}.{name}")

    def remove(self, name: str) -> None:
        """Remove a table or view; one that is not there is no error. The files stay."""
        with aws_failures(f"remove the table {self._name}.{name}"):
            try:
                client("glue").delete_table(DatabaseName=self._name, Name=name)
            except client("glue").exceptions.EntityNotFoundException:
                return

    def _ensure(self) -> bool:
        glue = client("glue")
        try:
            found = glue.get_database(Name=self._name)["Database"]
        except glue.exceptions.EntityNotFoundException:
            glue.create_database(DatabaseInput=self._database_input({}))
            return True
        owner = found.get("Parameters", {}).get(OWNER)
        if owner is None:
            glue.update_database(Name=self._name, DatabaseInput=self._database_input(found))
        elif owner != self._owner:
            problem = Problem(
                f"Glue database {self._name}",
                f"one for {owner}",
                f"none, or one for {self._owner}",
                f"Give the project another name. If it has moved here, set the database's parameter {OWNER} anew.",
            )
            raise InputError(f"The tables of {self._name} cannot be published.", [problem])
        return True

    def _database_input(self, found: Definition) -> dict[str, Any]:
        kept = {
            key: found[key] for key in ("Description", "LocationUri", "CreateTableDefaultPermissions") if key in found
        }
        parameters = {**found.get("Parameters", {}), OWNER: self._owner}
        return {"LocationUri": self._owner, **kept, "Name": self._name, "Parameters": parameters}

    def _put(self, wanted: Definition) -> bool:
        glue = client("glue")
        try:
            found = glue.get_table(DatabaseName=self._name, Name=wanted["Name"])["Table"]
        except glue.exceptions.EntityNotFoundException:
            glue.create_table(DatabaseName=self._name, TableInput=wanted)
            return True
        self.refuse_foreign([found])
        if not _holds(found, wanted):
            self._update(wanted)
        return True

    def _update(self, wanted: Definition) -> None:
        # Versions are limited, and each run would add some.
        client("glue").update_table(DatabaseName=self._name, TableInput=wanted, SkipArchive=True)


def definitions_in(database: str) -> dict[str, Definition]:
    """Glue's documents of everything in a database, by name."""
    with aws_failures(f"list the tables of {database}"):
        pages = client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
        return {table["Name"]: table for page in pages for table in page["TableList"]}


def database_owners() -> dict[str, str | None]:
    """Every database of the account's catalogue and the mark of this platform on it."""
    with aws_failures("list the databases"):
        pages = client("glue").get_paginator("get_databases").paginate()
        return {one["Name"]: one.get("Parameters", {}).get(OWNER) for page in pages for one in page["DatabaseList"]}


def _until_not_overtaken(attempt: Callable[[], bool], doing: str) -> None:
    from botocore.exceptions import ClientError

    def look() -> bool | None:
        try:
            return attempt()
        except ClientError as error:
            if error_code(error) in _OVERTAKEN:
                return None
            raise

    with aws_failures(doing):
        try:
            wait_for(look, _AGAIN)
        except DeadlineError:
            raise TransientError(f"AWS refused to {doing}: others keep changing it.") from None


def _holds(found: Any, wanted: Any) -> bool:
    """Whether Glue's document says what is wanted; Glue adds much of its own."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_holds(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_holds(one, other) for one, other in zip(found, wanted, strict=True))
        )
    return bool(found == wanted)
