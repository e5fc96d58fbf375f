"""The commands around projects: add, sample, run, backfill, cleanup, sql.

Every test has a home and a folder of definitions of its own; nothing is left in the checkout's.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.cli import main
from forecast_platform.cli.environment import find_projects, load_definitions
from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.frequency import Frequency
from forecast_platform.pipeline.adding import check_new_project
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.one_shot import OneShotInput
from forecast_platform.samples import generate
from forecast_platform.settings import CHECKOUT, DEFS, load_settings
from forecast_platform_tests.cli.command import forecast_platform, write_input
from forecast_platform_tests.small_project import (
    DAYS,
    HORIZON,
    ITEMS,
    TYPES,
    after,
    small_csv,
    small_params,
    tree,
)


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    stdout: str
    stderr: str


Command = Callable[..., Said]


@dataclass(frozen=True)
class Deployment:
    """A home and a folder of definitions of their own."""

    root: Path

    @property
    def bucket(self) -> Path:
        return self.root / "home" / "bucket"

    @property
    def defs(self) -> Path:
        return self.root / "defs"

    @property
    def input(self) -> Path:
        return self.root / "input"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "FORECAST_PLATFORM_HOME": str(self.root / "home"),
            "FORECAST_PLATFORM_DEFS": str(self.defs),
            "DAGSTER_HOME": str(CHECKOUT),
            "FORECAST_PLATFORM_DAGSTER_ROOT": str(self.root / "home" / "dagster"),
        }

    def written(self) -> dict[str, bytes]:
        """What is in the bucket and in the folder of definitions."""
        return tree(self.bucket) | tree(self.defs)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment with the small project, added and run at its newest cutoff by the command. Tests only read it."""
    with _deployment(tmp_path_factory.mktemp("small")) as deployment:
        options = write_input(deployment.input)
        added = forecast_platform("add", "small", *options, environment=deployment.environment)
        assert added.returncode == 0, added.stderr
        with redirect_stdout(io.StringIO()) as printed:
            main(("run", "small"))
        (deployment.root / "printed").write_text(printed.getvalue())
        yield deployment


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment without projects."""
    with _deployment(tmp_path) as deployment:
        yield deployment


@pytest.fixture
def own(small: Deployment, tmp_path: Path) -> Iterator[Deployment]:
    """A copy of the small deployment that a test may change."""
    shutil.copytree(small.root, tmp_path / "own")
    with _deployment(tmp_path / "own") as deployment:
        yield deployment


@contextmanager
def _deployment(root: Path) -> Iterator[Deployment]:
    deployment = Deployment(root)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in deployment.environment.items():
            patch.setenv(name, value)
        yield deployment


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs ``forecast-platform`` in this process."""

    def run(*arguments: str) -> Said:
        try:
            main(arguments)
            code = 0
        except SystemExit as ending:
            code = int(ending.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


# add


def test_add_puts_the_files_into_the_bucket_and_writes_a_definition_that_loads(
    fresh: Deployment, command: Command
) -> None:
    said = command("add", "shop", *write_input(fresh.input))
    assert (said.code, said.stderr) == (0, "")
    assert str(fresh.defs / "shop" / "defs.yaml") in said.stdout
    assert tree(fresh.bucket) == {
        "shop/params.json": (fresh.input / "params.json").read_bytes(),
        "shop/train/days.csv": small_csv(),
    }
    assert list(tree(fresh.defs)) == ["shop/defs.yaml"]
    job = load_definitions().resolve_job_def("shop_forecast")
    assert job.name == "shop_forecast"


def test_add_takes_every_kind_of_file(fresh: Deployment, command: Command) -> None:
    params = small_params()
    params["Datasets"] += [
        _dataset("RELATED_TIME_SERIES", "price", "float"),
        _dataset("ITEM_METADATA", "shelf", "string"),
    ]
    options = write_input(fresh.input, params)
    prices = "".join(f"{line.split(',')[0]},{line.split(',')[2]},1.5\n" for line in small_csv().decode().splitlines())
    (fresh.input / "price list.csv").write_text(prices)
    (fresh.input / "items.csv.gz").write_bytes(gzip.compress(b"bread,a\nmilk,b\n"))
    more = ("--related", f"{fresh.input / 'price list.csv'}", "--item-metadata", f"{fresh.input / 'items.csv.gz'}")
    said = command("add", "shop", *options, *more)
    assert said.code == 0, said.stderr
    assert sorted(path.name for path in (fresh.bucket / "shop" / "train").iterdir()) == [
        "days.csv",
        "items.metadata.csv.gz",
        "price list.related.csv",
    ]


def test_of_two_files_about_the_same_days_the_later_given_one_counts_after_add(
    fresh: Deployment, command: Command
) -> None:
    write_input(fresh.input)
    old, new = fresh.input / "z.csv", fresh.input / "a.csv"
    old.write_bytes(small_csv().replace(b",bread", b"0,bread"))
    new.write_bytes(small_csv())
    command("add", "shop", "--params", str(fresh.input / "params.json"), "--train", str(old), "--train", str(new))
    workspace = find_projects()["shop"].workspace()
    read_training_data(workspace, after(DAYS))
    assert workspace.frames(after(DAYS)).target["target"].max() < 100


@pytest.mark.parametrize("name", ["Shop", "1shop", "shop-floor", "../shop", "s" * 31, "", "한글"])
def test_add_refuses_a_name_that_cannot_be_used_before_it_reads_anything(
    name: str, fresh: Deployment, command: Command
) -> None:
    said = command("add", name, *write_input(fresh.input, data=b"not read"))
    assert (said.code, said.stdout) == (2, "")
    assert "expected a lower-case letter followed by" in said.stderr
    assert fresh.written() == {}


def test_add_refuses_a_name_that_is_taken(small: Deployment, command: Command) -> None:
    before = small.written()
    said = command("add", "small", *write_input(small.input))
    assert said.code == 2
    assert f"There is a project called 'small' already: {small.defs / 'small' / 'defs.yaml'}." in said.stderr
    assert small.written() == before


@pytest.mark.parametrize(
    ("params", "data", "says"),
    [
        (small_params(TimestampFormat="dd.MM.yyyy"), None, "params.json: $.TimestampFormat"),
        (None, small_csv() + b"2025-03-02,many,bread\n", "days.csv, line 121, column target_value"),
        (None, b"", "days.csv: found an empty file"),
    ],
    ids=["parameters", "a row", "a file"],
)
def test_add_writes_nothing_when_something_is_wrong(
    params: dict[str, Any] | None, data: bytes | None, says: str, fresh: Deployment, command: Command
) -> None:
    said = command("add", "shop", *write_input(fresh.input, params, data))
    assert (said.code, said.stdout) == (2, "")
    assert f"{fresh.input}/{says}" in said.stderr
    assert fresh.written() == {}
    assert not fresh.defs.exists()


def test_add_refuses_to_mix_new_files_with_others_in_the_bucket(fresh: Deployment, command: Command) -> None:
    other = fresh.bucket / "shop" / "train" / "other.csv"
    other.parent.mkdir(parents=True)
    other.write_bytes(small_csv())
    said = command("add", "shop", *write_input(fresh.input))
    assert said.code == 2
    assert f"{other}: found a file that is not among those given" in said.stderr
    assert not fresh.defs.exists()


def test_an_add_that_was_interrupted_is_simply_repeated(fresh: Deployment, command: Command) -> None:
    uploaded = fresh.bucket / "shop" / "train" / "days.csv"
    uploaded.parent.mkdir(parents=True)
    uploaded.write_bytes(small_csv())
    assert command("add", "shop", *write_input(fresh.input)).code == 0


def _dataset(kind: str, name: str, type_: str) -> dict[str, Any]:
    keys = (
        [("timestamp", "timestamp"), ("item_id", "string")]
        if kind == "RELATED_TIME_SERIES"
        else [("item_id", "string")]
    )
    attributes = [{"AttributeName": key, "AttributeType": of} for key, of in [*keys, (name, type_)]]
    frequency = {"DataFrequency": "D"} if kind == "RELATED_TIME_SERIES" else {}
    return {
        "DatasetName": f"small_{kind.lower()}",
        "Domain": "CUSTOM",
        "DatasetType": kind,
        "Schema": {"Attributes": attributes},
        **frequency,
    }


@dataclass(frozen=True)
class Series:
    """Data of one frequency and the schedule that suits it."""

    frequency: str
    stamps: list[datetime]
    cadence: Cadence
    newest: datetime
    cadence_option: str | None = None


def _every(first: datetime, frequency: str, count: int) -> list[datetime]:
    return [Frequency.parse(frequency).step(first, number) for number in range(count)]


SERIES = {
    "hourly": Series("H", _every(datetime(2025, 1, 1), "H", 24 * 40), Cadence.DAILY, datetime(2025, 2, 10)),
    "hourly, up to the afternoon": Series(
        "H", _every(datetime(2025, 1, 1), "H", 24 * 40 + 15), Cadence.DAILY, datetime(2025, 2, 10)
    ),
    "hourly, forecast every hour": Series(
        "H", _every(datetime(2025, 1, 1), "H", 100), Cadence.HOURLY, datetime(2025, 1, 5, 4), "hourly"
    ),
    "quarter hours, forecast every hour": Series(
        "15min", _every(datetime(2025, 1, 1), "15min", 402), Cadence.HOURLY, datetime(2025, 1, 5, 4), "hourly"
    ),
    "daily": Series("D", _every(datetime(2025, 1, 1), "D", 60), Cadence.DAILY, datetime(2025, 3, 2)),
    "daily at nine": Series("D", _every(datetime(2025, 1, 1, 9), "D", 60), Cadence.DAILY, datetime(2025, 3, 2, 9)),
    "daily, forecast every week": Series(
        "D", _every(datetime(2025, 1, 1), "D", 60), Cadence.WEEKLY, datetime(2025, 3, 2), "weekly"
    ),
    "weekly on Fridays": Series("W", _every(datetime(2025, 1, 3), "W", 60), Cadence.WEEKLY, datetime(2026, 2, 27)),
    "monthly": Series("M", _every(datetime(2020, 1, 1), "M", 60), Cadence.MONTHLY, datetime(2025, 1, 1)),
    "daily, forecast every month": Series(
        "D", _every(datetime(2024, 1, 1), "D", 366), Cadence.MONTHLY, datetime(2025, 1, 1), "monthly"
    ),
}


@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_without_further_words_the_newest_cutoff_ends_with_the_data(series: Series, fresh: Deployment) -> None:
    """Up to the last full hour, midnight or month where the data is finer than the cadence."""
    params = small_params(TimestampFormat="yyyy-MM-dd HH:mm:ss")
    params["Datasets"][0]["DataFrequency"] = series.frequency
    params["Predictor"]["FeaturizationConfig"]["ForecastFrequency"] = series.frequency
    lines = "".join(f"{stamp:%Y-%m-%d %H:%M:%S},{number},bread\n" for number, stamp in enumerate(series.stamps))
    write_input(fresh.input, params, lines.encode())
    given = OneShotInput(params=fresh.input / "params.json", train=[fresh.input / "days.csv"])
    new = check_new_project("shop", given, series.cadence_option, None)
    schedule = CutoffSchedule(Cadence(new.cadence), new.start)
    data_end = Frequency.parse(series.frequency).period_end(series.stamps[-1])
    assert (schedule.cadence, schedule.newest_complete(data_end)) == (series.cadence, series.newest)
    backfill = schedule.between(schedule.cutoff(0), series.newest)
    share = (series.newest - new.start) / (series.newest - series.stamps[0])
    assert len(backfill) >= 1
    assert share < 0.3


# sample


def test_sample_generates_the_files_of_the_samples(fresh: Deployment, command: Command) -> None:
    said = command("sample", "store_sales")
    assert (said.code, said.stdout) == (0, f"store_sales: {fresh.bucket / 'store_sales'}\n")
    expected = {f"store_sales/{key}": data for key, data in generate("store_sales").items()}
    assert tree(fresh.bucket) == expected


def test_sample_again_changes_nothing_so_that_no_run_is_started(fresh: Deployment, command: Command) -> None:
    command("sample", "store_sales")
    before = {path: path.stat().st_mtime_ns for path in fresh.bucket.rglob("*.csv")}
    assert command("sample", "store_sales").code == 0
    assert {path: path.stat().st_mtime_ns for path in fresh.bucket.rglob("*.csv")} == before


def test_an_unknown_sample_is_refused_with_the_known_ones(fresh: Deployment, command: Command) -> None:
    said = command("sample", "weather")
    assert said.code == 2
    assert "There is no sample called 'weather'. Samples: electricity, store_sales, census." in said.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("census", "--drift", "sideways"), "'sideways'"), (("electricity", "--drift", "none"), "Only the sample census")],
)
def test_a_drift_that_there_is_not_is_refused_and_nothing_is_written(
    arguments: tuple[str, ...], told: str, fresh: Deployment, command: Command
) -> None:
    said = command("sample", *arguments)
    assert said.code == 2
    assert told in said.stderr
    assert tree(fresh.bucket) == {}


