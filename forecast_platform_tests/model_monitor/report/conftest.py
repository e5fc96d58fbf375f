"""The browser for the tests of this folder. What it is lives in ``forecast_platform_tests.browser``."""

from forecast_platform_tests.browser import browser

__all__ = ["browser"]
