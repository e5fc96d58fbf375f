"""What the documentation says is there: links, commands, attributes, variables, and examples that run."""

from __future__ import annotations

import importlib.util
import inspect
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from forecast_platform import settings
from forecast_platform.cli import cli

CHECKOUT = Path(__file__).resolve().parents[1]
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
    for name, *arguments in (words for words in _commands(page) if words):
        if name.startswith("-"):
            assert name in ("--help", "-h", "--version"), name
            continue
        assert name in cli.commands, name
        command = cli.commands[name]
        for parameter in command.params:
            # The files of an example are not there; what matters is that the option is.
            if isinstance(parameter.type, click.Path):
                monkeypatch.setattr(parameter, "type", click.STRING)
        command.make_context(name, list(arguments))


def test_every_command_and_every_option_is_in_the_reference() -> None:
    reference = (CHECKOUT / "docs/reference/cli.md").read_text("utf-8")
    sections = dict(re.findall(r"^## ([\w-]+)\n(.*?)(?=^## |\Z)", reference, re.DOTALL | re.MULTILINE))
    assert set(sections) == set(cli.commands)
    for name, command in cli.commands.items():
        options = [one for parameter in command.params if isinstance(parameter, click.Option) for one in parameter.opts]
        assert [option for option in options if option not in sections[name]] == [], name


def test_every_attribute_of_a_project_is_documented_with_its_default() -> None:
    from forecast_platform.components import ForecastProject

    reference = (CHECKOUT / "docs/reference/component.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", reference, re.MULTILINE)
    fields = ForecastProject.model_fields
    assert [name for name, *_ in rows] == list(fields)
    for name, _, default in rows:
        field = fields[name]
        assert (default == "required") == field.is_required(), name
        if not field.is_required() and field.default not in (None, ()):
            assert default == f"`{str(field.default).lower()}`", name


def test_every_variable_that_the_settings_read_is_documented() -> None:
    reference = (CHECKOUT / "docs/reference/settings.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(FORECAST_PLATFORM_\w+)`", reference, re.MULTILINE))
    source = inspect.getsource(settings)
    read = {f"FORECAST_PLATFORM_{name}" for name in re.findall(r"reader\.\w+\(\"([A-Z_]+)\"", source)}
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

    reference = (CHECKOUT / "docs/reference/checks.md").read_text("utf-8")
    documented = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", reference, re.MULTILINE))
    checks = [check for name in suites.__all__ for check in getattr(suites, name).checks()]
    assert documented == {check.name: check.severity for check in checks}


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
