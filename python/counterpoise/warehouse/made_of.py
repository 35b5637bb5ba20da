"""What a build is made of besides data, as digests: files of the project, versions, vars, target, environment.

Two builds with the same digests and the same data have the same result. No digest is made of a secret.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from counterpoise.warehouse.dbt import DbtProject

_VERSIONS = ("counterpoise", "dbt-core", "dbt-adapters", "dbt-duckdb", "dbt-postgres", "dbt-spark", "duckdb")
_SECRET = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)
# Folders that dbt reads, by their setting, and the kinds of files in them that say what is built.
_FOLDERS = {
    "model-paths": "models", "macro-paths": "macros", "seed-paths": "seeds", "snapshot-paths": "snapshots",
    "test-paths": "tests", "analysis-paths": "analyses", "function-paths": "functions",
}  # fmt: skip
_KINDS = {".sql", ".yml", ".yaml", ".csv", ".md", ".py"}
_BESIDE = ("dbt_project.yml", "packages.yml", "dependencies.yml", "package-lock.yml", "selectors.yml")
_ENV_VAR = re.compile(r"\benv_var\s*\(")
_NAMED_ENV_VAR = re.compile(r"\benv_var\s*\(\s*(['\"])(\w+)\1")
# SQL that says something else each time it is asked.
_CLOCK = re.compile(
    r"run_started_at|invocation_id|modules\.datetime|current_?timestamp|current_date|getdate|sysdate|\bnow\s*\(",
    re.IGNORECASE,
)


def made_of(project: DbtProject, output: Mapping[str, Any]) -> dict[str, str] | None:
    """Digests by what they are of; None where a result may depend on what cannot be seen here, as on the clock.

    Args:
        output: the rendered settings of the profile's target.
    """
    files = hashlib.sha256()
    asked: set[str] = set()
    for root, path in _files(project):
        content = path.read_bytes()
        files.update(f"{root.name}/{path.relative_to(root)}\n{len(content)}\n".encode())
        files.update(content)
        text = content.decode("utf-8", errors="replace")
        named = [found[1] for found in _NAMED_ENV_VAR.findall(text)]
        if len(named) < len(_ENV_VAR.findall(text)) or (path.suffix == ".sql" and _CLOCK.search(text)):
            return None
        asked.update(named)
    told = {name for name in os.environ if name.startswith("DBT_")} | asked
    return {
        "files": files.hexdigest(),
        "versions": _digest({name: _version(name) for name in _VERSIONS}),
        "vars": _digest(project.variables),
        "target": _digest([project.profile, project.target, without_secrets(output)]),
        "environment": _digest({name: os.environ.get(name) for name in told if not _SECRET.search(name)}),
    }


def without_secrets(settings: Any) -> Any:
    """The same settings without those that are secret by their name."""
    if isinstance(settings, Mapping):
        return {name: without_secrets(value) for name, value in settings.items() if not _SECRET.search(str(name))}
    if isinstance(settings, list | tuple):
        return [without_secrets(value) for value in settings]
    return settings


def _files(project: DbtProject) -> Iterator[tuple[Path, Path]]:
    """Files of the project and of the packages it has installed, each with the folder of its project, in one order."""
    installed = project.project_dir / project.settings.get("packages-install-path", "dbt_packages")
    packages = sorted(path.parent for path in installed.glob("*/dbt_project.yml"))
    for root in (project.project_dir, *packages):
        settings = project.settings if root == project.project_dir else _read_yaml(root / "dbt_project.yml")
        yield from ((root, root / name) for name in _BESIDE if (root / name).is_file())
        for setting, usual in _FOLDERS.items():
            # the package's own tests folder holds its tests in Python too, which dbt does not read
            kinds = _KINDS - {".py"} if setting == "test-paths" else _KINDS
            for folder in settings.get(setting) or [usual]:
                for path in _below(root / folder):
                    if path.suffix in kinds:
                        yield root, path


def _below(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        found += [Path(place) / name for name in names]
    return sorted(found)


def _read_yaml(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text("utf-8")) or {}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
