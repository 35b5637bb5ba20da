"""Builds marts from connector tables of a test, as dbt would in a team's own warehouse."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from conftest import ROOT
from counterpoise.warehouse.dbt import DbtProject

Tables = Mapping[str, Mapping[str, "pa.Table | Sequence[Mapping[str, Any]]"]]

def metric_weeks(schema: str = "counterpoise") -> str:
    """`fct_metric_week` as a query, with the sums of weeks in which a team has too few people to be shown: what a recount is held against."""
    return f"""(
        select shown.* replace (made.numerator as numerator, made.denominator as denominator, made.n as n)
        from {schema}.fct_metric_week as shown
        left join (
            select
                team_id, metric_id, cast(date '1970-01-05' + cast(7 * week as integer) as date) as week_start,
                cast(sum(numerator) as double) as numerator, cast(sum(denominator) as double) as denominator, sum(n) as n
            from {schema}_private.int_metric_rows
            group by all
        ) as made using (team_id, metric_id, week_start)
    )"""


_TOOLS = ("jira", "zendesk", "github", "servicenow")


def write(database: Path, tables: Tables) -> None:
    """Write `tables` (schema → table → rows) into a DuckDB file, in place of tables of the same names."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(database), config={"storage_compatibility_version": "v1.4.0"}) as connection:
        for schema, named in tables.items():
            connection.execute(f'create schema if not exists "{schema}"')
            for name, rows in named.items():
                table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist([dict(row) for row in rows])
                connection.register("given", table)
                connection.execute(f'create or replace table "{schema}"."{name}" as select * from given')
                connection.unregister("given")


def build(
    folder: Path,
    tables: Tables,
    variables: Mapping[str, Any] | None = None,
    select: Sequence[str] | None = None,
    *,
    tested: bool = False,
) -> duckdb.DuckDBPyConnection:
    """Write the tables and run dbt on them.

    Args:
        folder: the DuckDB file `work.duckdb` and dbt's own files go here; a second call builds on what is there.
        tables: schema → table → rows. A schema named like a tool switches that tool on.
        variables: dbt vars, over those that switch tools on.
        select: dbt's selection; everything where None.
        tested: run dbt's tests of the data too.

    Returns:
        A connection for reading; marts are in schema `counterpoise`, the rest in `counterpoise_private`.
    """
    database = folder / "work.duckdb"
    write(database, tables)
    dbt = project(folder, {**switched_on(tables), **(variables or {})})
    if select is None:
        dbt.build(tested=tested)
    else:
        left_out = ["unit_test"] if tested else ["unit_test", "test"]
        dbt.invoke(["build", "--exclude-resource-types", *left_out, "--select", *select])
    return duckdb.connect(str(database), read_only=True)


def switched_on(tables: Tables) -> dict[str, bool]:
    """The vars that switch on the tools whose schemas are in `tables`."""
    return {f"counterpoise_{tool}_enabled": True for tool in _TOOLS if tool in tables}


def project(folder: Path, variables: Mapping[str, Any]) -> DbtProject:
    """counterpoise's own dbt project on the file `work.duckdb` of a folder."""
    database = folder / "work.duckdb"
    return DbtProject(
        ROOT, folder / ".build", variables=variables, environment={"COUNTERPOISE_BUILD_FILE": str(database)}
    )


def installing_project(folder: Path) -> Path:
    """A copy of somebody else's dbt project (integration_tests/) in `folder`, with this package installed into it."""
    copied = folder / "project"
    left_out = shutil.ignore_patterns("dbt_packages", "target", "logs", "package-lock.yml")
    shutil.copytree(ROOT / "integration_tests", copied, ignore=left_out)
    (copied / "packages.yml").write_text(f"packages:\n  - local: {ROOT}\n", encoding="utf-8")
    dbt = Path(sys.executable).with_name("dbt")
    places = {"DBT_LOG_PATH": str(folder / "logs"), "DBT_TARGET_PATH": str(folder / "target")}
    ran = subprocess.run(
        [dbt, "deps", "--project-dir", copied, "--profiles-dir", copied],
        env={**os.environ, **places}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return copied
