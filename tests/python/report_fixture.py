"""Marts in the shapes the report reads, painted rather than built: enough to look at pages and to test them.

Most teams are honest, `team_03` improves its output while its outcome gets worse, one team is small and one
is too young for a score.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

LAST_WEEK = date(2026, 9, 21)
PARADOX_TEAM = "team_03"
SMALL_TEAM = "team_10"
YOUNG_TEAM = "team_11"
NAMES = "Atlas Borealis Cobalt Delta Ember Falcon Granite Harbor Indigo Juniper Kestrel Lumen".split()

REGISTRIES = Path(__file__).parents[2] / "seeds/registry"

METRICS = {  # metric_id: usual level, usual spread, way that is better
    "throughput": (40.0, 4.0, 1),
    "first_response_within_target": (0.82, 0.03, 1),
    "resolved_within_target": (0.78, 0.03, 1),
    "resolution_hours": (30.0, 3.0, -1),
    "reopen_rate": (0.09, 0.018, -1),
    "repeat_contact_rate": (0.12, 0.02, -1),
    "end_to_end_hours": (52.0, 5.0, -1),
    "csat": (0.84, 0.02, 1),
    "first_contact_resolution": (0.66, 0.03, 1),
}
OUTPUTS = ("throughput", "first_response_within_target", "resolved_within_target", "resolution_hours")
SIGNALS = ("outcome_divergence", "rework_loop", "stopped_clock", "threshold_bunching")

SCHEMA = """
create schema counterpoise;
create table counterpoise.dim_team (team_id varchar, team_name varchar, parent_team_id varchar, function
    varchar, timezone varchar, sort_order integer, active_people integer, is_small boolean, shown_from_people integer);
create table counterpoise.fct_metric_week (team_id varchar, week_start date, metric_id varchar,
    numerator double, denominator double, value double, n bigint, is_complete boolean, is_mature
    boolean);
create table counterpoise.fct_pair_week (team_id varchar, pair_id varchar, week_start date, verdict
    varchar, is_mature boolean);
create table counterpoise.fct_signal_week (team_id varchar, signal_id varchar, week_start date, status
    varchar, since_week date);
create table counterpoise.signal_evidence (signal_id varchar, team_id varchar, week_start date, key_type
    varchar, evidence_key varchar, rank integer, what varchar);
create table counterpoise.fct_data_health (note_id varchar, severity varchar, source_table varchar,
    subject varchar, row_count bigint, share double, sentence varchar);
create table counterpoise.dim_change_mark (team_id varchar, week_start date, kind varchar, label
    varchar);
create table counterpoise.check_results (run_id varchar, checked_at timestamp, stage varchar, suite
    varchar, check_id varchar, expectation varchar, table_name varchar, column_name varchar, severity
    varchar, status varchar, observed varchar, threshold varchar, unexpected_count bigint, affects
    varchar, affected_id varchar, message varchar, remedy varchar);
create table counterpoise.fct_check_history (check_id varchar, trend varchar, since timestamp, runs integer,
    not_passed_runs integer, is_flapping boolean);
create table counterpoise.team_risk (team_id varchar, week_start date, risk double, risk_low double,
    risk_high double, band varchar, status varchar, alert boolean, alert_reason varchar, coverage double, exposure double,
    story varchar, status_reason varchar, model_version varchar, data_through date, scored_at
    timestamp);
create table counterpoise.team_risk_reasons (team_id varchar, week_start date, rank integer, signal_id
    varchar, contribution double, observed double, expected double, n bigint, since_week date, sentence
    varchar, response_id varchar, owner varchar);
create table counterpoise.next_steps (step_id varchar, team_id varchar, week_start date, response_id varchar,
    signal_id varchar, pair_id varchar, what varchar, why varchar, owner_role varchar, raised_on date, asked_until date, due_on date,
    state varchar, answered_on date, note varchar);
