"""Tables, pictures and digests as Dagster metadata.

Belongs here: what the metadata of every component type is made of. Does not belong here: what an asset shows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import dagster as dg

Metadata = dict[str, Any]


def digest(document: object) -> str:
    """A data version for a JSON document."""
    return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def with_warnings(context: dg.AssetExecutionContext, metadata: Metadata, warnings: Sequence[str]) -> Metadata:
    """``metadata`` and ``warnings``, which the run's log gets too."""
    for warning in warnings:
        context.log.warning(warning)
    if not warnings:
        return metadata
    return {**metadata, "warnings": dg.MetadataValue.md("\n".join(f"- {warning}" for warning in warnings))}


def as_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> dg.TableMetadataValue:
    """Rows as a table in the UI."""
    records = [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows]
    return dg.MetadataValue.table(records, dg.TableSchema([dg.TableColumn(name) for name in columns]))


def as_picture(png: bytes, alternative: str) -> dg.MarkdownMetadataValue:
    """A picture that is shown in the UI."""
    return dg.MetadataValue.md(f"![{alternative}](data:image/png;base64,{base64.b64encode(png).decode()})")
