"""Our component types as a library: in a foreign ``dg`` project that only has this package installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TYPE = "forecast_platform.components.ForecastProject"
_PROJECT = """\
[project]
name = "somebody-elses"
version = "0.1.0"
[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "somebody_elses"
code_location_name = "somebody-elses"
"""
_DEFINITIONS = """\
from pathlib import Path
import dagster as dg
@dg.definitions
def defs():
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What ``create-dagster project`` lays out, as far as ``dg`` looks at it."""
    package = tmp_path / "somebody_elses"
    (package / "defs").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(_PROJECT)
    (package / "__init__.py").touch()
    (package / "defs" / "__init__.py").touch()
    (package / "definitions.py").write_text(_DEFINITIONS)
    return tmp_path


def _dg(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    ours = ("DAGSTER_", "FORECAST_PLATFORM_")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    variables = {"PYTHONPATH": str(project), "FORECAST_PLATFORM_HOME": str(project / "home"), "COLUMNS": "200"}
    command = [str(Path(sys.executable).with_name("dg")), *arguments]
    return subprocess.run(
        command, cwd=project, env=inherited | variables, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_component_type_is_listed_with_its_summary(project: Path) -> None:
    listed = _dg(project, "list", "components", "--json")
    assert listed.returncode == 0, listed.stderr
    summaries = {one["key"]: one["summary"] for one in json.loads(listed.stdout)["items"]}
    assert "Forecasts a set of time series" in summaries[TYPE]


def test_what_is_scaffolded_loads_as_it_is_and_a_misspelt_attribute_is_named(project: Path) -> None:
    scaffolded = _dg(project, "scaffold", "defs", TYPE, "demo")
    assert scaffolded.returncode == 0, scaffolded.stderr
    written = project / "somebody_elses" / "defs" / "demo" / "defs.yaml"
    checked = _dg(project, "check", "defs")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    listed = _dg(project, "list", "defs", "--json")
    assert "demo/forecast" in listed.stdout

    written.write_text(written.read_text().replace("cadence: daily", "cadense: daily"))
    refused = _dg(project, "check", "yaml")
    said = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert "cadense" in said
    assert "defs.yaml" in said
