"""Static HTML reports of the model monitor: a page per execution, and an index with trends. They load nothing.

Belongs here: what a person sees of documents that exist. Does not belong here: making those documents, reading or
writing the bucket. Imports NumPy: import it where a report is made.
"""

from forecast_platform.model_monitor.report.documents import ExecutionDocuments
from forecast_platform.model_monitor.report.execution import execution_page
from forecast_platform.model_monitor.report.index import index_page
from forecast_platform.model_monitor.report.summary import ExecutionSummary

__all__ = ["ExecutionDocuments", "ExecutionSummary", "execution_page", "index_page"]
