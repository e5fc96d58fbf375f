"""What may be asked, how it is understood, and how mistakes are answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_platform.errors import InputError
from forecast_platform.warehouse.duckdb_warehouse import DuckDbWarehouse
from forecast_platform_tests.warehouse.examples import OLD_BI_QUERY, warehouse_with


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DuckDbWarehouse:
    home: Path = tmp_path_factory.mktemp("dialect")
    return warehouse_with(home, ["Client_10", "Client_12"], "electricity", "main")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text("password\nhush\n")
    return path


def refusal(warehouse: DuckDbWarehouse, sql: str) -> str:
    with pytest.raises(InputError) as refused:
        warehouse.query(sql, "electricity")
    return str(refused.value)


@pytest.mark.parametrize(
    "query",
    [
        OLD_BI_QUERY,
        OLD_BI_QUERY + ";",
        OLD_BI_QUERY.replace("\n", "\r\n"),
        OLD_BI_QUERY.replace("default.", '"default".'),
        OLD_BI_QUERY.replace("default.forecast", '"default"."forecast"').replace("default.train", '"default"."train"'),
        OLD_BI_QUERY.replace("default.", "DEFAULT."),
        OLD_BI_QUERY.replace("default.", ""),
        OLD_BI_QUERY.replace("default.", "electricity."),
        OLD_BI_QUERY.replace("default.", "AwsDataCatalog.default."),
        OLD_BI_QUERY.replace("timestamp,", '"timestamp",').replace("as timestamp", 'as "timestamp"'),
        OLD_BI_QUERY.replace("SELECT", "select").replace("UNION ALL", "union all").replace("FROM", "from"),
        OLD_BI_QUERY.upper().replace("%Y-%M-%D %H:%I:%S", "%Y-%m-%d %H:%i:%s").replace("'HISTORY'", "'history'"),
        OLD_BI_QUERY.replace("SELECT", "-- what BI shows\nSELECT"),
        f"({OLD_BI_QUERY})",
        f"SELECT item_id, target_value, timestamp, type FROM ({OLD_BI_QUERY})",
        f"WITH everything AS ({OLD_BI_QUERY}) SELECT * FROM everything",
        "SELECT * FROM forecast_with_history",
    ],
)
def test_the_old_bi_query_runs_as_it_was_written(warehouse: DuckDbWarehouse, query: str) -> None:
    result = warehouse.query(query, "electricity")
    assert [name.lower() for name in result.columns] == ["item_id", "target_value", "timestamp", "type"]
    assert len(result.rows) == 12
    assert {row[3] for row in result.rows} == {"p10", "p50", "p90", "history"}
    assert {row[0] for row in result.rows} == {"client_10", "client_12"}
    assert {type(row[2]).__name__ for row in result.rows} == {"datetime"}


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT item_id FROM train GROUP BY 1 ORDER BY 1 DESC LIMIT 1", [("Client_12",)]),
        (
            "SELECT DISTINCT t.item_id FROM train AS t WHERE t.target_value > 1 ORDER BY 1 OFFSET 1 LIMIT 1",
            [("Client_12",)],
        ),
        ("SELECT count(*) FROM train JOIN forecast USING (item_id)", [(18,)]),
        ("SELECT count(*) FROM default.train LEFT JOIN main.train AS other ON train.item_id = other.item_id", [(18,)]),
        ("SELECT count(default.train.item_id) FROM default.train", [(6,)]),
        ("SELECT count(*) FROM train WHERE item_id IN (SELECT item_id FROM forecast WHERE type = 'p50')", [(6,)]),
        ("WITH train AS (SELECT * FROM train WHERE target_value = 0) SELECT count(*) FROM train", [(2,)]),
        ("WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a) SELECT n FROM b", [(2,)]),
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT max(n) FROM t", [(3,)]),
        ("SELECT x FROM UNNEST(sequence(1, 2)) AS u(x)", [(1,), (2,)]),
        ("SELECT count(*) FROM cleaned_history WHERE cutoff = '2014-11-30T00-00-00Z'", [(2,)]),
        ("SELECT max(cutoff) FROM cleaned_history", [("2014-11-30T00-00-00Z",)]),
        ("TABLE train OFFSET 6", []),
        ("VALUES (1, 'a')", [(1, "a")]),
    ],
)
def test_a_query_of_athena_gives_athena_s_rows(
    warehouse: DuckDbWarehouse, query: str, rows: list[tuple[object, ...]]
) -> None:
    assert warehouse.query(query, "electricity").rows == rows


def test_columns_are_called_what_athena_calls_them(warehouse: DuckDbWarehouse) -> None:
    query = 'SELECT *, ITEM_ID, count(*) OVER (), 1 AS one, 2 AS "two words", 3 FROM electricity.TRAIN'
    names = ("timestamp", "target_value", "item_id", "item_id", "_col4", "one", "two words", "_col7")
    assert warehouse.query(query).columns == names


@pytest.mark.parametrize(
    ("statement", "columns", "rows"),
    [
        ("SHOW DATABASES", ("database_name",), [("electricity",), ("main",)]),
        ("show schemas;", ("database_name",), [("electricity",), ("main",)]),
        ("SHOW COLUMNS IN train", ("field",), [("timestamp",), ("target_value",), ("item_id",)]),
        (
            'DESCRIBE "default"."forecast"',
            ("col_name", "data_type"),
            [("timestamp", "string"), ("target_value", "double"), ("item_id", "string"), ("type", "string")],
        ),
        (
            "desc forecast_with_history",
            ("col_name", "data_type"),
            [("item_id", "string"), ("target_value", "double"), ("timestamp", "timestamp"), ("type", "string")],
        ),
    ],
)
def test_the_catalogue_answers_as_in_athena(
    warehouse: DuckDbWarehouse, statement: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]
) -> None:
    result = warehouse.query(statement, "electricity")
    assert (result.columns, result.rows) == (columns, rows)


def test_show_tables_lists_tables_and_views_of_one_database(warehouse: DuckDbWarehouse) -> None:
    result = warehouse.query("SHOW TABLES IN main")
    names = (
        "cleaned_history data_drift forecast forecast_accuracy forecast_accuracy_by_cutoff forecast_accuracy_by_item "
        "forecast_accuracy_by_step forecast_with_history predictor_metrics run_log train"
    )
    assert result.columns == ("tab_name",)
    assert [name for (name,) in result.rows] == names.split()


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("SELECT item_idd FROM train", "line 1, column 8: found no column 'item_idd'; .* Did you mean item_id?"),
        ("SELECT *\nFROM trian", "line 2, column 6: found no table 'trian' in electricity; .* Did you mean train?"),
        ("SELECT * FROM electricty.train", "line 1, column 15: found no database 'electricty'; .* mean electricity?"),
        ("SELECT train.typ FROM forecast AS train", "line 1, column 14: found no column 'typ'; .* Did you mean type?"),
        ("SELECT x.item_id FROM train", "line 1, column 8: found no column 'x'"),
        ("SELECT *\n  FROM train\n WHERE", "line 3, column 2: found 'WHERE'; expected SQL as Athena writes it"),
        ("SELECT (1", "column 9: found '1'; .* Expecting \\)"),
        ("SELECT 'open", "text that is not SQL"),
        ("DESCRIBE trian", "column 10: found no table 'trian'"),
        ("DESCRIBE a.b.c", "expected table or database.table"),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, "text that is not SQL"),
    ],
)
def test_a_mistake_is_shown_with_its_place_and_the_nearest_name(
    warehouse: DuckDbWarehouse, query: str, place: str
) -> None:
    with pytest.raises(InputError, match=place):
        warehouse.query(query, "electricity")


def test_a_table_without_a_database_needs_a_project(warehouse: DuckDbWarehouse) -> None:
    with pytest.raises(InputError, match=r"expected one of electricity, main\. Choose a project"):
        warehouse.query("SELECT * FROM train")


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "-- nothing",
        ";",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE train",
        "DROP TABLE train",
        "INSERT INTO train VALUES ('x', 1, 'y')",
        "DELETE FROM train",
        "CREATE TABLE x AS SELECT 1",
        "CREATE VIEW x AS SELECT 1",
        "COPY train TO 'x.csv'",
        "EXPORT DATABASE 'x'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "EXPLAIN SELECT 1",
        "SHOW CREATE TABLE train",
        "UNLOAD (SELECT 1) TO 's3://x'",
        "PREPARE x AS SELECT 1",
    ],
)
def test_only_reading_is_allowed(warehouse: DuckDbWarehouse, statement: str) -> None:
    assert "expected" in refusal(warehouse, statement)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("SELECT item_id FROM train QUALIFY row_number() OVER (ORDER BY item_id) = 1", "row_number"),
        ("SELECT * EXCLUDE (item_id) FROM train", r"\* with EXCEPT"),
        ("SELECT * EXCEPT (item_id) FROM train", r"\* with EXCEPT"),
        ("SELECT * REPLACE (1 AS item_id) FROM train", r"\* with REPLACE"),
        ("SELECT * RENAME (item_id AS i) FROM train", r"\* with RENAME"),
        ("FROM train", "'FROM'"),
        ("SELECT 1 FROM (FROM train)", "FROM without SELECT"),
        ("SELECT item_id FROM train LIMIT 1 OFFSET 1", "OFFSET after LIMIT"),
        ("SELECT item_id FROM train LIMIT 1, 1", "LIMIT with two numbers"),
        ("SELECT '1'::bigint", "::"),
        ("SELECT {'a': 1}", "{"),
        ("SELECT [1, 2]", r"\["),
        ("SELECT 1 == 1", "=="),
        ("SELECT * FROM train GROUP BY ALL", "GROUP BY ALL"),
        ("SELECT * FROM train ORDER BY ALL", "ORDER BY ALL"),
        ("SELECT DISTINCT ON (item_id) * FROM train", "DISTINCT with ON"),
        ("SELECT * FROM train ASOF JOIN forecast USING (item_id)", "ASOF JOIN"),
        ("SELECT * FROM train SEMI JOIN forecast USING (item_id)", "SEMI JOIN"),
        ("SELECT * FROM train PIVOT (sum(target_value) FOR item_id IN ('a'))", "PIVOTS"),
        ("SELECT 1 UNION ALL BY NAME SELECT 2", "BY_NAME"),
        ("SELECT item_id FROM train WHERE item_id ILIKE 'a'", "ILIKE"),
        ("SELECT item_id FROM train WHERE item_id SIMILAR TO 'a'", "SIMILAR TO"),
        ("SELECT CAST(1 AS hugeint)", "the type"),
        ("SELECT CAST(1 AS string)", "the type"),
        ("SELECT 1 & 1", "BITWISE AND"),
        ("SELECT `item_id` FROM train", "`"),
        ("SELECT ?", "PLACEHOLDER"),
        ("WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x", "MATERIALIZED"),
        ("SELECT * FROM train FOR UPDATE", "LOCKS"),
        ("SELECT * FROM train USING SAMPLE 1", ""),
    ],
)
def test_what_athena_refuses_is_refused(warehouse: DuckDbWarehouse, query: str, named: str) -> None:
    with pytest.raises(InputError, match=f"query, line 1, column .*{named}"):
        warehouse.query(query, "electricity")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM '{path}'",
        'SELECT * FROM "{path}"',
        'SELECT * FROM default."{path}"',
        "SELECT * FROM read_csv('{path}')",
        "SELECT * FROM read_text('{path}')",
        "SELECT * FROM read_blob('{path}')",
        "SELECT * FROM read_parquet('{path}')",
        "SELECT * FROM parquet_metadata('{path}')",
        "SELECT * FROM sniff_csv('{path}')",
        "SELECT * FROM glob('{path}')",
        "SELECT * FROM sqlite_scan('{path}', 't')",
        "SELECT read_text('{path}')",
        "SELECT \"read_text\"('{path}')",
        "SELECT system.main.read_text('{path}')",
        "SELECT getenv('HOME')",
        "SELECT current_setting('allowed_paths')",
        "SELECT getvariable('x')",
        "SELECT query('SELECT 1')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('train')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_views",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT * FROM memory.electricity.train",
        "SELECT * FROM system.main.train",
        "SELECT (SELECT content FROM read_text('{path}'))",
        "WITH x AS (SELECT * FROM '{path}') SELECT * FROM x",
        "SELECT 1 WHERE EXISTS (SELECT * FROM read_csv('{path}'))",
    ],
)
def test_no_query_reaches_a_file_or_the_engine_s_own_tables(
    warehouse: DuckDbWarehouse, secret: Path, query: str
) -> None:
    assert "hush" not in refusal(warehouse, query.replace("{path}", str(secret)))


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE train; --",
        "' OR '1'='1",
        "\\' OR 1=1 --",
        "$$",
        "E'\\x41'",
        "{}",
        "%s",
        "\x00",
        "a'||getenv('HOME')||'",
    ],
)
def test_a_text_in_quotes_is_only_ever_a_text(warehouse: DuckDbWarehouse, text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert warehouse.query(f"SELECT {quoted}").rows == [(text,)]
    assert warehouse.query(f"SELECT count(*) FROM train WHERE item_id = {quoted}", "electricity").rows == [(0,)]


def test_an_alias_is_only_ever_a_name(warehouse: DuckDbWarehouse) -> None:
    result = warehouse.query('SELECT 1 AS "a"" FROM read_text(\'/etc/passwd\') --"')
    assert result.columns == ("a\" FROM read_text('/etc/passwd') --",)
    assert result.rows == [(1,)]
