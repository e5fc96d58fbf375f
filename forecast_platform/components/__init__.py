"""The Dagster shell: component types that users instantiate in ``defs.yaml`` files, here and in their own projects."""

from forecast_platform.components.check_attributes import CheckAttributes
from forecast_platform.components.forecast_project.component import ForecastProject
from forecast_platform.components.model_monitor.component import ModelMonitor

__all__ = ["CheckAttributes", "ForecastProject", "ModelMonitor"]
