"""The one place that knows where the data lies: dbt, connections, the lock, reading, writing and publishing."""

from counterpoise.warehouse.base import Layout, Warehouse
from counterpoise.warehouse.duckdb_file import DuckDBFile
from counterpoise.warehouse.postgres import Postgres
from counterpoise.warehouse.profile import open_warehouse
from counterpoise.warehouse.spark import Spark

__all__ = ["DuckDBFile", "Layout", "Postgres", "Spark", "Warehouse", "open_warehouse"]
