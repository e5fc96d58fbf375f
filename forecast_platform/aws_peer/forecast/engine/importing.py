"""Import jobs: the files of a dataset become one typed table, as far as the next import.

Belongs here: reading, merging and keeping the rows of one import. Does not belong here: several datasets at once
(``requests``).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from forecast_platform.aws_peer.forecast.engine.documents import (
    DEFAULT_TIMESTAMP_FORMAT,
    Document,
    instant_of,
    path_of,
    resource_of,
)
from forecast_platform.aws_peer.forecast.engine.keeping import Keeper
from forecast_platform.aws_peer.forecast.engine.objects import OpenBucket, source_files
from forecast_platform.aws_peer.forecast.engine.statistics import field_statistics
from forecast_platform.aws_peer.forecast.engine.tables import read_tables
from forecast_platform.errors import InputError, Problem
from forecast_platform.frequency import Frequency
from forecast_platform.params import Attribute, Dataset
from forecast_platform.params.domains import METADATA
from forecast_platform.params.schema import DATE, DATE_AND_TIME, TIMESTAMP_FORMATS, strptime_format
from forecast_platform.training_data.merging import merge
from forecast_platform.training_data.schema import TableSchema, dataset_schema

_BYTES_OF_A_GIGABYTE = 10**9


def import_data(keeper: Keeper, open_bucket: OpenBucket, dataset: Document, job: Document) -> dict[str, Any]:
    """Read the files of an import job and keep their rows.

    An ``INCREMENTAL`` import is laid over the newest import before it; any other stands alone.

    Returns:
        ``DataSize`` in gigabytes and ``FieldStatistics`` of the rows read.

    Raises:
        InputError: With everything that is wrong with the files.
    """
    arn = job["DatasetImportJobArn"]
    schema = schema_of(dataset, job)
    files = source_files(open_bucket, path_of(job["DataSource"]))
    tables = read_tables(files, schema, job.get("Format") or "CSV")
    read, _ = merge(tables, schema)
    statistics = field_statistics(read, schema)
    before = _import_before(keeper, job) if job.get("ImportMode") == "INCREMENTAL" else None
    keeper.keep_table(arn, read if before is None else merge([before, read], schema)[0])
    keeper.keep(arn, {"arn": arn, "created": instant_of(job["CreationTime"]).isoformat()})
    size = sum(file.size for file in files)
    return {"DataSize": size / _BYTES_OF_A_GIGABYTE, "FieldStatistics": statistics}


def schema_of(dataset: Document, job: Document) -> TableSchema:
    """The columns that the files of an import job have.

    Raises:
        InputError: The timestamps are in a format that cannot be read.
    """
    return dataset_schema(dataset_of(dataset), strptime_format(timestamp_format_of(job)))


def dataset_of(document: Document) -> Dataset:
    """A DescribeDataset document as the parameters have datasets."""
    frequency = None if document["DatasetType"] == METADATA else document.get("DataFrequency")
    return Dataset(
        name=document["DatasetName"],
        domain=document["Domain"],
        type=document["DatasetType"],
        frequency=Frequency.parse(frequency) if frequency else None,
        attributes=tuple(
            Attribute(one["AttributeName"], one["AttributeType"]) for one in document["Schema"]["Attributes"]
        ),
    )


def timestamp_format_of(job: Document) -> str:
    """Of an import job, or of a data source that has one.

    Raises:
        InputError: It cannot be read.
    """
    written = job.get("TimestampFormat") or DEFAULT_TIMESTAMP_FORMAT
    if written not in TIMESTAMP_FORMATS:
        problem = Problem("TimestampFormat", f"'{written}'", f"{DATE} or {DATE_AND_TIME}")
        raise InputError("The timestamps cannot be read.", [problem])
    return str(written)


def _import_before(keeper: Keeper, job: Document) -> pa.Table | None:
    """The rows of the newest import of the same dataset that was created before this one."""
    arn, created = job["DatasetImportJobArn"], instant_of(job["CreationTime"]).isoformat()
    of_dataset = keeper.below(resource_of(arn).rpartition("/")[0])
    before = [one for one in of_dataset if one["created"] < created and one["arn"] != arn]
    if not before:
        return None
    table = keeper.table(max(before, key=lambda one: one["created"])["arn"])
    return table.cast(pa.schema([_as_read(field) for field in table.schema]))


def _as_read(field: pa.Field) -> pa.Field:
    """Instants are kept in nanoseconds and read in seconds."""
    return field.with_type(pa.timestamp("s")) if pa.types.is_timestamp(field.type) else field
