"""What an endpoint captures of its traffic, in files of SageMaker's format, written so that nothing answered is lost.

Belongs here: what is recorded, and how records become files. Does not belong here: HTTP, reading captures.
"""

from forecast_platform.serving.capture.options import CaptureMode, CaptureOptions
from forecast_platform.serving.capture.records import Invocation, RecordFormat
from forecast_platform.serving.capture.writer import CaptureCounts, CaptureWriter

__all__ = ["CaptureCounts", "CaptureMode", "CaptureOptions", "CaptureWriter", "Invocation", "RecordFormat"]
