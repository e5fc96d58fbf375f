"""Checks as a user writes them in Python, some of them wrong."""

from forecast_platform.components import CheckAttributes

ONE = CheckAttributes(
    asset="raw_training_data",
    name="bread_is_plausible",
    description="No more than 500 of bread are sold in a day.",
    expectations=[
        {
            "type": "expect_column_values_to_be_between",
            "column": "target",
            "max_value": 500,
            "row_condition": 'item_id == "bread"',
        }
    ],
)
CHECKS = [ONE]


def checks() -> list[CheckAttributes]:
    """One check per item."""
    return [ONE.model_copy(update={"name": f"{item}_is_there"}) for item in ("bread", "milk")]


def strangers() -> list[str]:
    """Something else."""
    return ["bread"]
