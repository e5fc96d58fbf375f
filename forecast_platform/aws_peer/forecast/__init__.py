"""The protocol peer of Amazon Forecast."""
