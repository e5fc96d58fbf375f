"""The reports as a person sees them: opened from a disk, with no network, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import Select

from forecast_platform.model_monitor.report import ExecutionSummary, execution_page, index_page
from forecast_platform_tests.browser import Browser
from forecast_platform_tests.model_monitor.report import sample
from forecast_platform_tests.model_monitor.report.test_execution_page import HOSTILE
from forecast_platform_tests.model_monitor.report.test_index_page import FAR, summary

pytestmark = pytest.mark.browser

CLEAN = "the console is clean and nothing was asked of the network"


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    shown = Page(browser, tmp_path)
    yield shown
    assert (browser.console_errors(), browser.network_requests(), CLEAN) == ([], [], CLEAN)


class Page:
    """A report in the browser: what a person does with it and sees on it."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser = browser
        self.folder = folder

    def open(self, content: bytes) -> None:
        address = self.folder / "report.html"
        address.write_bytes(content)
        self.browser.open(address.as_uri())

    def shown(self, css: str) -> list[str]:
        """Texts of what matches and is not hidden."""
        found = "return [...document.querySelectorAll(arguments[0])].filter((e) => !e.closest('[hidden]'))"
        return list(self.browser.script(f"{found}.map((e) => e.textContent)", css))

    def type(self, css: str, text: str) -> None:
        field = self.browser.find(css)
        field.clear()
        field.send_keys(text)

    def choose(self, css: str, option: str) -> None:
        Select(self.browser.find(css)).select_by_visible_text(option)

    def click(self, css: str) -> None:
        self.browser.find(css).click()

    def hover(self, css: str, across: float) -> None:
        """Put the pointer at a share of the width."""
        element = self.browser.find(css)
        self.browser.script("arguments[0].scrollIntoView({ block: 'center' })", element)
        offset = round((across - 0.5) * element.size["width"])
        ActionChains(self.browser.driver).move_to_element_with_offset(element, offset, 0).perform()

    @property
    def scripted(self) -> bool:
        return bool(self.browser.script("return 'hacked' in window"))


ROWS = "#feature-table tbody tr th"
CARDS = "#cards h3"


def test_features_are_searched_filtered_and_ordered(page: Page) -> None:
    page.open(execution_page(sample.data_quality()))
    worst = page.shown(CARDS)
    assert worst == page.shown(ROWS)
    assert worst[0] == "education"
    page.type("#search", "CAPITAL")
    assert set(page.shown(CARDS)) == set(page.shown(ROWS)) == {"capital_gains", "capital_losses"}
    page.type("#search", "nothing of that name")
    assert page.browser.text("#no-feature") == "No feature matches."
    page.type("#search", " \b")
    page.click("[data-show=drifted]")
    assert page.shown(CARDS) == worst[:7]
    page.click("[data-show=all]")
    page.choose("#order", "By name")
    assert page.shown(CARDS) == sorted(worst)
    page.choose("#order", "As in the data")
    assert page.shown(CARDS)[:2] == ["age", "class_of_worker"]
    page.choose("#order", "Worst first")
    assert page.shown(CARDS) == worst


def test_a_table_is_sorted_by_its_headers_with_absent_values_last(page: Page) -> None:
    page.open(execution_page(sample.data_quality()))
    head = "#feature-table th:nth-child(9)"
    means = f"{head.split(' ')[0]} tbody td:nth-child(9)"
    page.click(f"{head} button")
    assert page.browser.find(head).get_attribute("aria-sort") == "descending"
    found = page.shown(means)
    numbers = [float(one.replace(",", "")) for one in found if one != "–"]
    assert numbers == sorted(numbers, reverse=True)
    assert found[-1] == "–"
    page.click(f"{head} button")
    assert page.shown(means)[0] == f"{min(numbers):g}"
    assert page.shown(means)[-1] == "–"


def test_violations_are_filtered_by_words_and_by_check(page: Page) -> None:
    page.open(execution_page(sample.data_quality()))
    rows = "#violation-table tbody th"
    page.choose("[data-filters] select", "Completeness")
    assert page.shown(rows) == ["education"]
    assert page.browser.text("[data-filters] [role=status]") == "1 of 8"
    page.choose("[data-filters] select", "All checks")
    page.type("[data-filters] input", "exceeds")
    assert len(page.shown(rows)) == 7


def test_a_violation_leads_to_the_card_of_its_feature(page: Page) -> None:
    page.open(execution_page(sample.data_quality()))
    page.click("#violation-table tbody tr:nth-child(5) a")
    assert page.browser.script("return document.querySelector(':target h3').textContent") == "dividends_from_stocks"


