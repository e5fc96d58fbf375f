"""What the peer keeps of its resources between jobs: JSON and Parquet below its home, each written in one step.

Belongs here: writing and reading it by the resource's ARN. Does not belong here: what it means.

Keys are the resource's part of its ARN: ``predictor/sales.json``, ``dataset-import-job/sales/monday.parquet``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast_platform.aws_peer.forecast.engine.documents import resource_of
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import PermanentError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Keeper:
    """The records and tables below one folder."""

    def __init__(self, folder: Path) -> None:
        self._bucket = LocalBucket(folder)

    def record(self, arn: str) -> dict[str, Any]:
        """What was kept of a resource.

        Raises:
            PermanentError: Nothing.
        """
        found = self.find(resource_of(arn))
        if found is None:
            raise PermanentError(f"Nothing is kept of {arn}: it was deleted, or never finished.")
        return found

    def find(self, resource: str) -> dict[str, Any] | None:
        """The record of a resource, if there is one."""
        try:
            record: dict[str, Any] = json.loads(self._bucket.read(f"{resource}.json"))
        except KeyError:
            return None
        return record

    def below(self, folder: str) -> list[dict[str, Any]]:
        """All records of the resources in a folder."""
        keys = [one.key for one in self._bucket.list(f"{folder}/") if one.key.endswith(".json")]
        found = [self.find(key.removesuffix(".json")) for key in keys]
        return [record for record in found if record is not None]

    def keep(self, arn: str, record: dict[str, Any]) -> None:
        """Write the record, which makes the resource count."""
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        self._bucket.write(f"{resource_of(arn)}.json", text.encode())

    def keep_table(self, arn: str, table: pa.Table) -> None:
        """Write the table of an import."""
        from forecast_platform.training_data.tables import to_parquet

        self._bucket.write(f"{resource_of(arn)}.parquet", to_parquet(table))

    def keep_frame(self, arn: str, frame: pd.DataFrame) -> None:
        """Write the frame of another resource."""
        self._bucket.write(f"{resource_of(arn)}.parquet", frame.to_parquet(index=False))

    def table(self, arn: str) -> pa.Table:
        """The table of a resource.

        Raises:
            PermanentError: There is none.
        """
        import pyarrow.parquet as pq

        try:
            with self._bucket.open(f"{resource_of(arn)}.parquet") as stream:
                return pq.read_table(stream)
        except KeyError:
            raise PermanentError(f"Nothing is kept of {arn}: it was deleted, or never finished.") from None

    def frame(self, arn: str) -> pd.DataFrame:
        """The same as a frame."""
        frame: pd.DataFrame = self.table(arn).to_pandas()
        return frame

    def forget(self, resource: str) -> None:
        """Delete the record, then the table."""
        for ending in ("json", "parquet"):
            self._bucket.delete(f"{resource}.{ending}")
