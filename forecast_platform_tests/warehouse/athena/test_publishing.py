"""Bringing Glue to what a catalogue says: beside readers, other writers, other people's tables, and kills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError

from forecast_platform.aws.clients import client
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.errors import InputError
from forecast_platform.warehouse import Catalogue, Column, Table, View, Warehouse
from forecast_platform_tests.fakes.athena import AthenaPeer
from forecast_platform_tests.fakes.moto_server import IN_THE_REGION, listening
from forecast_platform_tests.warehouse.examples import Home, electricity_catalogue, parquet

_CHANGES = ("CreateDatabase", "UpdateDatabase", "CreateTable", "UpdateTable", "DeleteTable")
PLAIN = Table("plain", (Column("a", "string"), Column("b", "double")), "plain/rows.parquet")
NAMED = Table("named", (Column("item", "string", source="a"), Column("b", "double")), "named/rows.parquet")
BEFORE = Catalogue(
    "p", (PLAIN, NAMED, Table("gone", PLAIN.columns, "gone/")), (View("v", "SELECT item, b FROM named"),)
)
AFTER = Catalogue(
    "p",
    (
        Table("plain", (Column("a", "string"), Column("c", "bigint")), PLAIN.location),
        Table("named", (Column("item", "string", source="a"), Column("c", "bigint")), NAMED.location),
    ),
    (View("v", "SELECT item, c FROM named"), View("w", "SELECT item FROM v")),
)
ITEM = "SELECT a FROM plain UNION ALL SELECT item FROM named UNION ALL SELECT item FROM v"


@pytest.fixture
def home(athena_home: Home[Warehouse]) -> Home[Warehouse]:
    """A warehouse that holds ``BEFORE``, with one row in each file."""
    for table in (PLAIN, NAMED):
        athena_home.bucket.below("p").write(table.location, parquet(pd.DataFrame({"a": ["x"], "b": [1.0]})))
    athena_home.warehouse.publish(BEFORE)
    return athena_home


@contextmanager
def before_changes(act: Callable[[str], None]) -> Iterator[list[str]]:
    """Call ``act`` with the name of every operation that changes Glue or starts a query, before it does."""
    seen: list[str] = []

    def called(model: Any, **_: Any) -> None:
        if model.name in (*_CHANGES, "StartQueryExecution") and not acting:
            seen.append(model.name)
            acting.append(True)
            try:
                act(model.name)
            finally:
                acting.clear()

    acting: list[bool] = []
    with listening("glue", "before-call", called), listening("athena", "before-call", called):
        yield seen


def test_readers_find_every_table_between_any_two_steps(home: Home[Warehouse]) -> None:
    def read(_operation: str) -> None:
        assert home.warehouse.query(ITEM, "p").rows == [("x",)] * 3

    with before_changes(read) as changes:
        home.warehouse.publish(AFTER)
    assert len(changes) >= 10
    assert home.warehouse.query("SELECT * FROM w", "p").rows == [("x",)]
    assert home.warehouse.query("DESCRIBE named", "p").rows == [("item", "string"), ("c", "bigint")]
    files = client("glue").get_table(DatabaseName="p", Name="named_files")["Table"]
    assert [one["Name"] for one in files["StorageDescriptor"]["Columns"]] == ["a", "c"]


def test_a_publication_that_was_killed_is_finished_by_the_next(home: Home[Warehouse]) -> None:
    for allowed in range(30):
        left = [None] * allowed

        def die(_operation: str, left: list[None] = left) -> None:
            if not left:
                raise KeyboardInterrupt
            left.pop()

        try:
            with before_changes(die):
                home.warehouse.publish(AFTER)
            break
        except KeyboardInterrupt:
            continue
    assert 2 < allowed < 29
    assert home.warehouse.query("SHOW TABLES IN p").rows == [("named",), ("plain",), ("v",), ("w",)]
    assert home.warehouse.query("SELECT c, item FROM v UNION ALL SELECT c, a FROM plain", "p").rows == [(None, "x")] * 2


def test_publishing_again_changes_nothing(home: Home[Warehouse]) -> None:
    with before_changes(lambda _operation: None) as changes:
        home.warehouse.publish(BEFORE)
    assert changes == []


def test_two_runs_may_publish_at_once(athena_home: Home[Warehouse]) -> None:
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(athena_home.warehouse.publish, [AFTER] * 2))
    assert athena_home.warehouse.query("SHOW TABLES IN p").rows == [("named",), ("plain",), ("v",), ("w",)]
    assert athena_home.warehouse.query("SELECT * FROM w", "p").rows == []


def test_a_change_that_another_overtakes_is_made_again(home: Home[Warehouse]) -> None:
    times = [1, 2]

    def overtake(operation: str) -> None:
        if operation == "UpdateTable" and times:
            times.pop()
            raise ClientError({"Error": {"Code": "ConcurrentModificationException"}}, operation)

    with before_changes(overtake) as changes:
        home.warehouse.publish(AFTER)
    assert not times
    assert changes.count("UpdateTable") > 2
    assert home.warehouse.query("SELECT * FROM w", "p").rows == [("x",)]


def test_a_view_that_another_run_makes_before_ours_is_marked_is_made_again(athena_home: Home[Warehouse]) -> None:
    """Past bug: it was the other run's with the mark of ours, and so it was taken for ours from then on."""
    theirs, ours = (Catalogue("p", (NAMED,), (View("v", f"SELECT {one} FROM named"),)) for one in ("b", "item"))
    publish, left = athena_home.warehouse.publish, [theirs]

    def overtake(params: Any, **_: Any) -> None:
        if b'"Name": "v"' in params["body"] and left:
            publish(left.pop())

    with listening("glue", "before-call.glue.GetTable", overtake):
        publish(ours)
    assert not left
    assert athena_home.warehouse.query("DESCRIBE v", "p").rows == [("item", "string")]


