"""Every column that is built is described, every model has a grain test, and dbt reads the YAML without a warning."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

import superset_bundle
from conftest import ROOT, Bench
from counterpoise.warehouse.dbt import _close_connections

# What these adapters offer may hold an event twice, as the log does; staging counts it once and tests its grain.
REPEATS_ALLOWED = {"stg_event_log__events", "stg_event_log__work_item_events", "int_event_keys"}
TESTS_PER_MODEL = 3


@pytest.fixture(scope="module")
def manifest(bench: Bench, small_raw: Path) -> dict[str, Any]:
    """dbt's manifest of a build that stays open in `bench`."""
    warehouse = bench.build_folder(small_raw, scored=False)
    warehouse.project.parse()  # a build writes no JSON
    return json.loads((warehouse.project.work_folder / "target" / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built(bench: Bench, manifest: dict[str, Any]) -> dict[str, list[str]]:
    """Columns of each model and seed as the warehouse has them, by name."""
    connection = bench.warehouse.connect()
    return {
        node["name"]: _columns(connection, node["schema"], node["alias"]) for node in _nodes(manifest, "model", "seed")
    }


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    return [row[0] for row in connection.execute(f'describe "{schema}"."{table}"').fetchall()]


def _nodes(manifest: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """The project's own nodes of these kinds."""
    return [
        node
        for node in manifest["nodes"].values()
        if node["package_name"] == "counterpoise" and node["resource_type"] in kinds
    ]


def _macros(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [macro for macro in manifest["macros"].values() if macro["package_name"] == "counterpoise"]


def _is_described(thing: dict[str, Any]) -> bool:
    return bool(thing["description"].strip())


def test_every_built_column_is_described(manifest: dict[str, Any], built: dict[str, list[str]]) -> None:
    missing = [
        f"{node['name']}.{column}"
        for node in _nodes(manifest, "model", "seed")
        for column in built[node["name"]]
        if column not in node["columns"] or not _is_described(node["columns"][column])
    ]
    assert not missing, f"{len(missing)} built columns are not described in the YAML beside their model: {missing}"
    assert sum(map(len, built.values())) > 500, "the case is only tested on a whole build"


def test_every_described_column_is_built(manifest: dict[str, Any], built: dict[str, list[str]]) -> None:
    gone = [
        f"{node['name']}.{column}"
        for node in _nodes(manifest, "model", "seed")
        for column in node["columns"]
        if column not in built[node["name"]]
    ]
    assert not gone, f"{len(gone)} described columns are not built: {gone}"


def test_every_model_seed_source_and_test_of_its_own_is_described(manifest: dict[str, Any]) -> None:
    singular = [node for node in _nodes(manifest, "test") if "test_metadata" not in node]
    things = [*_nodes(manifest, "model", "seed"), *singular, *manifest["sources"].values()]
    missing = [thing["name"] for thing in things if not _is_described(thing)]
    missing += [
        f"{source['name']}.{column['name']}"
        for source in manifest["sources"].values()
        for column in source["columns"].values()
        if not _is_described(column)
    ]
    assert singular and not missing, f"without a description: {missing}"


def test_no_description_is_cut_off_at_a_comma() -> None:
    """`{description: one, two}` is a description and a key without a value; YAML and dbt both take it."""

    def cut(node: Any) -> list[str]:
        if isinstance(node, list):
            return [found for part in node for found in cut(part)]
        if not isinstance(node, dict):
            return []
        here = [str(key) for key, value in node.items() if value is None and " " in str(key)]
        return here + [found for value in node.values() for found in cut(value)]

    files = [path for folder in ("models", "seeds", "macros", "tests") for path in (ROOT / folder).rglob("_*.yml")]
    assert len(files) > 10
    found = {str(path.relative_to(ROOT)): keys for path in files if (keys := cut(yaml.safe_load(path.read_bytes())))}
    assert not found, f"quote these descriptions: {found}"


def test_every_macro_is_described_with_the_arguments_it_has(manifest: dict[str, Any]) -> None:
    problems = []
    for macro in _macros(manifest):
        head = re.search(r"{%-?\s*(?:macro|test)\s+\w+\((.*?)\)\s*-?%}", macro["macro_sql"], re.DOTALL)
        assert head, f"the head of {macro['name']} could not be read"
        has = [argument.split("=")[0].strip() for argument in head[1].split(",") if argument.strip()]
        told = [argument["name"] for argument in macro["arguments"]]
        if not _is_described(macro):
            problems.append(f"{macro['name']} has no description")
        if has != told:
            problems.append(f"{macro['name']} takes {has} and its YAML says {told}")
        problems += [
            f"argument {argument['name']} of {macro['name']} has no type or description"
            for argument in macro["arguments"]
            if not argument["type"] or not argument["description"].strip()
        ]
    assert not problems, "\n".join(problems)


def test_every_model_and_seed_has_a_grain_test(manifest: dict[str, Any]) -> None:
    tested = {
        node["attached_node"]
        for node in _nodes(manifest, "test")
        if node.get("test_metadata", {}).get("name") == "unique_key"
    }
    missing = {node["name"] for node in _nodes(manifest, "model", "seed") if node["unique_id"] not in tested}
    assert missing == REPEATS_ALLOWED


def test_models_have_more_than_three_tests_on_average(manifest: dict[str, Any]) -> None:
    counts = Counter(node.get("attached_node") for node in _nodes(manifest, "test"))
    models = _nodes(manifest, "model")
    assert sum(counts[model["unique_id"]] for model in models) / len(models) > TESTS_PER_MODEL
    assert not [model["name"] for model in models if not counts[model["unique_id"]]], "models without any test"


def test_marts_have_a_contract_with_types_that_two_engines_know(manifest: dict[str, Any]) -> None:
    known = {"text", "integer", "bigint", "double precision", "date", "timestamp", "boolean"}
    marts = [node for node in _nodes(manifest, "model") if node["fqn"][1] == "marts"]
    loose = [mart["name"] for mart in marts if not mart["config"]["contract"]["enforced"]]
    assert marts and not loose, f"marts without an enforced contract: {loose}"
    assert {column["data_type"] for mart in marts for column in mart["columns"].values()} <= known


def test_no_mart_holds_a_column_that_names_a_person(manifest: dict[str, Any], built: dict[str, list[str]]) -> None:
    persons = {
        column["name"]
        for source in manifest["sources"].values()
        for column in source["columns"].values()
        if column["config"]["meta"].get("person")
    }
    assert persons == {"person_id", "actor_id", "requester_id"}
    marts = [node["name"] for node in _nodes(manifest, "model") if node["fqn"][1] == "marts"]
    assert not {mart: found for mart in marts if (found := persons & set(built[mart]))}


def test_what_changed_is_forgotten_only_after_all_that_is_made_from_it(manifest: dict[str, Any]) -> None:
    """int_prints empties the circles of changed items and weeks. What is made by a circle stands before int_prints and after the circle."""
    models = {node["name"]: node for node in _nodes(manifest, "model")}
    parents = {
        name: {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]} & models.keys()
        for name, node in models.items()
    }

    def before(name: str) -> set[str]:
        found: set[str] = set()
        ahead = [name]
        while ahead:
            new = parents[ahead.pop()] - found
            found |= new
            ahead += new
        return found

    made_by = {name: meta["changed_in"] for name, node in models.items() if "changed_in" in (meta := node["config"]["meta"])}
    circles = set(made_by.values())
    reads_a_circle = {name for name in models if parents[name] & circles} - {"int_prints"}
    assert len(made_by) > 15 and len(circles) >= 4
    assert not (made_by.keys() | circles | reads_a_circle) - before("int_prints"), "int_prints does not wait for these"
    assert not {name: circle for name, circle in made_by.items() if circle not in before(name)}, "built before their circle"
    rows = {name for name in models if name.startswith("int_metric_rows")}
    summed = {parent for name in rows for parent in parents[name] if parent.endswith("_week")}
    assert len(summed) > 20 and summed <= parents["int_prints_of_team_weeks"], "weekly sums that no print tells of"
    emptied = " ".join(hook["sql"] for hook in models["int_prints"]["config"]["post-hook"])
    assert not {circle for circle in circles if f"relation_of('{circle}')" not in emptied}, "int_prints does not empty these"


def _read_by(*files: Path) -> set[str]:
    """Marts that Python files name in their SQL."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return set(re.findall(r"{marts}}?\.(\w+)", code)) | set(re.findall(r"_of_teams\(\s*\"(\w+)\"", code))


def test_exposures_name_what_is_read(manifest: dict[str, Any]) -> None:
    python = ROOT / "python/counterpoise"
    read = {
        "paradox_report": _read_by(*(python / "report").glob("*.py")),
        "weekly_digest": _read_by(*(python / "digest").glob("*.py"), python / "report/data.py"),
    }
    for name, marts in read.items():
        exposure = manifest["exposures"][f"exposure.counterpoise.{name}"]
        assert len(marts) > 15 and marts == {node.split(".")[-1] for node in exposure["depends_on"]["nodes"]}, name


def test_the_exposures_of_the_dashboards_name_what_their_datasets_read(manifest: dict[str, Any]) -> None:
    for name, dashboard in superset_bundle.DASHBOARDS.items():
        exposure = manifest["exposures"][f"exposure.counterpoise.superset_{name}"]
        nodes = [manifest["nodes"][node] for node in exposure["depends_on"]["nodes"]]
        assert superset_bundle.read_by(dashboard) == {node["name"] for node in nodes}
        assert not {node["name"] for node in nodes if node["schema"].endswith("private")}
    dashboards = {name for name in manifest["exposures"] if ".superset_" in name}
    assert len(dashboards) == len(superset_bundle.DASHBOARDS)


def test_the_datasets_of_the_dashboards_have_the_columns_and_types_they_say(manifest: dict[str, Any], bench: Bench) -> None:
    connection = bench.warehouse.connect()
    assert manifest, "built before it is looked at"
    for name, dataset in superset_bundle.DATASETS.items():
        found = [(column, kind) for column, kind, *_ in connection.execute(f"describe {dataset['sql']}").fetchall()]
        said = [(column["column_name"], column["type"]) for column in dataset["columns"]]
        assert [(column, kind.replace("HUGEINT", "BIGINT")) for column, kind in found] == said, name
        assert {c["column_name"] for c in dataset["columns"] if c["is_dttm"]} == {c for c, kind in said if kind == "DATE"}


def _parse(project: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, list[str]]:
    """Parse everything anew; whether that went well, and what dbt warned of."""
    from dbt.cli.main import dbtRunner

    # dbt checks YAML against its schema for a few adapters only; the files are the same for all
    supported = "dbt.jsonschemas.jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS"
    monkeypatch.setattr(supported, {"duckdb", "postgres"})
    monkeypatch.setenv("COUNTERPOISE_BUILD_FILE", str(work / "work.duckdb"))
    warnings: list[str] = []

    def listen(event: Any) -> None:
        if event.info.level in ("warn", "error"):
            warnings.append(f"{event.info.name}: {event.info.msg}")

    try:
        result = dbtRunner(callbacks=[listen]).invoke([
            "parse", "--no-partial-parse", "--show-all-deprecations", "--quiet",
            "--project-dir", str(project), "--profiles-dir", str(ROOT),
            "--target-path", str(work / "target"), "--log-path", str(work / "logs"),
        ])  # fmt: skip
    finally:
        _close_connections()
    return result.success, warnings


def test_dbt_parses_without_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    went_well, warnings = _parse(ROOT, tmp_path, monkeypatch)
    assert went_well and not warnings, "\n".join(warnings)


def test_a_warning_of_dbt_would_be_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny project with a key dbt does not know: otherwise the test above could never fail."""
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: tiny\nprofile: counterpoise\n", encoding="utf-8")
    (tmp_path / "models" / "one.sql").write_text("select 1 as one", encoding="utf-8")
    (tmp_path / "models" / "one.yml").write_text("models: [{name: one, colour: red}]\n", encoding="utf-8")
    went_well, warnings = _parse(tmp_path, tmp_path, monkeypatch)
    assert went_well and any("colour" in warning for warning in warnings), warnings
