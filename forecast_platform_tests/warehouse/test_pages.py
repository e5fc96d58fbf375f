"""The pages for users name what there is."""

import re
from pathlib import Path

import pytest

from forecast_platform.warehouse.functions import SUPPORTED
from forecast_platform.warehouse.tables import project_catalogue
from forecast_platform_tests.warehouse.examples import OLD_BI_QUERY, TRAIN_KEY, electricity_params, warehouse_with

DOCS = Path(__file__).resolve().parents[2] / "docs"
HOW_TO = (DOCS / "how-to" / "query-with-sql.md").read_text(encoding="utf-8")


def test_the_reference_names_every_table_and_every_column_of_our_own() -> None:
    page = (DOCS / "reference" / "tables.md").read_text(encoding="utf-8")
    catalogue = project_catalogue("electricity", electricity_params(), {"target": TRAIN_KEY})
    for name in catalogue.names:
        assert f"| `{name}` |" in page
    for name in catalogue.names[2:-1]:
        section = page.partition(f"### `{name}`")[2].partition("\n## ")[0].partition("\n### ")[0]
        table = catalogue.table(name)
        assert table is not None
        assert [column for column in table.column_names if f"`{column}`" not in section] == []


def test_the_how_to_lists_exactly_the_functions_that_work() -> None:
    listed = HOW_TO.partition("Functions that work:")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == SUPPORTED


@pytest.mark.parametrize("block", re.findall(r"```sql\n(.*?)```", HOW_TO, re.DOTALL))
def test_every_query_of_the_how_to_runs(tmp_path: Path, block: str) -> None:
    warehouse = warehouse_with(tmp_path, ["client_10"], "electricity")
    for query in filter(str.strip, block.split(";")):
        assert warehouse.query(query, "electricity").columns


def test_the_how_to_shows_the_old_query_as_it_was() -> None:
    assert "".join(OLD_BI_QUERY.split()) in "".join(HOW_TO.split())
