"""Charts and the HTML report: how a forecast is shown to people. Nothing here reads a bucket or knows Dagster."""

from forecast_platform.dashboards.data import DashboardData
from forecast_platform.dashboards.page import render_dashboard, render_page, stale_data

__all__ = ["DashboardData", "render_dashboard", "render_page", "stale_data"]
