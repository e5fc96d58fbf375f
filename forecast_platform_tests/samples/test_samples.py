"""The samples are what their descriptions say, on every machine."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import date
from hashlib import sha256

import pandas as pd
import pytest

from forecast_platform.params import parse_params
from forecast_platform.samples import generate
from forecast_platform.samples.electricity import PUBLIC_HOLIDAYS

GOLDEN = {
    "electricity": {
        "params.json": "293852c2da10509055ebfe5ef808c37d71bda51f50c8121881fc5390c9df9b2c",
        "train/electricity.csv": "5c9e789847d95f15a3c61f4d28ec7393805bbc09a56f2f9a62304cc47cdc3aca",
    },
    "store_sales": {
        "params.json": "57f1af642564cc26136812e385aac3267642af1770341a911fc6925b7205ca07",
        "train/store_sales.csv": "b619b50451b7c527a177202bde1b7746cc16746eb44e2290bb69cb5f60b174b9",
        "train/store_sales.related.csv": "1ec9bce30d2f303bb60b489371d110cec385d99f87728e04bd3c6aae77cb4e7d",
        "train/store_sales.metadata.csv": "485000c42fb5be8673c5ef91b5e87df520c36af12bb920ab54c291fd1c8de55f",
    },
}


def digests(name: str) -> dict[str, str]:
    return {key: sha256(data).hexdigest() for key, data in generate(name).items()}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_bytes_are_the_same_on_every_machine_and_for_ever(name: str) -> None:
    assert digests(name) == GOLDEN[name]


def test_the_bytes_depend_on_neither_the_hash_seed_nor_the_time_zone() -> None:
    program = (
        "from hashlib import sha256; from forecast_platform.samples import generate;"
        "print(sha256(generate('store_sales')['train/store_sales.related.csv']).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Seoul"}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == GOLDEN["store_sales"]["train/store_sales.related.csv"]


@pytest.mark.parametrize("name", GOLDEN)
def test_the_parameters_are_valid_and_name_the_columns_of_the_files(name: str) -> None:
    files = generate(name)
    params = parse_params(files["params.json"]).params
    for dataset, key in (
        (params.target, f"train/{name}.csv"),
        (params.related, f"train/{name}.related.csv"),
        (params.item_metadata, f"train/{name}.metadata.csv"),
    ):
        assert (dataset is not None) == (key in files)
        if dataset is not None:
            row = files[key].decode().splitlines()[1].split(",")
            assert len(row) == len(dataset.attributes)


def test_an_unknown_sample_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        generate("weather")


class TestElectricity:
    @pytest.fixture(scope="class")
    def frame(self) -> pd.DataFrame:
        frame = pd.read_csv(
            io.BytesIO(generate("electricity")["train/electricity.csv"]),
            names=["timestamp", "target", "item_id"],
            parse_dates=["timestamp"],
        )
        return frame.assign(hour=frame["timestamp"].dt.hour, weekday=frame["timestamp"].dt.weekday)

    def test_the_parameters_are_those_of_the_old_sample_under_other_names(self) -> None:
        files = generate("electricity")
        written = json.loads(files["params.json"])
        assert written["Predictor"] == {
            "PredictorName": "electricity_sample_predictor",
            "ForecastHorizon": 72,
            "FeaturizationConfig": {"ForecastFrequency": "H"},
            "PerformAutoML": True,
        }
        assert written["Forecast"]["ForecastTypes"] == ["0.10", "0.50", "0.90"]
        assert written["TimestampFormat"] == "yyyy-MM-dd hh:mm:ss"
        assert written["PerformDelete"] is False
        warnings = parse_params(files["params.json"]).warnings
        assert [warning.where for warning in warnings] == ["params.json: $.TimestampFormat"]

    def test_three_items_have_every_hour_of_eleven_months(self, frame: pd.DataFrame) -> None:
        hours = pd.date_range("2025-01-01", "2025-11-30 23:00", freq="h")
        assert frame["item_id"].unique().tolist() == ["client_10", "client_12", "client_111"]
        for _, series in frame.groupby("item_id"):
            assert series["timestamp"].tolist() == hours.tolist()

    def test_the_file_has_no_header(self) -> None:
        first = generate("electricity")["train/electricity.csv"].decode().partition("\n")[0]
        timestamp, value, item = first.split(",")
        assert (timestamp, item) == ("2025-01-01 00:00:00", "client_10")
        assert float(value) > 0

    def test_nothing_is_negative_and_one_item_is_away_for_two_weeks(self, frame: pd.DataFrame) -> None:
        assert (frame["target"] >= 0).all()
        zeros = frame[frame["target"] == 0]
        assert zeros["item_id"].unique().tolist() == ["client_111"]
        assert zeros["timestamp"].tolist() == pd.date_range("2025-08-04", "2025-08-17 23:00", freq="h").tolist()

    def test_the_days_and_the_weeks_of_the_items_differ(self, frame: pd.DataFrame) -> None:
        workdays = frame[frame["weekday"] < 5]
        peaks = workdays.groupby(["item_id", "hour"])["target"].mean().unstack().idxmax(axis=1)
        assert peaks.to_dict() == {"client_10": 20, "client_12": 10, "client_111": 22}
        by_day = frame.groupby(["item_id", "weekday"])["target"].mean().unstack()
        assert by_day.loc["client_12", 6] < 0.8 * by_day.loc["client_12", 2]
        assert by_day.loc["client_111", 5] > 1.05 * by_day.loc["client_111", 2]

    def test_yesterday_and_last_week_say_more_than_an_odd_lag(self, frame: pd.DataFrame) -> None:
        for _, series in frame.groupby("item_id"):
            correlation = {lag: series["target"].autocorr(lag) for lag in (11, 24, 168)}
            assert min(correlation[24], correlation[168]) > 0.5 > correlation[11]

    def test_the_level_changes_over_the_year(self, frame: pd.DataFrame) -> None:
        by_month = frame.groupby(["item_id", frame["timestamp"].dt.month])["target"].mean().unstack()
        assert by_month.loc["client_10", 1] > 1.5 * by_month.loc["client_10", 7]
        assert by_month.loc["client_111", 1] < by_month.loc["client_111", 7]

    def test_public_holidays_look_like_sundays(self, frame: pd.DataFrame) -> None:
        day = frame["timestamp"].dt.date
        weekday_holidays = {holiday for holiday in PUBLIC_HOLIDAYS if holiday.weekday() < 5}
        client = frame["item_id"] == "client_10"
        kinds = {
            "holiday": day.isin(weekday_holidays),
            "sunday": frame["weekday"] == 6,
            "workday": (frame["weekday"] < 5) & ~day.isin(weekday_holidays),
        }
        profiles = {}
        for kind, chosen in kinds.items():
            profile = frame[client & chosen].groupby("hour")["target"].mean()
            profiles[kind] = profile / profile.mean()
        to_sunday = (profiles["holiday"] - profiles["sunday"]).abs().max()
        to_workday = (profiles["holiday"] - profiles["workday"]).abs().max()
        assert to_sunday < to_workday / 3


class TestStoreSales:
    @pytest.fixture(scope="class")
    def sales(self) -> pd.DataFrame:
        return self.read("train/store_sales.csv")

    @pytest.fixture(scope="class")
    def plan(self) -> pd.DataFrame:
        return self.read("train/store_sales.related.csv")

    @staticmethod
    def read(key: str) -> pd.DataFrame:
        frame = pd.read_csv(io.BytesIO(generate("store_sales")[key]), parse_dates=["timestamp"])
        return frame.assign(category=frame["item_id"].str.rpartition("_")[2])

    def test_twelve_items_have_every_friday_of_three_years(self, sales: pd.DataFrame) -> None:
        fridays = pd.date_range("2022-12-02", "2025-11-28", freq="W-FRI")
        assert len(fridays) == 157
        assert sales["item_id"].nunique() == 12
        assert sales["store"].nunique() == 3
        for _, series in sales.groupby("item_id"):
            assert series["timestamp"].tolist() == fridays.tolist()

    def test_price_and_holidays_are_known_a_horizon_beyond_the_sales(
        self, sales: pd.DataFrame, plan: pd.DataFrame
    ) -> None:
        horizon = parse_params(generate("store_sales")["params.json"]).params.horizon
        for item, series in plan.groupby("item_id"):
            sold = sales[sales["item_id"] == item]["timestamp"]
            assert series["timestamp"].tolist()[: len(sold)] == sold.tolist()
            assert len(series) == len(sold) + horizon
        assert (plan["price"] > 0).all()

    def test_the_store_is_a_forecast_dimension_and_its_type_belongs_to_the_item(self) -> None:
        files = generate("store_sales")
        params = parse_params(files["params.json"]).params
        assert params.forecast_dimensions == ("store",)
        items = pd.read_csv(io.BytesIO(files["train/store_sales.metadata.csv"]))
        assert items["item_id"].is_unique
        assert items.groupby(items["item_id"].str.slice(stop=7))["store_type"].unique().str.join("").to_dict() == {
            "store_1": "A",
            "store_2": "B",
            "store_3": "C",
        }

    def test_every_file_has_a_header_of_the_columns_of_its_schema(self) -> None:
        files = generate("store_sales")
        params = parse_params(files["params.json"]).params
        for dataset, key in (
            (params.target, "train/store_sales.csv"),
            (params.related, "train/store_sales.related.csv"),
            (params.item_metadata, "train/store_sales.metadata.csv"),
        ):
            assert dataset is not None
            header = files[key].decode().partition("\n")[0].split(",")
            assert header == [attribute.name for attribute in dataset.attributes]

    def test_the_weeks_of_thanksgiving_and_christmas_are_flagged_and_peak(
        self, sales: pd.DataFrame, plan: pd.DataFrame
    ) -> None:
        flagged = plan[plan["holiday"] == 1]["timestamp"].dt.date.unique().tolist()
        assert flagged == [
            date(2022, 12, 23),
            date(2023, 11, 17),
            date(2023, 12, 22),
            date(2024, 11, 22),
            date(2024, 12, 20),
            date(2025, 11, 21),
            date(2025, 12, 19),
        ]
        toys = sales[sales["category"] == "toys"]
        peak = toys["timestamp"].dt.date.isin(flagged)
        assert toys[peak]["demand"].mean() > 2 * toys[~peak]["demand"].mean()

    def test_lower_prices_sell_more(self, sales: pd.DataFrame, plan: pd.DataFrame) -> None:
        joined = sales.merge(plan, on=["item_id", "timestamp", "category"])
        for _, series in joined[joined["holiday"] == 0].groupby("item_id"):
            regular = series["price"].rolling(13, center=True, min_periods=1).max()
            reduced = series["price"] < 0.95 * regular
            usual = series["demand"].where(~reduced).rolling(13, center=True, min_periods=1).median()
            assert (series["demand"] / usual)[reduced].median() > 1.03

    def test_departments_grow_and_shrink_at_their_own_pace(self, sales: pd.DataFrame) -> None:
        year = (sales["timestamp"] - sales["timestamp"].min()).dt.days // 364
        by_year = sales.groupby(["category", year])["demand"].mean().unstack()
        growth = by_year[2] / by_year[0]
        assert growth["garden"] > 1.05
        assert growth["clothing"] < 0.9
