"""What batch transform jobs capture: manifests by hour, which name the files that were read and written.

Belongs here: manifests. Does not belong here: formats of the files that they name.
"""

from __future__ import annotations

import json

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, Problem
from forecast_platform.training_data.messages import quoted


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
