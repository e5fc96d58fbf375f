"""Rules about the datasets: one of a type, domains, required columns, limits, names."""

from __future__ import annotations

import pytest

from forecast_platform_tests.params.documents import Json, attributes, dataset, message, messages, minimal, parsed

KEYS = ("item_id:string", "timestamp:timestamp")


def with_target(*columns: str, domain: str = "RETAIL") -> Json:
    return minimal(domain, columns)


def with_related(*columns: str, frequency: str | None = "D") -> Json:
    document = minimal()
    document["Datasets"].append(dataset("RELATED_TIME_SERIES", *columns, frequency=frequency))
    return document


def with_metadata(*columns: str, frequency: str | None = None) -> Json:
    document = minimal()
    document["Datasets"].append(dataset("ITEM_METADATA", *columns, frequency=frequency))
    return document


def test_without_a_target_time_series_nothing_can_be_forecast() -> None:
    document = minimal()
    document["Datasets"] = [dataset("ITEM_METADATA", "item_id:string", "brand:string", frequency=None)]

    assert message(document).startswith("params.json: $.Datasets: found no TARGET_TIME_SERIES;")


def test_a_target_whose_type_is_misspelt_is_not_reported_as_missing_too() -> None:
    document = minimal()
    document["Datasets"][0]["DatasetType"] = "TARGET_TIMESERIES"

    assert message(document).endswith("Did you mean 'TARGET_TIME_SERIES'?")


def test_a_second_dataset_of_a_type_is_refused() -> None:
    document = minimal()
    document["Datasets"].append({**document["Datasets"][0], "DatasetName": "Another"})

    assert message(document) == (
        "params.json: $.Datasets[1].DatasetType: found a second TARGET_TIME_SERIES; expected one dataset of a type. "
        "$.Datasets[0] has this type already."
    )


def test_two_datasets_need_two_names() -> None:
    document = with_related(*KEYS, "price:float")
    document["Datasets"][1]["DatasetName"] = document["Datasets"][0]["DatasetName"]

    assert "$.Datasets[1]: found " in message(document)
    assert "expected different datasets" in message(document)


def test_a_dataset_has_the_domain_of_its_group() -> None:
    document = minimal()
    document["DatasetGroup"]["Domain"] = "INVENTORY_PLANNING"

    assert message(document) == (
        "params.json: $.Datasets[0].Domain: found RETAIL; expected INVENTORY_PLANNING, the domain of the dataset group."
    )


def test_the_ec2_domain_has_no_item_metadata() -> None:
    document = with_target(
        "instance_type:string", "timestamp:timestamp", "number_of_instances:integer", domain="EC2_CAPACITY"
    )
    document["Datasets"].append(dataset("ITEM_METADATA", "instance_type:string", domain="EC2_CAPACITY", frequency=None))

    assert "The domain EC2_CAPACITY has no item metadata: remove the dataset." in message(document)


@pytest.mark.parametrize(
    ("domain", "target"),
    [
        ("RETAIL", "demand"),
        ("CUSTOM", "target_value"),
        ("INVENTORY_PLANNING", "demand"),
        ("WEB_TRAFFIC", "value"),
        ("METRICS", "metric_value"),
        ("WORK_FORCE", "workforce_demand"),
        ("EC2_CAPACITY", "number_of_instances"),
    ],
)
def test_every_column_that_a_domain_requires_is_asked_for(domain: str, target: str) -> None:
    missing = messages(with_target("colour:string", domain=domain))

    assert len(missing) == 3
    assert all(f"every TARGET_TIME_SERIES of the domain {domain} has it" in problem for problem in missing)
    assert any(f"the attribute '{target}' of type" in problem for problem in missing)