create table counterpoise.fct_narrative_due (team_id varchar, metric_id varchar, week_start date, direction varchar,
    effect double, log_evidence double, tier varchar, owner_role varchar, is_explained boolean, due_on date);
create table counterpoise.fct_metric_health (metric_id varchar, verdict varchar, reason varchar);
create table counterpoise.fct_guardrail_week (team_id varchar, guardrail_id varchar, week_start date, metric_id
    varchar, observed double, threshold double, margin double, n integer, status varchar);
create table counterpoise.team_reward_eligibility (team_id varchar, period_start date, period_end date, status
    varchar, guardrails integer, met integer, breached integer, no_data integer, reason varchar);
create table counterpoise.fct_target_balance (team_id varchar, week_start date, targets integer, rewarded_targets
    integer, verdict varchar, missing varchar);
create table counterpoise.friction_registry (friction_id varchar, label varchar);
create table counterpoise.fct_friction (team_id varchar, week_start date, friction_id varchar, status varchar,
    since_week date, what varchar);
create table counterpoise.fct_flow_week (team_id varchar, week_start date, load double, load_ceiling double,
    load_reference double, headroom_hours double, wait_expected_hours double, wait_observed_hours double,
    is_capacity_assumed boolean, arrival_cv2 double, service_cv2 double, servers double, service_hours double);
create table counterpoise.fct_true_efficiency (team_id varchar, week_start date, verdict varchar, cost_per_resolved
    double, cost_per_outcome double, end_to_end_hours double, rework_share double, utilisation double, active_people integer);
create table counterpoise.fct_effective_work (team_id varchar, week_start date, aspect varchar, share double, n
    integer);
create table counterpoise.fct_ai_readiness (team_id varchar, week_start date, layer varchar, layer_order integer,
    practices integer, practices_in_place integer, holds boolean, counts boolean);
create table counterpoise.fct_ai_week (team_id varchar, week_start date, ai_assisted_share double,
    ai_unreviewed_share double, ai_undeclared_share double, meta_work_overhead double, reference_overhead double,
    unbudgeted_hours double, net_hours_saved double, hours_per_resolved double, hours_per_resolved_expected double,
    meta_work_hours double, meta_work_budget_hours double);
create table counterpoise.fct_ai_outcome_week (team_id varchar, week_start date, is_ai_assisted boolean, difficulty
    varchar, items integer, csat_sum double, csat_answers integer, reopened_items integer, reopen_rate double);
create table counterpoise.fct_intervention_effect (cause_type varchar, cause varchar, team_id varchar, metric_id
    varchar, room varchar, method varchar, since_start varchar, week_from integer, week_to integer, effect double,
    effect_low double, effect_high double, shown varchar, verdict varchar, treated_teams integer, control_teams integer,
    pre_trend_p double, assumes varchar);
create table counterpoise.fct_experiment_effect (experiment_id varchar, metric_id varchar, room varchar, effect
    double, effect_low double, effect_high double, treated_teams integer, control_teams integer, verdict varchar);
