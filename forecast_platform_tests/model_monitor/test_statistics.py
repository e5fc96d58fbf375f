"""statistics.json is what the service would write, and either's is read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.documents import write_document
from forecast_platform.model_monitor.statistics import MOST_CATEGORIES, read_statistics, statistics_document
from forecast_platform_tests.model_monitor.tables import profile

VALUES = np.random.default_rng(1).normal(50, 10, size=100)


def test_the_statistics_of_numbers_are_numpys() -> None:
    document = statistics_document(profile({"x": VALUES}))
    assert list(document) == ["version", "dataset", "features"]
    assert (document["version"], document["dataset"]) == (0.0, {"item_count": 100})
    [feature] = document["features"]
    assert list(feature) == ["name", "inferred_type", "numerical_statistics"]
    numbers = feature["numerical_statistics"]
    assert list(numbers) == ["common", "mean", "sum", "std_dev", "min", "max", "distribution"]
    assert numbers["common"] == {"num_present": 100, "num_missing": 0}
    assert numbers["mean"] == pytest.approx(VALUES.mean(), rel=1e-14)
    assert numbers["sum"] == pytest.approx(VALUES.sum(), rel=1e-14)
    assert numbers["std_dev"] == pytest.approx(np.std(VALUES), rel=1e-12)  # the population's
    assert (numbers["min"], numbers["max"]) == (VALUES.min(), VALUES.max())


def test_the_buckets_are_those_of_numpys_histogram() -> None:
    kll = statistics_document(profile({"x": VALUES}))["features"][0]["numerical_statistics"]["distribution"]["kll"]
    counts, edges = np.histogram(VALUES, bins=10)
    assert [bucket["count"] for bucket in kll["buckets"]] == counts.tolist()
    assert [bucket["lower_bound"] for bucket in kll["buckets"]] == pytest.approx(edges[:-1].tolist())
    assert kll["buckets"][-1]["upper_bound"] == VALUES.max()


def test_a_small_sketch_is_one_level_of_raw_values() -> None:
    kll = statistics_document(profile({"x": VALUES}))["features"][0]["numerical_statistics"]["distribution"]["kll"]
    assert kll["sketch"] == {"parameters": {"c": 0.64, "k": 2048.0}, "data": [VALUES.tolist()]}


def test_the_counts_of_a_large_sketch_still_sum_to_the_rows() -> None:
    values = np.random.default_rng(1).gamma(2.0, size=30_000)
    kll = statistics_document(profile({"x": values}))["features"][0]["numerical_statistics"]["distribution"]["kll"]
    assert sum(bucket["count"] for bucket in kll["buckets"]) == 30_000
    assert sum(len(level) << height for height, level in enumerate(kll["sketch"]["data"])) == 30_000
    counts, _ = np.histogram(values, bins=10)
    assert [bucket["count"] for bucket in kll["buckets"]] == pytest.approx(counts.tolist(), abs=0.0028 * 30_000)


def test_a_baseline_of_one_value_has_all_of_it_in_the_last_bucket() -> None:
    kll = statistics_document(profile({"x": [3.0] * 7}))["features"][0]["numerical_statistics"]["distribution"]["kll"]
    assert [bucket["count"] for bucket in kll["buckets"]] == [0.0] * 9 + [7.0]
    assert {bucket["lower_bound"] for bucket in kll["buckets"]} == {3.0}


def test_the_statistics_of_texts_have_their_categories() -> None:
    [feature] = statistics_document(profile({"s": ["b", "a", "b", None]}))["features"]
    assert feature == {
        "name": "s",
        "inferred_type": "String",
        "string_statistics": {
            "common": {"num_present": 3, "num_missing": 1},
            "distinct_count": 2.0,
            "distribution": {"categorical": {"buckets": [{"value": "b", "count": 2}, {"value": "a", "count": 1}]}},
        },
    }


def test_there_is_no_distribution_over_many_categories() -> None:
    few = [f"c{number}" for number in range(MOST_CATEGORIES)]
    [at_limit] = statistics_document(profile({"s": few}))["features"]
    [above] = statistics_document(profile({"s": [*few, "one more"]}))["features"]
    assert "distribution" in at_limit["string_statistics"]
    assert "distribution" not in above["string_statistics"]
    assert above["string_statistics"]["distinct_count"] == MOST_CATEGORIES + 1.0


def test_an_empty_column_and_infinities_give_strict_json() -> None:
    table = profile({"empty": [None, None], "huge": [np.inf, -np.inf], "mixed": [np.inf, 2.0]})
    document = json.loads(write_document(statistics_document(table)))
    empty, huge, mixed = document["features"]
    assert empty["inferred_type"] == "Unknown"
    assert empty["string_statistics"]["common"] == {"num_present": 0, "num_missing": 2}
    assert huge["numerical_statistics"] == {"common": {"num_present": 2, "num_missing": 0}}
    assert mixed["numerical_statistics"]["max"] == 2.0


def test_sums_that_no_double_can_hold_are_null_and_not_a_guess() -> None:
    [feature] = json.loads(write_document(statistics_document(profile({"x": [1e308, 1e308, -1.0]}))))["features"]
    numbers = feature["numerical_statistics"]
    assert (numbers["sum"], numbers["std_dev"], numbers["max"]) == (None, None, 1e308)
    assert read_statistics(json.dumps({"features": [feature]}).encode(), "statistics.json")["x"].present == 3


def test_numbers_at_both_ends_of_the_doubles_have_buckets() -> None:
    """Their distance is infinite, and so the edges were no numbers and the file could not be written."""
    table = profile({"x": [-1.7e308, 1.7e308, 0.0], "y": [0.0, 5e-324, 5e-324]})
    wide, narrow = json.loads(write_document(statistics_document(table)))["features"]
    buckets = wide["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert [bucket["count"] for bucket in buckets] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert (buckets[0]["lower_bound"], buckets[-1]["upper_bound"]) == (-1.7e308, 1.7e308)
    assert narrow["numerical_statistics"]["distribution"]["kll"]["buckets"][-1]["upper_bound"] == 5e-324


def test_statistics_are_read_back() -> None:
    table = profile({"x": VALUES, "s": ["a", "b"] * 50, "e": [None] * 100})
    read = read_statistics(write_document(statistics_document(table)), "statistics.json")
    assert list(read) == ["x", "s", "e"]
    assert read["x"].sketch is not None
    assert np.array_equal(read["x"].sketch.levels[0], VALUES)
    assert read["s"].categories == {"a": 50, "b": 50}
    assert (read["e"].inferred_type, read["e"].missing, read["e"].sketch) == ("Unknown", 100, None)


def test_statistics_of_the_service_with_keys_we_do_not_write_are_read() -> None:
    document = statistics_document(profile({"x": VALUES}))
    numbers = document["features"][0]["numerical_statistics"]
    numbers |= {"approximate_num_distinct_values": 97, "completeness": 1.0}
    assert read_statistics(json.dumps(document).encode(), "statistics.json")["x"].present == 100


def test_everything_that_is_wrong_with_statistics_is_said_at_once() -> None:
    document = statistics_document(profile({"x": VALUES, "y": VALUES, "z": ["a"] * 100}))
    first, second, third = document["features"]
    first["inferred_type"] = "Integer"
    second["numerical_statistics"]["distribution"]["kll"]["sketch"]["data"] = [["high"]]
    third["string_statistics"]["distribution"]["categorical"]["buckets"] = "a: 1"
    with pytest.raises(InputError) as error:
        read_statistics(json.dumps(document).encode(), "statistics.json")
    text = str(error.value)
    assert "$.features[0].inferred_type" in text
    assert "$.features[1].numerical_statistics.distribution.kll.sketch.data" in text
    assert "$.features[2].string_statistics.distribution.categorical.buckets" in text


@pytest.mark.parametrize("level", [[[1.0, 2.0], [3.0, 4.0]], [1e308, 10**400], [None], "1", 5])
def test_levels_of_a_sketch_are_lists_of_numbers(level: object) -> None:
    document = statistics_document(profile({"x": VALUES}))
    document["features"][0]["numerical_statistics"]["distribution"]["kll"]["sketch"]["data"] = [level]
    with pytest.raises(InputError, match=r"sketch\.data: found .*; expected at most 60 lists of finite numbers"):
        read_statistics(json.dumps(document).encode(), "statistics.json")


@pytest.mark.parametrize(("count", "said"), [(-3, "from 0"), (10**400, "a number"), ("3", "a number")])
def test_counts_of_categories_are_counts(count: object, said: str) -> None:
    document = statistics_document(profile({"s": ["a", "b"]}))
    document["features"][0]["string_statistics"]["distribution"]["categorical"]["buckets"][0]["count"] = count
    with pytest.raises(InputError, match=rf"buckets\[0\]\.count: found .*; expected .*{said}"):
        read_statistics(json.dumps(document).encode(), "statistics.json")


def test_a_feature_is_there_once() -> None:
    document = statistics_document(profile({"x": VALUES}))
    document["features"] *= 2
    with pytest.raises(InputError, match=r"features\[1\]\.name"):
        read_statistics(json.dumps(document).encode(), "statistics.json")


@pytest.mark.parametrize("data", [b"", b"[]", b'{"features": 1}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_statistics_at_all_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InputError, match=r"statistics\.json"):
        read_statistics(data, "statistics.json")
