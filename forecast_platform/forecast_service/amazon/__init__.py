"""The service ``amazon_forecast``: the real Amazon Forecast through boto3."""
