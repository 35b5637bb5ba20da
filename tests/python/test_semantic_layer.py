"""The semantic layer's definitions, alone and in somebody else's project. That its figures are the marts' is in test_catalogue.py."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.harness import installing_project
from semantic_layer import SEMANTIC, blocks
from test_integration_project import dbt

_SPINE = "select cast('2026-01-01' as date) as date_day"
_SPINE_YAML = {
    "models": [{
        "name": "their_days",
        "time_spine": {"standard_granularity_column": "date_day"},
        "columns": [{"name": "date_day", "granularity": "day"}],
    }],
}  # fmt: skip


def test_nothing_averages_or_sums_the_risk() -> None:
    [scores] = [model for model in SEMANTIC["semantic_models"] if model["model"] == "ref('team_risk')"]
    measures = {measure["expr"]: measure["agg"] for measure in scores["measures"]}
    assert {agg for expr, agg in measures.items() if expr.startswith("risk")} == {"max"}
    assert set(measures.values()) == {"max", "count_distinct"}
    assert not [metric["name"] for metric in SEMANTIC["metrics"] if "risk" in metric["name"] and metric["type"] != "simple"]


def test_its_names_meet_no_name_of_another_project() -> None:
    """Names and labels of a semantic layer are one in the whole project; those of dimensions are their model's."""
    models, metrics = SEMANTIC["semantic_models"], SEMANTIC["metrics"]
    named = [*SEMANTIC["models"], *models, *metrics, *(part for model in models for part in model["entities"] + model.get("measures", []))]
    assert len(named) > 90 and not [part["name"] for part in named if not part["name"].startswith("counterpoise_")]
    assert not [metric["label"] for metric in metrics if not metric["label"].endswith(" (counterpoise)")]


@pytest.mark.slow
def test_another_project_switches_it_on_beside_its_own(tmp_path: Path) -> None:
    """As the page says, with a time spine and a metric of theirs; that it is off before is in test_integration_project.py."""
    project = installing_project(tmp_path)
    switches, _, own_metric = blocks("yaml")
    settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    (project / "dbt_project.yml").write_text(yaml.safe_dump({**settings, **yaml.safe_load(switches)}), encoding="utf-8")
    (project / "models" / "their_days.sql").write_text(_SPINE, encoding="utf-8")
    (project / "models" / "_theirs.yml").write_text(yaml.safe_dump(_SPINE_YAML) + own_metric, encoding="utf-8")
    ran = dbt(project, tmp_path, "duckdb", {}, "parse")
    assert ran.success and not ran.warnings, (ran.errors, ran.warnings)
    layer: dict[str, Any] = json.loads((tmp_path / "target" / "semantic_manifest.json").read_text(encoding="utf-8"))
    names = {metric["name"] for metric in layer["metrics"]}
    assert {metric["name"] for metric in SEMANTIC["metrics"]} | {"refund_rate"} == names
    [spine] = layer["project_configuration"]["time_spines"]
    assert spine["node_relation"]["alias"] == "their_days"
