"""The semantic layer's definitions. That its figures are the marts' is in test_catalogue.py, that it lives in somebody else's
project in test_integration_project.py."""

from semantic_layer import SEMANTIC


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
