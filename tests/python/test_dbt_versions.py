"""The dbt versions that are declared: the oldest one parses the project, and so does the next major's parser where it can be had."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from own_environment import own_environment

pytestmark = pytest.mark.slow

_NEXT_MAJOR = "2.0.0a1"
_PROFILES = {
    "duckdb": {"type": "duckdb", "path": "parsed.duckdb", "schema": "counterpoise"},
    # the next major's first parser knows neither DuckDB nor PostgreSQL; parsing asks no server
    "snowflake": {
        "type": "snowflake", "account": "nobody", "user": "nobody", "password": "none", "database": "none",
        "warehouse": "none", "schema": "counterpoise",
    },
}  # fmt: skip


def _parse(dbt: Path, folder: Path, profile: str) -> subprocess.CompletedProcess[str]:
    profiles = folder / "profiles"
    profiles.mkdir()
    output = {"counterpoise": {"target": "any", "outputs": {"any": {**_PROFILES[profile], "threads": 1}}}}
    (profiles / "profiles.yml").write_text(yaml.safe_dump(output))
    switched_on = {f"counterpoise_{tool}_enabled": True for tool in ("jira", "zendesk", "github", "servicenow")}
    return subprocess.run(
        [dbt, "parse", "--project-dir", ROOT, "--profiles-dir", profiles, "--vars", yaml.safe_dump(switched_on)],
        env={**os.environ, "DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def _said(ran: subprocess.CompletedProcess[str]) -> str:
    return (ran.stdout + ran.stderr)[-3000:]


def test_the_range_is_declared() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    assert project["require-dbt-version"] == [">=1.10.0", "<2.0.0"]


def test_the_oldest_dbt_parses_it(tmp_path: Path) -> None:
    dbt = own_environment(tmp_path / "oldest", "dbt-core~=1.10.0", "dbt-duckdb") / "dbt"
    ran = _parse(dbt, tmp_path, "duckdb")
    assert ran.returncode == 0, _said(ran)


def test_the_next_majors_parser_takes_it(tmp_path: Path) -> None:
    dbt = own_environment(tmp_path / "next", f"dbt-core=={_NEXT_MAJOR}") / "dbt"
    ran = _parse(dbt, tmp_path, "snowflake")
    # it wants a semantic layer in YAML that the present versions do not know (docs/semantic-layer.md)
    warned = [line for line in (ran.stdout + ran.stderr).splitlines() if line.startswith(("[warning]", "[error]"))]
    assert ran.returncode == 0 and len(warned) == 1 and "SemanticModelDeprecated" in warned[0], _said(ran)


def test_nothing_is_deprecated(tmp_path: Path) -> None:
    """What dbt warns of today it refuses tomorrow."""
    dbt = Path(sys.executable).with_name("dbt")
    assert shutil.which(dbt)
    ran = subprocess.run(
        [dbt, "--show-all-deprecations", "--warn-error-options", '{"error": ["Deprecations"]}', "parse",
         "--project-dir", ROOT, "--profiles-dir", ROOT],
        env={**os.environ, "DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, _said(ran)