"""

ALERT = "Output and outcome have parted for 4 weeks, by an amount that matters, and still do."
HOSTILE = "<script>alert('step')</script>"


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    if not rows:
        return
    columns = [d[0] for d in connection.execute(f"select * from counterpoise.{table} limit 0").description]
    connection.register("incoming", pa.table({c: [row[i] for row in rows] for i, c in enumerate(columns)}))
    connection.execute(f"insert into counterpoise.{table} select * from incoming")
    connection.unregister("incoming")


def band_of(risk: float) -> str:
    return "clear" if risk < 30 else "watch" if risk < 50 else "elevated" if risk < 70 else "high"


def make_marts(*, teams: int = 12, weeks: int = 104, seed: int = 7) -> duckdb.DuckDBPyConnection:
    """An in-memory warehouse with the marts of `teams` teams and `weeks` weeks."""
    connection = duckdb.connect()
    connection.execute(SCHEMA)
    rng = np.random.default_rng(seed)
    mondays = [LAST_WEEK - timedelta(weeks=i) for i in reversed(range(weeks))]
    trouble = max(weeks - 24, 0)
    ids = [f"team_{i:02d}" for i in range(teams)]
    pairs = _registries(connection)
    _notes(connection)
    # The order of the organisation is deliberately neither that of the ids nor that of the risk.
    order = {team: (i * 5 + 3) % teams if teams == 12 else i for i, team in enumerate(ids)}
    dims, risks, metrics, verdicts, signals = [], [], [], [], []
    for i, team in enumerate(ids):
        name = NAMES[i] if i < len(NAMES) else f"Team {i}"
        small = team == SMALL_TEAM
        dims.append((team, name, None, "support", "UTC", order[team], None if small else 6 + i % 9, small, 5))
        bad = np.zeros(weeks)
        if team == PARADOX_TEAM:
            bad[trouble:] = np.minimum(np.arange(weeks - trouble) / 8, 1)
        for metric_id, (level, spread, better) in METRICS.items():
            is_output = metric_id in OUTPUTS
            way = better * (2.5 if is_output else -3.5)
            values = level * (1 + 0.03 * (i % 5)) + spread * (rng.normal(size=weeks) + way * bad)
            last = weeks if is_output else weeks - 4
            for w in range(last):
                gap = team == YOUNG_TEAM and w < weeks - 9
                value = None if gap else float(min(values[w], 0.99) if level < 1 else max(values[w], 0))
                metrics.append((team, mondays[w], metric_id, None, None, value, 0 if gap else 40, True, True))
        noise = 14 + 10 * np.abs(np.convolve(rng.normal(size=weeks + 3), [0.4, 0.3, 0.2, 0.1], "valid")) + 8 * (i % 3)
        for w, monday in enumerate(mondays):
            risk = float(min(noise[w] + 62 * bad[w], 96))
            status, why = "scored", None
            if team == SMALL_TEAM:
                status, why = "insufficient_data", "Fewer than 5 people work in this team."
            elif w < 26 or team == YOUNG_TEAM:
                status, why = "insufficient_data", "Fewer than 26 weeks to compare with."
            scored = status == "scored"
            risks.append(
                (
                    team, monday, risk if scored else None, max(risk - 13, 0) if scored else None,
                    min(risk + 12, 100) if scored else None, band_of(risk) if scored else None, status,
                    scored and risk > 70, ALERT if scored and risk > 70 else None, 0.6 + 0.03 * (i % 12), 0.2,
                    ("rework_loop" if risk > 50 else "nothing_new") if scored else None, why, "0.1.0",
                    monday + timedelta(days=6), datetime(2026, 9, 28, 6),
                )
            )  # fmt: skip
        for pair_id in pairs:
            for w in range(max(weeks - 12, 0), weeks):
                mature = w < weeks - 4
                worse = bad[w] > 0.5 and mature
                verdict = "paradox" if worse else "steady" if mature else "not_mature"
                verdicts.append((team, pair_id, mondays[w], verdict, mature))
        for signal_id in SIGNALS:
            fired = bad[-1] > 0 and signal_id != "stopped_clock"
            since = mondays[trouble + 2] if fired else None
            signals.append((team, signal_id, LAST_WEEK, "fired" if fired else "clear", since))
    _insert(connection, "dim_team", dims)
    _insert(connection, "team_risk", risks)
    _insert(connection, "fct_metric_week", metrics)
    _insert(connection, "fct_pair_week", verdicts)
    _insert(connection, "fct_signal_week", signals)
    _reasons(connection, mondays[trouble + 2])
    _tables(connection, ids)
    if teams >= 12:  # something new this week: a band that rose, a pair that turned
        connection.execute(
            "update counterpoise.team_risk set risk = 41, risk_low = 30, risk_high = 52, band = 'watch' "
            "where team_id = 'team_05' and week_start = ?", [LAST_WEEK],
        )  # fmt: skip
        connection.execute(
            "update counterpoise.team_risk set risk = 20, risk_low = 9, risk_high = 30, band = 'clear' "
            "where team_id = 'team_05' and week_start = ?", [LAST_WEEK - timedelta(weeks=1)],
        )  # fmt: skip
        connection.execute(
            "update counterpoise.fct_pair_week set verdict = 'hollow_gain' where team_id = 'team_01' "
            "and pair_id = 'first_response__csat' and week_start = ?",
            [LAST_WEEK - timedelta(weeks=4)],
        )
    return connection


def _tables(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> None:
    """A row or two of what is shown as tables, for a usual team, the small one and, of steps, text that must be escaped."""
    shown = [team for team in (ids[0], PARADOX_TEAM, SMALL_TEAM) if team in ids]
    due = LAST_WEEK + timedelta(days=21)
    _insert(connection, "next_steps", [
        (f"step {team}", team, LAST_WEEK, "monitor_downstream", "rework_loop", None, "Watch downstream.", HOSTILE,
         "quality owner", LAST_WEEK, LAST_WEEK, due, "open", None, None)
        for team in shown
    ])  # fmt: skip
    _insert(connection, "fct_guardrail_week", [
        (team, "reopened", LAST_WEEK, "reopen_rate", 0.19, 0.15, -0.04, 160, "breached") for team in shown
    ])  # fmt: skip
    _insert(connection, "fct_flow_week", [
        (team, LAST_WEEK - timedelta(weeks=ago), 0.93 - 0.01 * ago, 0.81, 0.85, -22.0, 9.5, 8.0 + ago if ago else None,
         True, 1.2, 0.8, 5.0, 6.0)
        for team in shown
        for ago in range(6)
    ])  # fmt: skip
    _insert(connection, "fct_true_efficiency", [
        (team, LAST_WEEK, "unclear", 31.5, 44.5, 50.0, 0.12, 0.9, 8) for team in shown
    ])  # fmt: skip
    _insert(connection, "fct_ai_week", [
        (team, LAST_WEEK - timedelta(weeks=ago), 0.4, 0.1, 0.2, 0.35, 0.3, 12.0, -7.0, 5.5, 5.1, 40.0 - 10 * ago, 32.0)
        for team in shown for ago in range(2)
    ])  # fmt: skip
    _insert(connection, "fct_ai_outcome_week", [
        (team, LAST_WEEK - timedelta(weeks=ago), is_ai, "hard", 50, 40.0, 50, 20 if is_ai else 5, 0.4 if ago else None)
        for team in shown for ago in (0, 8) for is_ai in (True, False)
    ])  # fmt: skip
    _insert(connection, "fct_metric_health", [
        ("throughput", "drives_action", "something was done because of it"),
        ("csat", "retire", "nobody has looked at it for 26 weeks"),
    ])
    _insert(connection, "fct_ai_readiness", [
        (team, LAST_WEEK, "permission", 1, 3, 2, False, False) for team in shown
    ])  # fmt: skip


def _registries(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The package's own seeds as they are; returns the pairs whose metrics are painted here."""
    for name in ("metric", "pair", "signal", "response", "story"):
        table = "story_registry" if name == "story" else f"dim_{name}"
        connection.execute(
            f"create table counterpoise.{table} as select * from read_csv(?)",
            [str(REGISTRIES / f"{name}_registry.csv")],
        )
    rows = connection.execute(
        "select pair_id, output_metric_id, outcome_metric_id from counterpoise.dim_pair"
    ).fetchall()
    return [pair_id for pair_id, *metrics in rows if METRICS.keys() >= set(metrics)]


