"""The service ``local``: the engine of this package, with its state in a folder."""

from forecast_platform.forecast_service.local.service import LocalForecastService

__all__ = ["LocalForecastService"]
