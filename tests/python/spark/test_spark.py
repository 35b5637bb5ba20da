"""The same rows on a local Spark with Iceberg as on DuckDB, for a small organisation. Run by `make test-spark`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from iceberg_jars import iceberg_jars

from conftest import ROOT, Bench
from counterpoise.warehouse import Spark
from counterpoise.warehouse.dbt import DbtProject
from same_rows import MARTS, assert_same_rows

pytestmark = pytest.mark.spark

_ERRORS_ONLY = """
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c: %m%n
"""


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    if shutil.which("java") is None:
        pytest.fail("Spark needs Java 8, 11 or 17, and there is none on the PATH")
    folder = tmp_path_factory.mktemp("spark")
    (folder / "log4j2.properties").write_text(_ERRORS_ONLY, "utf-8")
    environment = {
        "SPARK_CONF_DIR": str(folder),
        "COUNTERPOISE_SPARK_FOLDER": str(folder),
        "COUNTERPOISE_SPARK_JARS": ",".join(str(jar) for jar in iceberg_jars(folder / "jars")),
    }
    before = Path.cwd()
    os.chdir(folder)  # Derby writes its log where the process stands
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        project = DbtProject(ROOT, folder / "dbt", target="spark")
        project.invoke(["show", "--inline", "select 1 as one"])  # dbt starts the session with the profile's settings
        yield Spark({}, project)
    os.chdir(before)


@pytest.fixture(scope="module")
def both(bench: Bench, spark: Spark, small_raw: Path) -> tuple[Bench, Spark]:
    """The small organisation in both, not scored."""
    session = spark.connect()
    session.sql("create schema if not exists work_system")
    for file in sorted(small_raw.glob("*.parquet")):
        session.read.parquet(str(file)).writeTo(f"work_system.{file.stem}").using("iceberg").createOrReplace()
    bench.build_folder(small_raw, scored=False)
    spark.project.build(tested=False)
    return bench, spark


@pytest.mark.parametrize("mart", [mart for mart in MARTS])
def test_a_small_organisation(both: tuple[Bench, Spark], mart: str) -> None:
    bench, spark = both
    assert_same_rows(bench.warehouse, spark, mart)


def test_what_python_keeps_is_added_read_and_emptied(spark: Spark) -> None:
    session = spark.connect()
    session.sql("create schema if not exists counterpoise")
    session.sql("create or replace table counterpoise.kept (id string, n int, share double) using iceberg")
    spark.append_rows("kept", pa.table({"n": [1, 2], "id": ["a", "it's"], "share": [0.5, None]}))
    assert spark.has("counterpoise", "kept") and not spark.has("counterpoise", "not_there")
    rows = spark.query("select * from counterpoise.kept where n > ? order by n", [1]).to_pylist()
    assert rows == [{"id": "it's", "n": 2, "share": None}]
    assert [batch.num_rows for batch in spark.batches("select id from counterpoise.kept")] == [2]
    spark.delete_rows("kept")
    assert spark.query("select id from counterpoise.kept").num_rows == 0
    session.sql("drop table counterpoise.kept")
