"""From a snapshot to the frames that a run may see at its cutoff, and their hash.

Belongs here: the cutoff rule and the canonical frames. Does not belong here: reading uploaded files.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import Bucket
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.errors import TransientError
from forecast_platform.frequency import Frequency
from forecast_platform.training_data.report import Snapshot
from forecast_platform.training_data.schema import Role, TableSchema, table_schema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from forecast_platform.params import Params


def load_frames(bucket: Bucket, snapshot: Snapshot, params: Params, cutoff: datetime | None) -> TrainingFrames:
    """The data of ``snapshot`` that is visible at ``cutoff``.

    Target rows are visible once their period has ended: ``timestamp`` + data frequency <= ``cutoff``. Related
    rows may look ahead and are all there, item metadata too. Rows are sorted by item, dimensions, timestamp.

    Args:
        cutoff: Naive, in the clock of the data; ``None`` = everything.

    Raises:
        TransientError: The snapshot has been removed because newer ones took its place.
    """
    schema = table_schema(Role.TARGET, params)
    assert schema is not None, "valid parameters have a target dataset"
    target = _load(bucket, snapshot, schema, cutoff)
    if target is None:
        target = _empty_target(schema)
    return TrainingFrames(
        target=target,
        related=_load_optional(bucket, snapshot, Role.RELATED, params),
        item_metadata=_load_optional(bucket, snapshot, Role.ITEM_METADATA, params),
    )


def data_hash(frames: TrainingFrames) -> str:
    """SHA-256 of the content of the frames: equal on every machine, however the frames are laid out in memory.

    Text goes in as distinct values in the order of appearance and 64-bit codes, timestamps as nanoseconds since
    1970, numbers as IEEE doubles with one NaN and one zero; all little-endian.
    """
    content = sha256()
    for name, frame in (("target", frames.target), ("related", frames.related), ("metadata", frames.item_metadata)):
        if frame is None:
            continue
        content.update(_framed(name, str(len(frame))))
        for column in frame.columns:
            content.update(_framed(str(column)))
            for part in _column_parts(frame[column]):
                content.update(part)
    return content.hexdigest()


def _column_parts(values: pd.Series[Any]) -> tuple[Any, ...]:
    """The content of a column as byte strings or arrays of bytes."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return (values.to_numpy().astype("datetime64[ns]").astype("<i8"),)
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype="<f8") + 0.0
        numbers[np.isnan(numbers)] = np.nan
        return (numbers,)
    codes, distinct = pd.factorize(values.astype(object).to_numpy())
    return _framed(*distinct), codes.astype("<i8")


def _framed(*texts: str) -> bytes:
    """Texts with their lengths, so that no two lists give the same bytes."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join(len(text).to_bytes(8, "little") + text for text in (str(len(encoded)).encode(), *encoded))


def _load_optional(bucket: Bucket, snapshot: Snapshot, role: Role, params: Params) -> pd.DataFrame | None:
    schema = table_schema(role, params)
    return None if schema is None else _load(bucket, snapshot, schema, None)


def _load(bucket: Bucket, snapshot: Snapshot, schema: TableSchema, cutoff: datetime | None) -> pd.DataFrame | None:
    import pyarrow.parquet as pq

    key = snapshot.tables.get(schema.role.value)
    if key is None:
        return None
    columns = canonical_columns(schema)
    filters = [("timestamp", "<", cutoff)] if cutoff is not None else None
    try:
        with bucket.open(key) as stream:
            table = pq.read_table(stream, columns=columns, filters=filters)
    except KeyError:
        raise TransientError(
            f"The snapshot {snapshot.digest} of the training data has been removed, newer ones having taken its "
            "place. Read the training data again."
        ) from None
    if cutoff is not None and schema.frequency is not None:
        table = _complete_periods(table, schema.frequency, cutoff)
    return canonical_frame(table, schema, columns)


def _complete_periods(table: pa.Table, frequency: Frequency, cutoff: datetime) -> pa.Table:
    """Rows whose period has ended. Month ends are clipped, so the rule is asked for each distinct timestamp."""
    import pyarrow as pa
    import pyarrow.compute as pc

    timestamps = table.column("timestamp").cast(pa.timestamp("s"))
    distinct = pc.unique(timestamps)
    ended = [instant for instant in distinct.to_pylist() if frequency.period_end(instant) <= cutoff]
    if len(ended) == len(distinct):
        return table
    return table.filter(pc.is_in(timestamps, value_set=pa.array(ended, pa.timestamp("s"))))


def canonical_frame(table: pa.Table, schema: TableSchema, columns: list[str]) -> pd.DataFrame:
    """Some columns of a typed table, sorted by item, dimensions and timestamp."""
    import numpy as np
    import pandas as pd

    from forecast_platform.training_data.tables import text_codes

    texts = {column: text_codes(table, column) for column in schema.text_columns}
    sort_keys: list[Any] = [texts[column][0] for column in reversed(schema.key_columns)]
    if schema.frequency is not None:
        sort_keys.insert(0, table.column("timestamp").to_numpy())
    order = np.lexsort(sort_keys)
    data: dict[str, Any] = {}
    for column in columns:
        if column in texts:
            codes, values = texts[column]
            data[column] = np.array(values, dtype=object)[codes[order]]
        else:
            values_of = table.column(column).to_numpy()[order]
            data[column] = values_of.astype("datetime64[ns]") if column == "timestamp" else values_of
    return pd.DataFrame(data, columns=columns)


def canonical_columns(schema: TableSchema) -> list[str]:
    """The columns that the frame of a role has, in their order."""
    if schema.role is Role.ITEM_METADATA:
        return list(schema.text_columns)
    numbers = ["target"] if schema.role is Role.TARGET else list(schema.number_columns)
    return [*schema.text_columns, "timestamp", *numbers]


def _empty_target(schema: TableSchema) -> pd.DataFrame:
    import pandas as pd

    columns = canonical_columns(schema)
    types = {"timestamp": "datetime64[ns]", "target": "float64"}
    return pd.DataFrame({column: pd.Series(dtype=types.get(column, "object")) for column in columns})
