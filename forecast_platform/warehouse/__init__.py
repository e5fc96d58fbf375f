"""Tables, views and SQL over the bucket: the values and the port, one module per engine."""

from forecast_platform.warehouse.catalogue import Catalogue, Column, Table, View
from forecast_platform.warehouse.port import Count, QueryResult, Warehouse, count_rows

__all__ = ["Catalogue", "Column", "Count", "QueryResult", "Table", "View", "Warehouse", "count_rows"]