# run


def test_run_forecasts_at_the_newest_cutoff_and_says_what_came_out(small: Deployment, command: Command) -> None:
    published = list(csv.DictReader(io.StringIO((small.bucket / "small" / "quicksight" / "forecast.csv").read_text())))
    assert len(published) == len(ITEMS) * len(TYPES) * (HORIZON + 1)
    assert min(row["timestamp"] for row in published) == f"{after(DAYS) - timedelta(days=1):%Y-%m-%d}"
    printed = (small.root / "printed").read_text()
    assert "small: forecast at 2025-03-02 00:00" in printed
    assert "average wQL" in printed
    assert str(small.bucket / "small" / "dashboard" / "index.html") in printed
    rows = command("sql", "SELECT status, cutoff FROM run_log", "--format", "json")
    assert json.loads(rows.stdout) == [{"status": "SUCCESS", "cutoff": "2025-03-02T00-00-00Z"}]


@pytest.mark.parametrize(
    ("cutoff", "nearest"),
    [
        ("2025-02-26T07:00:00", "2025-02-26 00:00:00"),
        ("2025-02-26T18:00:00", "2025-02-27 00:00:00"),
        ("2020-01-01", "2025-02-16 00:00:00"),
    ],
)
def test_run_at_an_instant_that_is_no_cutoff_names_the_nearest(
    cutoff: str, nearest: str, small: Deployment, command: Command
) -> None:
    said = command("run", "small", "--cutoff", cutoff)
    assert (said.code, said.stdout) == (2, "")
    assert f"is not a cutoff of project small; the nearest is {nearest}." in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    "arguments", [("run", "small", "--cutoff"), ("backfill", "small", "--from", "2025-03-01", "--to")]
)
def test_a_cutoff_in_the_future_is_refused_before_anything_runs(
    arguments: tuple[str, ...], small: Deployment, command: Command
) -> None:
    said = command(*arguments, "2200-01-01")
    assert (said.code, said.stdout) == (2, "")
    assert "The cutoff 2200-01-01 00:00:00 is in the future (UTC); its window has not ended yet." in said.stderr


