"""The dataset domains and what each requires of its datasets.

Source: Amazon Forecast developer guide, "Predefined Dataset Domains and Dataset Types", "Using Related Time Series
Datasets" and "Guidelines and Quotas". Does not belong here: the checks themselves (``dataset_rules``).
"""

from __future__ import annotations

from dataclasses import dataclass

TARGET = "TARGET_TIME_SERIES"
RELATED = "RELATED_TIME_SERIES"
METADATA = "ITEM_METADATA"
DATASET_TYPES = (TARGET, RELATED, METADATA)

ATTRIBUTE_TYPES = ("string", "integer", "float", "timestamp", "geolocation")
NUMERIC = ("float", "integer")
TEXTUAL = ("string", "geolocation")

MAX_COLUMNS = {TARGET: 13, RELATED: 25, METADATA: 10}
MAX_RELATED_FEATURES = 13


@dataclass(frozen=True)
class Domain:
    """The columns that a domain names, besides ``timestamp``.

    Attributes:
        item: Identifies a series (string).
        target: Is forecast.
        target_types: Types the target may have.
        item_metadata: Whether the domain has item metadata at all.
    """

    item: str
    target: str
    target_types: tuple[str, ...] = NUMERIC
    item_metadata: bool = True

    def required(self, dataset_type: str) -> dict[str, tuple[str, ...]]:
        """Name and allowed types of the columns that a dataset of ``dataset_type`` must have."""
        columns: dict[str, tuple[str, ...]] = {self.item: ("string",)}
        if dataset_type != METADATA:
            columns["timestamp"] = ("timestamp",)
        if dataset_type == TARGET:
            columns[self.target] = self.target_types
        return columns


DOMAINS = {
    "RETAIL": Domain("item_id", "demand"),
    "CUSTOM": Domain("item_id", "target_value"),
    "INVENTORY_PLANNING": Domain("item_id", "demand"),
    "EC2_CAPACITY": Domain("instance_type", "number_of_instances", ("integer",), item_metadata=False),
    "WORK_FORCE": Domain("workforce_type", "workforce_demand"),
    "WEB_TRAFFIC": Domain("item_id", "value"),
    "METRICS": Domain("metric_name", "metric_value"),
}
