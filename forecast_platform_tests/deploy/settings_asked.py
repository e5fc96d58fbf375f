"""Which variables the product, and Dagster's files in ``deploy/``, ask for.

Belongs here: asking them. Does not belong here: who sets the variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from forecast_platform.settings import load_settings

_SO_THAT_ALL_IS_ASKED = {
    "FORECAST_PLATFORM_SMTP_HOST": "mail",
    "FORECAST_PLATFORM_BUCKET": "bucket",
    "FORECAST_PLATFORM_SERVICE": "local",
}


class _Noting(dict[str, str]):
    """An environment that notes what it is asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def by_the_platform(environment: str) -> set[str]:
    """Every variable of the settings, for ``local`` or ``aws``."""
    noting = _Noting({**_SO_THAT_ALL_IS_ASKED, "FORECAST_PLATFORM_ENV": environment})
    load_settings(noting)
    return noting.asked


def by_file(path: Path) -> set[str]:
    """Every ``env:`` of one of Dagster's YAML files."""
    return set(_variables(yaml.safe_load(path.read_text("utf-8"))))


def _variables(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if set(node) == {"env"}:
            yield node["env"]
        for value in node.values():
            yield from _variables(value)
    if isinstance(node, list):
        for value in node:
            yield from _variables(value)
