"""Forecast types.

Belongs here: the one rule that predictors and forecasts share. Does not belong here: their other rules.
"""

from __future__ import annotations

from forecast_platform.aws_peer.forecast import refusals

_MOST = 5


def check_forecast_types(types: list[str]) -> None:
    """Refuse more than five, and one given twice, however it is written.

    Raises:
        ServiceError: ``InvalidInputException``.
    """
    if len(types) > _MOST:
        raise refusals.invalid_input(f"At most {_MOST} forecast types can be given, not {len(types)}.")
    values = [one if one == "mean" else float(one) for one in types]
    if 0.0 in values:
        raise refusals.invalid_input("Quantiles are between 0.01 and 0.99.")
    if len(set(values)) < len(values):
        raise refusals.invalid_input(f"A forecast type is given twice: {', '.join(types)}.")
