"""The panels of real data, from files beside the checkout that are not part of the project.

Belongs here: reading them into panels. Does not belong here: generated data.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.accuracy.panels import DataAbsentError, Panel
from benchmarks.measuring import CHECKOUT
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.frequency import Frequency

DATA = CHECKOUT.parent / "shared" / "data"


def electricity() -> Panel:
    """Consumption of 3 households over 7,991 hours, 72 hours ahead. UCI ElectricityLoadDiagrams."""
    target = pd.read_csv(
        _file("electricity/train/item-demand-time.csv"),
        names=["timestamp", "target", "item_id"],
        parse_dates=["timestamp"],
    )
    return Panel("electricity", TrainingFrames(_sorted(target)), Frequency.parse("H"), 72)


def weekly_sales() -> Panel:
    """Sales of 7 departments of one store over 143 weeks, 13 weeks ahead. From a Kaggle competition of Walmart's.

    Holidays are known ahead; temperature and fuel price are not. Markdowns are left out: two thirds are missing.
    """
    data = pd.read_csv(_file("weekly_sales/walmart_sales_weekly.csv"), parse_dates=["Date"])
    data = data.rename(columns={"id": "item_id", "Date": "timestamp", "Weekly_Sales": "target"})
    data["IsHoliday"] = data["IsHoliday"].astype(float)
    related = ["IsHoliday", "Temperature", "Fuel_Price"]
    return Panel(
        "weekly_sales",
        TrainingFrames(_sorted(data[["item_id", "timestamp", "target"]]), _sorted(data[[*_KEYS, *related]])),
        Frequency.parse("W"),
        13,
        known_ahead=("IsHoliday",),
    )


def instruments() -> Panel:
    """Orders of 20 musical instruments over 563 to 639 months, 6 months ahead, with related series and metadata.

    Both related series are known ahead: their file reaches a year beyond the target. From an AWS sample.
    """
    names = {"Timestamp": "timestamp", "Model_ID": "item_id", "Order_Quantity": "target"}
    target, related = (
        pd.read_csv(_file(f"related_series/instrument_{kind}.csv"), parse_dates=["Timestamp"]).rename(columns=names)
        for kind in ("TTS", "RTS")
    )
    metadata = pd.read_csv(_file("related_series/instrument_IM.csv"), dtype=str).rename(columns=names)
    for frame in (target, related):
        # Labelled with the 28th to the 30th; the label of a period is its first day everywhere else.
        frame["timestamp"] = frame["timestamp"].dt.to_period("M").dt.start_time
    return Panel(
        "instruments",
        TrainingFrames(_sorted(target), _sorted(related), metadata.sort_values("item_id", ignore_index=True)),
        Frequency.parse("M"),
        6,
        known_ahead=("Loss_Rate", "Customer_Request"),
    )


_KEYS = ["item_id", "timestamp"]


def _file(path: str) -> Path:
    found = DATA / path
    if not found.exists():
        raise DataAbsentError(f"it needs shared/data/{path}, beside the checkout")
    return found


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    others = [name for name in frame.columns if name not in _KEYS]
    ordered = frame[[*_KEYS, *others]].sort_values(_KEYS, ignore_index=True)
    return ordered.astype({"timestamp": "datetime64[ns]", **dict.fromkeys(others, "float64")})
