"""A real headless Chromium for tests that look at a page as a person would.

Belongs here: starting, stopping and questioning the browser. Does not belong here: what any page must show.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
_LOCAL_SCHEMES = ("data:", "blob:", "file:", "about:", "chrome:")


class Browser:
    """One browser window. ``driver`` is selenium's; the methods are what our tests ask again and again."""

    def __init__(self, driver: WebDriver, downloads: Path) -> None:
        self.driver = driver
        self.downloads = downloads

    def open(self, address: str) -> None:
        """Go to ``address``, leaving the page before even when only the part after ``#`` differs."""
        self.driver.get("about:blank")
        self.driver.get(address)

    def script(self, text: str, *arguments: Any) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self.driver.execute_script(text, *arguments)

    def find(self, css: str) -> WebElement:
        """The first element that matches."""
        from selenium.webdriver.common.by import By

        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css: str) -> str:
        """Visible text of the first element that matches."""
        return self.find(css).text

    def wait(self, condition: Callable[[], Any], seconds: float = 15) -> Any:
        """Wait until ``condition`` is true and return what it returned."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _: condition())

    def console_errors(self) -> list[str]:
        """Messages of the console since the last call that a developer would have to look at."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "INFO"]

    def network_requests(self) -> list[str]:
        """Addresses asked for since the last call, without those that never leave the machine's disk or memory."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [address for address in sent if not address.startswith(_LOCAL_SCHEMES)]

    def resize(self, width: int, height: int) -> None:
        """Make the visible part of the page exactly this large, also below the smallest window of the browser."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme: str) -> None:
        """Pretend that the person's system is ``light`` or ``dark``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def missing_browser() -> str | None:
    """Why browser tests cannot run here; ``None`` when they can."""
    if not any(shutil.which(name) for name in _BROWSERS):
        return f"no Chromium found (looked for {', '.join(_BROWSERS)})"
    return None if shutil.which("chromedriver") else "no chromedriver found"


@contextmanager
def chromium(width: int = 1280, height: int = 900) -> Iterator[Browser]:
    """Start a browser with a profile of its own that is thrown away at the end.

    Raises:
        RuntimeError: There is none; see :func:`missing_browser`.
    """
    if reason := missing_browser():
        raise RuntimeError(reason)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        options = webdriver.ChromeOptions()
        options.binary_location = next(path for name in _BROWSERS if (path := shutil.which(name)))
        for flag in (*_QUIET, f"--user-data-dir={folder}/profile", f"--window-size={width},{height}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        downloads = Path(folder) / "downloads"
        downloads.mkdir()
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            yield Browser(driver, downloads)
        finally:
            driver.quit()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser per module, because a start takes a second. Import it into a ``conftest.py`` to use it."""
    if reason := missing_browser():
        pytest.skip(reason)
    with chromium() as started:
        yield started
