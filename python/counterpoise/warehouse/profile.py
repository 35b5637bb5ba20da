"""Which warehouse a dbt target means, read from dbt's own profile: credentials stand nowhere else."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from counterpoise.errors import UsageError
from counterpoise.warehouse.base import MARTS, RAW, Layout, Warehouse
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.duckdb_file import DuckDBFile, build_file
from counterpoise.warehouse.made_of import made_of
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
    elif kind == "spark" and output.get("method") != "session":
        raise UsageError("Scoring reaches Spark by `method: session` only; by any other dbt alone builds the marts.")
    elif kind not in ("postgres", "spark"):
        raise UsageError(
            f"Scoring does not reach a {kind} warehouse yet; dbt alone builds the marts there. "
            "Targets: duckdb, postgres, spark."
        )
    digests = made_of(project, output)
    layout = _layout(project, output, digests)
    warehouse: Warehouse
    if kind == "duckdb":
        warehouse = DuckDBFile(database, project, layout, _attached(output))
    elif kind == "postgres":
        warehouse = Postgres(_libpq(output), project, layout)
    else:
        settings = {name: str(value) for name, value in (output.get("server_side_parameters") or {}).items()}
        warehouse = Spark(settings, project, layout)
    warehouse.made_of = digests
    return warehouse


def _attached(output: Mapping[str, Any]) -> dict[str, str]:
    """Other DuckDB files that dbt reads, by their name there."""
    files = [entry for entry in output.get("attach") or [] if isinstance(entry, Mapping)]
    return {
        str(file["alias"]): str(file["path"])
        for file in files
        if file.get("alias") and file.get("path") and file.get("type") in (None, "duckdb")
    }


def _layout(project: DbtProject, output: Mapping[str, Any], digests: Mapping[str, str] | None) -> Layout:
    """Schemas and connectors. dbt tells them of a project that installs counterpoise or switches connectors on."""
    reads_connectors = any(name.startswith("counterpoise_") and name.endswith(_SWITCHES) for name in project.variables)
    salt_schema = project.variables.get("counterpoise_salt_schema")
    if project.is_own and not reads_connectors:
        marts = str(output.get("schema") or MARTS)
        raw = str(project.variables.get("work_system_schema", RAW))
        database = str(project.variables.get("work_system_database") or "")
        sources = ((database, raw, ""),)
        return Layout(marts, f"{marts}_private", raw, database, sources=sources, salt_schema=salt_schema)
    note = project.work_folder / "layout.json"
    return _noted_layout(note, digests) or _note(note, digests, _parsed_layout(project, output))


def _parsed_layout(project: DbtProject, output: Mapping[str, Any]) -> Layout:
    manifest = project.parse()
    named = {
        name: manifest.nodes[f"model.counterpoise.{model}"].schema
        for name, model in (("marts_schema", "team_risk"), ("private_schema", "stg_work_items"))
    }
    own = [source for source in manifest.sources.values() if source.package_name == "counterpoise"]
    raw = next(source for source in own if source.source_name == "work_system")
    owners = (name.split(".")[-1] for name in manifest.nodes)
    connectors = sorted(name[4:-8] for name in owners if name.startswith("stg_") and name.endswith("__owners"))
    # of DuckDB the file's own name, of others the one database there is
    here = Path(str(output.get("path") or "")).stem or output.get("dbname") or output.get("database")
    settings = project.settings.get("vars") or {}
    variables = {**settings, **(settings.get("counterpoise") or {}), **project.variables}
    read = {
        ("" if database in (None, here) else str(database), schema, table)
        for source in (manifest.sources[name] for name in _read_sources(manifest))
        for database, schema, table in _places(source, variables, connectors)
    }
    salt_schema = variables.get("counterpoise_salt_schema")
    return Layout(
        **named,
        raw_schema=raw.schema,
        raw_database="" if raw.database in (None, here) else str(raw.database),
        connectors=tuple(connectors),
        sources=tuple(sorted(read)),
        salt_schema=salt_schema,
    )


def _places(source: Any, variables: Mapping[str, Any], tools: Sequence[str]) -> Iterator[tuple[str | None, str, str]]:
    """Where a source's table is read: of a tool, in each of its instances, as the macro `connector_relation` has it."""
    tool = source.source_name
    if tool not in tools:
        yield source.database, source.schema, source.identifier
        return
    given = variables.get(f"counterpoise_{tool}_schemas")
    usual = variables.get("counterpoise_connectors_database") or source.database
    table = (variables.get(f"counterpoise_{tool}_tables") or {}).get(source.name, source.identifier)
    for instance in given.values() if isinstance(given, Mapping) else [given]:
        *database, schema = str(instance or source.schema).split(".")
        yield (database[-1] if database else usual), schema, table