def test_an_instant_that_no_data_can_have_is_refused(small: Deployment, command: Command) -> None:
    said = command("run", "small", "--cutoff", "9999-12-31")
    assert said.code == 2
    assert "'9999-12-31' is not in the years 1678 to 2261" in said.stderr


def test_run_of_an_unknown_project_lists_the_known_ones(small: Deployment, command: Command) -> None:
    for arguments in (
        ("run", "shop"),
        ("cleanup", "shop"),
        ("backfill", "shop", "--from", "2025-01-01", "--to", "2025-01-02"),
    ):
        said = command(*arguments)
        assert (said.code, said.stdout) == (2, "")
        assert "There is no project called 'shop'. Projects: small." in said.stderr


def test_run_of_a_project_without_data_says_where_to_put_it(fresh: Deployment, command: Command) -> None:
    _define(fresh, "cadence: daily", 'start: "2025-01-01"')
    fresh.bucket.joinpath("shop").mkdir(parents=True)
    fresh.bucket.joinpath("shop", "params.json").write_text(json.dumps(small_params()))
    said = command("run", "shop")
    assert said.code == 2
    assert f"{fresh.bucket / 'shop' / 'train'}/: found no files" in said.stderr


def test_a_run_that_fails_is_exit_code_1_and_tells_the_reason(own: Deployment, command: Command) -> None:
    (own.bucket / "small" / "train" / "more.csv").write_bytes(b"2025-03-02,many,bread\n")
    said = command("run", "small", "--cutoff", "2025-03-02")
    assert said.code == 1
    assert "train/more.csv, line 1, column target_value: found 'many'" in said.stderr
    assert said.stdout == ""


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("cadence: dayly", 'start: "2025-01-01"'), "'dayly'"),
        (("cadence: daily", "start: soon"), "'soon'"),
        (("cadence: daily",), "start"),
        (("cadence: [",), "defs.yaml"),
    ],
    ids=["cadence", "start", "a missing start", "no YAML"],
)
def test_a_definition_that_cannot_be_used_is_named(
    lines: tuple[str, ...], says: str, fresh: Deployment, command: Command
) -> None:
    _define(fresh, *lines)
    said = command("run", "shop")
    assert said.code == 2
    assert str(fresh.defs / "shop" / "defs.yaml") in said.stderr
    assert says in said.stderr


