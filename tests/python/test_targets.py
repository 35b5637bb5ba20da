"""Which warehouse a dbt target means, told by the profile alone: nothing is started or connected to."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT
from counterpoise.errors import UsageError
from counterpoise.warehouse import Spark, Warehouse, open_warehouse
from counterpoise.warehouse.dbt import DbtProject


def opened(folder: Path, output: dict[str, Any]) -> Warehouse:
    profile = {"counterpoise": {"target": "given", "outputs": {"given": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), "utf-8")
    return open_warehouse(DbtProject(ROOT, folder / "work", profiles_dir=folder), None)


def test_spark_by_a_session(tmp_path: Path) -> None:
    settings = {"spark.master": "local[2]", "spark.sql.shuffle.partitions": 4}
    output = {
        "type": "spark",
        "method": "session",
        "host": "NA",
        "schema": "people",
        "server_side_parameters": settings,
    }
    warehouse = opened(tmp_path, output)
    assert isinstance(warehouse, Spark)
    assert warehouse.settings == {"spark.master": "local[2]", "spark.sql.shuffle.partitions": "4"}
    assert (warehouse.marts_schema, warehouse.private_schema) == ("people", "people_private")
    assert warehouse.shown_as == "spark local[2], schema people"
    assert "pyspark" not in sys.modules


def test_spark_by_anything_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`method: session` only"):
        opened(tmp_path, {"type": "spark", "method": "thrift", "host": "spark.example", "schema": "people"})


def test_an_engine_that_scoring_does_not_reach_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not reach a trino warehouse"):
        opened(tmp_path, {"type": "trino", "host": "trino.example", "schema": "people"})
