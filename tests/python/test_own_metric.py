"""Somebody else's dbt project adds a metric and a pair of its own: one model, one row in a registry, no SQL of ours touched."""

import csv
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from conftest import ROOT
from counterpoise.inputs import load_folder
from counterpoise.warehouse.dbt import DbtProject

pytestmark = pytest.mark.slow

PROJECT = """
name: their_project
version: "1.0"
profile: counterpoise
model-paths: [models]
seed-paths: [seeds]
flags: {send_anonymous_usage_stats: false}
vars:
  counterpoise_own_metrics: [my_metrics]
  counterpoise_own_metric_models: [my_metric_rows]
  counterpoise_own_pairs: [my_pairs]
"""

# 4 of 20 letters have a typo; in one team 12 of 20 in the last 13 weeks. A week without letters says nothing.
MODEL = """
select
    team_id,
    'typo_rate' as metric_id,
    {{ counterpoise.week_start('week') }} as week_start,
    case
        when last_complete_week - week < 13 and team_id = (select min(team_id) from {{ ref('counterpoise', 'int_team_weeks') }}) then 12
        else 4
    end as numerator,
    20 as denominator
from {{ ref('counterpoise', 'int_team_weeks') }}
where is_complete and week <> last_complete_week - 20
"""


def _registry(name: str) -> list[str]:
    with (ROOT / "seeds" / "registry" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def _seed(path: Path, columns: list[str], row: dict[str, object]) -> None:
    assert set(row) <= set(columns), "the registry has other columns by now"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerow(row)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, small_raw: Path) -> duckdb.DuckDBPyConnection:
    """The marts as their project builds them, with this package installed from its folder."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "models").mkdir()
    (folder / "seeds").mkdir()
    (folder / "dbt_project.yml").write_text(PROJECT)
    (folder / "packages.yml").write_text(f"packages:\n  - local: {ROOT}\n")
    (folder / "models" / "my_metric_rows.sql").write_text(MODEL)
    _seed(folder / "seeds" / "my_metrics.csv", _registry("metric_registry"), {
        "metric_id": "typo_rate", "label": "Letters with a typo", "family": "letters", "kind": "binomial",
        "room": "outcome", "facet": "quality", "unit": "share", "good_direction": "down", "is_proxy": "false",
        "is_leading": "false", "is_quantitative": "true", "maturity_weeks": 0, "is_stratified": "false", "min_n": 20,
        "effect_scale": 0.5, "flat_margin": 0.3, "shown_from_n": 1, "eligible_denominator": "letters of the week",
        "attribution": "holder", "review_cadence": "monthly", "owner_role": "quality owner", "source_text": "M",
        "behaviour_reinforced": "reading it again", "decision_helped": "whether letters need a second reader",
    })  # fmt: skip
    _seed(folder / "seeds" / "my_pairs.csv", _registry("pair_registry"), {
        "pair_id": "throughput__typo_rate", "output_metric_id": "throughput", "outcome_metric_id": "typo_rate",
        "lag_min_weeks": 0, "lag_max_weeks": 2, "applies_after": None, "why": "Faster letters can be worse letters.",
    })  # fmt: skip
    file = folder / "theirs.duckdb"
    with duckdb.connect(str(file)) as connection:
        load_folder(connection, small_raw)
    project = DbtProject(folder, folder / "work", profiles_dir=ROOT, environment={"COUNTERPOISE_BUILD_FILE": str(file)})
    deps = [
        "deps",
        "--project-dir",
        str(folder),
        "--profiles-dir",
        str(ROOT),
        "--log-path",
        str(folder / "work" / "logs"),
    ]
    result = dbtRunner().invoke([*deps, "--log-level", "none", "--no-send-anonymous-usage-stats"])
    assert result.success, result.exception
    project.invoke(
        ["build", "--exclude-resource-types", "unit_test", "test", "--select", "+fct_pair_week", "+fct_metric_week"]
    )
    return duckdb.connect(str(file), read_only=True)


def test_the_metric_is_registered_beside_the_package_s(built: duckdb.DuckDBPyConnection) -> None:
    metrics = dict(built.execute("select metric_id, label from counterpoise.dim_metric").fetchall())
    assert metrics["typo_rate"] == "Letters with a typo" and "throughput" in metrics
    assert built.execute("select why from counterpoise.dim_pair where pair_id = 'throughput__typo_rate'").fetchall()


def test_its_values_stand_with_all_others(built: duckdb.DuckDBPyConnection) -> None:
    rows = built.execute(
        "select value, count(*) from counterpoise.fct_metric_week where metric_id = 'typo_rate' group by 1 order by 1"
    ).fetchall()
    shares = {None if value is None else round(value, 6): count for value, count in rows}
    teams = built.execute("select count(distinct team_id) from counterpoise_private.int_team_weeks").fetchall()[0][0]
    assert set(shares) - {None} == {0.2, 0.6}
    assert shares[0.6] == 13
    assert shares[None] >= teams, "the week without letters is there, and null"


def test_it_is_compared_and_judged_like_all_others(built: duckdb.DuckDBPyConnection) -> None:
    rows = built.execute(
        "select team_id, observed, expected, log_evidence_worse from counterpoise_private.int_evidence as e "
        "where metric_id = 'typo_rate' and week = (select max(week) from counterpoise_private.int_evidence as l "
        "where l.team_id = e.team_id and l.metric_id = e.metric_id) order by team_id"
    ).fetchall()
    (_, observed, expected, worse), *others = rows
    assert observed == pytest.approx(0.6) and expected == pytest.approx(0.2, abs=0.01)
    assert worse >= 3, "156 of 260 where 52 are expected is plain"
    assert others and all(evidence < 0 for *_, evidence in others)


def test_its_pair_has_a_verdict(built: duckdb.DuckDBPyConnection) -> None:
    verdicts = built.execute(
        "select distinct verdict from counterpoise.fct_pair_week where pair_id = 'throughput__typo_rate'"
    ).fetchall()
    assert verdicts and {verdict for (verdict,) in verdicts} - {"no_data", "not_mature"}


def test_nothing_of_the_package_changes_without_it(built: duckdb.DuckDBPyConnection) -> None:
    ids = {row[0] for row in built.execute("select distinct metric_id from counterpoise.fct_metric_week").fetchall()}
    assert {"throughput", "reopen_rate", "typo_rate"} <= ids