def _define(deployment: Deployment, *attributes: str) -> None:
    (deployment.defs / "shop").mkdir(parents=True)
    text = "".join(f"  {line}\n" for line in attributes)
    path = deployment.defs / "shop" / "defs.yaml"
    path.write_text(f"type: forecast_platform.components.ForecastProject\nattributes:\n{text}")


# backfill and cleanup


def test_backfill_runs_every_cutoff_of_a_range_and_leaves_the_newest_published(
    own: Deployment, command: Command
) -> None:
    before = (own.bucket / "small" / "quicksight" / "forecast.csv").read_bytes()
    said = command("backfill", "small", "--from", "2025-02-25", "--to", "2025-02-26")
    assert said.code == 0, said.stderr
    assert said.stdout == "1/2 2025-02-25 00:00 done\n2/2 2025-02-26 00:00 done\n"
    rows = command("sql", "SELECT DISTINCT cutoff FROM cleaned_history ORDER BY 1", "--format", "csv").stdout
    assert rows.splitlines()[1:] == ["2025-02-25T00-00-00Z", "2025-02-26T00-00-00Z", "2025-03-02T00-00-00Z"]
    assert (own.bucket / "small" / "quicksight" / "forecast.csv").read_bytes() == before


def test_a_backfill_without_a_cutoff_is_refused(small: Deployment, command: Command) -> None:
    said = command("backfill", "small", "--from", "2024-01-01", "--to", "2024-02-01")
    assert said.code == 2
    assert "has no cutoff between 2024-01-01 00:00:00 and 2024-02-01 00:00:00" in said.stderr


