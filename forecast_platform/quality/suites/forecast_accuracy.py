"""The checks of ``forecast_accuracy``. Belongs here: what is asked of forecasts whose actuals have arrived. Does not
belong here: the statistics (``quality.calibration``, ``quality.forecast_monitoring``), where the numbers come from
(``pipeline.forecast_monitoring``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.suites.building import not_less
from forecast_platform.quality.validation import Batch

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.quality.calibration import ShareVerdict
    from forecast_platform.quality.forecast_monitoring import Bias, Decay

_NAMED_SERIES = 5
_COUNTED = ("observations", "closed", "opened", "p_value", "is_off")


def checks() -> tuple[Check, ...]:
    """Whether forecasts keep what their backtests promised. Batch: :func:`batch`."""
    return (
        Check(
            "actuals_have_arrived",
            "Every window that has ended has its actuals.",
            "info",
            (Expectation("ExpectColumnMaxToBeBetween", {"column": "unfinished_windows", "max_value": 0}),),
            "{unfinished_windows} of {ended_windows} windows that have ended wait for actuals and are not judged.",
        ),
        Check(
            "accuracy_holds",
            "Forecasts are not much less accurate than the backtests of their predictors.",
            "warning",
            (not_less("loss_ratio_limit", "loss_ratio"),),
            "{decay}",
        ),
        Check(
            "coverage_is_as_promised",
            "The outermost interval holds as many actuals as it promises.",
            "warning",
            (not_less("coverage", "coverage_low"), not_less("coverage_high", "coverage_without_bounds")),
            "{coverage_found}",
        ),
        Check(
            "no_item_is_off",
            "The outermost interval holds as many actuals of every single item as it promises.",
            "warning",
            (Expectation("ExpectColumnMaxToBeBetween", {"column": "items_off", "max_value": 0}),),
            "{items_found}",
        ),
        Check(
            "forecasts_are_unbiased",
            "Forecasts are not too high or too low on the whole.",
            "warning",
            (
                not_less("hits", "hits_low"),
                not_less("hits_high", "hits_without_bounds"),
                not_less("bias_limit", "absolute_bias"),
            ),
            "{bias_found}",
        ),
    )


def batch(
    *,
    ended: int,
    unfinished: int,
    decay: Decay,
    coverage: ShareVerdict,
    hits: ShareVerdict,
    bias: Bias,
    series: pd.DataFrame,
) -> Batch:
    """One row about the windows that were judged; what could not be judged is missing, and passes.

    Args:
        ended, unfinished: Windows that have ended, and those of them without their actuals.
        hits: Share of actuals at or below the median.
        series: One row per series: its keys, ``observations``, ``closed`` (those inside the interval) and ``is_off``.
    """
    import pandas as pd

    row = {
        "ended_windows": ended,
        "unfinished_windows": unfinished,
        "loss_ratio": decay.ratio,
        "loss_ratio_limit": decay.limit,
        "coverage": coverage.closed,
        "coverage_low": coverage.low,
        "coverage_high": coverage.high,
        "coverage_without_bounds": coverage.opened,
        "items_off": int(series["is_off"].sum()),
        "hits": hits.closed,
        "hits_low": hits.low,
        "hits_high": hits.high,
        "hits_without_bounds": hits.opened,
        "absolute_bias": abs(bias.bias),
        "bias_limit": bias.limit,
    }
    texts = {
        "decay": _decay(decay),
        "coverage_found": _share(coverage, "actuals are inside the interval that promises"),
        "items_found": _items(series, coverage),
        "bias_found": _bias(bias) if bias.windows else _share(hits, "actuals are at or below the median of"),
    }
    return Batch(pd.DataFrame([row]), texts, examples={"no_item_is_off": _off(series).to_dict("records")})


def _decay(decay: Decay) -> str:
    if decay.windows == 0:
        return "Nothing to compare yet: no window with all its actuals and a known backtest."
    compared = (
        f"Over {_many(decay.windows, 'complete window')} the loss is {decay.ratio:.3g} times that of the backtests"
    )
    if not decay.judged:
        return f"{compared}. One window and one backtest window do not tell what is chance: not judged yet."
    limit = f"{decay.limit:.3g}" if decay.limit < 100 else "100 and more"
    return f"{compared}; with so few or so many windows, up to {limit} times is chance or tolerated."


def _share(found: ShareVerdict, words: str) -> str:
    if found.promised != found.promised or not found.observations:
        return "Nothing to judge: there are no complete windows, or this is not forecast."
    said = f"{found.closed:.1%} of {found.observations:,} {words} {found.promised:.0%}"
    if not found.judged:
        return f"{said}. {_many(found.windows, 'complete window')} of so few periods tell too little: not judged yet."
    strictly = "" if found.closed == found.opened else f" ({found.opened:.1%} without those on a bound)"
    return (
        f"{said}{strictly}; expected: {found.low:.1%} to {found.high:.1%}, as errors that go together leave "
        f"{found.effective:,.0f} independent observations in {_many(found.windows, 'window')}."
    )


def _items(series: pd.DataFrame, coverage: ShareVerdict) -> str:
    if coverage.promised != coverage.promised or series.empty:
        return "Nothing to judge: there are no complete windows, or no interval is forecast."
    off = _off(series)
    said = f"Items whose coverage is not the promised {coverage.promised:.0%}: {len(off)} of {len(series):,}."
    keys = [name for name in series.columns if name not in _COUNTED]
    named = [
        f"{' / '.join(map(str, row[:-2]))} ({row[-1] / row[-2]:.0%} of {row[-2]:.0f})"
        for row in off.head(_NAMED_SERIES)[[*keys, "observations", "closed"]].itertuples(index=False, name=None)
    ]
    more = f" and {len(off) - _NAMED_SERIES} more" if len(off) > _NAMED_SERIES else ""
    return f"{said} {', '.join(named)}{more}" if named else said


def _off(series: pd.DataFrame) -> pd.DataFrame:
    """The most certain first."""
    return series[series["is_off"]].sort_values("p_value", kind="stable")


def _bias(bias: Bias) -> str:
    said = (
        f"Over {_many(bias.windows, 'complete window')} forecasts are {bias.bias:+.1%} of the actuals off on the "
        f"whole; tracking signal {bias.tracking_signal:+.1f}"
    )
    return f"{said}; allowed: {bias.limit:.1%} either way." if bias.judged else f"{said}. Too few to judge yet."


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
