"""What goes wrong with data in the field, one damage at a time, in the size a user would meet it.

The sizes were set before any was tried, and no threshold was moved for one. docs/guardrails.md shows the list; a test keeps
the two alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Damage:
    """One damage.

    Attributes:
        told: what happened, as a user would tell it.
        stage: the stage whose checks are to see it.
        table: the table that is damaged.
        sql: what is done to it; {t} stands for the table, {end} for the end of the data (a Monday at midnight) and
            {team} for one team, {loaded} for the newest load.
        meant: ids of the checks that were written for it; one of them failing is a catch.
        days_back: how many days before the end of the data the run takes place.
    """

    told: str
    stage: str
    table: str
    sql: str
    meant: tuple[str, ...]
    days_back: int = 0


def _of(stage: str, table: str, *damages: Sequence) -> list[Damage]:
    return [Damage(told, stage, table, sql, tuple(meant.split(", ")), *rest) for told, sql, meant, *rest in damages]


TWICE = "insert into {t} select * from {t}"

DAMAGES = [
    *_of(
        "raw",
        "teams",
        ("The table of teams is gone", "drop table {t}", "teams_there"),
        ("The table of teams is empty: its load broke off", "delete from {t}", "teams_not_empty"),
        ("The column with the teams' names was renamed", "alter table {t} rename team_name to name", "teams_columns.team_name"),
        ("Teams were loaded twice", TWICE, "teams_key_repeated"),
        ("The department above a team was deleted", "update {t} set parent_team_id = 'gone' where team_id = {team}", "teams_parent_unknown"),
    ),
    *_of(
        "raw",
        "work_items",
        ("Items were loaded twice", TWICE, "work_items_key_repeated"),
        ("A new team is not yet in the table of teams", "update {t} set team_id = 'new-team' where team_id = {team} and created_at > {end} - interval '14' day", "work_items_team_unknown"),
        ("One item in fifty has no type", "update {t} set item_type = null where hash(work_item_id) % 50 = 0", "work_items_not_null.item_type"),
        ("For one team the columns of created and resolved were swapped", "update {t} set created_at = resolved_at, resolved_at = created_at where team_id = {team} and resolved_at is not null", "work_items_ends_before_created_team"),
        ("Times of the last week are of 1970: seconds were read as milliseconds", "update {t} set created_at = timestamp '1970-01-21' where created_at > {end} - interval '7' day", "work_items_times_plausible.created_at"),
        ("Day and month changed places in one load", "update {t} set resolved_at = resolved_at + interval '200' day where resolved_at > {end} - interval '3' day", "work_items_times_plausible.resolved_at"),
        ("The tool has a new status", "update {t} set status = 'On hold' where created_at > {end} - interval '7' day and status = 'open'", "work_items_status_known"),
        ("The tool has a new type of item", "update {t} set item_type = 'Epic' where hash(work_item_id) % 200 = 0", "work_items_item_type_known"),
        ("Estimates of minus one stand for none", "update {t} set size = -1 where hash(work_item_id) % 10 = 0", "work_items_size_not_negative"),
    ),
    *_of(
        "raw",
        "work_item_events",
        ("Events were loaded twice", TWICE, "events_key_repeated"),
        ("The load of the last month of events ran twice", "insert into {t} select * from {t} where occurred_at > {end} - interval '31' day", "events_key_repeated"),
        ("One team may no longer be read: its items are missing", "update {t} set work_item_id = work_item_id || '-x' where team_id = {team}", "events_item_unknown_team"),
        ("One team moved to a tool that tells starts and pauses as changes of a status nobody mapped", "update {t} set event_type = 'status_changed', status_category = null where team_id = {team} and event_type in ('started', 'paused', 'resumed')", "events_status_unknown_team"),
        ("One status change in twenty has a status nobody mapped", "update {t} set event_type = 'status_changed', status_category = case when hash(event_id) % 20 = 0 then 'Parked' else 'active' end where event_type = 'started'", "events_status_unknown"),
        ("Events are in a time zone five hours off, items are not", "update {t} set occurred_at = occurred_at - interval '5' hour", "events_created_apart"),
        ("The clock of recording is five hours behind", "update {t} set recorded_at = recorded_at - interval '5' hour", "events_recorded_before_occurred"),
        ("The clock of the warehouse is a day behind", "update {t} set _loaded_at = _loaded_at - interval '1' day", "events_loaded_before_recorded"),
        ("The tool has a new type of event", "update {t} set event_type = 'transitioned' where event_type = 'started'", "events_type_known"),
        ("No load for two weeks", "delete from {t} where occurred_at > {end} - interval '14' day", "events_fresh"),
        ("Two of three sources stopped a week ago", "delete from {t} where occurred_at > {end} - interval '7' day and hash(work_item_id) % 3 < 2", "events_volume"),
        ("The last week was loaded three times under new ids", "insert into {t} select e.* replace (e.event_id || copies.c as event_id) from {t} e cross join (values ('-2'), ('-3')) copies(c) where e.occurred_at > {end} - interval '7' day", "events_volume"),
        ("The load of a Wednesday broke off at noon; the run is on Thursday", "delete from {t} where occurred_at >= {end} - interval '108' hour", "events_day_half_loaded", 4),
        ("The loader was down for two weeks and caught up in one night", "update {t} set _loaded_at = {loaded} where occurred_at > {end} - interval '14' day", "events_late"),
        ("For four weeks three in ten ends are dated back by two days", "update {t} set occurred_at = occurred_at - interval '2' day where event_type in ('resolved', 'closed') and recorded_at > {end} - interval '28' day and hash(event_id) % 10 < 3", "events_backdated"),
        ("A column of times became text of another form", "alter table {t} alter occurred_at type varchar using strftime(occurred_at, '%d.%m.%Y %H:%M')", "events_times_plausible.occurred_at, events_fresh"),
    ),
    *_of(
        "raw",
        "outcomes",
        ("Satisfaction comes as 1 to 5, not as 0 to 1", "update {t} set value = 1 + 4 * value where outcome_type = 'csat'", "outcomes_csat_scale"),
        ("The survey tool was unplugged six weeks ago", "delete from {t} where outcome_type = 'csat' and occurred_at > {end} - interval '42' day", "outcomes_volume"),
        ("Complaints have lost their team and their item", "update {t} set team_id = null, work_item_id = null where outcome_type = 'complaint'", "outcomes_of_nobody"),
        ("A new kind of outcome", "update {t} set outcome_type = 'ces' where hash(outcome_id) % 50 = 0", "outcomes_type_known"),
    ),
    *_of("raw", "team_hours", ("Weeks begin on Sunday", "update {t} set week_start = week_start - interval '1' day", "team_hours_monday")),
    *_of("raw", "capacity", ("Leave was taken off twice", "update {t} set available_hours = available_hours - 400", "capacity_not_negative.available_hours")),
    *_of("raw", "team_members", ("Hours a week stand where the share of a post is meant", "update {t} set fte = 40 * fte", "team_members_fte_plausible")),
    *_of("raw", "survey_answers", ("Answers from 0 to 100 on a scale of 1 to 5", "update {t} set score = 20 * score where hash(answer_id) % 4 = 0", "surveys_score_in_scale")),
    *_of(
        "raw",
        "targets",
        ("The risk itself was made a target", "update {t} set metric_id = 'team_risk' where team_id = {team}", "targets_no_team_risk"),
        ("A target has its direction in other words", "update {t} set direction = '<=' where team_id = {team}", "targets_direction_known"),
    ),
    *_of(
        "staging",
        "stg_work_item_events",
        ("A join in an adapter doubles events", TWICE, "stg_events_grain"),
        ("An adapter leaves persons of one team unhashed", "update {t} set actor_id = 'ann@example.org' where team_id = {team}", "stg_events_persons_hashed"),
        ("An adapter lets the tool's own statuses through", "update {t} set status_category = 'In Progress' where status_category = 'active' and team_id = {team}", "stg_events_status_known"),
    ),
    *_of(
        "staging",
        "stg_work_items",
        ("An adapter leaves items without a creation", "update {t} set created_at = null where hash(work_item_id) % 500 = 0", "stg_work_items_not_null.created_at"),
        ("A mapping of teams lost a team", "update {t} set team_id = 'lost' where team_id = {team}", "stg_work_items_team_unknown"),
    ),
    *_of("staging", "int_work_items", ("An incremental build left out the items of a day", "delete from {t} where created_at > {end} - interval '4' day and created_at < {end} - interval '3' day", "items_all_read")),
    *_of("staging", "int_item_spans", ("Spans of one team run backwards", "update {t} set started_at = ended_at, ended_at = started_at where team_id = {team}", "spans_ordered")),
    *_of(
        "marts",
        "fct_metric_week",
        ("A join doubles the figures", TWICE, "metric_week_grain"),
        ("Numerators are counted twice", "update {t} set numerator = 2 * denominator where metric_id = 'reopen_rate' and team_id = {team}", "metric_week_share_above_one"),
        ("A week is missing", "delete from {t} where week_start = cast({end} - interval '70' day as date) and team_id = {team}", "metric_week_gap"),
        ("Nothing became zero", "update {t} set value = 0, denominator = 0 where metric_id = 'csat' and team_id = {team}", "metric_week_value_without_data"),
        ("Weeks begin on Sunday", "update {t} set week_start = week_start - interval '1' day", "metric_week_monday"),
        ("A value is missing where there are data", "update {t} set value = null where metric_id = 'reopen_rate' and team_id = {team}", "metric_week_data_without_value"),
    ),
    *_of(
        "marts",
        "fct_pair_week",
        ("Effects are in percent", "update {t} set output_effect = 100 * output_effect, output_effect_low = 100 * output_effect_low, output_effect_high = 100 * output_effect_high", "pair_week_effects_in_range.output_effect"),
        ("The ends of intervals changed places", "update {t} set outcome_effect_low = outcome_effect_high, outcome_effect_high = outcome_effect_low", "pair_week_intervals_ordered"),
        ("A sign was turned: what got better is called worse", "update {t} set outcome_effect = -outcome_effect, outcome_effect_low = -outcome_effect_high, outcome_effect_high = -outcome_effect_low", "pair_week_verdict_fits_effects"),
        ("Verdicts are given before outcomes are in", "update {t} set is_mature = false where team_id = {team}", "pair_week_verdict_fits_maturity"),
    ),
    *_of("marts", "fct_signal_week", ("Signals fire without evidence", "update {t} set log_evidence = null where status = 'fired'", "signal_week_status_fits_evidence")),
    *_of("marts", "fct_work_item", ("Durations of one team are negative", "update {t} set duration_hours = -duration_hours where team_id = {team}", "fct_work_item_durations_not_negative.duration_hours")),
    *_of(
        "marts",
        "fct_guardrail_week",
        ("A missed threshold still says met", "update {t} set margin = -0.1 where status = 'met' and team_id = {team}", "guardrail_week_status_agrees"),
        ("A metric fell below its minimum", "update {t} set observed = 0.12, margin = -0.07, status = 'breached' where guardrail_id = 'complaints' and week_start > {end} - interval '28' day", "guardrail.complaints"),
    ),
    *_of(
        "scores",
        "team_risk",
        ("The risk was turned into percent twice", "update {t} set risk = 100 * risk, risk_high = 100 * risk_high", "team_risk_in_range.risk"),
        ("The ends of the interval changed places", "update {t} set risk_low = risk_high, risk_high = risk_low", "team_risk_interval_ordered"),
        ("A number stands beside withheld", "update {t} set status = 'withheld', status_reason = 'why' where team_id = {team}", "team_risk_only_when_scored"),
        ("Scores were written twice", TWICE, "team_risk_grain"),
        ("The bands are those of the run before", "update {t} set band = 'clear' where risk > 45", "team_risk_band_fits_risk"),
        ("A team's scores of a month were not written", "delete from {t} where team_id = {team} and week_start between cast({end} - interval '98' day as date) and cast({end} - interval '70' day as date)", "team_risk_week_missing"),
        ("A score of a week that is not over", "update {t} set week_start = week_start + interval '28' day", "team_risk_known_then"),
        ("An alert tells a harmless story", "update {t} set alert = true, alert_reason = 'why', story = 'nothing_wrong' where status = 'scored'", "team_risk_alert_tells_a_paradox"),
    ),
    *_of("scores", "team_risk_reasons", ("Reasons are those of another week", "update {t} set week_start = week_start - interval '700' day", "reasons_of_scored_weeks")),
]


def as_table() -> str:
    """The list as docs/guardrails.md shows it."""
    rows = [
        f"| {damage.stage} | `{damage.table}` | {damage.told} | {', '.join(f'`{check}`' for check in damage.meant)} |"
        for damage in DAMAGES
    ]
    return "\n".join(["| stage | table | what happened | seen by |", "|---|---|---|---|", *rows])