def _read_sources(manifest: Any) -> set[str]:
    """Ids of the sources that the package, or what it is made of, reads."""
    manifest.build_parent_and_child_maps()
    seen: set[str] = set()
    waiting = [name for name, node in manifest.nodes.items() if node.package_name == "counterpoise"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += manifest.parent_map.get(name, [])
    return seen & set(manifest.sources)


def _noted_layout(note: Path, digests: Mapping[str, str] | None) -> Layout | None:
    """What `_note` wrote down, where the project is still the same: dbt takes seconds to tell it again."""
    try:
        noted = json.loads(note.read_text("utf-8"))
        if digests is None or noted.pop("made_of") != digests:
            return None
        lists = {"connectors": tuple(noted["connectors"]), "sources": tuple(map(tuple, noted["sources"]))}
        return Layout(**{**noted, **lists})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _note(note: Path, digests: Mapping[str, str] | None, layout: Layout) -> Layout:
    if digests is not None:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"made_of": digests, **asdict(layout)}), encoding="utf-8")
    return layout


def _output(project: DbtProject) -> dict[str, Any]:
    """The rendered settings of the profile's target."""
    folder = project.profiles_dir or project.project_dir
    name = project.profile
    profiles = _read_profiles(folder / "profiles.yml")
    environment = {**os.environ, **project.environment}
    try:
        return _rendered(profiles[name], project, environment)
    except Exception:  # whatever it is: dbt knows how to read it, or how to say what is wrong
        return _rendered_by_dbt(profiles, project, environment)


def _rendered(profile: Mapping[str, Any], project: DbtProject, environment: Mapping[str, str]) -> dict[str, Any]:
    """What dbt makes of a profile, without the seconds it takes to load dbt; raises where it is out of the ordinary."""
    from jinja2 import StrictUndefined, nativetypes

    def named(values: Mapping[str, Any]) -> Callable[..., Any]:
        # a name that is not there and has no default raises, for dbt to say so
        return lambda name, default=None: values[name] if default is None else values.get(name, default)

    jinja = nativetypes.NativeEnvironment(undefined=StrictUndefined)
    jinja.concat = _joined
    jinja.globals = {"env_var": named(environment), "var": named(project.variables)}

    def render(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: render(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [render(inner) for inner in value]
        return jinja.from_string(value).render() if isinstance(value, str) else value

    target = project.target or render(profile["target"])
    output = profile["outputs"][target]
    if not isinstance(output, Mapping) or not output.get("type"):
        raise ValueError("not an output")
    return render(output)


def _joined(parts: Iterable[Any]) -> Any:
    """One part keeps its type, as in dbt; several are a text."""
    found = list(parts)
    return found[0] if len(found) == 1 else "".join(map(str, found))


def _rendered_by_dbt(profiles: Any, project: DbtProject, environment: Mapping[str, str]) -> dict[str, Any]:
    from dbt.config.profile import Profile
    from dbt.config.renderer import ProfileRenderer
    from dbt.exceptions import DbtProfileError, EnvVarMissingError
    from dbt_common.context import set_invocation_context

    folder = project.profiles_dir or project.project_dir
    name = project.profile
    set_invocation_context(environment)
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
