"""What the documentation says is there: links, commands, attributes, variables, and examples that run."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from forecast_platform import settings
from forecast_platform.aws import settings as aws_settings
from forecast_platform.cli import cli

CHECKOUT = Path(__file__).resolve().parents[1]
REFERENCE = CHECKOUT / "docs" / "reference"
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
CONTRIBUTING = sorted((CHECKOUT / "docs" / "contributing").glob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL = ("console", "bash", "sh", "shell")


def _name(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


def _blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in FENCE.findall(page.read_text("utf-8")) if language in languages]


def _links(page: Path) -> Iterator[str]:
    prose = FENCE.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", prose)):
        if not re.match(r"[a-z]+:", target):
            yield target


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _sections(page: Path) -> dict[str, str]:
    """The text below each heading, up to the next heading of any level, without blocks of code."""
    prose = FENCE.sub("", page.read_text("utf-8"))
    return dict(re.findall(r"^#+ ([^\n]*)\n(.*?)(?=^#|\Z)", prose, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_and_image_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def _commands(page: Path) -> Iterator[list[str]]:
    """The words after ``forecast-platform`` in the shell blocks of a page, up to a pipe or a redirection."""
    for block in _blocks(page, *SHELL):
        for line in block.replace("\\\n", " ").splitlines():
            if not line.startswith("$ "):
                continue
            lexer = shlex.shlex(line[2:], posix=True, punctuation_chars="|>&;")
            lexer.whitespace_split = True
            words = list(lexer)
            starts = [index for index, word in enumerate(words) if Path(word).name == "forecast-platform"]
            for start in starts:
                said = words[start + 1 :]
                ends = [index for index, word in enumerate(said) if word and set(word) <= set("|>&;")]
                yield said[: ends[0]] if ends else said


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_in_a_shell_block_is_one_that_the_command_line_takes(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = _commands_by_their_words("", cli)
    for words in filter(None, _commands(page)):
        if words[0].startswith("-"):
            assert words[0] in ("--help", "-h", "--version"), words
            continue
        length = 2 if isinstance(commands.get(words[0]), click.Group) else 1
        name, arguments = " ".join(words[:length]), words[length:]
        assert name in commands, name
        command = commands[name]
        for parameter in command.params:
            # The files of an example are not there; what matters is that the option is.
            if isinstance(parameter.type, click.Path):
                monkeypatch.setattr(parameter, "type", click.STRING)
        command.make_context(name, arguments)


def _commands_by_their_words(name: str, command: click.Command) -> dict[str, click.Command]:
    """Every command below ``command``, those of groups as ``group command``."""
    members = command.commands.items() if isinstance(command, click.Group) else ()
    found = {f"{name} {word}".strip(): member for word, member in members}
    return found | {
        words: one for word, member in found.items() for words, one in _commands_by_their_words(word, member).items()
    }


def test_every_command_and_every_option_is_in_the_reference() -> None:
    sections = _sections(REFERENCE / "cli.md")
    commands = _commands_by_their_words("", cli)
    assert set(sections) - {"The command line"} == set(commands)
    for name, command in commands.items():
        options = [one for parameter in command.params if isinstance(parameter, click.Option) for one in parameter.opts]
        assert [option for option in options if option not in sections[name]] == [], name


@pytest.mark.parametrize(
    ("component", "page", "heading"),
    [
        ("ForecastProject", "component.md", "The ForecastProject component"),
        ("ModelMonitor", "model-monitor.md", "Attributes"),
        ("ModelQualityAttributes", "model-monitor.md", "model_quality"),
        ("BiasAttributes", "model-monitor.md", "bias"),
        ("AttributionAttributes", "model-monitor.md", "attribution"),
    ],
)
def test_every_attribute_of_a_component_is_documented_with_its_default(component: str, page: str, heading: str) -> None:
    from forecast_platform.components import ForecastProject
    from forecast_platform.components.model_monitor import component as monitor

    documented = _sections(REFERENCE / page)[heading]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", documented, re.MULTILINE)
    fields = getattr(monitor, component, ForecastProject).model_fields
    assert [name for name, *_ in rows] == list(fields)
    for name, _, default in rows:
        field = fields[name]
        assert (default == "required") == field.is_required(), name
        if not field.is_required() and field.default not in (None, ()):
            assert default == f"`{_as_in_yaml(field.default)}`", name


def _as_in_yaml(default: Any) -> str:
    if isinstance(default, tuple):
        return json.dumps(list(default))
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_every_variable_that_the_settings_read_is_documented() -> None:
    reference = (REFERENCE / "settings.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(FORECAST_PLATFORM_\w+)`", reference, re.MULTILINE))
    source = inspect.getsource(settings) + inspect.getsource(aws_settings)
    read = {f"FORECAST_PLATFORM_{name}" for name in re.findall(r"reader\.\w+\(\s*\"([A-Z_]+)\"", source)}
    used = set(re.findall(r"FORECAST_PLATFORM_[A-Z_]*[A-Z]", "".join(_sources())))
    assert {"FORECAST_PLATFORM_HOME", "FORECAST_PLATFORM_SMTP_HOST"} <= read
    assert read <= documented
    assert documented == read | used


def _sources() -> Iterator[str]:
    yield (CHECKOUT / "dagster.yaml").read_text("utf-8")
    for path in (CHECKOUT / "forecast_platform").rglob("*.py"):
        yield path.read_text("utf-8")


def test_every_check_is_documented_with_its_severity() -> None:
    from forecast_platform.quality import suites

    reference = (REFERENCE / "checks.md").read_text("utf-8")
    documented = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", reference, re.MULTILINE))
    checks = [check for name in suites.__all__ for check in getattr(suites, name).checks()]
    assert documented == {check.name: check.severity for check in checks}


def test_every_check_of_a_monitor_is_documented_with_its_asset() -> None:
    from forecast_platform.components.model_monitor.shell import REPORT_ASSETS
    from forecast_platform.quality.suites import monitoring_report

    section = _sections(REFERENCE / "model-monitor.md")["Checks"]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
    assets = {f"`{asset}`" for asset in REPORT_ASSETS.values()}
    documented = {(name, asset) for name, where in rows for asset in (assets if where == "every report" else {where})}
    assert documented == {
        (check.name, f"`{asset}`")
        for kind, asset in REPORT_ASSETS.items()
        for check in monitoring_report.checks(kind, blocking=False)
    }


def test_every_column_of_a_monitors_tables_is_documented_with_its_type() -> None:
    from forecast_platform.model_monitor.catalogue import TABLES

    sections = _sections(REFERENCE / "model-monitor.md")
    for table in TABLES:
        rows = re.findall(r"^\| (`.*?`) \| (\w+) \|", sections[table.name], re.MULTILINE)
        documented = [(name, kind) for names, kind in rows for name in re.findall(r"`(\w+)`", names)]
        columns = [(column.name, column.type) for column in table.columns]
        assert sorted(documented) == sorted([*columns, *((name, "string") for name in table.partitions)]), table.name


@pytest.mark.parametrize("page", CONTRIBUTING, ids=_name)
def test_the_examples_for_contributors_run_and_pass_their_own_tests(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "example.py"
    source.write_text("\n\n".join(_blocks(page, "python")), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("example_of_a_page", source)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, example)
    spec.loader.exec_module(example)
    tests = [function for name, function in vars(example).items() if name.startswith("test_")]
    assert tests
    for test in tests:
        takes_a_folder = "tmp_path" in inspect.signature(test).parameters
        test(tmp_path / "home") if takes_a_folder else test()
