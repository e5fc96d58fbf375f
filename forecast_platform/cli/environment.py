"""What the commands that meet Dagster need: its instance, and the definitions, projects and monitors there are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from forecast_platform.errors import InputError, Problem
from forecast_platform.settings import CHECKOUT, Settings, load_settings

if TYPE_CHECKING:
    import dagster as dg
    from dagster.components import Resolvable

    from forecast_platform.components.forecast_project.shell import ProjectShell
    from forecast_platform.model_monitor.monitor import Monitor

Written = TypeVar("Written", bound="Resolvable")


def prepare_environment(settings: Settings | None = None) -> Settings:
    """Set the variables that ``dagster.yaml`` reads, unless the person has set them, and make the folders."""
    settings = settings or load_settings()
    # Absolute, because what is started from here may work in another folder.
    os.environ["FORECAST_PLATFORM_HOME"] = str(settings.home)
    os.environ["FORECAST_PLATFORM_DEFS"] = str(settings.defs)
    os.environ.setdefault("FORECAST_PLATFORM_DAGSTER_ROOT", str(settings.dagster_root))
    os.environ.setdefault(
        "DAGSTER_HOME", str(CHECKOUT if (CHECKOUT / "dagster.yaml").exists() else settings.dagster_root)
    )
    settings.dagster_root.mkdir(parents=True, exist_ok=True)
    if settings.aws is None:
        settings.bucket_root.mkdir(parents=True, exist_ok=True)
    return settings


def dagster_instance() -> dg.DagsterInstance:
    """The instance that the UI and the daemon use too."""
    import dagster as dg

    prepare_environment()
    return dg.DagsterInstance.get()


def load_definitions() -> dg.Definitions:
    """Everything this deployment runs."""
    from forecast_platform.definitions import defs

    return defs()


def find_projects() -> dict[str, ProjectShell]:
    """The forecast projects whose ``defs.yaml`` is in the folder that the settings name, by name.

    Raises:
        InputError: A ``defs.yaml`` cannot be used.
    """
    folder = load_settings().defs
    shells = (shell for path in sorted(folder.rglob("defs.yaml")) for shell in _projects_of(path))
    return {shell.project.name: shell for shell in shells}


def find_monitors() -> dict[str, Monitor]:
    """The model monitors whose ``defs.yaml`` is in the folder that the settings name, by name.

    Raises:
        InputError: A ``defs.yaml`` cannot be used.
    """
    folder = load_settings().defs
    found = (one for path in sorted(folder.rglob("defs.yaml")) for one in _monitors_of(path))
    return {monitor.name: monitor for monitor in found}


def _projects_of(path: Path) -> Iterator[ProjectShell]:
    from forecast_platform.components import ForecastProject
    from forecast_platform.components.forecast_project.shell import ProjectShell

    for component in _components(path, ForecastProject):
        with _refusing(path):
            project = component.project(path.parent.name)
        yield ProjectShell(project, component.owners, component.notify, component.automation)


def _monitors_of(path: Path) -> Iterator[Monitor]:
    from forecast_platform.components import ModelMonitor

    for component in _components(path, ModelMonitor):
        with _refusing(path):
            monitor = component.monitor(path.parent)
        yield monitor


def _components(path: Path, kind: type[Written]) -> Iterator[Written]:
    """The components of a type that ``path`` defines."""
    import yaml

    with _refusing(path):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if isinstance(document, dict) and str(document.get("type", "")).endswith(f".{kind.__name__}"):
                yield kind.resolve_from_yaml(yaml.safe_dump(document.get("attributes", {})))


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say of anything that is wrong with a ``defs.yaml`` where it is."""
    import yaml
    from dagster.components.resolved.errors import ResolutionException
    from pydantic import ValidationError

    try:
        yield
    except ValidationError as error:
        problems = [
            Problem(f"{path}: {'.'.join(map(str, one['loc'])).partition(' ')[0]}", repr(one["input"]), one["msg"])
            for one in error.errors()
        ]
        raise InputError("A definition cannot be used.", problems) from None
    except (yaml.YAMLError, ResolutionException, ValueError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        problem = Problem(str(path), reason, "YAML with the attributes of a component")
        raise InputError("A definition cannot be used.", [problem]) from None


def project_shell(name: str) -> ProjectShell:
    """The project called ``name``.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    projects = find_projects()
    if name not in projects:
        known = ", ".join(projects) or "none yet; `forecast-platform add` makes one"
        raise InputError(f"There is no project called {name!r}. Projects: {known}.")
    return projects[name]
