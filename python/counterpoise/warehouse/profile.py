"""Which warehouse a dbt target means, read from dbt's own profile: credentials stand nowhere else."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from counterpoise.errors import UsageError
from counterpoise.warehouse.base import MARTS, RAW, Layout, Warehouse
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.duckdb_file import DuckDBFile, build_file
from counterpoise.warehouse.postgres import Postgres
from counterpoise.warehouse.spark import Spark

_SWITCHES = ("_enabled", "_adapters")  # ends of the vars that make dbt read a tool


def open_warehouse(project: DbtProject, database: Path | None) -> Warehouse:
    """The warehouse of the project's target: the file `database` for DuckDB, else the server the profile names.

    Raises:
        UsageError: no such target, a kind of warehouse not supported yet, or a DuckDB target without a file.
    """
    output = _output(project)
    kind = output.get("type")
    if kind == "duckdb":
        if database is None:
            raise UsageError("A DuckDB target needs --db FILE: where the marts are published.")
        # dbt reads the file's place from here, and parses anew when it changes
        project.environment = {**project.environment, "COUNTERPOISE_BUILD_FILE": str(build_file(database))}
        return DuckDBFile(database, project, _layout(project, output))
    if kind == "postgres":
        return Postgres(_libpq(output), project, _layout(project, output))
    if kind == "spark" and output.get("method") == "session":
        settings = {name: str(value) for name, value in (output.get("server_side_parameters") or {}).items()}
        return Spark(settings, project, _layout(project, output))
    if kind == "spark":
        raise UsageError("Scoring reaches Spark by `method: session` only; by any other dbt alone builds the marts.")
    raise UsageError(
        f"Scoring does not reach a {kind} warehouse yet; dbt alone builds the marts there. "
        "Targets: duckdb, postgres, spark."
    )


def _layout(project: DbtProject, output: Mapping[str, Any]) -> Layout:
    """Schemas and connectors. dbt tells them of a project that installs counterpoise or switches connectors on."""
    reads_connectors = any(name.startswith("counterpoise_") and name.endswith(_SWITCHES) for name in project.variables)
    if project.is_own and not reads_connectors:
        marts = str(output.get("schema") or MARTS)
        return Layout(marts, f"{marts}_private", str(project.variables.get("work_system_schema", RAW)))
    manifest = project.parse()
    named = {
        name: manifest.nodes[f"model.counterpoise.{model}"].schema
        for name, model in (("marts_schema", "team_risk"), ("private_schema", "stg_work_items"))
    }
    sources = [source for source in manifest.sources.values() if source.package_name == "counterpoise"]
    raw = next(source.schema for source in sources if source.source_name == "work_system")
    owners = (name.split(".")[-1] for name in manifest.nodes)
    connectors = sorted(name[4:-8] for name in owners if name.startswith("stg_") and name.endswith("__owners"))
    return Layout(**named, raw_schema=raw, connectors=tuple(connectors))


def _output(project: DbtProject) -> dict[str, Any]:
    """The rendered settings of the profile's target."""
    from dbt.config.profile import Profile
    from dbt.config.renderer import ProfileRenderer
    from dbt.exceptions import DbtProfileError, EnvVarMissingError
    from dbt_common.context import set_invocation_context

    folder = project.profiles_dir or project.project_dir
    name = project.profile
    profiles = _read_profiles(folder / "profiles.yml")
    set_invocation_context(os.environ)
    try:
        _, output = Profile.render_profile(
            profiles[name], name, project.target, ProfileRenderer(dict(project.variables))
        )
    except (DbtProfileError, EnvVarMissingError) as error:  # a target or a variable that is not there
        raise UsageError(f"The dbt profile in {folder} cannot be read: {' '.join(str(error).split())[:300]}") from error
    except Exception as error:  # its text may quote a secret of the file, so it is neither shown nor chained
        raise UsageError(
            f"The dbt profile in {folder} cannot be read ({type(error).__name__}). "
            f"It needs a profile {name!r} with targets that dbt can render."
        ) from None
    return output


def _read_profiles(path: Path) -> Any:
    """What the file holds. Where it is no YAML, dbt's own reading would quote the lines around, secrets and all."""
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"There is no profile to read at {path} ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", near line {mark.line + 1}" if mark else ""
        raise UsageError(
            f"{path} is not YAML{where}. Mend it there; its lines are not shown, as they may hold a secret."
        ) from None


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