def test_the_pointer_reads_the_bars_of_a_histogram(page: Page) -> None:
    page.open(execution_page(sample.data_quality()))
    page.hover("#f0 svg.histogram", 0.5)
    # A busy browser draws what the pointer reads a moment later.
    assert page.browser.wait(lambda: "baseline" in page.browser.text(".tip"))
    assert "current" in page.browser.text(".tip")
    assert "Distribution of age" in page.browser.find("#f0 svg.histogram").get_attribute("aria-label")


def test_dark_mode_is_a_button_away_and_the_system_s_choice_is_followed(page: Page) -> None:
    page.open(execution_page(sample.data_quality()))
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = page.browser.script(colour)
    page.click("#theme")
    dark = page.browser.script(colour)
    assert dark != light
    page.click("#theme")
    page.browser.script("localStorage.clear(); delete document.documentElement.dataset.theme")
    page.browser.prefer("dark")
    try:
        assert page.browser.script(colour) == dark
    finally:
        page.browser.prefer("light")


def test_hostile_names_do_nothing(page: Page) -> None:
    documents = sample.data_quality(names=HOSTILE)
    page.open(execution_page(documents))
    assert set(HOSTILE[:4]) <= set(page.shown(CARDS))
    page.hover("#f0 svg.histogram", 0.5)
    page.type("#search", "script")
    assert len(page.shown(CARDS)) == 2
    hostile = summary(0, {HOSTILE[0]: 1}, monitor=HOSTILE[0], reason=HOSTILE[1], measures={HOSTILE[1]: FAR})
    page.open(index_page([hostile, replace(hostile, window_start=HOSTILE[0], page="javascript:window.hacked=1")]))
    page.hover(".monitor section td.plot svg", 0.01)
    page.click(".monitor section td.plot svg")
    assert not page.scripted


@pytest.mark.parametrize("name", ["data", "quality", "bias", "failed", "index"])
def test_a_phone_needs_no_sideways_scrolling_of_the_page(page: Page, name: str) -> None:
    long = "a_very_long_name_of_a_feature_" * 8
    documents = {
        "data": lambda: execution_page(sample.data_quality(names=[long])),
        "quality": lambda: execution_page(sample.binary_quality()),
        "bias": lambda: execution_page(sample.bias()),
        "failed": lambda: execution_page(sample.failed()),
        "index": lambda: index_page([summary(number, {long: 1}, measures={long: FAR}) for number in range(200)]),
    }
    try:
        page.browser.resize(360, 740)
        page.open(documents[name]())
        assert page.browser.script("return document.documentElement.scrollWidth") <= 360
    finally:
        page.browser.resize(1280, 900)


def test_every_control_has_a_name_and_every_picture_a_text(page: Page) -> None:
    nameless = """
        const controls = document.querySelectorAll('button, input, select, [role=region], [role=group], [role=img]');
        const named = (e) => e.textContent.trim() || e.ariaLabel;
        return [...controls].filter((e) => !named(e)).map((e) => e.outerHTML)
    """
    executions = [
        ExecutionSummary.of(sample.data_quality(), "a.html"),
        ExecutionSummary.of(sample.binary_quality(), "b.html"),
    ]
    for content in (
        execution_page(sample.data_quality()),
        execution_page(sample.binary_quality()),
        index_page(executions),
    ):
        page.open(content)
        assert page.browser.script(nameless) == []


def test_the_pointer_reads_a_column_of_the_index_and_a_click_opens_it(page: Page) -> None:
    page.open(index_page([summary(number, {"age": number} if number else {}) for number in range(80)]))
    age = ".monitor section td.plot svg"
    page.hover(age, 0.5)
    assert page.browser.text(".tip").split("\n") == ["2026-01-02 16:00", "Completed with violations", "age: 40"]
    (page.folder / "0040").mkdir()
    (page.folder / "0040" / "report.html").write_bytes(execution_page(sample.failed()))
    page.click(age)
    page.browser.wait(lambda: page.browser.driver.current_url.endswith("/0040/report.html"))


def test_the_index_is_searched_by_feature(page: Page) -> None:
    page.open(index_page([summary(number, {"age": 1, "sex": 2}, measures={"age": FAR}) for number in range(3)]))
    page.type(".search", "AGE")
    assert page.shown(".monitor section .timeline tbody th") == ["age", "age"]
    assert "Status" in page.shown(".timeline tbody th")


def test_a_large_index_opens(page: Page) -> None:
    names = [f"feature_{number:03d}" for number in range(100)]
    page.open(
        index_page([summary(n, dict.fromkeys(names, 1), measures=dict.fromkeys(names, FAR)) for n in range(1000)])
    )
    assert len(page.shown("td.plot svg")) == 3 + 100 + 100
