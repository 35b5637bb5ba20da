"""What the tests share: one dbt work folder (so that dbt parses once), the demo and the real log built once, a PostgreSQL."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")

from counterpoise.inputs import load_folder
from counterpoise.project import find_project_dir
from counterpoise.scoring import score
from counterpoise.simulation import simulate
from counterpoise.warehouse import DuckDBFile
from counterpoise.warehouse.dbt import DbtProject, Progress

ROOT = find_project_dir()
REAL_DATA = ROOT.parent / "shared" / "data"


def real_data(name: str) -> Path:
    """Path of a real data file; skips the test where it is not there."""
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"the real data set {name} is not on this machine (looked in ../shared/data beside the checkout)")
    return path


def table_rows(connection: duckdb.DuckDBPyConnection, relation: str, leave_out: tuple[str, ...] = ()) -> pa.Table:
    """A relation sorted by all its columns, without those that say when or by which run it was made."""
    columns = [row[0] for row in connection.execute(f"describe {relation}").fetchall() if row[0] not in leave_out]
    listed = ", ".join(f'"{name}"' for name in columns)
    return connection.sql(f"select {listed} from {relation} order by {listed}").to_arrow_table()


@pytest.fixture(scope="session", autouse=True)
def parsed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What dbt parsed is kept for the next test with the same project and vars, wherever its DuckDB file is.

    A parse takes half of a small build's time. dbt itself judges whether what is kept still holds; only the folder of
    the file and what is attached, which no model can ask for, are left out of that.
    """
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    kept = tmp_path_factory.mktemp("parsed")
    invoke, keys = DbtProject.invoke, DuckDBCredentials._connection_keys

    def with_parse_kept(project: DbtProject, command: Sequence[str], progress: Progress | None = None) -> object:
        file = Path(project.environment.get("COUNTERPOISE_BUILD_FILE", "")).name
        made_of = project.project_dir, project.profiles_dir, project.target, sorted(project.variables.items()), file
        ours = kept / hashlib.md5(repr(made_of).encode()).hexdigest()
        theirs = project.work_folder / "target" / "partial_parse.msgpack"
        if ours.exists() and not theirs.exists():
            theirs.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ours, theirs)
        result = invoke(project, command, progress)
        if theirs.exists() and not ours.exists():
            shutil.copyfile(theirs, ours)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DbtProject, "invoke", with_parse_kept)
        patch.setattr(
            DuckDBCredentials, "_connection_keys", lambda c: tuple(k for k in keys(c) if k not in ("path", "attach"))
        )
        yield


class Bench:
    """Builds marts from a folder of raw tables, always in the same private file, so that dbt's parse is kept."""

    def __init__(self, folder: Path) -> None:
        project = DbtProject(ROOT, folder / ".marts.build")
        self.warehouse = DuckDBFile(folder / "marts.duckdb", project)

    def build(self, load: Callable[[duckdb.DuckDBPyConnection], object], *, scored: bool = True) -> DuckDBFile:
        """Load with `load`, run dbt without tests, score; the warehouse stays open for reading."""
        self.warehouse.release()
        self.warehouse.build_folder.mkdir(parents=True, exist_ok=True)
        self.warehouse.build_file.unlink(missing_ok=True)
        load(self.warehouse.connect())
        self.warehouse.release()
        self.warehouse.project.build(tested=False)
        if scored:
            score(self.warehouse)
        return self.warehouse

    def build_folder(self, raw: Path, *, scored: bool = True) -> DuckDBFile:
        return self.build(lambda connection: load_folder(connection, raw), scored=scored)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="session")
def small_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw tables of a small organisation: six teams, a year and a half."""
    folder = tmp_path_factory.mktemp("small") / "raw"
    simulate(folder, teams=6, weeks=78, seed=11, scenario="demo", scale=0.35)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[dict[str, str]]:
    """libpq settings of a real server of our own."""
    pgserver = pytest.importorskip("pgserver", reason="pgserver is not installed (extra: test)")
    from urllib.parse import parse_qs, urlparse

    # not below pytest's folder: that is closed to the user a root's server runs as, and every pytest that starts closes it anew
    folder = Path(tempfile.mkdtemp(prefix="counterpoise-postgres-"))
    server = pgserver.get_server(folder, cleanup_mode="stop")
    # what it holds need not outlive the machine, so that it waits for no disk
    unsafe = [f"alter system set {name} = off;" for name in ("fsync", "synchronous_commit", "full_page_writes")]
    server.psql("\n".join([*unsafe, "select pg_reload_conf();"]))
    try:
        address = urlparse(server.get_uri())
        host = parse_qs(address.query).get("host", [address.hostname or "localhost"])[0]
        yield {
            "host": host,
            "port": str(address.port or 5432),
            "user": address.username or "postgres",
            "password": address.password or "",
            "dbname": address.path.lstrip("/") or "postgres",
        }
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
