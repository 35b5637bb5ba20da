"""Smoke run for Snowflake: dbt's real adapter runs every model on fakesnow, and the marts are DuckDB's. Not a real Snowflake: what
fakesnow takes, Snowflake may still refuse."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import yaml

from conftest import ROOT, Bench
from own_environment import own_environment
from same_rows import MARTS, assert_same_rows

pytestmark = pytest.mark.warehouses

_PROFILE = {
    "type": "snowflake", "account": "nobody", "user": "nobody", "password": "none", "database": "work",
    "warehouse": "none", "schema": "counterpoise", "threads": 1,
}  # fmt: skip
# fakesnow divides decimals as floats, so that the last of six digits may be rounded the other way, and again in what is made of it
_TOLERANCE = 1e-4
_SCORED = {"team_risk", "team_risk_reasons"}  # scores are not written there


@dataclass(frozen=True)
class Exported:
    """The marts as fakesnow had them."""

    connection: duckdb.DuckDBPyConnection
    marts_schema: str = "counterpoise"

    def query(self, sql: str) -> pa.Table:
        return self.connection.sql(sql).to_arrow_table()


def test_all_models_run_and_the_marts_are_the_same(bench: Bench, small_raw: Path, tmp_path: Path) -> None:
    environment = own_environment(
        ROOT / ".counterpoise" / "tests" / "fakesnow", "-r", ROOT / "tests" / "fakesnow_requirements.txt"
    )
    ours = bench.build_folder(small_raw, scored=False)
    ours.release()
    profile = {"counterpoise": {"target": "snowflake", "outputs": {"snowflake": _PROFILE}}}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump(profile))
    ran = subprocess.run(
        [environment / "python", ROOT / "tests" / "build_on_fakesnow.py", ours.build_file, tmp_path / "marts.duckdb",
         "--quiet", "build", "--resource-type", "seed", "--resource-type", "model", "--project-dir", ROOT,
         "--profiles-dir", tmp_path],
        env={**os.environ, "DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")},
        capture_output=True, text=True, timeout=550, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-3000:]
    with duckdb.connect(str(tmp_path / "marts.duckdb"), read_only=True) as connection:
        for mart in [mart for mart in MARTS if mart not in _SCORED]:
            assert_same_rows(ours, Exported(connection), mart, _TOLERANCE)