def test_cleanup_deletes_what_the_service_holds_and_keeps_the_exported_data(own: Deployment, command: Command) -> None:
    before = tree(own.bucket)
    said = command("cleanup", "small")
    assert said.code == 0
    assert said.stderr == "Deleted 3 resources.\n"
    assert len(said.stdout.splitlines()) == 3
    assert tree(own.bucket) == before
    assert command("cleanup", "small").stderr == "Deleted 0 resources.\n"


# sql

QUERY = "SELECT item_id, count(*) AS n FROM forecast GROUP BY item_id ORDER BY item_id"
ROWS = len(TYPES) * (HORIZON + 1)


def test_sql_prints_a_table_csv_or_json(small: Deployment, command: Command) -> None:
    assert "bread" in command("sql", QUERY).stdout
    assert command("sql", QUERY, "--format", "csv").stdout == f"item_id,n\nbread,{ROWS}\nmilk,{ROWS}\n"
    objects = json.loads(command("sql", QUERY, "--format", "json").stdout)
    assert objects == [{"item_id": "bread", "n": ROWS}, {"item_id": "milk", "n": ROWS}]


def test_sql_finds_a_project_by_option_or_as_database(small: Deployment, command: Command) -> None:
    by_option = command("sql", QUERY, "--project", "small", "--format", "csv")
    by_name = command("sql", QUERY.replace("FROM forecast", "FROM small.forecast"), "--format", "csv")
    assert by_option == by_name
    assert by_option.code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("SELECT * FROM forecast", "--project", "shop"), "There is no project called 'shop'. Projects: small."),
        (("SELECT * FROM forecats",), "no table 'forecats' in small"),
        (("SELECT itemid FROM forecast",), "itemid"),
        (("SELEC 1",), "SELEC"),
        (("DROP TABLE forecast",), "DROP"),
        (("SELECT 1", "--format", "xml"), "'xml' is not one of 'table', 'csv', 'json'"),
    ],
    ids=["project", "table", "column", "syntax", "not a query", "format"],
)
def test_sql_that_cannot_be_answered_is_exit_code_2(
    arguments: tuple[str, ...], says: str, small: Deployment, command: Command
) -> None:
    said = command("sql", *arguments)
    assert (said.code, said.stdout) == (2, "")
    assert says in said.stderr


# where definitions are


def test_definitions_are_in_the_checkout_unless_said_otherwise() -> None:
    assert load_settings({}).defs == DEFS
    assert (DEFS / "electricity" / "defs.yaml").is_file()


def test_a_folder_of_definitions_that_is_not_there_yet_has_no_projects(fresh: Deployment) -> None:
    assert find_projects() == {}
    assert list(load_definitions().resolve_all_asset_keys()) == []


def test_the_tests_leave_nothing_in_the_checkouts_definitions(small: Deployment) -> None:
    assert not (DEFS / "small").exists()
    assert not (DEFS / "shop").exists()
