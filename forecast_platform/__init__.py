"""Forecasting as Dagster assets: data in a bucket becomes forecasts, tables, a dashboard and an archive."""

__version__ = "0.1.0"