def _notes(connection: duckdb.DuckDBPyConnection) -> None:
    _insert(
        connection,
        "fct_data_health",
        [
            ("duplicate_events", "info", "work_item_events", None, 12, 0.001, "12 events came twice."),
            ("unknown_activity", "warn", "event_log", None, 40, 0.002,
             "40 events name 2 activities the mapping does not know; they count as touches."),
        ],
    )  # fmt: skip
    checked = datetime(2026, 9, 28, 5)
    _insert(
        connection,
        "check_results",
        [
            ("run-1", checked - timedelta(days=7), "raw", "teams", "old", "unique", "teams", "team_id",
             "stop", "failed", "3", "0", 3, "all", None,
             "An older run found 3 repeated teams.", "Send each once."),
            ("run-2", checked, "raw", "teams", "unique", "team_id is unique", "teams", "team_id", "stop",
             "passed", "0", "0", 0, "none", None, "Every team id stands once.", None),
            ("run-2", checked, "raw", "work_items", "order", "resolved after created", "work_items",
             "resolved_at", "warn", "failed", "17", "0", 17, "none", None,
             "17 items were resolved before they were created.",
             "Look at the clocks of the systems that wrote them."),
            ("run-2", checked, "marts", "metric_guardrails", "guardrail.reopened_work", "share", "fct_guardrail_week",
             "observed", "report", "failed", "0.2", "0.15", 1, "team", "team_03",
             "Team Delta: reopen_rate is 0.200 where at most 0.150 is asked for.", "Talk about it with the team."),
        ],
    )  # fmt: skip
    _insert(
        connection,
        "fct_check_history",
        [
            ("unique", "level", checked - timedelta(days=70), 11, 0, False),
            ("order", "up", checked - timedelta(days=14), 11, 5, True),
            ("guardrail.reopened_work", None, checked, 1, 1, False),
        ],
    )
    _insert(
        connection,
        "dim_change_mark",
        [
            (
                None,
                LAST_WEEK - timedelta(weeks=60),
                "reopen_rate: window",
                "Reopens within 28 days count, before it was 14",
            ),
            (PARADOX_TEAM, LAST_WEEK - timedelta(weeks=27), "intervention", "Bonus on first replies in time"),
        ],
    )