def test_a_column_in_another_case_is_recognised() -> None:
    assert message(with_target("Item_ID:string", "timestamp:timestamp", "demand:float")) == (
        "params.json: $.Datasets[0].Schema.Attributes: found the attributes Item_ID, timestamp, demand; expected the "
        "attribute 'item_id' of type string: every TARGET_TIME_SERIES of the domain RETAIL has it. If 'Item_ID' is "
        "meant, call it 'item_id'."
    )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("item_id:integer", "timestamp:timestamp", "demand:float"), "found integer; expected string for the attribut"),
        (("item_id:string", "timestamp:string", "demand:float"), "found string; expected timestamp for the attribute"),
        (("item_id:string", "timestamp:timestamp", "demand:string"), "found string; expected float or integer for the"),
        ((*KEYS, "demand:float", "opened:timestamp"), "found timestamp; expected another type: only the attribute 'ti"),
        ((*KEYS, "demand:float", "demand:float"), "found 'demand' again; expected names that differ by more than"),
        ((*KEYS, "demand:float", "store:string", "Store:string"), "$.Datasets[0].Schema.Attributes[3] is called 'stor"),
        ((*KEYS, "demand:float", "type:string"), "found 'type'; expected a name that the tables of the platform do no"),
        ((*KEYS, "demand:float", "Coverage:string"), "found 'Coverage'; expected a name that the tables of"),
        ((*KEYS, "demand:float", "p90:string"), "found 'p90'; expected a name that the tables"),
        ((*KEYS, "demand:float", *(f"d{n}:string" for n in range(11))), "found 14 attributes; expected at most 13"),
    ],
)  # fmt: skip
def test_a_target_schema_that_cannot_be_right_is_refused(columns: tuple[str, ...], said: str) -> None:
    assert said in message(with_target(*columns))


def test_the_number_of_instances_is_an_integer() -> None:
    document = with_target(
        "instance_type:string", "timestamp:timestamp", "number_of_instances:float", domain="EC2_CAPACITY"
    )

    assert "found float; expected integer for the attribute 'number_of_instances'" in message(document)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("item_id:string", "price:float"), "expected the attribute 'timestamp' of type timestamp"),
        ((*KEYS, "price:float", "demand:float"), "found 'demand'; expected no target in a RELATED_TIME_SERIES. Remove"),
        ((*KEYS,), "found no numeric feature; expected at least one of type float or integer"),
        ((*KEYS, "price:float", "colour:string"), "found 'colour' of type string; expected a feature of type float or"),
        ((*KEYS, "target:float"), "found 'target'; expected a name that the tables of the platform do not use"),
        ((*KEYS, *(f"f{n}:float" for n in range(14))), "found 14 numeric features; expected at most 13"),
    ],
)  # fmt: skip
def test_a_related_schema_that_cannot_be_right_is_refused(columns: tuple[str, ...], said: str) -> None:
    assert said in message(with_related(*columns))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("brand:string",), "expected the attribute 'item_id' of type string: every ITEM_METADATA"),
        (("item_id:string", "size:float"), "found float; expected string: all item metadata are texts"),
        (("item_id:string", *(f"m{n}:string" for n in range(10))), "found 11 attributes; expected at most 10"),
    ],
)  # fmt: skip
def test_item_metadata_that_cannot_be_right_are_refused(columns: tuple[str, ...], said: str) -> None:
    assert said in message(with_metadata(*columns))


def test_time_series_have_a_frequency_and_item_metadata_have_none() -> None:
    target, related = minimal(), with_related(*KEYS, "price:float", frequency=None)
    del target["Datasets"][0]["DataFrequency"]

    assert "$.Datasets[0].DataFrequency: found nothing; expected the frequency of the data" in message(target)
    assert "$.Datasets[1].DataFrequency: found nothing; expected the frequency of the data" in message(related)
    assert "found D; expected nothing: item metadata has no frequency. Remove it." in message(
        with_metadata("item_id:string", frequency="D")
    )


def test_a_frequency_that_is_misspelt_is_not_reported_as_missing_too() -> None:
    document = minimal()
    document["Datasets"][0]["DataFrequency"] = "daily"

    assert 'found "daily"; expected a number of Y (1)' in message(document)


def test_a_column_whose_type_is_misspelt_is_not_reported_as_missing_too() -> None:
    document = minimal()
    document["Datasets"][0]["Schema"] = attributes(*KEYS, "demand:flaot")

    assert message(document).endswith("Did you mean 'float'?")


def test_a_geolocation_is_a_dimension() -> None:
    view = parsed(with_target(*KEYS, "demand:float", "location:geolocation"))

    assert view.params.dimension_columns == ("location",)
    assert view.warnings == ()
