"""Taking a snapshot of ``train/``: every object parsed once, merged per role, published by one pointer.

Belongs here: the order of the steps, which makes a kill at any moment harmless and two processes at once safe.
Does not belong here: what happens inside a step. Heavy libraries are imported by the steps only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO

from forecast_platform.bucket import Bucket, StoredObject, layout
from forecast_platform.bucket.keys import check_key
from forecast_platform.errors import InputError, Problem, TransientError
from forecast_platform.training_data.messages import printable_bytes, quoted
from forecast_platform.training_data.report import MOST_PROBLEMS, ObjectReport, Snapshot
from forecast_platform.training_data.schema import Role, TableSchema, role_of, table_schema
from forecast_platform.training_data.store import (
    Pointer,
    digest_of,
    object_report_key,
    object_rows_key,
    read_pointer,
    remove_outdated,
    snapshot_key,
    stored_snapshot,
    table_key,
)

if TYPE_CHECKING:
    from forecast_platform.params import Params

_PIECE = 1 << 20
_ROLES = (Role.TARGET, Role.RELATED, Role.ITEM_METADATA)


@dataclass(frozen=True)
class _Upload:
    """One object in ``train/`` and how it is to be read.

    Attributes:
        schema: ``None`` = it is not read; ``problem`` says why when that is not obvious from its name.
        digest: Of its bytes; empty when it is not read.
    """

    stored: StoredObject
    role: Role
    schema: TableSchema | None
    problem: Problem | None = None
    digest: str = ""

    @property
    def parsed(self) -> str:
        """Names what is parsed from it: the same key and bytes under the same schema."""
        if self.schema is None:
            return ""
        return digest_of([self.stored.key, self.digest, self.schema.fingerprint()])


def take_snapshot(bucket: Bucket, params: Params) -> Snapshot:
    """Read what is new or changed in ``train/`` and make its present state the current snapshot.

    Unchanged objects are not read again, and for unchanged contents nothing is written. When another process
    moved the pointer meanwhile, the folder is looked at again, so the pointer never goes back to an older state.

    Args:
        bucket: The project's part of the bucket.

    Raises:
        InputError: There is no object in ``train/``.
        TransientError: An object changed while it was read.
    """
    while True:
        found = bucket.head(layout.SNAPSHOT)
        known = read_pointer(bucket)
        uploads = _uploads(bucket, params, known)
        snapshot = _ensure_snapshot(bucket, uploads, known)
        pointer = Pointer(
            snapshot.digest,
            {upload.stored.key: (upload.stored.version, upload.digest) for upload in uploads if upload.digest},
        )
        if pointer == known:
            return snapshot
        if bucket.compare_and_swap(layout.SNAPSHOT, pointer.to_json(), found.version if found else None):
            if pointer.digest != known.digest:
                remove_outdated(bucket)
            return snapshot


def current_snapshot(bucket: Bucket) -> Snapshot | None:
    """The newest snapshot of ``train/``, or ``None`` before the first."""
    digest = read_pointer(bucket).digest
    return stored_snapshot(bucket, digest) if digest else None


def _uploads(bucket: Bucket, params: Params, known: Pointer) -> list[_Upload]:
    """Every object in ``train/``, by role and then in the order in which they are merged."""
    schemas = {role: table_schema(role, params) for role in _ROLES}
    uploads = [_upload(stored, schemas) for stored in bucket.list(layout.TRAIN)]
    if not uploads:
        raise InputError(
            "There is no training data.",
            [
                Problem(
                    bucket.uri(layout.TRAIN),
                    "no files",
                    "at least one CSV file with the target time series",
                    "Put the target into a file such as train/target.csv, related time series into "
                    "train/NAME.related.csv and item metadata into train/NAME.metadata.csv.",
                )
            ],
        )
    uploads.sort(key=_merge_order)
    return [
        replace(upload, digest=_digest(bucket, upload.stored, known)) if upload.schema else upload for upload in uploads
    ]


def _merge_order(upload: _Upload) -> tuple[Any, ...]:
    if upload.schema is None:
        return (len(_ROLES), upload.stored.key)
    return (_ROLES.index(upload.role), upload.stored.last_modified, upload.stored.key)


def _upload(stored: StoredObject, schemas: dict[Role, TableSchema | None]) -> _Upload:
    role = role_of(stored.key)
    file = printable_bytes(stored.key)
    if role is Role.IGNORED:
        return _Upload(stored, role, None)
    try:
        check_key(stored.key)
    except ValueError as error:
        problem = Problem(quoted(file), str(error), "a file name that a bucket can hold", "Rename the file.")
        return _Upload(stored, Role.IGNORED, None, problem)
    schema = schemas[role]
    if schema is None:
        dataset = {Role.RELATED: "RELATED_TIME_SERIES", Role.ITEM_METADATA: "ITEM_METADATA"}[role]
        problem = Problem(
            file,
            f"a file with {'related time series' if role is Role.RELATED else 'item metadata'}",
            f"no such file, as params.json has no dataset of the type {dataset}",
            "Add the dataset to params.json, or remove the file.",
        )
        return _Upload(stored, Role.IGNORED, None, problem)
    return _Upload(stored, role, schema)


def _digest(bucket: Bucket, stored: StoredObject, known: Pointer) -> str:
    version, digest = known.versions.get(stored.key, ("", ""))
    if version == stored.version:
        return digest
    with _unchanging(bucket, stored), bucket.open(stored.key) as stream:
        content = sha256()
        while piece := stream.read(_PIECE):
            content.update(piece)
        return content.hexdigest()


@contextmanager
def _unchanging(bucket: Bucket, stored: StoredObject) -> Iterator[None]:
    """Check after reading an object that it is still the one that was listed."""
    file = printable_bytes(stored.key)
    try:
        yield
    except KeyError:
        raise TransientError(f"{file} was removed while it was read. It is looked for again later.") from None
    now = bucket.head(stored.key)
    if now is None or now.version != stored.version:
        raise TransientError(
            f"{file} is still being written: it changed while it was read. It is read again later; to avoid this, "
            "upload under a name that starts with a dot and rename the file when it is complete."
        )


def _ensure_snapshot(bucket: Bucket, uploads: list[_Upload], known: Pointer) -> Snapshot:
    schemas = {upload.role: upload.schema.fingerprint() for upload in uploads if upload.schema}
    contents = [[upload.stored.key, upload.role, upload.digest, str(upload.problem)] for upload in uploads]
    digest = digest_of([contents, sorted(schemas.items())])
    existing = stored_snapshot(bucket, digest)
    if existing is None:
        return _build_snapshot(bucket, uploads, digest)
    if digest != known.digest:
        # Written again so that it counts as new: it must outlive a process that is removing old snapshots.
        bucket.write(snapshot_key(digest), existing.to_json().encode())
    return existing


def _build_snapshot(bucket: Bucket, uploads: list[_Upload], digest: str) -> Snapshot:
    from forecast_platform.training_data import tables
    from forecast_platform.training_data.merging import merge

    reports = [_report(bucket, upload) for upload in uploads]
    keys: dict[str, str] = {}
    superseded = 0
    target = None
    for role in _ROLES:
        of_role = [report for report in reports if report.role == role and report.rows]
        schema = next((upload.schema for upload in uploads if upload.role is role and upload.schema), None)
        if not of_role or schema is None:
            continue
        merged, replaced = merge([_rows(bucket, report) for report in of_role], schema)
        superseded += replaced
        keys[role.value] = table_key(digest, role.value)
        bucket.create(keys[role.value], tables.to_parquet(merged))
        if role is Role.TARGET:
            target = merged, schema
    snapshot = _summarised(digest, reports, keys, superseded, target)
    bucket.create(snapshot_key(digest), snapshot.to_json().encode())
    return snapshot


def _report(bucket: Bucket, upload: _Upload) -> ObjectReport:
    """What the object came to; parses it unless that was done before."""
    if upload.schema is None:
        problems = (upload.problem,) if upload.problem else ()
        return ObjectReport(upload.stored.key, "", Role.IGNORED.value, problems=problems, problem_count=len(problems))
    with suppress(KeyError):
        return ObjectReport.from_json(bucket.read(object_report_key(upload.parsed)))
    return _parse(bucket, upload, upload.schema)


def _parse(bucket: Bucket, upload: _Upload, schema: TableSchema) -> ObjectReport:
    from forecast_platform.training_data import tables
    from forecast_platform.training_data.parsing import parse_object
    from forecast_platform.training_data.quarantine import quarantine_csv

    stored = upload.stored

    def open_object() -> BinaryIO:
        return bucket.open(stored.key)

    with _unchanging(bucket, stored):
        parsed = parse_object(open_object, stored.key, upload.digest, schema)
    report = replace(parsed.report, parsed=upload.parsed)
    if report.quarantine_key:
        bucket.write(report.quarantine_key, quarantine_csv(stored.key, parsed.refusals))
    if parsed.table is not None:
        bucket.create(object_rows_key(upload.parsed), tables.to_parquet(parsed.table))
    bucket.create(object_report_key(upload.parsed), report.to_json().encode())
    return report


def _rows(bucket: Bucket, report: ObjectReport) -> Any:
    import pyarrow.parquet as pq

    try:
        with bucket.open(object_rows_key(report.parsed)) as stream:
            return pq.read_table(stream)
    except KeyError:
        raise TransientError(f"The rows read from {printable_bytes(report.key)} were removed meanwhile.") from None


def _summarised(
    digest: str, reports: list[ObjectReport], keys: dict[str, str], superseded: int, target: Any
) -> Snapshot:
    problems = [problem for report in reports for problem in report.problems]
    count = sum(report.problem_count for report in reports)
    if not any(report.role == Role.TARGET for report in reports):
        problems.append(Problem(layout.TRAIN, "no file with the target time series", "one such as train/target.csv"))
        count += 1
    first = last = end = None
    rows = items = 0
    if target is not None:
        import pandas as pd

        table, schema = target
        rows, items = table.num_rows, len(table.column("item_id").unique())
        first, last = (pd.Timestamp(table.column("timestamp")[row].as_py()).to_pydatetime() for row in (0, rows - 1))
        end = schema.frequency.period_end(last)
    return Snapshot(
        digest=digest,
        objects=tuple(reports),
        tables=keys,
        rows=rows,
        refused_rows=sum(report.refused_rows for report in reports),
        superseded=superseded,
        items=items,
        first_timestamp=first,
        last_timestamp=last,
        data_end=end,
        problems=tuple(problems[:MOST_PROBLEMS]),
        problem_count=count,
    )
