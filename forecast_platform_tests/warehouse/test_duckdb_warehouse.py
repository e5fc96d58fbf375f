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

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import InputError, PermanentError
from forecast_platform.warehouse import Catalogue, Column, Table, count_rows
from forecast_platform.warehouse.duckdb_warehouse import DuckDbWarehouse
from forecast_platform_tests.warehouse.examples import (
    OLD_BI_QUERY,
    open_warehouse,
    parquet,
    warehouse_with,
)

ROOT = Path(__file__).resolve().parents[2]
TEXTS = Table("texts", (Column("a", "string"), Column("b", "double")), "texts/rows.parquet")


def run_python(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )


def table_of(home: Path, table: Table) -> DuckDbWarehouse:
    warehouse = open_warehouse(home)
    warehouse.publish(Catalogue("p", (table,)))
    return warehouse


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
    assert count_rows(warehouse, project, "cleaned_history").rows == 2


def test_the_engine_reads_the_files_of_the_query_and_no_other(tmp_path: Path) -> None:
    """Behind the list of allowed functions: a translated query that did name a file would still not reach it."""
    from forecast_platform.warehouse.duckdb_warehouse import Session
    from forecast_platform.warehouse.sql import Query

    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhush\n")
    with Session({}, lambda _database, _table: []) as session:
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
        "from forecast_platform.warehouse import Catalogue, Column, Table, count_rows\n"
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
        bucket.write(TEXTS.location, parquet(pd.DataFrame({"a": ["x"] * 500, "b": [float(value)] * 500})))

    write(0)
    warehouse = table_of(tmp_path, TEXTS)
    for value in range(1, 4):
        write(value)
        assert warehouse.query("SELECT DISTINCT b FROM p.texts").rows == [(float(value),)]