def _reasons(connection: duckdb.DuckDBPyConnection, since: date) -> None:
    texts = [
        ("outcome_divergence", 31.4, 0.152, 0.09,
         "More first answers were in time, while more people came back with the same.", "pair_the_metric"),
        ("rework_loop", 12.2, 0.141, 0.088, "Reopened items rose with resolved items.", "quality_threshold"),
        ("threshold_bunching", 4.06, 61, 38, "More items end just inside the target.", "quality_threshold"),
    ]  # fmt: skip
    _insert(
        connection,
        "team_risk_reasons",
        [
            (
                PARADOX_TEAM,
                LAST_WEEK,
                i + 1,
                signal,
                points,
                observed,
                expected,
                1234,
                since,
                sentence,
                response,
                None,
            )
            for i, (signal, points, observed, expected, sentence, response) in enumerate(texts)
        ],
    )
    _insert(
        connection,
        "signal_evidence",
        [
            ("rework_loop", PARADOX_TEAM, LAST_WEEK - timedelta(weeks=i % 15), "work_item", f"INC-{i:04d}", i,
             "reopened 3 days after it was resolved")
            for i in range(34)
        ],
    )  # fmt: skip


def withhold_all(connection: duckdb.DuckDBPyConnection, sentence: str) -> None:
    """Every score withheld, with the data-health note that says why."""
    connection.execute(
        "update counterpoise.team_risk set risk = null, risk_low = null, risk_high = null, band = null, "
        "status = 'withheld', alert = false, alert_reason = null, story = null, "
        "status_reason = 'All items close in the last weeks.'"
    )
    connection.execute("delete from counterpoise.team_risk_reasons")
    connection.execute(
        "insert into counterpoise.fct_data_health values "
        "('closing_date_sample', 'withhold', 'event_log', null, null, null, ?)",
        [sentence],
    )


def reader(connection: duckdb.DuckDBPyConnection) -> Callable[[str], pa.Table]:
    """The reading interface of the report on a DuckDB connection."""
    return lambda sql: connection.sql(sql).to_arrow_table()
