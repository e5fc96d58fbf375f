import pytest

from forecast_platform.errors import InputError
from forecast_platform.warehouse import Catalogue, Column, Table, View

COLUMNS = (Column("item_id", "string"), Column("timestamp", "string", source="t", text_format="%Y-%m-%d"))


def test_a_catalogue_goes_to_json_and_back() -> None:
    catalogue = Catalogue(
        "p",
        (Table("t", COLUMNS, "a/", partitions=("cutoff",)), Table("c", COLUMNS[:1], "a/b.parquet")),
        (View("v", "SELECT '한글' FROM t"),),
    )
    assert Catalogue.from_json(catalogue.to_json()) == catalogue
    assert Catalogue.from_json(catalogue.to_json()).to_json() == catalogue.to_json()


def test_a_catalogue_of_another_version_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="format 1"):
        Catalogue.from_json(Catalogue("p", ()).to_json().replace(b'"format": 2', b'"format": 1'))


@pytest.mark.parametrize("name", ["", "A", "1a", "a b", 'a"b', "a;b", "a.b", "한글", "a\n", "x" * 129, "--"])
def test_names_are_checked_before_they_reach_sql(name: str) -> None:
    for make in (
        lambda: Column(name, "string"),
        lambda: Table(name, (), "a/"),
        lambda: Table("t", (), "a/", partitions=(name,)),
        lambda: View(name, "SELECT 1"),
        lambda: Catalogue(name, ()),
    ):
        with pytest.raises(InputError, match="a lower-case letter or underscore"):
            make()


@pytest.mark.parametrize("name", ["default", "information_schema", "pg_catalog"])
def test_names_that_mean_something_else_in_sql_are_not_databases(name: str) -> None:
    with pytest.raises(InputError, match="a name other than default"):
        Catalogue(name, ())


def test_types_are_checked() -> None:
    with pytest.raises(InputError, match="one of string, double, bigint, timestamp, boolean"):
        Column("a", "varchar")
    with pytest.raises(InputError, match="because it has a text format"):
        Column("a", "timestamp", text_format="%Y")


def test_two_things_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two things called 'a'"):
        Table("t", (Column("a", "string"),), "x/", partitions=("a",))
    with pytest.raises(InputError, match="two things called 't'"):
        Catalogue("p", (Table("t", (), "x/"),), (View("t", "SELECT 1"),))
