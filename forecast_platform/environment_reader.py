"""Reads and checks environment variables, and collects what is wrong with them.

Belongs here: kinds of values. Does not belong here: which variables there are (``settings``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from forecast_platform.errors import Problem


class EnvironmentReader:
    """Reads ``FORECAST_PLATFORM_*`` variables and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[Problem] = []

    def text(self, name: str, default: str) -> str:
        return self._environment.get(f"FORECAST_PLATFORM_{name}", "") or default

    def folder(self, name: str, default: Path) -> Path:
        return Path(self.text(name, str(default))).expanduser().absolute()

    def number(self, name: str, default: float, least: float) -> float:
        written = self.text(name, str(default))
        try:
            value = float(written)
        except ValueError:
            value = float("nan")
        if not value >= least:
            self.refuse(name, written, f"a number of at least {least:g}")
            return default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        written = self.text(name, "true" if default else "false").lower()
        if written not in ("true", "false"):
            self.refuse(name, written, "true or false")
        return written == "true"

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        written = self.text(name, default)
        if written not in allowed:
            self.refuse(name, written, " or ".join(allowed))
            return default
        return written

    def matching(self, name: str, pattern: str, expected: str) -> str | None:
        """The text of an optional variable, which must fit ``pattern`` as a whole."""
        written = self.text(name, "")
        if written and not re.fullmatch(pattern, written):
            self.refuse(name, written, expected)
            return None
        return written or None

    def refuse(self, name: str, written: str, expected: str, advice: str = "") -> None:
        """Remember that a variable cannot be used; all are said together."""
        where, found = f"environment variable FORECAST_PLATFORM_{name}", repr(written) if written else "nothing"
        self.problems.append(Problem(where, found, expected, advice))
