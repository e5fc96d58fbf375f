"""The page as a person sees it: opened from a disk, with no network, in a real browser."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.dashboards import DashboardData, render_dashboard
from forecast_platform.dashboards.server import dashboard_server
from forecast_platform_tests.browser import Browser
from forecast_platform_tests.dashboards.sample import measured, publication, write

pytestmark = pytest.mark.browser

CLEAN = "the console is clean and nothing was asked of the network"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One address for all tests: the browser then compiles the chart library once instead of once per test."""
    return tmp_path_factory.mktemp("dashboard")


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    shown = Page(browser, folder)
    yield shown
    assert (browser.console_errors(), browser.network_requests(), CLEAN) == ([], [], CLEAN)


class Page:
    """The dashboard in the browser: what a person does with it and sees on it."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser = browser
        self.folder = folder

    def open(self, data: DashboardData, fragment: str = "") -> None:
        address = write(data, self.folder).as_uri()
        self.browser.open(address + fragment)
        self.wait_for_chart()

    def wait_for_chart(self, name: str | None = None) -> None:
        drawn = "return document.querySelector('#chart').dataset.series !== undefined"
        self.browser.wait(lambda: self.browser.script(drawn) and (name is None or self.name == name))
        self.browser.wait(lambda: name is None or self.level > 0)

    @property
    def name(self) -> str:
        return self.browser.text("#item-name")

    @property
    def level(self) -> float:
        """Middle of the vertical axis of the chart."""
        return float(
            self.browser.script(
                "const [a, b] = document.querySelector('#chart').layout.yaxis.range; return (a + b) / 2"
            )
        )

    @property
    def days_in_view(self) -> float:
        return float(
            self.browser.script(
                "const [a, b] = document.querySelector('#chart').layout.xaxis.range; return (b - a) / 864e5"
            )
        )

    def search(self, text: str) -> None:
        self.press("#search", Keys.CONTROL + "a" + Keys.NULL, text or Keys.DELETE)

    def press(self, css: str, *keys: str) -> None:
        self.browser.find(css).send_keys(*keys)

    def click(self, css: str) -> None:
        self.browser.find(css).click()

    @property
    def listed(self) -> list[str]:
        return list(
            self.browser.script("return [...document.querySelectorAll('.item-label')].map((e) => e.textContent)")
        )


def test_a_person_finds_title_facts_chart_and_table(page: Page):
    page.open(measured(publication(["heat pump", "boiler", "oven"])))
    assert page.browser.text("h1") == "Electricity demand"
    facts = page.browser.text("#facts").split("\n")
    assert dict(zip(facts[::2], facts[1::2], strict=True)) == {
        "Cutoff": "2014-12-01",
        "Frequency": "daily",
        "Horizon": "7 days",
        "Forecast of": "demand",
        "Items": "3",
    }
    assert page.name == "boiler"
    assert page.browser.script("return document.querySelectorAll('#chart .scatterlayer path.js-line').length") >= 2
    assert page.browser.script("return document.querySelectorAll('#chart .fills path').length") >= 1
    assert page.browser.script("return document.querySelector('#forecast-table tbody').rows.length") == 7
    assert "28 observations" in page.browser.text("#chart-text")


def test_search_and_arrow_keys_change_the_item_and_its_chart(page: Page):
    page.open(publication([f"item {n}" for n in range(9)]))
    before = page.level
    page.search("ITEM 7")
    assert page.listed == ["item 7"]
    page.press("#search", Keys.ENTER)
    page.wait_for_chart("item 7")
    assert page.level > 5 * before
    page.search("")
    page.press("#search", Keys.ARROW_DOWN)
    page.wait_for_chart("item 8")
    assert page.browser.script("return document.querySelector('[aria-selected=true]').id") == "item-8"
    assert (
        page.browser.script("return document.querySelector('#search').getAttribute('aria-activedescendant')")
        == "item-8"
    )


def test_the_link_of_an_item_leads_back_to_it(page: Page):
    page.open(publication(["a & b", "c=d #e"], stores=["1", "2"]))
    page.click("#item-3")
    page.wait_for_chart("c=d #e · 2")
    fragment = page.browser.script("return location.hash")
    page.open(publication(["a & b", "c=d #e"], stores=["1", "2"]), fragment)
    assert page.name == "c=d #e · 2"


def test_a_link_to_an_unknown_item_says_so(page: Page):
    page.open(publication(["a", "b"]))
    page.browser.script("location.hash = '#item_id=gone'")
    page.browser.wait(lambda: "no forecast" in page.browser.text("#problem"))
    assert page.name == "a"


def test_range_zoom_and_reset_change_what_is_in_view(page: Page):
    page.open(publication(["a"], points=200))
    two_horizons = page.days_in_view
    assert 17 < two_horizons < 25
    page.click("[data-range='all']")
    page.browser.wait(lambda: page.days_in_view > 200)
    page.click("[data-zoom='in']")
    page.browser.wait(lambda: page.days_in_view < 150)
    page.click("[data-zoom='reset']")
    page.browser.wait(lambda: page.days_in_view > 200)
    page.click("[data-range='2']")
    page.browser.wait(lambda: page.days_in_view == two_horizons)
    page.press("#chart", "-")
    page.browser.wait(lambda: page.days_in_view > two_horizons)


def test_accuracy_is_shown_overall_per_window_per_item_and_live(page: Page):
    page.open(measured(publication(["a", "b"])))
    headline = page.browser.text("#headline").split("\n")
    assert dict(zip(headline[::2], headline[1::2], strict=True)) == {
        "Average wQL": "0.11",
        "WAPE": "0.22",
        "MASE": "0.75",
        "RMSE": "11",
        "Coverage": "0.8",
    }
    assert "ETS" in page.browser.text("#accuracy .overall .chosen, #accuracy tr:has(.chosen)")
    assert page.browser.script("return document.querySelector('#accuracy tbody').rows.length") == 6
    assert "0.3210" in page.browser.text("#item-accuracy")
    newest = page.browser.text("#live tbody tr").split()
    assert newest == ["2014-11-30provisionalretrained", "0.0800", "0.500"]


def test_the_list_can_be_ordered_by_error(page: Page):
    page.open(measured(publication(["a", "b", "c"])))
    page.click("[data-sort='score']")
    assert page.listed == ["c", "b", "a"]


def test_dark_mode_follows_the_system_and_can_be_switched(page: Page):
    background = "return getComputedStyle(document.body).backgroundColor"
    try:
        page.browser.prefer("dark")
        page.open(publication(["a"]))
        dark = page.browser.script(background)
        assert page.browser.script("return document.querySelector('#theme').getAttribute('aria-pressed')") == "true"
        page.click("#theme")
        light = page.browser.script(background)
        assert light != dark
        page.click("#theme")
        assert page.browser.script(background) == dark
    finally:
        page.browser.script("localStorage.clear()")
        page.browser.prefer("light")


def test_nested_bands_a_lone_quantile_and_the_mean_are_in_the_legend(page: Page):
    page.open(publication(["a"], types=("p5", "p20", "p50", "p80", "p95", "p99", "mean")))
    assert page.browser.text("#legend").split("\n") == ["history", "p5–p99", "p20–p95", "p80", "p50 (median)", "mean"]


def test_hostile_names_are_shown_and_not_run(page: Page):
    names = ["<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>", "<b>한글</b> 🍜"]
    data = replace(measured(publication(names)), title=names[0], target_name=names[0], project=names[1])
    page.open(data)
    for number, name in enumerate(sorted(names)):
        page.click(f"#item-{number}")
        page.wait_for_chart(name)
    assert page.browser.text("h1") == names[0]
    assert page.browser.script("return window.hacked") is None
    assert page.browser.script("return document.querySelectorAll('img, #chart b').length") == 0


def test_the_downloaded_csv_is_exact_and_runs_no_formula(page: Page):
    page.open(publication(['=HYPERLINK("x")'], stores=['a,"b"']))
    page.click("#download")
    file = page.browser.wait(lambda: next(page.browser.downloads.glob("*.csv"), None))
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["item_id", "store", "timestamp", "p10", "p50", "p90"]
    assert rows[1][:5] == ['\'=HYPERLINK("x")', 'a,"b"', "2014-12-01 00:00:00", "90", "100"]
    assert len(rows) == 8
    file.unlink()


def test_ten_thousand_items_open_and_switch(page: Page):
    page.open(publication([f"item {n:05d}" for n in range(10_000)]))
    assert page.browser.text("#found") == "10,000"
    assert page.browser.script("return document.querySelectorAll('.item').length") < 60
    page.search("09999")
    page.press("#search", Keys.ENTER)
    page.wait_for_chart("item 09999")
    page.browser.wait(lambda: page.level > 900_000)
    page.search("")
    page.press("#search", Keys.ARROW_UP)
    page.wait_for_chart("item 09998")


def test_missing_data_beside_the_page_is_explained(browser: Browser, folder: Path):
    data = publication([f"{n}" for n in range(60)])
    address = write(data, folder)
    (folder / render_dashboard(data)[0][0]).unlink()
    browser.open(address.as_uri())
    browser.wait(lambda: "cannot be read" in browser.text("#problem"))
    assert "ERR_FILE_NOT_FOUND" in " ".join(browser.console_errors())


def test_a_script_that_got_into_the_page_all_the_same_would_not_run(browser: Browser, folder: Path):
    browser.open(write(publication(["a"]), folder).as_uri())
    inject = "const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)"
    browser.script(inject)
    assert browser.script("return window.hacked") is None
    assert "Content Security Policy" in " ".join(browser.console_errors())


def test_a_narrow_screen_needs_no_sideways_scrolling(page: Page):
    try:
        page.browser.resize(360, 740)
        page.open(measured(publication(["a long name of an item " * 5, "b"], stores=["north"])))
        assert page.browser.script("return document.documentElement.scrollWidth") <= 360
    finally:
        page.browser.resize(1280, 900)


def test_every_control_has_a_name_and_every_table_a_caption(page: Page):
    page.open(measured(publication(["a", "b"])))
    nameless = """
        const controls = document.querySelectorAll('button, input, [role=region], [role=group], [role=listbox]');
        return [...controls].filter((e) => !e.textContent.trim() && !e.ariaLabel && !e.labels?.length).length
    """
    assert page.browser.script(nameless) == 0
    assert page.browser.script("return [...document.querySelectorAll('table')].every((t) => t.caption.textContent)")


def test_the_server_serves_a_page_that_works_under_its_policies(browser: Browser, tmp_path: Path):
    write(publication([f"item {n:02d}" for n in range(60)]), tmp_path / "electricity" / "dashboard")
    with dashboard_server(LocalBucket(tmp_path), {"electricity": "electricity"}) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            browser.open(server.url)
            browser.script("document.querySelector('a').click()")
            shown = Page(browser, tmp_path)
            browser.wait(lambda: browser.script("return location.pathname") == "/electricity/")
            shown.wait_for_chart("item 00")
            assert browser.console_errors() == []
            assert all(address.startswith(server.url) for address in browser.network_requests())
        finally:
            server.shutdown()
            thread.join()
