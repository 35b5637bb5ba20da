"""The published file is read by DuckDB's previous major version, with the same values."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from command_line import Place
from conftest import ROOT
from own_environment import own_environment

OLD = "1.4.4"
ENVIRONMENT = ROOT / ".counterpoise" / "tests" / f"duckdb-{OLD}"

# Runs in both: every table counted, and each column's values added up as text, so that a value read wrongly is seen.
_READ = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("set TimeZone = 'UTC'")
found = {}
for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall():
    columns = connection.execute(f"describe counterpoise.{name}").fetchall()
    read = ", ".join(f'md5(string_agg(cast("{column}" as varchar), chr(10) order by cast("{column}" as varchar)))' for column, *_ in columns)
    types = [(column, kind) for column, kind, *_ in columns]
    found[name] = [types, connection.execute(f"select count(*), {read} from counterpoise.{name}").fetchall()[0]]
print(json.dumps([duckdb.__version__, found]))
"""


@pytest.fixture(scope="module")
def old_python() -> Path:
    """The interpreter of an environment that has the old client; made once."""
    return own_environment(ENVIRONMENT, f"duckdb=={OLD}") / "python"


def _read(python: Path | str, database: Path) -> tuple[str, dict]:
    ran = subprocess.run([python, "-c", _READ, database], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    version, found = json.loads(ran.stdout)
    return version, found


@pytest.mark.slow
def test_the_previous_major_version_reads_the_published_file(
    old_python: Path, small_raw: Path, tmp_path: Path
) -> None:
    place = Place(tmp_path)
    assert place.run("--raw", small_raw).exit_code == 0
    version, now = _read(sys.executable, place.database)
    old_version, before = _read(old_python, place.database)
    assert (version, old_version) == (duckdb.__version__, OLD) and version.split(".")[0] != OLD.split(".")[0]
    assert before == now
    assert now["team_risk"][1][0] > 50 and len(now) > 40
