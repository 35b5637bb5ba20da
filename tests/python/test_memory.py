"""How much memory DuckDB may take, and what a killed run has spilled."""

from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from counterpoise.warehouse import DuckDBFile
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.duckdb_file import DEFAULT_MEMORY, MEMORY_VARIABLE

_LIMIT = "select current_setting('memory_limit') as memory"


def _warehouse(folder: Path) -> DuckDBFile:
    return DuckDBFile(folder / "marts.duckdb", DbtProject(ROOT, folder / ".marts.build"))


def test_the_variable_limits_the_connection_also_after_batches_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "300MiB")
    with _warehouse(tmp_path) as warehouse:
        assert warehouse.query(_LIMIT)["memory"].to_pylist() == ["300.0 MiB"]
        list(warehouse.batches("select 1"))
        assert warehouse.query(_LIMIT)["memory"].to_pylist() == ["300.0 MiB"]


def test_the_profile_takes_the_same_variable_with_the_same_default() -> None:
    profile = yaml.safe_load((ROOT / "profiles.yml").read_text("utf-8"))
    settings = profile["counterpoise"]["outputs"]["duckdb"]["settings"]
    assert settings["memory_limit"] == f"{{{{ env_var('{MEMORY_VARIABLE}', '{DEFAULT_MEMORY}') }}}}"


def test_what_a_killed_run_has_spilled_is_cleared_away(tmp_path: Path) -> None:
    spilled = tmp_path / ".marts.build" / "work.duckdb.tmp"
    spilled.mkdir(parents=True)
    (spilled / "duckdb_temp_storage-0.tmp").write_bytes(b"x")
    with _warehouse(tmp_path):
        assert not spilled.exists()
