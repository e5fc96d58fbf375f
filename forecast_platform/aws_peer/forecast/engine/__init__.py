"""What the jobs of the protocol peer of Amazon Forecast do: the embedded engine on the bytes in S3.

Belongs here: the public name. Does not belong here: the wire protocol and the states of resources (the rest of the
peer).
"""

from forecast_platform.aws_peer.forecast.engine.engine import ForecastEngine

__all__ = ["ForecastEngine"]
