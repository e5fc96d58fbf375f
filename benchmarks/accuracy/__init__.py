"""Rolling backtests of the engine from the outside, beside other forecasters. ``python -m benchmarks.accuracy --help``.

Belongs here: panels, methods, scoring and tables. Does not belong here: anything that the engine needs.
"""
