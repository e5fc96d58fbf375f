"""Valid files, and the one view of them that the rest of the package uses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forecast_platform.frequency import Frequency
from forecast_platform.params import Attribute, Featurization, SupplementaryFeature, TimeAlignment, parse_params
from forecast_platform.params.schema import ALGORITHMS
from forecast_platform_tests.params.documents import Json, auto, dataset, legacy, minimal, params, parsed

OLD_SAMPLE = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "electricity" / "params.json"


@pytest.mark.skipif(not OLD_SAMPLE.exists(), reason="the old pipeline's files are not beside this checkout")
def test_the_sample_of_the_old_pipeline_parses_with_exactly_one_warning() -> None:
    parsed = parse_params(OLD_SAMPLE.read_bytes())

    assert [str(warning) for warning in parsed.warnings] == [
        'params.json: $.TimestampFormat: found "yyyy-MM-dd hh:mm:ss", where hh is the 12-hour clock; expected '
        '"yyyy-MM-dd HH:mm:ss". It is read as HH, the 24-hour clock.'
    ]
    assert parsed.params.timestamp_format == "yyyy-MM-dd hh:mm:ss"
    assert parsed.params.strptime_format == "%Y-%m-%d %H:%M:%S"
    assert parsed.params.perform_automl
    assert parsed.params.algorithm is None
    assert (parsed.params.horizon, str(parsed.params.frequency)) == (72, "H")
    assert parsed.params.forecast_types == ("p10", "p50", "p90")
    assert parsed.params.raw == json.loads(OLD_SAMPLE.read_bytes())


DOMAINS = {
    "RETAIL": ("item_id:string", "timestamp:timestamp", "demand:float", "location:string"),
    "CUSTOM": ("timestamp:timestamp", "target_value:integer", "item_id:string"),
    "INVENTORY_PLANNING": ("item_id:string", "location:string", "timestamp:timestamp", "demand:float"),
    "EC2_CAPACITY": ("instance_type:string", "timestamp:timestamp", "number_of_instances:integer", "location:string"),
    "WORK_FORCE": ("workforce_type:string", "timestamp:timestamp", "workforce_demand:float", "location:geolocation"),
    "WEB_TRAFFIC": ("item_id:string", "timestamp:timestamp", "value:float"),
    "METRICS": ("metric_name:string", "timestamp:timestamp", "metric_value:float"),
}


@pytest.mark.parametrize(
    ("domain", "item", "target", "dimensions"),
    [
        ("RETAIL", "item_id", "demand", ("location",)),
        ("CUSTOM", "item_id", "target_value", ()),
        ("INVENTORY_PLANNING", "item_id", "demand", ("location",)),
        ("EC2_CAPACITY", "instance_type", "number_of_instances", ("location",)),
        ("WORK_FORCE", "workforce_type", "workforce_demand", ("location",)),
        ("WEB_TRAFFIC", "item_id", "value", ()),
        ("METRICS", "metric_name", "metric_value", ()),
    ],
)
def test_every_domain_names_its_item_and_its_target(
    domain: str, item: str, target: str, dimensions: tuple[str, ...]
) -> None:
    document = minimal(domain, DOMAINS[domain])
    related = dataset(
        "RELATED_TIME_SERIES", f"{item}:string", "timestamp:timestamp", "temperature:float", domain=domain
    )
    metadata = dataset("ITEM_METADATA", f"{item}:string", "category:string", domain=domain, frequency=None)
    document["Datasets"] += [related] if domain == "EC2_CAPACITY" else [related, metadata]

    view = parsed(document)

    assert view.warnings == ()
    assert (view.params.domain, view.params.item_column, view.params.target_column) == (domain, item, target)
    assert view.params.dimension_columns == dimensions
    assert view.params.related is not None
    assert (view.params.item_metadata is None) == (domain == "EC2_CAPACITY")


def test_the_columns_of_a_dataset_keep_the_order_of_the_schema() -> None:
    target = params(minimal("CUSTOM", DOMAINS["CUSTOM"])).target

    assert target.attributes == (
        Attribute("timestamp", "timestamp"),
        Attribute("target_value", "integer"),
        Attribute("item_id", "string"),
    )
    assert (target.name, target.type, target.frequency) == (
        "Target_Time_Series",
        "TARGET_TIME_SERIES",
        Frequency(1, "D"),
    )


def test_defaults_are_those_of_the_api() -> None:
    view = params(minimal())

    assert view.forecast_types == ("p10", "p50", "p90")
    assert view.quantiles == (0.1, 0.5, 0.9)
    assert (view.backtest_windows, view.backtest_window_offset) == (1, 14)
    assert (view.algorithm, view.perform_automl, view.perform_hpo, view.auto_predictor) == ("ETS", False, False, False)
    assert (view.optimization_metric, view.time_alignment, view.training_parameters) == (None, None, {})
    assert (view.related, view.item_metadata, view.featurizations, view.supplementary_features) == (None, None, (), ())
    assert view.perform_delete is False


def test_a_legacy_predictor_with_everything_it_may_carry_is_read() -> None:
    view = params(legacy())

    assert (view.algorithm, view.perform_hpo, view.optimization_metric) == ("Deep_AR_Plus", True, "WAPE")
    assert view.training_parameters == {"epochs": "100", "likelihood": "negative-binomial"}
    assert (view.backtest_windows, view.backtest_window_offset) == (3, 26)
    assert (view.forecast_dimensions, view.dimension_columns) == (("store",), ("store",))
    assert view.forecast_types == ("p10", "p50", "mean", "p90")
    assert view.quantiles == (0.1, 0.5, 0.9)
    assert view.supplementary_features == (
        SupplementaryFeature("holiday", "DE"),
        SupplementaryFeature("weather", "true"),
    )
    assert view.featurizations[1] == Featurization(
        "price", {"middlefill": "median", "backfill": "mean", "futurefill": "value", "futurefill_value": "3"}
    )
    assert view.perform_delete is True
    assert view.strptime_format == "%Y-%m-%d"


def test_an_auto_predictor_is_seen_through_the_same_view() -> None:
    view = params(auto())

    assert view.auto_predictor
    assert (view.algorithm, view.perform_automl) == (None, False)
    assert (view.horizon, str(view.frequency), view.forecast_dimensions) == (13, "W", ("store",))
    assert (view.backtest_windows, view.backtest_window_offset) == (1, 13)
    assert view.featurizations == (
        Featurization("demand", {"aggregation": "sum", "backfill": "nan"}),
        Featurization("promotion", {"futurefill": "zero"}),
    )
    assert view.supplementary_features == (
        SupplementaryFeature("holiday", "DE"),
        SupplementaryFeature("weather", "true"),
    )
    assert view.time_alignment == TimeAlignment(month=3, day_of_month=3, day_of_week=6, hour=0)


@pytest.mark.parametrize("document", [legacy(), auto()], ids=["legacy", "auto"])
def test_a_forecast_without_types_takes_those_of_the_predictor(document: Json) -> None:
    del document["Forecast"]["ForecastTypes"]

    assert params(document).forecast_types == (("p5", "mean") if "Predictor" in document else ("p25", "p75"))


def test_the_mean_alone_is_a_forecast_type() -> None:
    document = minimal()
    document["Forecast"]["ForecastTypes"] = ["mean"]

    assert (params(document).forecast_types, params(document).quantiles) == (("mean",), ())


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_can_be_chosen(name: str) -> None:
    document = minimal()
    document["Predictor"]["AlgorithmArn"] = f"arn:aws:forecast:::algorithm/{name}"

    assert params(document).algorithm == name


def test_the_raw_parameters_are_the_file_as_it_was_written() -> None:
    raw = params(legacy()).raw

    assert raw == legacy()
    assert type(raw["Predictor"]) is dict


def test_a_number_column_of_the_target_that_nobody_reads_is_a_warning() -> None:
    document = minimal(target=("item_id:string", "timestamp:timestamp", "demand:float", "price:float"))

    (warning,) = parsed(document).warnings

    assert str(warning) == (
        "params.json: $.Datasets[0].Schema.Attributes[3].AttributeType: found float for 'price', which is neither the "
        "item nor the target; expected string for a dimension. The column is ignored. To forecast with it, move it to "
        "a RELATED_TIME_SERIES dataset."
    )
