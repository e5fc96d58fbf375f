"""Rules about the datasets: domains, required columns, types, limits, frequencies.

Belongs here: whatever needs nothing but DatasetGroup and Datasets. Does not belong here: what the predictor asks of
the datasets (``predictor_rules``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from forecast_platform.params.domains import (
    DATASET_TYPES,
    DOMAINS,
    MAX_COLUMNS,
    MAX_RELATED_FEATURES,
    METADATA,
    NUMERIC,
    RELATED,
    TARGET,
    TEXTUAL,
    Domain,
)
from forecast_platform.params.shapes import Problems, entries_at, nearest, one_of, value_at

# Columns the platform itself adds beside the dimensions: to its tables (type, date, cutoff, the forecast types, and
# what is said of a forecast that has its actuals) and to every dataset (item_id, target, value).
_RESERVED_DIMENSION = re.compile(
    r"item_id|target|value|type|date|cutoff|mean|p[1-9]\d?"
    r"|forecast|actual|horizon_step|expected|observations|absolute_actual|wape|bias|on_bound|share_(below|above)"
    r"|(wql|mase|coverage|hit_rate)(_\w+)?",
    re.IGNORECASE,
)
_RESERVED_FEATURE = re.compile(r"item_id|target", re.IGNORECASE)
_RESERVED = {TARGET: _RESERVED_DIMENSION, RELATED: _RESERVED_FEATURE, METADATA: _RESERVED_FEATURE}


@dataclass(frozen=True)
class Column:
    """An attribute of a schema: where it stands in the file, its name, and its type unless that was refused."""

    path: str
    name: str
    type: str | None


@dataclass(frozen=True)
class DatasetView:
    """What could be read of one dataset.

    Attributes:
        path: Where it stands in the file.
        fields: As the shape has read them.
        columns: The attributes whose names could be read, in the order of the schema.
        all_columns: Every attribute could be read, so one that is not in ``columns`` is missing.
    """

    path: str
    fields: dict[str, Any]
    columns: tuple[Column, ...]
    all_columns: bool

    @property
    def type(self) -> str | None:
        dataset_type: str | None = value_at(self.fields, "DatasetType")
        return dataset_type

    @property
    def domain(self) -> Domain | None:
        return DOMAINS.get(value_at(self.fields, "Domain"))

    def extras(self) -> tuple[Column, ...]:
        """The columns that the domain does not require."""
        required = self.domain.required(self.type) if self.domain and self.type else {}
        return tuple(column for column in self.columns if column.name not in required)


def view_datasets(document: dict[str, Any]) -> list[DatasetView]:
    """The datasets of a document that a shape has read."""
    return [_view(f"$.Datasets[{index}]", fields) for index, fields in entries_at(document, "Datasets")]


def first_of(datasets: list[DatasetView], dataset_type: str) -> DatasetView | None:
    """The first dataset of a type."""
    return next((dataset for dataset in datasets if dataset.type == dataset_type), None)


def check_datasets(
    document: dict[str, Any], datasets: list[DatasetView], problems: Problems, warnings: Problems
) -> None:
    """Report every broken rule about the datasets."""
    _check_types(document, datasets, problems)
    group_domain = value_at(document, "DatasetGroup", "Domain")
    for dataset in datasets:
        _check_domain(dataset, group_domain, problems)
        _check_frequency(dataset, problems)
        _check_names(dataset, problems)
        _check_column_count(dataset, problems)
        _check_required_columns(dataset, problems)
        _check_extra_columns(dataset, problems, warnings)
    _check_related_dimensions(datasets, problems)


def _view(path: str, fields: dict[str, Any]) -> DatasetView:
    at = f"{path}.Schema.Attributes"
    attributes = entries_at(fields, "Schema", "Attributes")
    columns = tuple(
        Column(f"{at}[{index}]", name, value_at(attribute, "AttributeType"))
        for index, attribute in attributes
        if (name := value_at(attribute, "AttributeName"))
    )
    written = value_at(fields, "Schema", "Attributes")
    return DatasetView(path, fields, columns, written is not None and len(columns) == len(written))


def _check_types(document: dict[str, Any], datasets: list[DatasetView], problems: Problems) -> None:
    for dataset_type in DATASET_TYPES:
        same = [dataset for dataset in datasets if dataset.type == dataset_type]
        for other in same[1:]:
            problems.add(
                f"{other.path}.DatasetType",
                f"a second {dataset_type}",
                "one dataset of a type",
                f"{same[0].path} has this type already.",
            )
    written = value_at(document, "Datasets")
    all_read = written is not None and len(datasets) == len(written) and all(dataset.type for dataset in datasets)
    if all_read and first_of(datasets, TARGET) is None:
        problems.add("$.Datasets", f"no {TARGET}", f"one dataset with DatasetType {TARGET}")


def _check_domain(dataset: DatasetView, group_domain: str | None, problems: Problems) -> None:
    domain = value_at(dataset.fields, "Domain")
    if domain and group_domain and domain != group_domain:
        problems.add(f"{dataset.path}.Domain", domain, f"{group_domain}, the domain of the dataset group")
    if dataset.type == METADATA and dataset.domain and not dataset.domain.item_metadata:
        problems.add(
            f"{dataset.path}.DatasetType",
            METADATA,
            f"{TARGET} or {RELATED}",
            f"The domain {domain} has no item metadata: remove the dataset.",
        )


def _check_frequency(dataset: DatasetView, problems: Problems) -> None:
    path = f"{dataset.path}.DataFrequency"
    if dataset.type in (TARGET, RELATED) and "DataFrequency" not in dataset.fields:
        problems.add(path, "nothing", f"the frequency of the data, which a {dataset.type} needs, for example H or D")
    if dataset.type == METADATA and (frequency := value_at(dataset.fields, "DataFrequency")):
        problems.add(path, str(frequency), "nothing: item metadata has no frequency", "Remove it.")


def _check_names(dataset: DatasetView, problems: Problems) -> None:
    first: dict[str, Column] = {}
    for column in dataset.columns:
        # SQL ignores case in column names.
        other = first.setdefault(column.name.lower(), column)
        if other is not column:
            problems.add(
                f"{column.path}.AttributeName",
                f"'{column.name}' again",
                "names that differ by more than their case",
                f"{other.path} is called '{other.name}'.",
            )


def _check_column_count(dataset: DatasetView, problems: Problems) -> None:
    path, count = f"{dataset.path}.Schema.Attributes", len(dataset.columns)
    limit = MAX_COLUMNS.get(dataset.type or "", count)
    if count > limit:
        problems.add(path, f"{count} attributes", f"at most {limit} in a {dataset.type}")
    features = sum(column.type in NUMERIC for column in dataset.extras())
    if dataset.type == RELATED and features > MAX_RELATED_FEATURES:
        problems.add(path, f"{features} numeric features", f"at most {MAX_RELATED_FEATURES} in a {RELATED}")


def _check_required_columns(dataset: DatasetView, problems: Problems) -> None:
    if dataset.domain is None or dataset.type is None:
        return
    by_name = {column.name: column for column in dataset.columns}
    for name, types in dataset.domain.required(dataset.type).items():
        needed = f"'{name}' of type {one_of(types)}"
        column = by_name.get(name)
        if column is None and dataset.all_columns:
            problems.add(
                f"{dataset.path}.Schema.Attributes",
                f"the attributes {', '.join(by_name)}" if by_name else "no attribute",
                f"the attribute {needed}: every {dataset.type} of the domain {dataset.fields['Domain']} has it",
                _renaming_advice(name, dataset),
            )
        elif column and column.type and column.type not in types:
            problems.add(f"{column.path}.AttributeType", column.type, f"{one_of(types)} for the attribute '{name}'")


def _renaming_advice(name: str, dataset: DatasetView) -> str:
    similar = nearest(name, [extra.name for extra in dataset.extras()])
    return f"If '{similar}' is meant, call it '{name}'." if similar else ""


def _check_extra_columns(dataset: DatasetView, problems: Problems, warnings: Problems) -> None:
    if dataset.domain is None or dataset.type is None:
        return
    misspelt = {name.lower() for name in dataset.domain.required(dataset.type)}
    for column in dataset.extras():
        _check_extra_type(dataset, column, problems, warnings)
        if _RESERVED[dataset.type].fullmatch(column.name) and column.name.lower() not in misspelt:
            problems.add(
                f"{column.path}.AttributeName",
                f"'{column.name}'",
                "a name that the tables of the platform do not use for something else",
                "Give the attribute another name; a header in the files, if there is one, needs it too.",
            )
    if (
        dataset.type == RELATED
        and dataset.all_columns
        and not any(c.type in (*NUMERIC, None) for c in dataset.extras())
    ):
        problems.add(f"{dataset.path}.Schema.Attributes", "no numeric feature", "at least one of type float or integer")


def _check_extra_type(dataset: DatasetView, column: Column, problems: Problems, warnings: Problems) -> None:
    path = f"{column.path}.AttributeType"
    if column.type == "timestamp":
        problems.add(path, "timestamp", "another type: only the attribute 'timestamp' has it")
    elif dataset.type == METADATA and column.type in NUMERIC:
        problems.add(path, column.type, "string: all item metadata are texts")
    elif dataset.type == RELATED and dataset.domain and column.name == dataset.domain.target:
        problems.add(f"{column.path}.AttributeName", f"'{column.name}'", f"no target in a {RELATED}", "Remove it.")
    elif dataset.type == TARGET and column.type in NUMERIC:
        warnings.add(
            path,
            f"{column.type} for '{column.name}', which is neither the item nor the target",
            "string for a dimension",
            f"The column is ignored. To forecast with it, move it to a {RELATED} dataset.",
        )


def _check_related_dimensions(datasets: list[DatasetView], problems: Problems) -> None:
    target, related = first_of(datasets, TARGET), first_of(datasets, RELATED)
    if not (target and related and target.all_columns and target.domain and related.domain):
        return
    dimensions = [column.name for column in target.extras() if column.type in (*TEXTUAL, None)]
    for column in related.extras():
        if column.type in TEXTUAL and column.name not in dimensions and column.name != related.domain.target:
            problems.add(
                column.path,
                f"'{column.name}' of type {column.type}",
                "a feature of type float or integer, or a dimension that the target dataset has as well"
                + (f" ({', '.join(dimensions)})" if dimensions else ""),
            )
