"""Progress on a terminal; silence when stderr is not one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forecast_platform.forecast_service.port import Progress


@contextmanager
def show_progress() -> Iterator[Progress]:
    """A progress callback that draws one bar per kind of work on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield progress
