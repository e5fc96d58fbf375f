"""The service ``amazon_forecast``: the real Amazon Forecast through boto3."""

from forecast_platform.forecast_service.amazon.service import AmazonForecastService

__all__ = ["AmazonForecastService"]