def test_what_somebody_else_made_is_never_touched(athena_home: Home[Warehouse]) -> None:
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": "p", "Description": "made by hand"})
    foreign = {"StorageDescriptor": {"Columns": [{"Name": "x", "Type": "bigint"}]}, "TableType": "EXTERNAL_TABLE"}
    for name in ("plain", "v", "unrelated"):
        glue.create_table(DatabaseName="p", TableInput={"Name": name, **foreign})
    with pytest.raises(InputError) as refused:
        athena_home.warehouse.publish(AFTER)
    assert [problem.where for problem in refused.value.problems] == ["p.plain", "p.v"]
    for name in ("plain", "v"):
        glue.delete_table(DatabaseName="p", Name=name)
    athena_home.warehouse.publish(AFTER)
    assert athena_home.warehouse.databases() == ["p"]
    assert glue.get_database(Name="p")["Database"]["Description"] == "made by hand"
    assert glue.get_table(DatabaseName="p", Name="unrelated")["Table"]["StorageDescriptor"]["Columns"][0]["Name"] == "x"
    glue.delete_table(DatabaseName="p", Name="v")
    glue.create_table(DatabaseName="p", TableInput={"Name": "v", **foreign})
    with pytest.raises(InputError, match=r"p\.v: found a table or view that this platform did not make"):
        athena_home.warehouse.publish(AFTER)


def test_a_database_of_a_project_in_another_bucket_is_refused(home: Home[Warehouse]) -> None:
    from forecast_platform.aws.settings import AwsSettings
    from forecast_platform.warehouse.athena import AthenaWarehouse

    client("s3").create_bucket(Bucket="other", **IN_THE_REGION)
    other = AthenaWarehouse(
        AwsSettings("other", athena_results="s3://other/", poll_seconds=0.01), S3Bucket("other").below
    )
    with pytest.raises(InputError, match="found one for s3://lake/team/p; expected none, or one for s3://other/p"):
        other.publish(BEFORE)
    assert home.warehouse.query(ITEM, "p").rows == [("x",)] * 3


def test_a_table_becomes_a_view_and_a_table_again(home: Home[Warehouse]) -> None:
    swapped = Catalogue(
        "p",
        (
            Table("plain", (Column("item", "string", source="a"),), PLAIN.location),
            Table("named", PLAIN.columns, NAMED.location),
        ),
    )
    home.warehouse.publish(swapped)
    assert home.warehouse.query("SELECT item FROM plain UNION ALL SELECT a FROM named", "p").rows == [("x",)] * 2
    home.warehouse.publish(BEFORE)
    assert home.warehouse.query(ITEM, "p").rows == [("x",)] * 3


def test_every_location_is_a_folder_below_the_project(peer: AthenaPeer, athena_home: Home[Warehouse]) -> None:
    athena_home.warehouse.publish(electricity_catalogue("electricity"))
    glue = client("glue")
    assert glue.get_database(Name="electricity")["Database"]["LocationUri"] == "s3://lake/team/electricity"
    tables = [
        one for one in glue.get_tables(DatabaseName="electricity")["TableList"] if one["TableType"] != "VIRTUAL_VIEW"
    ]
    locations = [one["StorageDescriptor"]["Location"] for one in tables]
    assert all(place.startswith("s3://lake/team/electricity/") and place.endswith("/") for place in locations)
    assert all(one == two or not one.startswith(two) for one in locations for two in locations)
    made = [one.sql for one in peer.executions.values()]
    assert [sql.split(" AS ")[0] for sql in made] == [
        'CREATE OR REPLACE VIEW "electricity"."train"',
        'CREATE OR REPLACE VIEW "electricity"."forecast_with_history"',
    ]
