"""Builds the models on fakesnow, which answers as Snowflake would, from a DuckDB file. Run by test_fakesnow.py in an environment of
its own: python build_on_fakesnow.py RAW.duckdb MARTS.duckdb DBT-ARGUMENTS…

The tables of the schema `work_system` of RAW go in by SQL and Arrow; every relation of the schema `counterpoise` comes out into MARTS.
"""

import logging
import sys
import warnings

import duckdb
import fakesnow
import pyarrow as pa
import snowflake.connector
from dbt.cli.main import dbtRunner
from snowflake.connector import pandas_tools

warnings.simplefilter("ignore")
logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it tells that tables here are never transient

_TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "number(38, 0)"),
    (pa.types.is_floating, "float"),
    (pa.types.is_timestamp, "timestamp_ntz"),
    (pa.types.is_date, "date"),
)


def _type(kind: pa.DataType) -> str:
    return next((name for fits, name in _TYPES if fits(kind)), "varchar")


def main(raw_file: str, marts_file: str, *dbt_arguments: str) -> None:
    with fakesnow.patch(), snowflake.connector.connect(database="work", schema="work_system") as snow:
        cursor = snow.cursor()
        with duckdb.connect(raw_file, read_only=True) as raw:
            named = raw.execute("select table_name from duckdb_tables() where schema_name = 'work_system'").fetchall()
            for (table,) in named:
                rows = raw.sql(f'from work_system."{table}"').to_arrow_table()
                columns = ", ".join(f"{field.name} {_type(field.type)}" for field in rows.schema)
                cursor.execute(f"create table {table} ({columns})")
                upper = rows.rename_columns([name.upper() for name in rows.column_names])
                pandas_tools.write_pandas(snow, upper.to_pandas(), table.upper())
        done = dbtRunner().invoke([*dbt_arguments])
        if not done.success:
            failed = [r for r in getattr(done.result, "results", []) if str(r.status) not in ("success", "pass")]
            sys.exit("\n".join(f"{r.node.name}: {r.message}" for r in failed[:5]) or str(done.exception))
        cursor.execute("select table_name from information_schema.tables where lower(table_schema) = 'counterpoise'")
        with duckdb.connect(marts_file) as marts:
            marts.execute("create schema counterpoise")
            for (table,) in cursor.fetchall():
                found = cursor.execute(f"select * from work.counterpoise.{table}").fetchall()
                columns = zip(*found, strict=True) if found else [[]] * len(cursor.description)
                rows = pa.table({c.name.lower(): pa.array(v) for c, v in zip(cursor.description, columns, strict=True)})
                marts.execute(f"create table counterpoise.{table.lower()} as from rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
