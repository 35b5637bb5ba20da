"""Which warehouse a dbt target means, read from dbt's own profile: credentials stand nowhere else."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from counterpoise.errors import UsageError
from counterpoise.warehouse.base import MARTS, RAW, Warehouse
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.duckdb_file import DuckDBFile
from counterpoise.warehouse.postgres import Postgres


def open_warehouse(project: DbtProject, database: Path | None) -> Warehouse:
    """The warehouse of the project's target: the file `database` for DuckDB, else the server the profile names.

    Raises:
        UsageError: no such target, a kind of warehouse not supported yet, or a DuckDB target without a file.
    """
    output = _output(project)
    kind, marts_schema = output.get("type"), output.get("schema") or MARTS
    raw_schema = str(project.variables.get("work_system_schema", RAW))
    if kind == "duckdb":
        if database is None:
            raise UsageError("A DuckDB target needs --db FILE: where the marts are published.")
        return DuckDBFile(database, project, marts_schema, raw_schema)
    if kind == "postgres":
        return Postgres(_libpq(output), project, marts_schema, raw_schema)
    raise UsageError(
        f"Scoring does not reach a {kind} warehouse yet; dbt alone builds the marts there. Targets: duckdb, postgres."
    )


def _output(project: DbtProject) -> dict[str, Any]:
    """The rendered settings of the profile's target."""
    from dbt.config.profile import Profile, read_profile
    from dbt.config.renderer import ProfileRenderer
    from dbt_common.context import set_invocation_context

    folder = project.profiles_dir or project.project_dir
    name = yaml.safe_load((project.project_dir / "dbt_project.yml").read_text("utf-8"))["profile"]
    set_invocation_context(os.environ)
    try:
        _, output = Profile.render_profile(
            read_profile(str(folder))[name], name, project.target, ProfileRenderer(dict(project.variables))
        )
    except Exception as error:
        raise UsageError(f"The dbt profile in {folder} cannot be read: {' '.join(str(error).split())[:300]}") from error
    return output


def _libpq(output: Mapping[str, Any]) -> dict[str, Any]:
    """psycopg2's arguments from a profile's output."""
    role = f" -c role={output['role']}" if output.get("role") else ""
    named = {
        "host": output.get("host"),
        "port": output.get("port"),
        "user": output.get("user"),
        "password": output.get("password") or output.get("pass"),
        "dbname": output.get("dbname") or output.get("database"),
        "sslmode": output.get("sslmode"),
        "options": f"-c timezone=UTC{role}",
    }
    return {key: value for key, value in named.items() if value not in (None, "")}
