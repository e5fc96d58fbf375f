"""Tables as the files of an export job.

Belongs here: file names, formats and where they go. Does not belong here: what is in the tables.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.aws_peer.forecast.engine.documents import Document, instant_of
from forecast_platform.aws_peer.forecast.engine.objects import OpenBucket, destination
from forecast_platform.forecast_service.local.export import csv_parts

if TYPE_CHECKING:
    import pandas as pd


def write_export(open_bucket: OpenBucket, job: Document, name: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables to the destination of an export job; writing them again gives the same files.

    Args:
        name: Of the job, with which the files begin.
        tables: By folder below the destination; the empty one is the destination itself.
    """
    bucket, prefix = destination(open_bucket, job)
    created = instant_of(job["CreationTime"])
    for folder, table in tables.items():
        for file, content in _parts(table, name, created, job.get("Format") or "CSV"):
            bucket.write(f"{prefix}{folder}{file}", content)


def _parts(table: pd.DataFrame, name: str, created: datetime, file_format: str) -> Iterator[tuple[str, bytes]]:
    if file_format == "CSV":
        yield from csv_parts(table, name, created)
        return
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    yield f"{name}_{created:%Y-%m-%dT%H-%M-%SZ}_part0.parquet", content.getvalue()
