"""Rules of the house on dbt's own artifacts, with every tool switched on: naming, layering, fan-out, documents, tests, contracts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from connectors.everything import tables
from connectors.harness import build, project, switched_on

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of manifest and catalog of a build of all models."""
    folder = tmp_path_factory.mktemp("conventions")
    given = tables()
    build(folder, given).close()
    project(folder, switched_on(given)).invoke(["docs", "generate"])
    return folder / ".build" / "target"


def test_the_rules_of_the_house_hold(artifacts: Path, tmp_path: Path) -> None:
    rules = tmp_path / "dbt-bouncer.yml"
    rules.write_text(f"dbt_artifacts_dir: {artifacts}\n" + (ROOT / "dbt-bouncer.yml").read_text())
    command = Path(sys.executable).with_name("dbt-bouncer")
    ran = subprocess.run([command, "--config-file", rules], capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0 and "All checks passed" in ran.stdout, ran.stdout[-4000:] + ran.stderr[-1000:]


def test_every_built_column_is_described(artifacts: Path) -> None:
    nodes = json.loads((artifacts / "manifest.json").read_text())["nodes"]
    built = json.loads((artifacts / "catalog.json").read_text())["nodes"]
    columns = [
        (name, column)
        for name, node in built.items()
        for column in node["columns"]
        if nodes[name]["package_name"] == "counterpoise"
    ]
    bare = [
        f"{name}.{column}"
        for name, column in columns
        if not nodes[name]["columns"].get(column.lower(), {}).get("description", "").strip()
    ]
    assert len(columns) > 2000 and bare == []


def test_a_model_has_more_than_three_tests_on_average_and_none_is_without(artifacts: Path) -> None:
    nodes = json.loads((artifacts / "manifest.json").read_text())["nodes"]
    models = {name for name, node in nodes.items() if node["resource_type"] == "model"}
    tests = {name: 0 for name in models}
    for node in nodes.values():
        if node["resource_type"] == "test" and node.get("attached_node") in tests:
            tests[node["attached_node"]] += 1
    assert sum(tests.values()) / len(models) > 3
    assert [name for name, count in tests.items() if not count] == []
