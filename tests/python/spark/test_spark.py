"""The whole job on a local Spark with Iceberg, and the same rows as on DuckDB. Run by `make test-spark`; what repeats a part of
the job is slow (`make test-spark-slow`)."""

import csv
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from iceberg_jars import iceberg_jars

from command_line import SALT, Place, Ran, counterpoise
from conftest import ROOT, real_data
from contracts import assert_contracts_hold
from counterpoise.errors import CounterpoiseError
from counterpoise.explain import explain
from counterpoise.warehouse import DuckDBFile, Spark, Warehouse, open_warehouse
from counterpoise.warehouse.dbt import DbtProject
from explained import recompute
from same_rows import MARTS, assert_same_marts, assert_same_rows

pytestmark = pytest.mark.spark

_LOGGING = """
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
rootLogger.appenderRef.file.ref = file
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c: %m%n
appender.console.filter.threshold.type = ThresholdFilter
appender.console.filter.threshold.level = error
appender.file.type = File
appender.file.name = file
appender.file.fileName = FOLDER/spark.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %p %c: %m%n
"""

# For hundreds of small statements on two cores: compiling and planning cost more than the rows do.
_FOR_SMALL_TABLES = """
spark.sql.codegen.wholeStage false
spark.sql.adaptive.enabled false
spark.sql.constraintPropagation.enabled false
spark.sql.iceberg.distribution-mode none
spark.default.parallelism 1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where Spark keeps everything; the process stands there with the settings of the profile set."""
    if shutil.which("java") is None:
        reason = "Spark needs Java 8, 11 or 17, and there is none on the PATH"
        pytest.fail(reason) if os.environ.get("COUNTERPOISE_REQUIRE_SPARK") else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("spark")
    (folder / "log4j2.properties").write_text(_LOGGING.replace("FOLDER", str(folder)), "utf-8")
    (folder / "spark-defaults.conf").write_text(_FOR_SMALL_TABLES, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        patch.setenv("COUNTERPOISE_SPARK_PARTITIONS", "1")
        patch.setenv("SPARK_CONF_DIR", str(folder))
        patch.setenv("COUNTERPOISE_SPARK_FOLDER", str(folder))
        patch.setenv("COUNTERPOISE_SPARK_JARS", ",".join(str(jar) for jar in iceberg_jars(folder / "jars")))
        yield folder


def opened(folder: Path) -> Spark:
    warehouse = open_warehouse(DbtProject(ROOT, folder / ".counterpoise", target="spark"), None)
    assert isinstance(warehouse, Spark)
    return warehouse


@pytest.fixture(scope="module")
def spark(folder: Path) -> Spark:
    return opened(folder)


def load_raw(spark: Spark, place: Place, folder: Path) -> None:
    """The raw schema of a DuckDB file, as it stands, in the place of what Spark's held."""
    session = spark.connect()
    session.sql("create schema if not exists work_system")
    for table in spark.tables("work_system"):
        session.sql(f"drop table work_system.{table}")
    with duckdb.connect(str(place.private / "work.duckdb"), read_only=True) as connection:
        named = connection.execute("select table_name from duckdb_tables() where schema_name = 'work_system'")
        for (table,) in named.fetchall():
            rows = connection.sql(f'from work_system."{table}"').to_arrow_table()
            # Iceberg keeps this name for itself; it may be absent
            rows = rows.drop_columns([name for name in rows.column_names if name == "_deleted"])
            # a column without any value has no type there
            kinds = [(field.name, pa.string() if pa.types.is_null(field.type) else field.type) for field in rows.schema]
            file = folder / f"{place.folder.name}_{table}.parquet"
            pq.write_table(rows.cast(pa.schema(kinds)), file)
            session.read.parquet(str(file)).writeTo(f"work_system.{table}").using("iceberg").create()


def on_spark(command: str, *arguments: str | Path) -> Ran:
    ran = counterpoise(command, "--target", "spark", *arguments)
    assert ran.exit_code == 0, ran.said
    return ran


@dataclass(frozen=True)
class Both:
    """One organisation on both engines, the whole job done on each."""

    duck: DuckDBFile
    spark: Spark
    place: Place
    report: Path
    ran: Ran

    def query(self, sql: str) -> tuple[list[dict], list[dict]]:
        """Rows of a select of the marts (`{marts}`) on both."""
        return tuple(side.query(sql.replace("{marts}", side.marts_schema)).to_pylist() for side in self.sides)

    @property
    def sides(self) -> tuple[Warehouse, Warehouse]:
        return self.duck, self.spark


@pytest.fixture(scope="module")
def both(folder: Path, spark: Spark, small_raw: Path) -> Iterator[Both]:
    place = Place(folder / "duck")
    assert place.run("--raw", small_raw).exit_code == 0
    load_raw(spark, place, folder)
    ran = on_spark("run", "--out", folder / "report")
    duck = open_warehouse(DbtProject(ROOT, place.private), place.database)
    assert isinstance(duck, DuckDBFile)
    yield Both(duck, spark, place, folder / "report", ran)
    duck.release()


@pytest.mark.parametrize("mart", [*MARTS])
def test_a_small_organisation(both: Both, mart: str) -> None:
    assert_same_rows(both.duck, both.spark, mart)


def test_there_are_scores_to_compare(both: Both) -> None:
    duck, spark = both.query("select status, count(*) as n from {marts}.team_risk group by status order by status")
    assert duck == spark
    assert {row["status"]: row["n"] for row in spark}["scored"] > 50


def test_a_query_of_evidence_has_its_quotes(both: Both) -> None:
    duck, spark = both.query("select signal_id, evidence_query from {marts}.dim_signal order by signal_id")
    assert duck == spark
    assert f"signal_id = '{spark[0]['signal_id']}' and" in spark[0]["evidence_query"]


def test_an_explanation_is_what_its_sql_gives_and_what_duckdb_tells(both: Both) -> None:
    [team] = both.duck.query("select team_id from counterpoise.team_risk_reasons where week_start = (select max(week_start) "
                             "from counterpoise.team_risk) order by contribution desc limit 1")["team_id"].to_pylist()  # fmt: skip
    told = json.loads(json.dumps(explain(both.spark, team).document, default=str))
    assert told["reasons"] and told["where"]["private"] == both.spark.shown_as
    session = both.spark.connect()
    assert recompute(told, lambda reads, sql: [row.asDict() for row in session.sql(sql).collect()]) > 500
    for text in ("O'Brien", "back\\slash", "\\u0041 \\", "a\nb\x1b[31m", "\u202e", ""):
        assert session.sql(f"select {both.spark.literal(text)} as text").first()["text"] == text
    with duckdb.connect(str(both.duck.path), read_only=True) as marts:
        for name, figure in told["figures"].items():
            if figure["reads"] == "marts":
                one = {"figures": {name: figure}}
                recompute(one, lambda reads, sql: marts.sql(sql).to_arrow_table().to_pylist())
    assert both.spark.holder() is None


def test_the_checks_find_the_same(both: Both) -> None:
    duck, spark = both.query(
        "select stage, suite, check_id, table_name, column_name, severity, status, affected_id, unexpected_count "
        "from {marts}.check_results"
    )
    assert len(spark) > 200
    assert sorted(duck, key=str) == sorted(spark, key=str)


@pytest.mark.slow
def test_the_run_is_written_down_and_a_build_keeps_it(both: Both) -> None:
    sql = "select data_through, teams, scored_teams, withheld_teams, model_version from {marts}.published_runs"
    duck, spark = both.query(sql)
    assert len(spark) == 1 and duck == spark
    both.spark.project.invoke(["run", "--select", "published_runs", "team_risk"])
    assert both.query(sql) == (duck, spark)
    assert_same_rows(both.duck, both.spark, "team_risk")


def test_the_report_is_the_same(both: Both) -> None:
    # the page of the checks tells the run and the time, and lists them as the engine hands them over: they are compared above
    pages = {path.relative_to(both.report) for path in both.report.rglob("*.html")} - {Path("checks.html")}
    assert len(pages) > 6
    for page in sorted(pages):
        assert (both.report / page).read_bytes() == (both.place.report / page).read_bytes(), page


def test_the_digest_of_a_week_in_which_something_moved_is_the_same(both: Both) -> None:
    [moved] = both.duck.query("select min(week_start) as week from counterpoise.team_risk where alert")["week"].to_pylist()
    ours = counterpoise("digest", "--week", str(moved), "--db", both.place.database)
    theirs = on_spark("digest", "--week", str(moved))
    assert ours.exit_code == 0 and len(ours.stdout) > 200, ours.said
    assert theirs.stdout == ours.stdout


@pytest.mark.slow
def test_each_step_can_be_called_alone(both: Both, folder: Path) -> None:
    assert "0 did not" in on_spark("check", "--stage", "scores").said
    on_spark("report", "--out", folder / "report_again")
    assert (folder / "report_again" / "index.html").read_bytes() == (both.report / "index.html").read_bytes()
    on_spark("score")
    assert_same_marts(both.duck, both.spark, ["team_risk", "team_risk_reasons"])


@pytest.mark.slow
def test_draws_are_published(both: Both) -> None:
    secret = {"COUNTERPOISE_ROTATION_SECRET": "a secret of thirty-two characters"}
    plan = ("--pool", "reopen_rate,csat", "--start", "2026-01-01", "--periods", "3", "--as-of", "2026-02-15")
    teams = both.query("select count(*) as n from {marts}.dim_team")[1][0]["n"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*secret.popitem())
        assert f"2 of 3 periods, {2 * teams} new draws" in on_spark("rotate", *plan).said
        assert "0 new draws" in on_spark("rotate", *plan).said
    assert f"{2 * teams} draws fit their keys" in on_spark("rotate", "--verify").said


@pytest.mark.slow
def test_a_check_that_fails_says_so(both: Both) -> None:
    session = both.spark.connect()
    session.sql("insert into counterpoise.dim_team select * from counterpoise.dim_team limit 1")
    try:
        ran = counterpoise("check", "--target", "spark", "--stage", "marts")
        assert ran.exit_code == 3
        assert "stop: dim_team: 1 rows of dim_team repeat a team_id." in ran.said
    finally:
        before = "select snapshot_id from counterpoise.dim_team.snapshots order by committed_at desc limit 1 offset 1"
        session.sql(f"call ice.system.rollback_to_snapshot('counterpoise.dim_team', {session.sql(before).first()[0]})")
    assert_same_rows(both.duck, both.spark, "dim_team")


@pytest.mark.slow
def test_the_salt_hashes_persons_and_stands_in_no_log(both: Both, folder: Path) -> None:
    spark, other = both.spark, "another salt that nobody may read"
    persons = {row["person_id"] for row in spark.query("select person_id from work_system.team_members").to_pylist()}
    # a view, so that it is hashed when it is read
    hashed = "select distinct person_id from counterpoise_private.stg_team_members"

    def hashes(salt: str) -> set[str]:
        return {hashlib.sha256(f"{salt}|{person}".encode()).hexdigest()[:32] for person in persons}

    assert {row["person_id"] for row in spark.query(hashed).to_pylist()} == hashes(SALT)
    logged = spark.connect().sparkContext
    logged.setLogLevel("DEBUG")
    try:
        spark.write_salt(other)
        assert {row["person_id"] for row in spark.query(hashed).to_pylist()} == hashes(other)
    finally:
        logged.setLogLevel("ERROR")
        spark.write_salt(SALT)
    assert "person_salt" in (folder / "spark.log").read_text("utf-8", errors="replace")
    for path in (file for file in folder.rglob("*") if file.is_file()):
        if folder / "warehouse" in path.parents or path.name == "work.duckdb":
            continue  # where the salt is kept
        text = path.read_bytes()
        assert SALT.encode() not in text and other.encode() not in text, path
    assert SALT not in both.ran.said


def test_a_second_run_waits(spark: Spark, folder: Path) -> None:
    with spark, pytest.raises(CounterpoiseError, match=f"process {os.getpid()} on"), opened(folder):
        pass
    with opened(folder):
        pass


@pytest.mark.parametrize(("host", "is_let_in"), [(socket.gethostname(), True), ("another.example", False)])
def test_the_lock_of_a_killed_run_is_taken_over_on_its_own_machine(spark: Spark, host: str, is_let_in: bool) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock = "counterpoise_private.run_lock"
    session = spark.connect()
    session.sql("create schema if not exists counterpoise_private")
    holder = f"'run.host' = '{host}', 'run.process' = '{gone.pid}'"
    session.sql(f"create table {lock} (held boolean) using iceberg tblproperties ({holder})")
    try:
        if is_let_in:
            with spark:
                assert session.catalog.tableExists(lock)
        else:
            with pytest.raises(CounterpoiseError, match=f"drop the table {lock}"), spark:
                pass
    finally:
        session.sql(f"drop table if exists {lock}")


def test_what_python_keeps_is_added_replaced_and_read(spark: Spark) -> None:
    session = spark.connect()
    session.sql("create schema if not exists counterpoise")
    session.sql(
        "create or replace table counterpoise.kept (id string, n int, share double, seen timestamp, day date, "
        "amount decimal(28, 6)) using iceberg"
    )
    first = {
        "n": pa.array([1, 2], pa.int64()), "id": ["a", "it's"], "share": [0.5, None], "day": [None, date(2026, 3, 1)],
        "seen": pa.array([datetime(2026, 3, 29, 2, 30), None], pa.timestamp("us")),
    }  # fmt: skip
    try:
        spark.append_rows("kept", pa.table(first))
        assert spark.has("counterpoise", "kept") and not spark.has("counterpoise", "not_there")
        assert "kept" in spark.tables("counterpoise")
        session.sql("insert into counterpoise.kept values ('c', 3, null, null, null, 1.25)")
        rows = spark.query("select * from counterpoise.kept where n > ? or n = ? order by n", [1, 1]).to_pylist()
        assert rows == [
            {"id": "a", "n": 1, "share": 0.5, "seen": datetime(2026, 3, 29, 2, 30), "day": None, "amount": None},
            {"id": "it's", "n": 2, "share": None, "seen": None, "day": date(2026, 3, 1), "amount": None},
            {"id": "c", "n": 3, "share": None, "seen": None, "day": None, "amount": 1.25},
        ]
        none = spark.query("select * from counterpoise.kept where n > 9")
        assert none.num_rows == 0 and none.schema.field("amount").type == pa.float64()

        def parts() -> Iterator[pa.Table]:
            for n in spark.query("select n from counterpoise.kept order by n")["n"].to_pylist():
                assert spark.query("select id from counterpoise.kept").num_rows == 3, "the old rows until all are there"
                yield pa.table({"n": pa.array([n] * 60_000), "id": ["x"] * 60_000})

        spark.replace_rows("kept", parts())
        batches = list(spark.batches("select n from counterpoise.kept"))
        # by hand: 60,000 of each of 1, 2 and 3
        assert len(batches) > 3 and sum(sum(batch["n"].to_pylist()) for batch in batches) == 360_000
        spark.replace_rows("kept", [])
        assert spark.query("select id from counterpoise.kept").num_rows == 0
    finally:
        session.sql("drop table counterpoise.kept")


@pytest.mark.slow
def test_spark_enforces_contracts(spark: Spark, tmp_path: Path) -> None:
    spark.connect()
    assert_contracts_hold(tmp_path, "spark", {})


def installing_project(folder: Path, settings: dict[str, Any]) -> DbtProject:
    """Somebody else's project, with this package installed into it and nothing of its own."""
    folder.mkdir()
    (profile,) = yaml.safe_load((ROOT / "profiles.yml").read_text("utf-8")).values()
    profile["outputs"]["spark"]["schema"] = "harbour"
    described = {"name": "harbour", "version": "1.0.0", "config-version": 2, "profile": "harbour", **settings}
    for name, content in (
        ("dbt_project.yml", described), ("profiles.yml", {"harbour": profile}),
        ("packages.yml", {"packages": [{"local": str(ROOT)}]}),
    ):  # fmt: skip
        (folder / name).write_text(yaml.safe_dump(content), "utf-8")
    dbt = Path(sys.executable).with_name("dbt")
    subprocess.run([dbt, "deps", "--project-dir", folder, "--profiles-dir", folder], check=True, timeout=120)
    return DbtProject(folder, folder / ".counterpoise", target="spark")


@pytest.mark.slow
def test_a_project_that_installs_the_package_names_its_macros(spark: Spark, tmp_path: Path) -> None:
    chosen = ["--select", "signal_registry", "metric_registry", "dim_metric"]
    without = installing_project(tmp_path / "without", {})
    with pytest.raises(CounterpoiseError, match=r"search_order: \[harbour, counterpoise, dbt\]"):
        without.invoke(["run", *chosen])
    dispatch = [{"macro_namespace": "dbt", "search_order": ["harbour", "counterpoise", "dbt"]}]
    installing_project(tmp_path / "with", {"dispatch": dispatch}).invoke(
        ["build", *chosen, "--exclude-resource-types", "test"]
    )
    seeds = csv.DictReader((ROOT / "seeds" / "registry" / "signal_registry.csv").open(encoding="utf-8", newline=""))
    kept = {
        row["signal_id"]: row for row in spark.query("select * from harbour_counterpoise.signal_registry").to_pylist()
    }
    for row in seeds:
        found = kept.pop(row["signal_id"])
        assert found["sentence"] == (row["sentence"] or None) and found["response_id"] == (row["response_id"] or None)
    assert not kept
    assert spark.query("select count(*) as n from harbour_counterpoise.dim_metric")["n"][0].as_py() > 50


@pytest.mark.slow
def test_dbts_own_tests_of_keys_and_of_the_whole(both: Both) -> None:
    found = both.spark.project.invoke(["test", "--select", "test_type:singular", "test_name:unique_key"]).results
    assert len(found) > 150
    assert {str(result.status) for result in found} <= {"pass", "success"}


@pytest.mark.slow
def test_all_of_dbts_tests_of_the_data(both: Both) -> None:
    found = both.spark.project.invoke(["test", "--exclude-resource-types", "unit_test"]).results
    assert len(found) > 800
    assert {str(result.status) for result in found} <= {"pass", "success"}


@pytest.mark.slow
def test_every_metric_and_signal_by_hand(both: Both) -> None:
    unit_vars = "{counterpoise_unit_tests: true}"
    found = both.spark.project.invoke(["test", "--select", "test_type:unit", "--vars", unit_vars]).results
    assert len(found) > 200
    assert not [result.node.name for result in found if str(result.status) not in ("pass", "success")]


@pytest.mark.slow
def test_a_run_after_other_rows_makes_the_same_of_them(both: Both, folder: Path) -> None:
    """Items go, items lose their history: both engines make anew what that reaches. Nothing after this reads the organisation."""

    def items() -> list[int]:
        return [warehouse.query(f"select count(*) as n from {warehouse.marts_schema}.fct_work_item")["n"][0].as_py() for warehouse in both.sides]

    before = items()
    both.duck.release()
    with duckdb.connect(str(both.place.private / "work.duckdb")) as connection:
        connection.execute("""
            create temp table chosen as
            select work_item_id, row_number() over (order by work_item_id) as number from work_system.work_items qualify number % 97 = 0;
            delete from work_system.work_item_events
            where work_item_id in (select work_item_id from chosen) and event_type <> 'created';
            delete from work_system.work_items where work_item_id in (select work_item_id from chosen where number % 2 = 0);
            delete from work_system.work_item_events where work_item_id in (select work_item_id from chosen where number % 2 = 0)
        """)
    both.duck.project.build(tested=False)
    load_raw(both.spark, both.place, folder)
    both.spark.project.build(tested=False)
    assert items()[0] < before[0]
    assert_same_marts(both.duck, both.spark, [mart for mart in MARTS if not mart.startswith("team_risk")])


@pytest.mark.slow
def test_the_real_log(spark: Spark, folder: Path) -> None:
    log = real_data("incidents/incidents.csv.gz")
    mapping = ROOT / "tests" / "mappings" / "incidents.yml"
    place = Place(folder / "log")
    assert place.run("--event-log", log, "--mapping", mapping).exit_code == 0
    load_raw(spark, place, folder)
    on_spark("run", "--out", folder / "log_report")
    duck = open_warehouse(DbtProject(ROOT, place.private), place.database)
    assert_same_marts(duck, spark)
    duck.release()
