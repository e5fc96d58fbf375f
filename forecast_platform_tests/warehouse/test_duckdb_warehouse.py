"""Tables over a bucket's files: what is read, what is published, and what nothing can disturb."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.bucket import layout
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import InputError, PermanentError
from forecast_platform.warehouse import Catalogue, Column, Table, View
from forecast_platform.warehouse.duckdb_warehouse import DuckDbWarehouse
from forecast_platform.warehouse.tables import project_catalogue
from forecast_platform_tests.warehouse.examples import (
    AWKWARD_ITEMS,
    FIRST,
    OLD_BI_QUERY,
    SECOND,
    TRAIN_KEY,
    dataset,
    electricity_params,
    observations,
    open_warehouse,
    parquet,
    warehouse_with,
)

ROOT = Path(__file__).resolve().parents[2]
TEXTS = Table("texts", (Column("a", "string"), Column("b", "double")), "texts.csv", "csv")


def run_python(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )


def table_of(home: Path, table: Table) -> DuckDbWarehouse:
    warehouse = open_warehouse(home)
    warehouse.publish(Catalogue("p", (table,)))
    return warehouse


@pytest.mark.parametrize("table", ["train", "forecast", "cleaned_history"])
def test_item_names_of_every_kind_come_back_exactly(tmp_path: Path, table: str) -> None:
    warehouse = warehouse_with(tmp_path, AWKWARD_ITEMS, "electricity")
    rows = warehouse.query(f"SELECT DISTINCT item_id FROM {table}", "electricity").rows
    assert {name for (name,) in rows} == set(AWKWARD_ITEMS)


def test_every_table_can_be_read_and_counted(tmp_path: Path) -> None:
    warehouse = warehouse_with(tmp_path, ["a", "b"], "electricity")
    counts = {
        name: warehouse.count("electricity", name) for (name,) in warehouse.query("SHOW TABLES", "electricity").rows
    }
    assert counts == {
        "train": 6,
        "forecast": 6,
        "cleaned_history": 4,
        "data_drift": 0,
        "forecast_accuracy": 1,
        "forecast_accuracy_by_cutoff": 1,
        "forecast_accuracy_by_item": 1,
        "forecast_accuracy_by_step": 1,
        "forecast_with_history": 12,
        "predictor_metrics": 1,
        "run_log": 1,
    }


def test_timestamps_are_text_in_the_old_tables_and_typed_in_the_new_ones(tmp_path: Path) -> None:
    warehouse = warehouse_with(tmp_path, ["a"], "electricity")
    assert warehouse.query("SELECT max(timestamp) FROM train", "electricity").rows == [("2014-11-29 23:00:00",)]
    assert warehouse.query("SELECT max(timestamp) FROM forecast", "electricity").rows == [("2014-11-30 00:00:00",)]
    assert warehouse.query("SELECT max(timestamp) FROM cleaned_history", "electricity").rows == [(SECOND,)]
    assert warehouse.query("SELECT window_start FROM predictor_metrics", "electricity").rows == [(FIRST,)]


def test_a_table_without_files_is_empty_and_has_its_columns(tmp_path: Path) -> None:
    warehouse = open_warehouse(tmp_path)
    warehouse.publish(project_catalogue("electricity", electricity_params(), {"target": TRAIN_KEY}))
    for (name,) in warehouse.query("SHOW TABLES", "electricity").rows:
        assert warehouse.count("electricity", name) == 0
    columns = warehouse.query("SELECT * FROM cleaned_history", "electricity").columns
    assert columns == ("item_id", "timestamp", "type", "value", "cutoff")


def test_a_file_that_appears_later_is_seen_without_publishing_again(tmp_path: Path) -> None:
    warehouse = table_of(tmp_path, TEXTS)
    assert warehouse.count("p", "texts") == 0
    LocalBucket(tmp_path / "bucket").below("p").write("texts.csv", b"a,b\nx,1\n")
    assert warehouse.count("p", "texts") == 1


def test_only_an_empty_field_of_a_csv_file_is_null(tmp_path: Path) -> None:
    data = b'a,b\n,1\n"",2\nNULL,3\nNA,\n"two\nlines",4e-3\r\n"a ""b"", c",-5\n'
    LocalBucket(tmp_path / "bucket" / "p").write("texts.csv", data.replace(b"\r", b""))
    rows = table_of(tmp_path, TEXTS).query("SELECT a, b FROM p.texts").rows
    assert rows == [(None, 1), ("", 2), ("NULL", 3), ("NA", None), ("two\nlines", 0.004), ('a "b", c', -5)]


def test_the_line_ends_of_the_old_pipeline_are_read(tmp_path: Path) -> None:
    LocalBucket(tmp_path / "bucket" / "p").write("texts.csv", b'a,b\r\nx,1\r\n"y\nz",2\r\n')
    assert table_of(tmp_path, TEXTS).query("SELECT * FROM p.texts").rows == [("x", 1), ("y\nz", 2)]


def test_a_long_csv_file_full_of_line_breaks_loses_no_row(tmp_path: Path) -> None:
    rows = 60_000
    data = b"a,b\n" + b'"line\nbreak, and ""quotes""\n",1.5\n' * rows
    LocalBucket(tmp_path / "bucket" / "p").write("texts.csv", data)
    result = table_of(tmp_path, TEXTS).query("SELECT count(*), sum(b), count(DISTINCT a) FROM p.texts").rows
    assert result == [(rows, rows * 1.5, 1)]


def test_a_csv_value_that_is_not_a_number_is_an_error_and_not_a_null(tmp_path: Path) -> None:
    LocalBucket(tmp_path / "bucket" / "p").write("texts.csv", b"a,b\nx,many\n")
    with pytest.raises(InputError, match="many"):
        table_of(tmp_path, TEXTS).query("SELECT * FROM p.texts")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    LocalBucket(tmp_path / "bucket" / "p").write("x.parquet", b"this is no Parquet file at all")
    warehouse = table_of(tmp_path, Table("damaged", (Column("a", "string"),), "x.parquet"))
    with pytest.raises((InputError, PermanentError), match=r"p\.damaged cannot be read: .*x\.parquet"):
        warehouse.query("SELECT * FROM p.damaged")


def test_files_of_other_columns_and_types_are_read_together(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path / "bucket" / "p")
    bucket.write("h/cutoff=1/a.parquet", parquet(pd.DataFrame({"item_id": ["x"], "value": [1]})))
    bucket.write("h/cutoff=2/a.parquet", parquet(pd.DataFrame({"value": [2.5], "store": ["s"], "item_id": ["y"]})))
    columns = (
        Column("item_id", "string"),
        Column("store", "string"),
        Column("value", "double"),
        Column("new", "bigint"),
    )
    warehouse = table_of(tmp_path, Table("h", columns, "h/", partitions=("cutoff",)))
    rows = warehouse.query("SELECT * FROM p.h ORDER BY cutoff").rows
    assert rows == [("x", None, 1.0, None, "1"), ("y", "s", 2.5, None, "2")]


def test_other_files_under_a_prefix_are_not_read(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path / "bucket" / "p")
    bucket.write("h/cutoff=1/a.parquet", parquet(pd.DataFrame({"a": ["x"]})))
    bucket.write("h/cutoff=1/complete", b"")
    bucket.write("h/cutoff=1/accuracy.json", b"{}")
    warehouse = table_of(tmp_path, Table("h", (Column("a", "string"),), "h/", partitions=("cutoff",)))
    assert warehouse.query("SELECT * FROM p.h").rows == [("x", "1")]


@pytest.mark.parametrize("folder", ["with space", "a'b", 'a"b', "[x]", "*", "what?", "cutoff=wrong", "한글", "a;b"])
def test_the_home_directory_may_have_any_name(tmp_path: Path, folder: str) -> None:
    home = tmp_path / folder / "home"
    warehouse = warehouse_with(home, ["a"], "electricity")
    assert len(warehouse.query(OLD_BI_QUERY, "electricity").rows) == 6
    rows = warehouse.query("SELECT cutoff FROM cleaned_history ORDER BY 1", "electricity").rows
    assert rows == [("2014-11-29T00-00-00Z",), ("2014-11-30T00-00-00Z",)]


@pytest.mark.parametrize("project", ["main", "temp", "system", "memory", "pg_temp", "train", "order", "select"])
def test_a_project_may_be_called_like_something_of_the_engine(tmp_path: Path, project: str) -> None:
    warehouse = warehouse_with(tmp_path, ["a"], project)
    assert len(warehouse.query(OLD_BI_QUERY, project).rows) == 6
    assert warehouse.query("SELECT count(default.train.item_id) FROM default.train", project).rows == [(3,)]
    assert warehouse.count(project, "cleaned_history") == 2


def test_publishing_replaces_everything_the_database_held(tmp_path: Path) -> None:
    warehouse = open_warehouse(tmp_path)
    warehouse.publish(Catalogue("p", (TEXTS,), (View("v", "SELECT a FROM texts"),)))
    warehouse.publish(Catalogue("q", (TEXTS,)))
    warehouse.publish(Catalogue("p", (Table("other", TEXTS.columns, "x.csv", "csv"),)))
    assert warehouse.databases() == ["p", "q"]
    assert warehouse.query("SHOW TABLES IN p").rows == [("other",)]
    assert warehouse.query("SHOW TABLES IN q").rows == [("texts",)]


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("SELECT nothing FROM texts", "nothing"),
        ("SELECT * FROM missing", "no table 'missing'"),
        ("SELECT * FROM v", "stands on itself"),
        ("SHOW TABLES", "not a query"),
        ("SELECT read_text('/etc/passwd')", "read_text"),
    ],
)
def test_a_view_that_does_not_run_is_not_published(tmp_path: Path, sql: str, complaint: str) -> None:
    warehouse = open_warehouse(tmp_path)
    warehouse.publish(Catalogue("p", (TEXTS,)))
    with pytest.raises(InputError, match=complaint):
        warehouse.publish(Catalogue("p", (TEXTS,), (View("v", sql),)))
    assert warehouse.query("SHOW TABLES IN p").rows == [("texts",)]


def test_a_view_may_stand_on_a_view(tmp_path: Path) -> None:
    LocalBucket(tmp_path / "bucket" / "p").write("texts.csv", b"a,b\nx,1\n")
    warehouse = open_warehouse(tmp_path)
    views = (
        View("upper_a", "SELECT upper(a) AS a FROM lower_a"),
        View("lower_a", "SELECT lower(a) AS a FROM default.texts"),
    )
    warehouse.publish(Catalogue("p", (TEXTS,), views))
    assert warehouse.query("SELECT * FROM p.upper_a").rows == [("X",)]


def test_counting_what_is_not_there_says_so(tmp_path: Path) -> None:
    warehouse = table_of(tmp_path, TEXTS)
    for database, table in [("p", "nothing"), ("q", "texts"), ("p", 'texts" WHERE false --'), ('p"."texts', "x")]:
        with pytest.raises(InputError):
            warehouse.count(database, table)


def test_the_engine_reads_the_files_of_the_query_and_no_other(tmp_path: Path) -> None:
    """Behind the list of allowed functions: a translated query that did name a file would still not reach it."""
    from forecast_platform.warehouse.duckdb_warehouse import _Session
    from forecast_platform.warehouse.sql import Query

    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhush\n")
    with _Session({}, lambda _database, _table: []) as session:
        session.lock()
        for reading in (
            f"SELECT * FROM read_csv('{secret}')",
            f"SELECT * FROM '{secret}'",
            "SELECT * FROM glob('/etc/*')",
        ):
            with pytest.raises(InputError, match="disabled by configuration"):
                session.run(Query(reading, frozenset()), reading)
        for setting in ("SET enable_external_access = true", "RESET allowed_paths", "SET lock_configuration = false"):
            with pytest.raises(InputError, match="locked"):
                session.run(Query(setting, frozenset()), setting)


def test_a_query_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = warehouse_with(tmp_path / "home", ["a"], "electricity")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = sorted(path for path in tmp_path.rglob("*"))
    warehouse.query("SELECT * FROM forecast_with_history ORDER BY 1, 2, 3", "electricity")
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_processes_may_ask_and_publish_at_once(tmp_path: Path) -> None:
    warehouse_with(tmp_path, ["a"], "electricity")
    program = (
        "import sys; from pathlib import Path\n"
        "from forecast_platform_tests.warehouse.examples import *\n"
        "warehouse = open_warehouse(Path(sys.argv[1]))\n"
        "for _ in range(8):\n"
        "    assert len(warehouse.query(OLD_BI_QUERY, 'electricity').rows) == 6\n"
        "    warehouse.publish(project_catalogue('electricity', electricity_params(), {'target': TRAIN_KEY}))\n"
    )
    processes = [run_python(program, str(tmp_path)) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]


def test_a_kill_while_publishing_leaves_one_of_the_two_catalogues(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from forecast_platform.warehouse import Catalogue, Column, Table\n"
        "from forecast_platform_tests.warehouse.examples import open_warehouse\n"
        "def catalogue(name):\n"
        "    return Catalogue('p', tuple(Table(f'{name}_{i}', (Column('a', 'string'),), 'x/') for i in range(300)))\n"
        "warehouse = open_warehouse(Path(sys.argv[1]))\n"
        "warehouse.publish(catalogue('even'))\n"
        "print('started', flush=True)\n"
        "while True:\n"
        "    warehouse.publish(catalogue('odd'))\n"
        "    warehouse.publish(catalogue('even'))\n"
    )
    for delay in (0.0, 0.011, 0.023):
        process = run_python(program, str(tmp_path))
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        process.stdout.close()
        names = [name for (name,) in open_warehouse(tmp_path).query("SHOW TABLES IN p").rows]
        assert len(names) == 300
        assert {name.partition("_")[0] for name in names} in ({"even"}, {"odd"})


def test_a_query_sees_one_state_of_a_file_that_is_replaced(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path / "bucket" / "p")

    def write(value: int) -> None:
        bucket.write("texts.csv", b"a,b\n" + f"x,{value}\n".encode() * 500)

    write(0)
    warehouse = table_of(tmp_path, TEXTS)
    for value in range(1, 4):
        write(value)
        assert warehouse.query("SELECT DISTINCT b FROM p.texts").rows == [(float(value),)]


def test_a_day_of_daily_data_is_written_without_a_time(tmp_path: Path) -> None:
    params = electricity_params(
        TimestampFormat="yyyy-MM-dd",
        Predictor={
            "PredictorName": "Daily",
            "ForecastHorizon": 7,
            "FeaturizationConfig": {"ForecastFrequency": "D"},
            "PerformAutoML": True,
        },
        Datasets=[
            dataset(
                "TARGET_TIME_SERIES",
                {"timestamp": "timestamp", "target_value": "float", "item_id": "string"},
                "Target",
                frequency="D",
            )
        ],
    )
    bucket = LocalBucket(tmp_path / "bucket" / "electricity")
    bucket.write(TRAIN_KEY, parquet(observations(["a"])))
    bucket.write(layout.PUBLISHED_FORECAST, b"timestamp,target_value,item_id,type\n2014-11-30,1.5,a,p50\n")
    warehouse = open_warehouse(tmp_path)
    warehouse.publish(project_catalogue("electricity", params, {"target": TRAIN_KEY}))
    assert warehouse.query("SELECT max(timestamp) FROM train", "electricity").rows == [("2014-11-29",)]
    assert warehouse.query("SELECT max(timestamp) FROM forecast_with_history", "electricity").rows == [(SECOND,)]
