"""What batch transform jobs capture: manifests by hour, which name the files that were read and written.

Belongs here: manifests, and the inference id and time that SageMaker adds to rows. Does not belong here: formats.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

import pyarrow as pa

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.capture.folders import files_of_hour
from forecast_platform.training_data.messages import quoted

INFERENCE_ID = "SageMakerInferenceId"
INFERENCE_TIME = "SageMakerInferenceTime"
"""What the two additions are called in JSON; in CSV they are the last two columns, in this order."""


def files_of_manifests(bucket: Bucket, side: Literal["input", "output"], hour: datetime, prefix: str = "") -> list[str]:
    """The addresses of the files that jobs read (``input``) or wrote (``output``) and that were captured in ``hour``.

    Args:
        prefix: Folder of the job's capture, above ``input/`` and ``output/``.

    Raises:
        InputError: There is no manifest for this hour, or one of them is none.
    """
    folder = f"{prefix.rstrip('/')}/{side}" if prefix else side
    keys = files_of_hour(bucket, folder, hour)
    if not keys:
        problem = Problem(bucket.uri(f"{folder}/{hour:%Y/%m/%d/%H}/"), "no files", "manifests of captured files")
        raise InputError(f"No batch transform job captured anything at {hour:%Y-%m-%d %H}:00 UTC.", [problem])
    return [address for key in keys for address in read_manifest(bucket.read(key), key)]


def read_manifest(data: bytes, where: str) -> list[str]:
    """The addresses in a manifest: ``[{"prefix": "s3://bucket/folder/"}, "a.csv", "b.csv"]``.

    Raises:
        InputError: It is something else.
    """
    try:
        document = json.loads(data)
        first, *names = document
        prefix = first["prefix"]
        if not (isinstance(prefix, str) and all(isinstance(name, str) for name in names)):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        found = quoted(data.decode("utf-8", "surrogateescape"))
        problem = Problem(where, found, 'a manifest: [{"prefix": "s3://bucket/folder/"}, "a.csv", "b.csv"]')
        raise InputError(f"{where} cannot be read.", [problem]) from None
    return [f"{prefix}{name}" for name in names]


def key_of(address: str, bucket: Bucket) -> str:
    """The key in ``bucket`` of a file that a manifest names.

    Files that were copied from S3 with their folders are found as well: then the key is what follows the name of the
    S3 bucket.
    """
    base = bucket.uri()
    if address.startswith(f"{base.rstrip('/')}/"):
        return address[len(base.rstrip("/")) + 1 :]
    if address.startswith("s3://"):
        return address.removeprefix("s3://").partition("/")[2]
    return address.lstrip("/")


def without_inference_columns(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.Array, pa.Array]:
    """``batch`` without the inference id and time, and these two.

    They are the columns of that name, or else, as in CSV, the last two.

    Raises:
        InputError: It has no two columns.
    """
    names = [INFERENCE_ID, INFERENCE_TIME]
    if not set(names) <= set(batch.schema.names):
        names = batch.schema.names[-2:]
    if len(names) < 2:
        problem = Problem(
            "the captured output",
            f"{batch.num_columns} columns",
            "at least two",
            "Was it captured with GenerateInferenceId?",
        )
        raise InputError("There is no inference id.", [problem])
    return batch.drop_columns(names), batch[names[0]], batch[names[1]]
