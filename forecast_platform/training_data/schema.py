"""Which file in ``train/`` holds what, and which columns it must have.

Belongs here: roles of files by name, and the columns of a role as the parameters define them. Does not belong
here: looking into files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from forecast_platform.frequency import Frequency
from forecast_platform.params import Attribute, Dataset, Params
from forecast_platform.params.domains import DOMAINS, METADATA, RELATED, TARGET, Domain

READER_VERSION = 1
"""Raise it when the same bytes are read into other rows: everything is then parsed again."""


class Role(StrEnum):
    """What a file in ``train/`` is."""

    TARGET = "target"
    RELATED = "related"
    ITEM_METADATA = "item_metadata"
    IGNORED = "ignored"


def role_of(key: str) -> Role:
    """The role of an object by its name, whatever its case: ``*.related.csv``, ``*.metadata.csv``, other ``.csv``."""
    name = key.rpartition("/")[2].lower().removesuffix(".gz")
    if not name.endswith(".csv"):
        return Role.IGNORED
    if name.endswith(".related.csv"):
        return Role.RELATED
    return Role.ITEM_METADATA if name.endswith(".metadata.csv") else Role.TARGET


_ROLES = {TARGET: Role.TARGET, RELATED: Role.RELATED, METADATA: Role.ITEM_METADATA}


class Kind(StrEnum):
    """What the cells of a column hold."""

    TIMESTAMP = "timestamp"
    NUMBER = "number"
    INTEGER = "integer"
    ITEM = "item"
    TEXT = "text"

    @property
    def is_number(self) -> bool:
        return self in (Kind.NUMBER, Kind.INTEGER)

    @property
    def is_text(self) -> bool:
        return self in (Kind.ITEM, Kind.TEXT)


@dataclass(frozen=True)
class Column:
    """One column of a file.

    Attributes:
        name: In the file and in messages: the schema's.
        canonical: In the frames.
    """

    name: str
    kind: Kind
    canonical: str


@dataclass(frozen=True)
class TableSchema:
    """The columns of one role, in the order of the file.

    Attributes:
        frequency: Distance between two observations; ``None`` for item metadata.
        timestamp_format: For ``strptime``.
    """

    role: Role
    columns: tuple[Column, ...]
    frequency: Frequency | None
    timestamp_format: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Canonical names of the columns of text: the item, then the others in schema order."""
        texts = [column for column in self.columns if column.kind.is_text]
        return tuple(column.canonical for column in sorted(texts, key=lambda column: column.kind is not Kind.ITEM))

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Canonical names of the columns, besides the timestamp, of which two rows may not share the values."""
        return ("item_id",) if self.role is Role.ITEM_METADATA else self.text_columns

    @property
    def number_columns(self) -> tuple[str, ...]:
        return tuple(column.canonical for column in self.columns if column.kind.is_number)

    @property
    def timestamp_pattern(self) -> str:
        """The timestamp format as people write it."""
        return "yyyy-MM-dd HH:mm:ss" if "%H" in self.timestamp_format else "yyyy-MM-dd"

    def fingerprint(self) -> str:
        """Changes whenever the same bytes could be read into other rows."""
        columns = [[column.name, column.kind, column.canonical] for column in self.columns]
        described = [READER_VERSION, self.role, columns, str(self.frequency), self.timestamp_format]
        return sha256(json.dumps(described).encode()).hexdigest()


def table_schema(role: Role, params: Params) -> TableSchema | None:
    """The columns of ``role``; ``None`` when the parameters have no such dataset."""
    dataset = {Role.TARGET: params.target, Role.RELATED: params.related, Role.ITEM_METADATA: params.item_metadata}.get(
        role
    )
    return None if dataset is None else dataset_schema(dataset, params.strptime_format)


def replacement_schema(params: Params, attributes: Sequence[Attribute] | None = None) -> TableSchema | None:
    """The columns of a file with rows for the related time series; ``None`` when the parameters have none.

    Args:
        attributes: Of the file; ``None`` = those of the dataset.
    """
    dataset = params.related
    if dataset is None:
        return None
    return dataset_schema(replace(dataset, attributes=tuple(attributes or dataset.attributes)), params.strptime_format)


def dataset_schema(dataset: Dataset, timestamp_format: str) -> TableSchema:
    """The columns of a dataset.

    Args:
        timestamp_format: For ``strptime``.
    """
    role, domain = _ROLES[dataset.type], DOMAINS[dataset.domain]
    return TableSchema(
        role=role,
        columns=tuple(_column(attribute, role, domain) for attribute in dataset.attributes),
        frequency=dataset.frequency,
        timestamp_format=timestamp_format,
    )


def _column(attribute: Attribute, role: Role, domain: Domain) -> Column:
    if attribute.name == domain.item:
        return Column(attribute.name, Kind.ITEM, "item_id")
    if role is Role.ITEM_METADATA:
        return Column(attribute.name, Kind.TEXT, attribute.name)
    if attribute.type == "timestamp":
        return Column(attribute.name, Kind.TIMESTAMP, "timestamp")
    canonical = "target" if role is Role.TARGET and attribute.name == domain.target else attribute.name
    kind = {"integer": Kind.INTEGER, "float": Kind.NUMBER}.get(attribute.type, Kind.TEXT)
    return Column(attribute.name, kind, canonical)
