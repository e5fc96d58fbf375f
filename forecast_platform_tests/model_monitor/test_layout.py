"""Folders by hour: what lies in which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from forecast_platform.model_monitor.layout import hour_folder, hour_of


@pytest.mark.parametrize(
    ("path", "hour"),
    [
        ("2025/11/03/07/x.jsonl", datetime(2025, 11, 3, 7)),
        ("2025/11/03/07/part/x.jsonl", datetime(2025, 11, 3, 7)),
        ("2025/11/03/07/", datetime(2025, 11, 3, 7)),
        ("2025/11/03/x.csv", datetime(2025, 11, 3)),
        ("2025/11/03/07", datetime(2025, 11, 3)),
        ("2024/02/29/23/x", datetime(2024, 2, 29, 23)),
        ("2025/02/29/23/x", None),
        ("2025/11/03/part/x.csv", None),
        ("2025/13/03/07/x.jsonl", None),
        ("2025/11/03/24/x.jsonl", None),
        ("reports/2025/11/03/07/x.jsonl", None),
        ("1/2/3/4/x.jsonl", None),
        ("x.csv", None),
        ("", None),
    ],
)
def test_the_hour_of_a_file_is_that_of_its_folder(path: str, hour: datetime | None) -> None:
    assert hour_of(path) == hour


def test_the_folder_of_an_instant_is_that_of_its_hour_in_utc() -> None:
    assert hour_folder(datetime(2024, 12, 31, 23, 59)) == "2024/12/31/23/"
    assert hour_folder(datetime(2024, 12, 31, 23, 59, tzinfo=UTC)) == "2024/12/31/23/"
    assert hour_folder(datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2024/12/31/23/"
