"""Two warehouses compared row by row: what the tests of every engine share."""

import math
from collections.abc import Collection

from counterpoise.warehouse import Warehouse

MARTS = {
    "dim_team": ["team_id"],
    "dim_change_mark": ["mark_id"],
    "fct_work_item": ["work_item_id"],
    "fct_metric_week": ["team_id", "metric_id", "week_start"],
    "fct_metric_week_stratum": ["team_id", "metric_id", "stratum", "week_start"],
    "fct_pair_week": ["team_id", "pair_id", "week_start"],
    "fct_signal_week": ["team_id", "signal_id", "week_start"],
    "signal_evidence": ["signal_id", "team_id", "week_start", "rank"],
    "fct_data_health": ["note_id", "source_table", "subject"],
    "next_steps": ["step_id", "week_start"],
    "fct_metric_week_rollup": ["parent_team_id", "metric_id", "week_start"],
    "fct_metric_week_bins": ["team_id", "metric_id", "week_start", "bin_upper_hours"],
    "fct_flow_week": ["team_id", "week_start"],
    "fct_ai_week": ["team_id", "week_start"],
    "fct_ai_outcome_week": ["team_id", "week_start", "is_ai_assisted", "difficulty"],
    "fct_guardrail_week": ["team_id", "guardrail_id", "week_start"],
    "team_reward_eligibility": ["team_id", "period_start"],
    "fct_target_balance": ["team_id", "week_start"],
    "fct_metric_health": ["metric_id"],
    "fct_ai_readiness": ["team_id", "week_start", "layer"],
    "fct_narrative_due": ["team_id", "metric_id", "week_start"],
    "fct_experiment_effect": ["experiment_id", "metric_id"],
    "fct_true_efficiency": ["team_id", "week_start"],
    "fct_effective_work": ["team_id", "week_start", "aspect"],
    "fct_friction": ["team_id", "week_start", "friction_id"],
    "team_exposure": ["team_id", "week_start"],
    "team_risk": ["team_id", "week_start"],
    "team_risk_reasons": ["team_id", "week_start", "rank"],
}
MADE_WHEN = ("scored_at",)


def assert_same_marts(ours: Warehouse, theirs: Warehouse, marts: Collection[str] = MARTS) -> None:
    """Every row of every mart is the same in both; floats to 1e-9."""
    for mart in marts:
        assert_same_rows(ours, theirs, mart)


def assert_same_rows(ours: Warehouse, theirs: Warehouse, mart: str, tolerance: float = 1e-9) -> None:
    key = MARTS[mart]
    expected = ours.query(f"select * from {ours.marts_schema}.{mart}").to_pylist()
    found = theirs.query(f"select * from {theirs.marts_schema}.{mart}").to_pylist()
    assert len(expected) == len(found), f"{mart}: {len(expected)} rows on one engine, {len(found)} on the other"
    by_key = {tuple(row[column] for column in key): row for row in found}
    assert len(by_key) == len(found), f"{mart}: {key} is not its grain"
    for row in expected:
        other = by_key[tuple(row[column] for column in key)]
        for column, value in row.items():
            if column in MADE_WHEN:
                continue
            if isinstance(value, float) and other[column] is not None:
                assert math.isclose(value, other[column], rel_tol=tolerance, abs_tol=tolerance), (mart, column, row, other)
            else:
                assert value == other[column], (mart, column, row, other)
