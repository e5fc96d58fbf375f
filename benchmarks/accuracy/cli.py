"""The command: methods on panels, side by side.

Belongs here: options, and the order of the work. Does not belong here: how anything is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy.methods import AUTOGLUON, PANELS, PRESETS, REFERENCE, all_methods
from benchmarks.accuracy.results import Result, Run, execute
from benchmarks.accuracy.tables import Table, panel_table, summary_table

QUICK_ITEMS = 20
QUICK_METHODS = (REFERENCE, "fast", "balanced")
AUTOGLUON_VARIABLE = "AUTOGLUON_PYTHON"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every method on every panel; print a table per panel as soon as it is complete, then the summary."""
    options = _options(arguments)
    results: list[Result] = []
    tables: list[Table] = []
    for panel in options.panels:
        for method in options.methods:
            results.append(_run(panel, method, options))
            _write_json(results, options)
        tables.append(panel_table(panel, results, REFERENCE))
        print(tables[-1].text(), flush=True)
    tables.append(summary_table(results, REFERENCE))
    print(tables[-1].text())
    if options.markdown:
        options.markdown.write_text("\n".join(table.markdown() for table in tables))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description="Rolling backtests from the outside: at every cutoff a method is trained on what was known then, "
        "and its forecast is scored by what happened. Every method runs on every panel in a process of its own.",
        epilog="A panel or method may also be module:attribute, a function of your own.",
    )
    parser.add_argument("--panels", nargs="+", default=list(PANELS), metavar="NAME", help=", ".join(PANELS))
    parser.add_argument(
        "--methods",
        nargs="+",
        metavar="NAME",
        help=f"baselines ({REFERENCE}, …), presets ({', '.join(PRESETS)}) or algorithms; default: all",
    )
    parser.add_argument("--windows", type=int, metavar="N", help="only the N newest cutoffs")
    parser.add_argument("--items", type=int, metavar="N", help="only N items of each panel")
    parser.add_argument("--quick", action="store_true", help=f"one window, {QUICK_ITEMS} items, few methods")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes of a method")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="stop a method on a panel after this time")
    parser.add_argument(
        "--autogluon-python",
        default=os.environ.get(AUTOGLUON_VARIABLE),
        metavar="PATH",
        help=f"interpreter with autogluon.timeseries, for {AUTOGLUON}; default: the variable {AUTOGLUON_VARIABLE}",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every window there, after every run")
    options = parser.parse_args(arguments)
    if options.quick:
        options.windows, options.items = options.windows or 1, options.items or QUICK_ITEMS
    options.methods = options.methods or list(QUICK_METHODS if options.quick else all_methods(options.autogluon_python))
    return options


def _run(panel: str, method: str, options: argparse.Namespace) -> Result:
    print(f"{panel}, {method} …", end=" ", file=sys.stderr, flush=True)
    result = execute(
        Run(
            panel=panel,
            method=method,
            jobs=options.jobs,
            windows=options.windows,
            most_items=options.items,
            autogluon_python=options.autogluon_python,
            limit_seconds=options.limit,
        )
    )
    print(f"{result.status}, {result.seconds:.0f} s {result.message}".rstrip(), file=sys.stderr, flush=True)
    return result


def _write_json(results: Sequence[Result], options: argparse.Namespace) -> None:
    if options.json:
        machine = {"python": platform.python_version(), "cores": os.cpu_count(), "jobs": options.jobs}
        document = {"machine": machine, "results": [result.to_json() for result in results]}
        options.json.write_text(json.dumps(document, indent=1) + "\n")
