"""Every model compiled by the real adapters of warehouses that no test can run, offline; nothing is executed there."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from own_environment import own_environment

pytestmark = pytest.mark.warehouses

_WAREHOUSES = ROOT / "tests"
_NOBODY = {"user": "nobody", "password": "none", "schema": "counterpoise", "threads": 2}
_OUTPUTS: dict[str, dict[str, object]] = {
    "snowflake": _NOBODY | {"type": "snowflake", "account": "nobody", "database": "work", "warehouse": "none"},
    "bigquery": {"type": "bigquery", "method": "oauth-secrets", "token": "none", "project": "work", "schema": "counterpoise", "threads": 2},
    "redshift": _NOBODY | {"type": "redshift", "host": "127.0.0.1", "port": 9, "dbname": "work"},
    "trino": {"type": "trino", "method": "none", "host": "127.0.0.1", "port": 9, "user": "nobody", "database": "work", "schema": "counterpoise", "threads": 2},
    "databricks": {"type": "databricks", "host": "127.0.0.1", "http_path": "/sql/1.0/warehouses/none", "token": "none", "catalog": "work", "schema": "counterpoise", "threads": 1},
}  # fmt: skip
_TOOLS = ("jira", "zendesk", "github", "servicenow")
# functions of the models' other engines which a reference of the warehouse does not have
_LACKING = [
    ("percentile_cont", "trino"), ("safe_cast", "trino"), ("convert_timezone", "trino"), ("hash", "trino"),
    ("date_part", "bigquery"), ("split_part", "bigquery"), ("try_cast", "bigquery"),
    ("covar_pop", "redshift"), ("to_utf8", "redshift"), ("xxhash64", "redshift"),
    ("to_seconds", "snowflake"), ("unix_timestamp", "snowflake"), ("string_agg", "snowflake"),
    ("farm_fingerprint", "databricks"), ("strpos", "databricks"),
]  # fmt: skip
# what stands before a bracket and calls nothing
_NO_FUNCTIONS = set(
    "and as between by case distinct else exists filter from if in into interval join not on or order over partition "
    "select then union using values when where with".split()
)


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dbt with the adapters, in an environment of its own."""
    requirements = _WAREHOUSES / "warehouses_requirements.txt"
    return own_environment(tmp_path_factory.mktemp("adapters"), "-r", requirements) / "dbt"


def _compile(dbt: Path, folder: Path, warehouse: str, connectors: bool) -> dict[str, str]:
    """The compiled SQL of each model of the package, by its name."""
    folder.mkdir()
    output = {"counterpoise": {"target": warehouse, "outputs": {warehouse: _OUTPUTS[warehouse]}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(output))
    settings = {"counterpoise_assumed_columns": True} | {f"counterpoise_{tool}_enabled": connectors for tool in _TOOLS}
    # dbt-databricks asks its connection, which is never opened, what the warehouse can do
    introspect = "--introspect" if warehouse == "databricks" else "--no-introspect"
    ran = subprocess.run(
        [dbt, "--quiet", "compile", "--no-populate-cache", introspect, "--select", "resource_type:model",
         "--project-dir", ROOT, "--profiles-dir", folder, "--vars", yaml.safe_dump(settings)],
        env={**os.environ, "DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-3000:]
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    compiled = {result["unique_id"]: result["compiled_code"] or "" for result in results}
    return {node["name"]: compiled.get(node["unique_id"], "") for node in models}


def _functions(sql: str) -> set[str]:
    """Names that are called: a word right before a bracket, outside comments and texts."""
    bare = re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.|'')*'", "", sql, flags=re.DOTALL)
    return {name for name in re.findall(r"\b([a-z_][a-z0-9_]*)\(", bare.lower())} - _NO_FUNCTIONS


def _doubled_quotes(sql: str) -> list[str]:
    """Texts right behind another one, which is how a warehouse that escapes with a backslash reads two quotes."""
    tokens = re.finditer(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'", sql, flags=re.DOTALL)
    return [token[0] for token in tokens if token[0].startswith("'") and sql[token.end() :].startswith("'")]


def _unknown(compiled: dict[str, str], warehouse: str) -> dict[str, list[str]]:
    """By model, the functions it calls that the warehouse is not known to have."""
    documented = set(yaml.safe_load((_WAREHOUSES / "python" / "warehouse_functions.yml").read_text())[warehouse])
    found = {name: sorted(_functions(sql) - documented) for name, sql in compiled.items()}
    return {name: functions for name, functions in found.items() if functions}


@pytest.mark.parametrize("warehouse", _OUTPUTS)
def test_every_model_compiles_into_functions_the_warehouse_has(dbt: Path, tmp_path: Path, warehouse: str) -> None:
    models = _compile(dbt, tmp_path / "on", warehouse, connectors=True)
    assert len(models) > 200
    assert not [name for name, sql in models.items() if "select" not in sql.lower()]
    assert not _unknown(models, warehouse)
    if warehouse in ("bigquery", "databricks"):
        assert not [name for name, sql in models.items() if _doubled_quotes(sql)]


def test_without_connectors(dbt: Path, tmp_path: Path) -> None:
    models = _compile(dbt, tmp_path / "off", "databricks", connectors=False)
    assert len(models) > 150
    assert not [name for name in models if name.startswith("stg_jira")]
    assert not [name for name, sql in models.items() if "select" not in sql.lower()]
    assert not _unknown(models, "databricks")


@pytest.mark.parametrize("function, lacks", _LACKING)
def test_a_function_that_a_warehouse_lacks_is_told(function: str, lacks: str) -> None:
    calls = f"select {function}(value) from ordered -- sum(value)"
    assert _unknown({"model": calls}, lacks) == {"model": [function]}
    assert not _unknown({"model": "select sum(value) from ordered -- " + function + "(value)"}, lacks)


def test_doubled_quotes_are_told() -> None:
    assert _doubled_quotes("select 'it''s', '', 'a'") == ["'it'"]
    assert not _doubled_quotes("select 'it\\'s', '', 'a' -- it''s")
