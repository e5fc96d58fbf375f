"""Tables, views and SQL over the bucket: the values and the port, one module per engine."""

from forecast_platform.warehouse.catalogue import Catalogue, Column, Table, View
from forecast_platform.warehouse.port import QueryResult, Warehouse

__all__ = ["Catalogue", "Column", "QueryResult", "Table", "View", "Warehouse"]
