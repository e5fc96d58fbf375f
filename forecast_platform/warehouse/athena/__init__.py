"""The warehouse on AWS: tables and views in Glue's catalogue, SQL answered by Athena.

Belongs here: everything that speaks to the two. Does not belong here: which tables there are (``warehouse.tables``).
"""

from forecast_platform.warehouse.athena.warehouse import AthenaWarehouse

__all__ = ["AthenaWarehouse"]
