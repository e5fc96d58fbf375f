"""An expectation as a user would write it: with a default of its own on one of Great Expectations'."""

import great_expectations.expectations as gxe


class ExpectValuesToBeEven(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc,name-defined]
    """The values of a column are even numbers below ten."""

    value_set: tuple[float, ...] = (0, 2, 4, 6, 8)
    description: str = "values must be even"
