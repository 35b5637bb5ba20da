"""The quality gate: good data passes, each damage is caught by the check meant for it and by no other."""

import itertools
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
import sqlalchemy as sa
import yaml

import damages
from counterpoise.contract import load_contract
from counterpoise.errors import CounterpoiseError, InputError, UsageError
from counterpoise.guardrails import CheckReport, run_checks, write_docs, write_junit
from counterpoise.guardrails.duckdb_dialect import duckdb_engine
from counterpoise.guardrails.history import KEPT_DAYS, keep_results
from counterpoise.guardrails.suite import SEVERITIES, STAGES, load_suites, parse_suite
from counterpoise.project import find_project_dir
from counterpoise.warehouse import DuckDBFile
from counterpoise.warehouse.dbt import DbtProject
from test_report import browser  # noqa: F401

NOW = datetime(2024, 3, 4, 3, 0)  # in the week after the last event
CANARY = "canary-of-a-person"
SQL_TYPES = {"string": "varchar", "double": "double precision"}
MARTS = {
    "dim_team": "team_id varchar, team_name varchar, active_people integer",
    "dim_metric": "metric_id varchar, kind varchar",
    "dim_pair": "pair_id varchar",
    "dim_signal": "signal_id varchar",
    "story_registry": "story_id varchar, is_paradox boolean",
    "fct_work_item": (
        "work_item_id varchar, team_id varchar, created_at timestamp, first_resolved_at timestamp,"
        " last_resolved_at timestamp, duration_hours double precision, elapsed_hours double precision,"
        " working_hours double precision, paused_hours double precision, blocked_hours double precision,"
        " end_to_end_hours double precision, pause_events integer, handoffs integer, review_rounds integer,"
        " public_replies integer, reopenings integer"
    ),
    "fct_metric_week": (
        "team_id varchar, week_start date, metric_id varchar, numerator double precision,"
        " denominator double precision, value double precision, n integer, is_complete boolean,"
        " is_mature boolean"
    ),
    "fct_metric_week_stratum": "team_id varchar, week_start date, metric_id varchar, stratum varchar",
    "fct_pair_week": (
        "team_id varchar, pair_id varchar, week_start date, output_effect double precision,"
        " output_effect_low double precision, output_effect_high double precision,"
        " outcome_effect double precision,"
        " outcome_effect_low double precision, outcome_effect_high double precision, verdict varchar,"
        " is_mature boolean"
    ),
    "fct_signal_week": (
        "team_id varchar, signal_id varchar, week_start date, status varchar, effect double precision,"
        " log_evidence double precision, n integer, since_week date"
    ),
    "signal_evidence": "signal_id varchar, team_id varchar, week_start date, key_type varchar, what varchar",
    "fct_guardrail_week": (
        "team_id varchar, guardrail_id varchar, week_start date, metric_id varchar, observed double precision,"
        " threshold double precision, margin double precision, n integer, status varchar"
    ),
    "team_reward_eligibility": "team_id varchar, period_start date, status varchar",
    "next_steps": "step_id varchar, team_id varchar, week_start date, state varchar",
    "fct_flow_week": "team_id varchar, week_start date, load double precision",
    "fct_effective_work": "team_id varchar, week_start date, aspect varchar, share double precision",
    "team_exposure": "team_id varchar, week_start date, exposure double precision",
    "fct_data_health": "note_id varchar, severity varchar, sentence varchar",
    "team_risk": (
        "team_id varchar, week_start date, risk double precision, risk_low double precision,"
        " risk_high double precision, band varchar, status varchar, status_reason varchar, alert boolean,"
        " alert_reason varchar,"
        " coverage double precision, exposure double precision, story varchar, model_version varchar,"
        " data_through date, scored_at timestamp"
    ),
    "team_risk_reasons": ("team_id varchar, week_start date, rank integer, signal_id varchar, sentence varchar"),
}
STAGING = {
    "stg_teams": "team_id varchar, team_name varchar",
    "stg_work_items": (
        "work_item_id varchar, item_type varchar, team_id varchar, requester_id varchar, created_at timestamp,"
        " resolved_at timestamp"
    ),
    "stg_work_item_events": (
        "event_id varchar, work_item_id varchar, event_type varchar, occurred_at timestamp, actor_id varchar,"
        " status_category varchar"
    ),
    "stg_outcomes": "outcome_id varchar",
    "int_work_items": "work_item_id varchar, version_to_week integer",
    "int_item_spans": "work_item_id varchar, started_at timestamp, ended_at timestamp, span_seconds bigint",
}
EVENT_LOG = {
    "event_log": (
        "source_system varchar, case_id varchar, activity varchar, occurred_at timestamp,"
        " recorded_at timestamp, actor_id varchar, team_id varchar"
    ),
    "event_log_activities": (
        "source_system varchar, activity varchar, event_type varchar, status_category varchar, is_known boolean"
    ),
}


def raw_rows() -> dict[str, list[dict[str, Any]]]:
    """Three teams with 20 items each, four events an item, and a row or two in every optional table."""
    start = datetime(2024, 1, 1, 9, 0)
    monday = datetime(2024, 1, 8).date()
    items, events, outcomes = [], [], []
    for number in range(60):
        item, team = f"item-{number}", f"team-{number % 3}"
        created = start + timedelta(days=number)
        items.append(
            {
                "work_item_id": item,
                "item_type": "ticket",
                "work_class": "delivery",
                "team_id": team,
                "requester_id": CANARY,
                "size": 1.0,
                "created_at": created,
                "first_response_at": created + timedelta(hours=1),
                "resolved_at": created + timedelta(days=1),
                "closed_at": created + timedelta(days=2),
                "status": "closed",
                "resolution": "done",
                "origin": "customer",
                "ai_policy_class": "free",
            }
        )
        kinds = [("created", None), ("status_changed", "active"), ("resolved", "done"), ("closed", "done")]
        for step, (kind, category) in enumerate(kinds):
            events.append(
                {
                    "event_id": f"event-{number}-{step}",
                    "work_item_id": item,
                    "event_type": kind,
                    "occurred_at": created + timedelta(hours=12 * step),
                    "recorded_at": created + timedelta(hours=12 * step),
                    "actor_id": CANARY,
                    "team_id": team,
                    "status_category": category,
                    "actor_role": "agent",
                }
            )
        if team == "team-0":
            outcomes += [
                {
                    "outcome_id": f"outcome-{number}-{kind}",
                    "outcome_type": kind,
                    "team_id": team,
                    "work_item_id": item,
                    "occurred_at": created + timedelta(days=2),
                    "value": value,
                }
                for kind, value in [("csat", 0.8), ("nps", 8.0), ("complaint", 1.0)]
            ]
    day = start.date()
    return {
        "teams": [
            {"team_id": f"team-{n}", "team_name": f"Team {n}", "active_from": day, "active_to": None} for n in range(3)
        ],
        "work_items": items,
        "work_item_events": events,
        "outcomes": outcomes,
        "work_item_links": [
            {"from_item_id": "item-1", "to_item_id": f"item-{n}", "link_type": "blocks"} for n in range(2, 7)
        ],
        "time_entries": [
            {
                "time_entry_id": f"entry-{n}",
                "person_id": CANARY,
                "team_id": "team-0",
                "activity": "delivery",
                "started_at": start,
                "hours": 4.0,
            }
            for n in range(5)
        ],
        "team_hours": [
            {
                "team_id": "team-0",
                "week_start": monday,
                "activity": "delivery",
                "hours": 40.0,
                "basis": "logged",
            }
        ],
        "team_members": [{"person_id": CANARY, "team_id": "team-0", "valid_from": day, "fte": 1.0}],
        "capacity": [{"team_id": "team-0", "week_start": monday, "available_hours": 120.0}],
        "survey_answers": [
            {
                "answer_id": "answer-1",
                "team_id": "team-0",
                "answered_at": start,
                "construct": "workload",
                "score": 3.0,
                "scale_min": 1.0,
                "scale_max": 5.0,
            }
        ],
        "targets": [
            {
                "target_id": "target-1",
                "team_id": "team-0",
                "metric_id": "resolution_hours",
                "direction": "at_most",
                "threshold": 24.0,
                "valid_from": day,
                "clock": "calendar",
            }
        ],
        "metric_changes": [
            {
                "change_id": "change-1",
                "metric_id": "throughput",
                "change_type": "definition",
                "requested_at": start,
            }
        ],
        "annotations": [
            {
                "annotation_id": "note-1",
                "team_id": "team-0",
                "week_start": monday,
                "state": "explained",
                "recorded_at": start,
            }
        ],
        "interventions": [{"intervention_id": "change-1", "kind": "new_kpi", "started_at": start}],
        "norms": [
            {
                "norm_id": "norm-1",
                "team_id": "team-0",
                "layer": "permission",
                "practice": "say_so",
                "in_place_from": day,
            }
        ],
        "costs": [{"team_id": "team-0", "month": datetime(2024, 1, 1).date(), "cost_type": "ai", "amount": 10.0}],
        "process_runs": [{"run_id": "run-1", "process_id": "close", "started_at": start, "ended_at": start}],
    }


def mart_rows() -> dict[str, list[dict[str, Any]]]:
    """Two teams and six weeks of two metrics, one pair, one signal, a score and a reason."""
    teams = ["team-0", "team-1"]
    weeks = [datetime(2024, 1, 1).date() + timedelta(weeks=n) for n in range(6)]
    through = datetime(2024, 2, 11).date()
    scored = {"risk": 40.0, "risk_low": 20.0, "risk_high": 60.0, "band": "watch", "status": "scored"}
    return {
        "dim_team": [
            {"team_id": team, "team_name": f"Team {team[-1]}", "active_people": people}
            for team, people in zip(teams, [4, 5], strict=True)
        ],
        "dim_metric": [
            {"metric_id": "reopen_rate", "kind": "binomial"},
            {"metric_id": "csat", "kind": "mean"},
        ],
        "dim_pair": [{"pair_id": "throughput__reopen"}],
        "dim_signal": [{"signal_id": "rework_loop"}],
        "story_registry": [
            {"story_id": "rework_loop", "is_paradox": True},
            {"story_id": "nothing_new", "is_paradox": False},
        ],
        "fct_work_item": [
            {
                "work_item_id": f"item-{n}",
                "team_id": teams[n % 2],
                "created_at": datetime(2024, 1, 1),
                "first_resolved_at": datetime(2024, 1, 2),
                "last_resolved_at": datetime(2024, 1, 2),
                "duration_hours": 24.0,
                "elapsed_hours": 24.0,
                "working_hours": 20.0,
                "paused_hours": 4.0,
                "blocked_hours": 0.0,
                "end_to_end_hours": 24.0,
                **dict.fromkeys(["pause_events", "handoffs", "review_rounds", "public_replies", "reopenings"], 1),
            }
            for n in range(10)
        ],
        "fct_metric_week": [
            {
                "team_id": team,
                "week_start": week,
                "metric_id": metric,
                "numerator": 3.0,
                "denominator": 10.0,
                "value": 0.3,
                "n": 10,
                "is_complete": True,
                "is_mature": True,
            }
            for team, week, metric in itertools.product(teams, weeks, ["reopen_rate", "csat"])
        ],
        "fct_metric_week_stratum": [
            {"team_id": "team-0", "week_start": weeks[0], "metric_id": "csat", "stratum": s} for s in "ab"
        ],
        "fct_pair_week": [
            {
                "team_id": team,
                "pair_id": "throughput__reopen",
                "week_start": week,
                "output_effect": 0.5,
                "output_effect_low": 0.1,
                "output_effect_high": 0.9,
                "outcome_effect": -0.5,
                "outcome_effect_low": -0.9,
                "outcome_effect_high": -0.1,
                "verdict": "paradox",
                "is_mature": True,
            }
            for team, week in itertools.product(teams, weeks)
        ],
        "fct_signal_week": [
            {
                "team_id": team,
                "signal_id": "rework_loop",
                "week_start": week,
                "status": "fired",
                "effect": 0.4,
                "log_evidence": 2.0,
                "n": 50,
                "since_week": weeks[0],
            }
            for team, week in itertools.product(teams, weeks)
        ],
        "signal_evidence": [
            {
                "signal_id": "rework_loop",
                "team_id": "team-0",
                "week_start": weeks[0],
                "key_type": "work_item",
                "what": "reopened",
            }
        ],
        "fct_guardrail_week": [
            {
                "team_id": team,
                "guardrail_id": "reopened",
                "week_start": week,
                "metric_id": "reopen_rate",
                "observed": 0.1,
                "threshold": 0.15,
                "margin": 0.05,
                "n": 40,
                "status": "met",
            }
            for team, week in itertools.product(teams, weeks)
        ],
        "team_reward_eligibility": [
            {"team_id": team, "period_start": weeks[0], "status": "undetermined"} for team in teams
        ],
        "next_steps": [
            {"step_id": f"step-{team}", "team_id": team, "week_start": week, "state": "open"}
            for team, week in itertools.product(teams, weeks)
        ],
        "fct_flow_week": [
            {"team_id": team, "week_start": week, "load": 0.8} for team, week in itertools.product(teams, weeks)
        ],
        "fct_effective_work": [
            {"team_id": team, "week_start": week, "aspect": "well", "share": 0.9}
            for team, week in itertools.product(teams, weeks)
        ],
        "team_exposure": [
            {"team_id": team, "week_start": week, "exposure": 0.2} for team, week in itertools.product(teams, weeks)
        ],
        "fct_data_health": [{"note_id": "late_rows", "severity": "info", "sentence": "3 rows came late."}],
        "team_risk": [
            {
                "team_id": team,
                "week_start": weeks[-1],
                **(scored if team == "team-0" else {"status": "withheld", "status_reason": "too few people"}),
                "alert": team == "team-0",
                "alert_reason": "Parted for weeks." if team == "team-0" else None,
                "coverage": 0.8,
                "exposure": 0.2,
                "story": "rework_loop" if team == "team-0" else None,
                "model_version": "1",
                "data_through": through,
                "scored_at": NOW,
            }
            for team in teams
        ],
        "team_risk_reasons": [
            {
                "team_id": "team-0",
                "week_start": weeks[-1],
                "rank": rank,
                "signal_id": "rework_loop",
                "sentence": "Reopened items rose.",
            }
            for rank in (1, 2)
        ],
    }


def staging_rows() -> dict[str, list[dict[str, Any]]]:
    """Two teams, six items of which one has an older version, an event and a span each."""
    created, person = datetime(2024, 1, 1, 9, 0), "0" * 32
    items = [f"item-{n}" for n in range(6)]
    return {
        "stg_teams": [{"team_id": f"team-{n}", "team_name": f"Team {n}"} for n in range(2)],
        "stg_work_items": [
            {
                "work_item_id": item,
                "item_type": "ticket",
                "team_id": f"team-{n % 2}",
                "requester_id": person,
                "created_at": created,
                "resolved_at": created + timedelta(days=1),
            }
            for n, item in enumerate(items)
        ],
        "stg_work_item_events": [
            {
                "event_id": f"{item}-created",
                "work_item_id": item,
                "event_type": "created",
                "occurred_at": created,
                "actor_id": person,
                "status_category": "queued",
            }
            for item in items
        ],
        "stg_outcomes": [{"outcome_id": f"outcome-{n}"} for n in range(3)],
        "int_work_items": [
            *({"work_item_id": item, "version_to_week": None} for item in items),
            {"work_item_id": "item-0", "version_to_week": 2800},
        ],
        "int_item_spans": [
            {"work_item_id": item, "started_at": created, "ended_at": created + timedelta(hours=1), "span_seconds": 3600}
            for item in items
        ],
    }


def event_log_rows() -> dict[str, list[dict[str, Any]]]:
    """A log of ten cases that start and end; all its activities have a meaning."""
    start = datetime(2024, 2, 24, 9, 0)
    meanings = {"open": ("created", "queued"), "done": ("resolved", "done")}
    return {
        "event_log": [
            {
                "source_system": "log",
                "case_id": f"case-{n}",
                "activity": activity,
                "occurred_at": start + timedelta(days=n),
                "recorded_at": start + timedelta(days=n),
                "actor_id": CANARY,
                "team_id": "team-0",
            }
            for n, activity in itertools.product(range(10), meanings)
        ],
        "event_log_activities": [
            {
                "source_system": "log",
                "activity": activity,
                "event_type": kind,
                "status_category": category,
                "is_known": True,
            }
            for activity, (kind, category) in meanings.items()
        ],
    }


def contract_columns() -> dict[str, str]:
    """SQL column definitions of each contract table."""
    return {
        name: ", ".join(f"{c.name} {SQL_TYPES.get(c.data_type, c.data_type)}" for c in table.columns)
        for name, table in load_contract().items()
    }


def statements(schema: str, tables: dict[str, str], rows: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """SQL that makes the schema and those of its tables that have rows, the same on every engine."""
    yield f"create schema {schema}"
    for table, table_rows in rows.items():
        yield f"create table {schema}.{table} ({tables[table]})"
        names = list(dict.fromkeys(itertools.chain.from_iterable(table_rows)))
        values = ", ".join("(" + ", ".join(_literal(row.get(name)) for name in names) + ")" for row in table_rows)
        yield f"insert into {schema}.{table} ({', '.join(names)}) values {values}"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, bool | int | float) else "'" + str(value).replace("'", "''") + "'"


def good_statements() -> list[str]:
    return [
        *statements("work_system", contract_columns(), raw_rows()),
        *statements("counterpoise_private", STAGING, staging_rows()),
        *statements("counterpoise", MARTS, mart_rows()),
        *statements("log_only", EVENT_LOG, event_log_rows()),
    ]


@dataclass(frozen=True)
class Damage:
    """What is done to a table of good data, and the ids of exactly those checks that must see it."""

    name: str
    stage: str
    table: str
    sql: str
    caught_by: set[str]
    status: str = "failed"
    raw_schema: str = "work_system"
    withheld_teams: set[str] = field(default_factory=set)
    withheld_metrics: set[str] = field(default_factory=set)


def raw(name: str, table: str, sql: str, *caught_by: str, **more: Any) -> Damage:
    return Damage(name, "raw", table, sql, set(caught_by), **more)


def log(name: str, table: str, sql: str, *caught_by: str) -> Damage:
    return Damage(name, "raw", table, sql, set(caught_by), raw_schema="log_only")


def staged(name: str, table: str, sql: str, *caught_by: str) -> Damage:
    return Damage(name, "staging", table, sql, set(caught_by))


def mart(name: str, table: str, sql: str, *caught_by: str, **more: Any) -> Damage:
    return Damage(name, "marts", table, sql, set(caught_by), **more)


def score(name: str, table: str, sql: str, *caught_by: str) -> Damage:
    return Damage(name, "scores", table, sql, set(caught_by))


MON = "week_start = '2024-01-15'"
ONE = f"team_id = 'team-0' and {MON}"
DAMAGES = [
    raw("no teams", "teams", "drop table {t}", "teams_there"),
    raw("no team name", "teams", "alter table {t} drop column team_name", "teams_columns.team_name"),
    raw(
        "unnamed team",
        "teams",
        "update {t} set team_name = null where team_id = 'team-1'",
        "teams_not_null.team_name",
    ),
    raw("team twice", "teams", "insert into {t} select * from {t}", "teams_key_repeated"),
    raw(
        "parent lost",
        "teams",
        "update {t} set parent_team_id = 'x' where team_id = 'team-1'",
        "teams_parent_unknown",
    ),
    raw("team ends early", "teams", "update {t} set active_to = '2020-01-01'", "teams_ends_before_start"),
    raw("no items", "work_items", "drop table {t}", "work_items_there"),
    raw(
        "item without id",
        "work_items",
        "insert into {t} (item_type, created_at) values ('ticket', '2024-01-01')",
        "work_items_not_null.work_item_id",
    ),
    raw("items loaded twice", "work_items", "insert into {t} select * from {t}", "work_items_key_repeated"),
    raw(
        "born tomorrow",
        "work_items",
        "insert into {t} (work_item_id, item_type, created_at) values ('new', 'ticket', '2199-01-01')",
        "work_items_times_plausible.created_at",
    ),
    raw(
        "born in 1970",
        "work_items",
        "update {t} set created_at = '1970-01-01' where work_item_id = 'item-5'",
        "work_items_times_plausible.created_at",
    ),
    raw(
        "resolved before created",
        "work_items",
        "update {t} set resolved_at = created_at - interval '2' hour where work_item_id = 'item-5'",
        "work_items_ends_before_created",
    ),
    raw(
        "a team's times swapped",
        "work_items",
        "update {t} set resolved_at = created_at - interval '2' hour where team_id = 'team-1'",
        "work_items_ends_before_created",
        "work_items_ends_before_created_team",
        withheld_teams={"team-1"},
    ),
    raw(
        "ghost team",
        "work_items",
        "update {t} set team_id = 'ghost' where work_item_id = 'item-5'",
        "work_items_team_unknown",
    ),
    raw(
        "new item type",
        "work_items",
        "update {t} set item_type = 'riddle' where work_item_id = 'item-5'",
        "work_items_item_type_known",
    ),
    raw(
        "new status",
        "work_items",
        "update {t} set status = 'Wait' where work_item_id = 'item-5'",
        "work_items_status_known",
    ),
    raw("no events", "work_item_events", "delete from {t}", "events_not_empty"),
    raw(
        "events without a time",
        "work_item_events",
        "alter table {t} drop column occurred_at",
        "events_columns.occurred_at",
    ),
    raw(
        "event without a type",
        "work_item_events",
        "update {t} set event_type = null where event_id = 'event-5-0'",
        "events_not_null.event_type",
    ),
    raw("events loaded twice", "work_item_events", "insert into {t} select * from {t}", "events_key_repeated"),
    raw(
        "event of no item",
        "work_item_events",
        "update {t} set work_item_id = 'lost' where event_id = 'event-5-0'",
        "events_item_unknown",
    ),
    raw(
        "items of a team cut",
        "work_items",
        "delete from {t} where team_id = 'team-2'",
        "events_item_unknown",
        "events_item_unknown_team",
        "links_item_unknown",
        withheld_teams={"team-2"},
    ),
    raw(
        "event of a ghost team",
        "work_item_events",
        "update {t} set team_id = 'ghost' where event_id = 'event-5-0'",
        "events_team_unknown",
    ),
    raw(
        "new event type",
        "work_item_events",
        "update {t} set event_type = 'teleported' where event_id = 'event-5-0'",
        "events_type_known",
    ),
    raw(
        "two statuses unmapped",
        "work_item_events",
        "update {t} set status_category = 'Wait' where event_id in ('event-5-1', 'event-6-1')",
        "events_status_unknown",
    ),
    raw(
        "a team's statuses unmapped",
        "work_item_events",
        "update {t} set status_category = null where team_id = 'team-0'",
        "events_status_unknown",
        "events_status_unknown_team",
        withheld_teams={"team-0"},
    ),
    raw(
        "clock of the source ahead",
        "work_item_events",
        "update {t} set recorded_at = occurred_at - interval '5' hour",
        "events_recorded_before_occurred",
    ),
    raw(
        "events of another zone",
        "work_item_events",
        "update {t} set occurred_at = occurred_at - interval '5' hour",
        "events_created_apart",
    ),
    raw(
        "created moved by a move between tools",
        "work_item_events",
        "update {t} set occurred_at = occurred_at - interval '3' day",
        "events_before_created",
        "events_created_apart",
    ),
    raw(
        "no load for two weeks",
        "work_item_events",
        "delete from {t} where occurred_at > '2024-02-18'",
        "events_fresh",
    ),
    raw(
        "csat of 1 to 5",
        "outcomes",
        "update {t} set value = 4 where outcome_type = 'csat'",
        "outcomes_csat_scale",
        "outcomes_value_stray",
        withheld_metrics={"csat"},
    ),
    raw(
        "nps of 11",
        "outcomes",
        "update {t} set value = 11 where outcome_id = 'outcome-3-nps'",
        "outcomes_value_stray",
    ),
    raw(
        "new outcome type",
        "outcomes",
        "update {t} set outcome_type = 'joy' where outcome_id = 'outcome-3-nps'",
        "outcomes_type_known",
    ),
    raw(
        "outcome without id",
        "outcomes",
        "update {t} set outcome_id = null where outcome_id = 'outcome-3-nps'",
        "outcomes_key_not_null.outcome_id",
    ),
    raw(
        "outcome of nobody",
        "outcomes",
        "update {t} set team_id = null, work_item_id = null where outcome_id = 'outcome-3-nps'",
        "outcomes_of_nobody",
    ),
    raw(
        "negative hours",
        "time_entries",
        "update {t} set hours = -1 where time_entry_id = 'entry-1'",
        "time_entries_hours_plausible",
    ),
    raw(
        "member without id",
        "team_members",
        "update {t} set person_id = null",
        "team_members_key_not_null.person_id",
    ),
    raw("week from Tuesday", "team_hours", "update {t} set week_start = '2024-01-09'", "team_hours_monday"),
    raw(
        "negative capacity",
        "capacity",
        "update {t} set available_hours = -1",
        "capacity_not_negative.available_hours",
    ),
    raw("risk as a target", "targets", "update {t} set metric_id = ' Team_Risk '", "targets_no_team_risk"),
    raw("target without direction", "targets", "update {t} set direction = 'up'", "targets_direction_known"),
    raw("score off the scale", "survey_answers", "update {t} set score = 50", "surveys_score_in_scale"),
    raw("new intervention", "interventions", "update {t} set kind = 'party'", "interventions_kind_known"),
    raw(
        "link out of the data",
        "work_item_links",
        "update {t} set to_item_id = 'lost' where to_item_id = 'item-3'",
        "links_item_unknown",
    ),
    raw("negative cost", "costs", "update {t} set amount = -1", "costs_not_negative"),
    raw(
        "times as text",
        "process_runs",
        "alter table {t} alter column ended_at type varchar",
        "process_runs_ends_before_start",
        status="error",
    ),
    log("log without meanings", "event_log_activities", "drop table {t}", "event_log_activities_there"),
    log("empty log", "event_log", "delete from {t}", "event_log_not_empty"),
    log(
        "event of no case",
        "event_log",
        "update {t} set case_id = null where case_id = 'case-3'",
        "event_log_not_null.case_id",
    ),
    log("a log of last month", "event_log", "delete from {t} where occurred_at > '2024-02-25'", "event_log_fresh"),
    log(
        "one new activity",
        "event_log",
        "update {t} set activity = 'hum' where case_id = 'case-3'",
        "event_log_activity_unknown",
    ),
    log(
        "most activities new",
        "event_log",
        "update {t} set activity = 'hum' where case_id <> 'case-3'",
        "event_log_activity_unknown",
        "event_log_mostly_unknown",
    ),
    log(
        "nothing is ever resolved",
        "event_log_activities",
        "update {t} set event_type = 'commented'",
        "event_log_nothing_resolved",
    ),
    staged("no events staged", "stg_work_item_events", "drop table {t}", "stg_there.events"),
    staged("items all deleted", "stg_work_items", "delete from {t}", "stg_work_items_not_empty"),
    staged("item doubled by a join", "stg_work_items", "insert into {t} select * from {t}", "stg_work_items_grain"),
    staged("event doubled by a join", "stg_work_item_events", "insert into {t} select * from {t}", "stg_events_grain"),
    staged("outcome doubled", "stg_outcomes", "insert into {t} select * from {t}", "stg_outcomes_grain"),
    staged(
        "item of no team known",
        "stg_work_items",
        "update {t} set team_id = 'ghost' where work_item_id = 'item-1'",
        "stg_work_items_team_unknown",
    ),
    staged(
        "event without its item",
        "stg_work_item_events",
        "update {t} set work_item_id = null where work_item_id = 'item-1'",
        "stg_events_not_null.work_item_id",
    ),
    staged(
        "status of the tool",
        "stg_work_item_events",
        "update {t} set status_category = 'Wait'",
        "stg_events_status_known",
    ),
    staged(
        "an id not hashed",
        "stg_work_item_events",
        f"update {{t}} set actor_id = '{CANARY}' where work_item_id = 'item-1'",
        "stg_events_persons_hashed",
    ),
    staged("item lost on the way", "int_work_items", "delete from {t} where work_item_id = 'item-1'", "items_all_read"),
    staged(
        "item twice at once",
        "int_work_items",
        "update {t} set version_to_week = null",
        "items_all_read",
    ),
    staged(
        "span runs backwards",
        "int_item_spans",
        "update {t} set span_seconds = -1 where work_item_id = 'item-1'",
        "spans_ordered",
    ),
    mart("team twice", "dim_team", "insert into {t} select * from {t}", "dim_team_grain"),
    mart("item twice", "fct_work_item", "insert into {t} select * from {t}", "fct_work_item_grain"),
    mart(
        "clocks crossed",
        "fct_work_item",
        "update {t} set working_hours = 30 where work_item_id = 'item-5'",
        "fct_work_item_clocks_ordered",
    ),
    mart(
        "column gone",
        "fct_work_item",
        "alter table {t} drop column working_hours",
        "fct_work_item_clocks_ordered",
        "fct_work_item_durations_not_negative.working_hours",
        status="error",
    ),
    mart("week twice", "fct_metric_week", "insert into {t} select * from {t}", "metric_week_grain"),
    mart(
        "Tuesday",
        "fct_metric_week",
        f"update {{t}} set week_start = '2024-01-16' where {ONE} and metric_id = 'csat'",
        "metric_week_monday",
    ),
    mart(
        "more than all",
        "fct_metric_week",
        f"update {{t}} set numerator = 11 where {ONE} and metric_id = 'reopen_rate'",
        "metric_week_share_above_one",
        withheld_metrics={"reopen_rate"},
    ),
    mart(
        "value from nothing",
        "fct_metric_week",
        f"update {{t}} set denominator = 0 where {ONE} and metric_id = 'csat'",
        "metric_week_value_without_data",
        withheld_metrics={"csat"},
    ),
    mart(
        "data without value",
        "fct_metric_week",
        f"update {{t}} set value = null where {ONE} and metric_id = 'csat'",
        "metric_week_data_without_value",
        withheld_metrics={"csat"},
    ),
    mart(
        "unknown metric",
        "fct_metric_week",
        f"update {{t}} set metric_id = 'joy' where {ONE} and metric_id = 'csat'",
        "metric_week_metric_unknown",
    ),
    mart("week missing", "fct_metric_week", f"delete from {{t}} where {ONE}", "metric_week_gap"),
    mart(
        "stratum twice",
        "fct_metric_week_stratum",
        "insert into {t} select * from {t}",
        "metric_week_stratum_grain",
    ),
    mart("guardrail twice", "fct_guardrail_week", "insert into {t} select * from {t}", "guardrail_week_grain"),
    mart(
        "guardrail of another kind",
        "fct_guardrail_week",
        f"update {{t}} set status = 'splendid' where {ONE}",
        "guardrail_week_status_known",
        "guardrail_week_status_agrees",
    ),
    mart(
        "missed and called met",
        "fct_guardrail_week",
        f"update {{t}} set margin = -0.1 where {ONE}",
        "guardrail_week_status_agrees",
    ),
    mart(
        "threshold missed",
        "fct_guardrail_week",
        "update {t} set status = 'breached', margin = -0.05, observed = 0.2 where team_id = 'team-1'",
        "guardrail.reopened",
    ),
    mart(
        "period twice",
        "team_reward_eligibility",
        "insert into {t} select * from {t}",
        "reward_eligibility_grain",
    ),
    mart(
        "perhaps eligible",
        "team_reward_eligibility",
        "update {t} set status = 'perhaps' where team_id = 'team-0'",
        "reward_eligibility_status_known",
    ),
    mart("step twice", "next_steps", "insert into {t} select * from {t}", "next_steps_grain"),
    mart("step forgotten", "next_steps", f"update {{t}} set state = 'forgotten' where {ONE}", "next_steps_state_known"),
    mart("flow twice", "fct_flow_week", "insert into {t} select * from {t}", "flow_week_grain"),
    mart("load of nine", "fct_flow_week", f"update {{t}} set load = 9 where {ONE}", "flow_week_load_in_range"),
    mart(
        "more than all work",
        "fct_effective_work",
        f"update {{t}} set share = 1.2 where {ONE}",
        "effective_work_share_in_range",
    ),
    mart("exposed twice over", "team_exposure", f"update {{t}} set exposure = 2 where {ONE}", "exposure_in_range"),
    mart(
        "new verdict",
        "fct_pair_week",
        f"update {{t}} set verdict = 'wonder' where {ONE}",
        "pair_week_verdict_known",
    ),
    mart(
        "effect of 99",
        "fct_pair_week",
        f"update {{t}} set output_effect = 99, output_effect_high = 99 where {ONE}",
        "pair_week_effects_in_range.output_effect",
    ),
    mart(
        "interval reversed",
        "fct_pair_week",
        f"update {{t}} set output_effect_low = 0.9 where {ONE}",
        "pair_week_intervals_ordered",
    ),
    mart(
        "paradox with a better outcome",
        "fct_pair_week",
        f"update {{t}} set outcome_effect = 0.5, outcome_effect_high = 0.9 where {ONE}",
        "pair_week_verdict_fits_effects",
    ),
    mart(
        "judged too soon",
        "fct_pair_week",
        f"update {{t}} set is_mature = false where {ONE}",
        "pair_week_verdict_fits_maturity",
    ),
    mart(
        "new signal status",
        "fct_signal_week",
        f"update {{t}} set status = 'maybe' where {ONE}",
        "signal_week_status_known",
    ),
    mart(
        "fired on nothing",
        "fct_signal_week",
        f"update {{t}} set log_evidence = null where {ONE}",
        "signal_week_status_fits_evidence",
    ),
    mart(
        "no number",
        "fct_signal_week",
        f"update {{t}} set log_evidence = cast('NaN' as double precision) where {ONE}",
        "signal_week_evidence_in_range.log_evidence",
    ),
    mart(
        "evidence names a person",
        "signal_evidence",
        "update {t} set key_type = 'person'",
        "signal_evidence_names_no_person",
    ),
    mart(
        "picked by closing date",
        "fct_data_health",
        "update {t} set severity = 'withhold'",
        "data_health_withhold",
    ),
    mart(
        "note of a new gravity",
        "fct_data_health",
        "update {t} set severity = 'fatal'",
        "data_health_severity_known",
    ),
    score(
        "risk of 120",
        "team_risk",
        "update {t} set risk_high = 120 where risk_high is not null",
        "team_risk_in_range.risk_high",
    ),
    score(
        "risk outside its interval",
        "team_risk",
        "update {t} set risk_low = 50 where risk_low is not null",
        "team_risk_interval_ordered",
    ),
    score("scored twice", "team_risk", "insert into {t} select * from {t}", "team_risk_grain"),
    score(
        "new status",
        "team_risk",
        "update {t} set status = 'guessed' where team_id = 'team-1'",
        "team_risk_status_known",
    ),
    score("new band", "team_risk", "update {t} set band = 'red' where band is not null", "team_risk_band_known"),
    score("band of yesterday", "team_risk", "update {t} set band = 'high' where band = 'watch'", "team_risk_band_fits_risk"),
    score(
        "week left out",
        "team_risk",
        "update {t} set status = 'insufficient_data', risk = null, risk_low = null, risk_high = null, band = null,"
        " status_reason = 'new', alert = false, alert_reason = null, team_id = 'team-1', week_start = '2024-01-22' where team_id = 'team-0'",
        "team_risk_week_missing",
        "reasons_of_scored_weeks",
    ),
    score(
        "withheld with a number",
        "team_risk",
        "update {t} set risk = 1 where team_id = 'team-1'",
        "team_risk_only_when_scored",
    ),
    score("scored without a number", "team_risk", "update {t} set risk = null", "team_risk_only_when_scored"),
    score(
        "alert unscored",
        "team_risk",
        "update {t} set alert = true where team_id = 'team-1'",
        "team_risk_alert_only_when_scored",
    ),
    score(
        "alert of a harmless story",
        "team_risk",
        "update {t} set story = 'nothing_new' where alert",
        "team_risk_alert_tells_a_paradox",
    ),
    score("alert without a word", "team_risk", "update {t} set alert_reason = null", "team_risk_alert_says_why"),
    score("no word why", "team_risk", "update {t} set status_reason = null", "team_risk_reason_when_not_scored"),
    score("coverage of 1.2", "team_risk", "update {t} set coverage = 1.2", "team_risk_shares_in_range.coverage"),
    score("week to come", "team_risk", "update {t} set data_through = '2024-01-01'", "team_risk_known_then"),
    score(
        "reason for nothing",
        "team_risk_reasons",
        "update {t} set team_id = 'team-1'",
        "reasons_of_scored_weeks",
    ),
    score("rank twice", "team_risk_reasons", "update {t} set rank = 1", "reasons_grain"),
]


ALSO_ON_POSTGRES = {
    "no teams",
    "born tomorrow",
    "a team's times swapped",
    "items of a team cut",
    "csat of 1 to 5",
    "risk as a target",
    "times as text",
    "most activities new",
    "value from nothing",
    "week missing",
    "Tuesday",
    "no number",
    "picked by closing date",
    "events of another zone",
    "no load for two weeks",
    "an id not hashed",
    "item twice at once",
    "threshold missed",
    "band of yesterday",
    "withheld with a number",
    "reason for nothing",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file of good data; tests copy from it and never write to it."""
    path = tmp_path_factory.mktemp("good") / "good.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in good_statements():
            connection.execute(statement)
    return path


def copy_in_memory(template: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"attach '{template}' as good (read_only)")
    connection.execute("copy from database good to memory")
    connection.execute("detach good")
    return connection


@pytest.fixture
def warehouse(template: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An open connection to a copy of the good data in memory, for one test."""
    with copy_in_memory(template) as connection:
        yield connection


@pytest.fixture(scope="module")
def shared(template: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same for tests that undo what they do."""
    with copy_in_memory(template) as connection:
        yield connection


@pytest.fixture(scope="module")
def good_reports(template: Path) -> list[CheckReport]:
    """What the checks of each stage say of good data."""
    return [run_checks(template, stage, "run-7", read_only=True, now=NOW) for stage in STAGES]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A PostgreSQL of its own with the same good data."""
    pgserver = pytest.importorskip("pgserver")
    pytest.importorskip("psycopg2")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"))
    engine = sa.create_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg2://"))
    with engine.begin() as connection:
        for statement in good_statements():
            connection.execute(sa.text(statement))
    yield engine
    engine.dispose()
    server.cleanup()


def not_passed(report: CheckReport) -> set[str]:
    return {result.check_id for result in report.results if result.status != "passed"}


def checks_that_see(damage: Damage) -> list:
    """Checks that read the damaged table; no other can be touched by the damage."""
    return [c for c in load_suites(damage.stage) if damage.table in {c.table, *c.reads}]


@contextmanager
def damaged(execute: Callable[[str], Any], damage: Damage) -> Iterator[None]:
    """The damage is done inside and undone at the end."""
    schema = {"raw": damage.raw_schema, "staging": "counterpoise_private"}.get(damage.stage, "counterpoise")
    table, kept = f"{schema}.{damage.table}", f"{schema}.kept_{damage.table}"
    execute(f"create table {kept} as select * from {table}")
    try:
        execute(damage.sql.format(t=table))
        yield
    finally:
        execute(f"drop table if exists {table}")
        execute(f"alter table {kept} rename to {damage.table}")


def assert_caught(database: Any, damage: Damage) -> None:
    """The damage fails the checks meant for it and no others, and holds back what they touch."""
    report = run_checks(
        database, damage.stage, "run", raw_schema=damage.raw_schema, now=NOW, checks=checks_that_see(damage)
    )
    assert not_passed(report) == damage.caught_by
    assert set(report.withheld_teams) == damage.withheld_teams
    assert set(report.withheld_metrics) == damage.withheld_metrics
    for result in report.results:
        if result.status != "passed":
            assert result.status == damage.status
            assert result.message
            assert result.remedy
            assert CANARY not in str(result.as_row())


@pytest.mark.parametrize("stage", STAGES)
def test_good_data_passes(template: Path, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All passes, read-only, with no connection to anywhere and nothing written beside the data."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a check must not open a network connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(tmp_path)
    report = run_checks(template, stage, "run", read_only=True, now=NOW)
    assert not_passed(report) == set()
    assert len(report.results) > 20
    assert {r.message for r in report.results} == {None}
    assert list(tmp_path.iterdir()) == []
    if stage != "raw":
        assert report.skipped == ()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: f"{d.stage}: {d.name}")
def test_damage_is_caught(shared: duckdb.DuckDBPyConnection, damage: Damage) -> None:
    with damaged(shared.execute, damage):
        assert_caught(shared, damage)


def test_messages_say_where_how_many_and_an_example(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update work_system.work_items set status = 'Wait' where team_id = 'team-1'")
    warehouse.execute(
        "update work_system.work_items set resolved_at = created_at - interval 1 hour where team_id = 'team-1'"
    )
    found = {r.check_id: r for r in run_checks(warehouse, "raw", "run", now=NOW).results}
    assert found["work_items_status_known"].message == (
        "20 of 60 rows of work_items have a status that the input contract does not know. For example: Wait."
    )
    withheld = found["work_items_ends_before_created_team"]
    assert withheld.message == (
        "Team team-1: 20 of 20 resolved items in work_items (100.0%) have a resolved_at before their"
        " created_at. For example: item-1."
    )
    assert (withheld.affects, withheld.affected_id, withheld.severity) == ("team", "team-1", "withhold")
    assert (withheld.observed, withheld.threshold, withheld.unexpected_count) == (1.0, 0.1, 20)
    assert withheld.as_row()["threshold"] == "0.1"


def test_what_passes_says_what_was_measured(good_reports: list[CheckReport]) -> None:
    found = {r.check_id: r for r in good_reports[0].results}
    assert found["events_status_unknown_team"].observed == 0.0
    assert found["events_status_unknown_team"].threshold == 0.2
    assert found["work_items_not_empty"].observed == 60
    assert found["work_items_not_null.created_at"].unexpected_count == 0


def test_absent_tables_and_columns_are_skipped(warehouse: duckdb.DuckDBPyConnection) -> None:
    required = {name for name, table in load_contract().items() if table.required}
    for (table,) in warehouse.execute(
        "select table_name from duckdb_tables() where schema_name = 'work_system'"
    ).fetchall():
        if table not in required:
            warehouse.execute(f"drop table work_system.{table}")
    warehouse.execute("alter table work_system.work_items drop column resolved_at")
    report = run_checks(warehouse, "raw", "run", now=NOW)
    assert not_passed(report) == set()
    why = {skip.check_id: skip.why for skip in report.skipped}
    assert why["outcomes_csat_scale"] == "there is no table outcomes"
    assert why["work_items_ends_before_created"] == "work_items has no column resolved_at"


def test_an_event_log_stands_in_place_of_the_contract_tables(template: Path) -> None:
    report = run_checks(template, "raw", "run", raw_schema="log_only", read_only=True, now=NOW)
    assert not_passed(report) == set()
    assert {r.suite for r in report.results} == {"raw_event_log", "raw_flow"}


def test_without_any_table_the_run_stops(template: Path) -> None:
    report = run_checks(template, "raw", "run", raw_schema="nowhere", read_only=True, now=NOW)
    assert {r.check_id for r in report.stops} == {"teams_there", "work_items_there", "events_there"}


def test_a_broken_check_counts_by_its_severity_and_spares_the_others(
    warehouse: duckdb.DuckDBPyConnection, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse.execute("alter table work_system.work_item_events alter column status_category type integer using 1")
    report = run_checks(warehouse, "raw", "run", now=NOW)
    broken = {r.check_id: r for r in report.results if r.status == "error"}
    assert set(broken) == {"events_status_unknown", "events_status_unknown_team"}
    assert [r.check_id for r in report.withholds_all] == ["events_status_unknown_team"]
    assert "work_item_events.status_category (INTEGER)" in broken["events_status_unknown"].message
    assert caplog.records == []  # the database's own words may quote the data


def test_the_sentence_of_the_data_health_is_the_reason(warehouse: duckdb.DuckDBPyConnection) -> None:
    sentence = "141 of 150 items end within the last five weeks: {0} they were picked by closing date."
    warehouse.execute(
        "insert into counterpoise.fct_data_health values ('closing_date_sample', 'withhold', ?)", [sentence]
    )
    (reason,) = run_checks(warehouse, "marts", "run", now=NOW).withholds_all
    assert (reason.check_id, reason.affects, reason.affected_id) == (
        "data_health_withhold",
        "all",
        "closing_date_sample",
    )
    assert reason.message == sentence


def test_times_are_read_in_utc(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A clock with a zone and one without, a day apart from an item's creation, decide alike."""
    warehouse.execute("update work_system.work_items set created_at = '2024-03-05 02:00' where work_item_id = 'item-5'")
    warehouse.execute("update work_system.work_items set resolved_at = null where work_item_id = 'item-5'")
    checks = [c for c in load_suites("raw") if c.id == "work_items_times_plausible.created_at"]
    zone = NOW.replace(tzinfo=UTC)
    for clock, caught in [(NOW, set()), (zone, set()), (zone - timedelta(hours=2), {checks[0].id})]:
        assert not_passed(run_checks(warehouse, "raw", "run", now=clock, checks=checks)) == caught


@pytest.mark.parametrize("stage", STAGES)
def test_good_data_passes_on_postgres(postgres: sa.Engine, stage: str) -> None:
    url = postgres.url.set(drivername="postgresql").render_as_string(hide_password=False)
    report = run_checks(url, stage, "run", now=NOW)
    assert not_passed(report) == set()
    assert len(report.results) > 20


@pytest.mark.parametrize(
    "damage", [d for d in DAMAGES if d.name in ALSO_ON_POSTGRES], ids=lambda d: f"{d.stage}: {d.name}"
)
def test_damage_is_caught_on_postgres(postgres: sa.Engine, damage: Damage) -> None:
    def execute(statement: str) -> None:
        with postgres.begin() as connection:
            connection.execute(sa.text(statement))

    with damaged(execute, damage):
        assert_caught(postgres, damage)


HOSTILE = "'; drop table x; --<script>alert(1)</script>{count}{{ 7 * 7 }}\n\u202eeman"


def test_hostile_contents_come_through_as_text(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for table in ("work_items", "work_item_events"):
        warehouse.execute(f"update work_system.{table} set team_id = ? where team_id = 'team-1'", [HOSTILE])
    warehouse.execute(
        "update work_system.work_items set resolved_at = created_at - interval 1 hour, status = ? where team_id = ?",
        [HOSTILE, HOSTILE],
    )
    warehouse.execute("insert into counterpoise.fct_data_health values (?, 'withhold', ?)", [HOSTILE, HOSTILE])
    raw_report = run_checks(warehouse, "raw", "run", now=NOW)
    marts_report = run_checks(warehouse, "marts", "run", now=NOW)
    assert set(raw_report.withheld_teams) == {HOSTILE}
    shown = "'; drop table x; --<script>alert(1)</script>{count}{{ 7 * 7 }} eman"
    (withheld,) = raw_report.withheld_teams[HOSTILE]
    assert withheld.message.startswith(f"Team {shown}: 20 of 20")
    assert marts_report.withholds_all[0].message == shown

    page = write_docs([raw_report, marts_report], tmp_path / "docs" / "checks.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{count}{{ 7 * 7 }}" in page


def test_the_page_asks_nothing_of_any_host(good_reports: list[CheckReport], tmp_path: Path) -> None:
    page = write_docs(good_reports, tmp_path / "checks.html").read_text(encoding="utf-8")
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "Nothing: every check passed." in page
    assert "run-7" in page
    assert not re.search(r"https?://|//[a-z]|<script|<img|<link|url\(|@import|style=", page)
    for suite in {r.suite for report in good_reports for r in report.results}:
        assert suite in page
    assert "run-7" in write_docs(good_reports[0], tmp_path / "one.html").read_text(encoding="utf-8")


def test_the_page_is_styled_and_asks_for_nothing_in_a_browser(browser, good_reports: list[CheckReport], tmp_path: Path) -> None:  # noqa: F811
    path = write_docs(good_reports, tmp_path / "checks.html")
    page = browser.new_page(color_scheme="light", viewport={"width": 1160, "height": 900})
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "992px"
    assert (complaints, requests) == ([], [path.as_uri()])
    page.close()


def test_a_small_team_is_not_named(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Both teams miss a threshold, and the one of four people is named only to those who may see teams of four."""
    warehouse.execute("update counterpoise.fct_guardrail_week set status = 'breached', margin = -0.05, observed = 0.2")
    checks = [check for check in load_suites("marts") if check.suite == "metric_guardrails"]
    for min_people, named in [(5, {"team-1"}), (4, {"team-0", "team-1"}), (6, set())]:
        report = run_checks(warehouse, "marts", "run", now=NOW, checks=checks, min_people=min_people)
        failed = [result for result in report.results if result.status != "passed"]
        assert {result.affected_id for result in failed} == named
        assert {result.check_id for result in report.results} == {"guardrail.reopened"}
        assert report.stops == report.warnings == report.withholds_all == ()
        assert report.withheld_teams == {}
    (found,) = [
        result
        for result in run_checks(warehouse, "marts", "run", now=NOW, checks=checks).results
        if result.affected_id == "team-1"
    ]
    assert found.message == (
        "Team Team 1: reopen_rate is 0.200 where at most 0.150 is asked for (guardrail reopened, week of 2024-02-05, 40"
        " counted)."
    )
    assert (found.observed, found.threshold, found.severity) == (0.2, 0.15, "report")


def test_junit_is_red_where_the_run_stops_and_tells_the_rest(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    illegal = HOSTILE + "\x0b\ufffe"
    warehouse.execute("update work_system.work_items set status = ? where team_id = 'team-1'", [illegal])
    warehouse.execute("update work_system.work_items set resolved_at = created_at - interval 1 hour where team_id = 'team-1'")
    warehouse.execute("update work_system.teams set team_name = null where team_id = 'team-1'")
    warehouse.execute("drop table work_system.costs")
    report = run_checks(warehouse, "raw", "run", now=NOW)
    broken = replace(report.results[0], check_id="broken", severity="stop", status="error", message="\x00]]>\ud800&")
    path = write_junit([replace(report, results=(*report.results, broken))], tmp_path / "new" / "checks.xml")
    root = ElementTree.parse(path).getroot()
    suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
    assert {result.suite for result in report.results} <= set(suites)
    for suite in suites.values():
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        for tag, count in [("failure", "failures"), ("error", "errors"), ("skipped", "skipped")]:
            assert int(suite.get(count)) == len(suite.findall(f"testcase/{tag}"))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    (failure,) = root.iter("failure")
    assert failure is cases["teams_not_null.team_name"].find("failure")
    assert failure.get("type") == "stop"
    assert failure.get("message") == "1 of 3 rows of teams have no team_name."
    assert failure.text == "Give every team an id and a name in the source."
    assert cases["broken"].find("error").get("message") == "\ufffd]]>\ufffd&"
    withheld = cases["work_items_ends_before_created_team [team-1]"].find("skipped").get("message")
    assert withheld.startswith("withhold: Team team-1: 20 of 20")
    assert "<script>" in cases["work_items_status_known"].find("skipped").get("message")
    assert cases["costs_not_negative"].find("skipped").get("message") == "not needed: there is no table costs"


def test_results_are_kept_for_so_many_days_and_runs(
    good_reports: list[CheckReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterpoise.guardrails.history.KEPT_RUNS", 7)

    def kept(runs: list[tuple[str, datetime]]) -> set[str]:
        """Runs whose results are there after these runs."""
        folder = tmp_path / runs[0][0]
        folder.mkdir()
        with DuckDBFile(folder / "m.duckdb", DbtProject(find_project_dir(), folder / ".m.build")) as warehouse:
            columns = ", ".join(f"{name} varchar" for name in good_reports[0].results[0].as_row())
            columns = columns.replace("checked_at varchar", "checked_at timestamp")
            warehouse.connect().execute(f"create schema counterpoise; create table counterpoise.check_results ({columns})")
            for run_id, checked_at in runs:
                results = tuple(replace(r, run_id=run_id, checked_at=checked_at) for r in good_reports[0].results[:2])
                keep_results(warehouse, [replace(good_reports[0], results=results)])
            rows = warehouse.query("select run_id from counterpoise.check_results")["run_id"].to_pylist()
            assert len(rows) == 2 * len(set(rows))
        return set(rows)

    a_day = timedelta(days=1)
    assert kept([("old", NOW), ("edge", NOW + a_day), ("new", NOW + a_day * (KEPT_DAYS + 1))]) == {"edge", "new"}
    hourly = [(f"run-{n}", NOW + timedelta(hours=n)) for n in range(9)]
    assert kept(hourly) == {name for name, _ in hourly[2:]}


def test_the_dialect_reflects(template: Path) -> None:
    engine = duckdb_engine(template, read_only=True)
    inspector = sa.inspect(engine)
    assert {"work_system", "counterpoise"} <= set(inspector.get_schema_names())
    assert "teams" in inspector.get_table_names("work_system")
    assert inspector.has_table("teams", "work_system")
    assert not inspector.has_table("nothing", "work_system")
    columns = {c["name"]: c["type"] for c in inspector.get_columns("team_risk", "counterpoise")}
    assert list(columns)[:3] == ["team_id", "week_start", "risk"]
    kinds = {name: type(columns[name]) for name in ("team_id", "week_start", "risk", "alert", "scored_at")}
    assert kinds == {
        "team_id": sa.String,
        "week_start": sa.Date,
        "risk": sa.Float,
        "alert": sa.Boolean,
        "scored_at": sa.DateTime,
    }
    with pytest.raises(sa.exc.NoSuchTableError):
        inspector.get_columns("nothing", "work_system")
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="read-only"):
        connection.execute(sa.text("create table work_system.x (a integer)"))
    engine.dispose()
    duckdb.connect(str(template), read_only=False).close()  # the file is free again


def test_the_dialect_reads_types_and_views_and_rows_after_closing() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table x as select 1.5::decimal(28, 6) as d, [1] as l, now() as z")
        connection.execute("create view v as select * from x")
        engine = duckdb_engine(connection)
        inspector = sa.inspect(engine)
        types = [str(c["type"]) for c in inspector.get_columns("x")]
        assert types == ["NUMERIC(28, 6)", "NULL", "DATETIME"]
        assert inspector.get_view_names() == ["v"]
        assert inspector.has_table("v")
        assert inspector.get_pk_constraint("x")["constrained_columns"] == []
        with engine.connect() as opened:
            result = opened.execute(sa.text("select * from range(3) where range >= :low"), {"low": 1})
        assert result.fetchone() == (1,)
        assert result.fetchmany(5) == [(2,)]


def test_an_open_connection_is_left_as_it_was(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Neither closed nor rolled back; what is not committed is not seen."""
    warehouse.execute("begin")
    warehouse.execute("delete from work_system.teams")
    assert not_passed(run_checks(warehouse, "raw", "run", now=NOW)) == set()
    assert warehouse.execute("select count(*) from work_system.teams").fetchone() == (0,)
    warehouse.execute("rollback")
    assert warehouse.execute("select count(*) from work_system.teams").fetchone() == (3,)
    report = run_checks(None, "scores", "run", now=NOW, connection_factory=warehouse.cursor)
    assert not_passed(report) == set()


def test_a_url_works(template: Path) -> None:
    report = run_checks(f"duckdb+counterpoise:///{template}", "scores", "run", now=NOW)
    assert not_passed(report) == set()


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(CounterpoiseError, match=r"cannot be read .*no other process holds it"):
        run_checks(tmp_path / "broken.duckdb", "raw", "run")
    with pytest.raises(CounterpoiseError, match="There is no warehouse at"):
        run_checks(tmp_path / "none.duckdb", "raw", "run")
    assert not (tmp_path / "none.duckdb").exists()
    with pytest.raises(UsageError, match="no stage 'cooked'"):
        run_checks(tmp_path / "none.duckdb", "cooked", "run")


def test_suites_say_what_the_contract_says() -> None:
    """Required columns, allowed values and every column read are those of the input contract."""
    contract = load_contract()
    source = yaml.safe_load(
        (find_project_dir() / "models/staging/work_system/_work_system.yml").read_text(encoding="utf-8")
    )["sources"][0]
    allowed = {
        (table["name"], column["name"]): set(column["config"]["meta"]["allowed_values"])
        for table in source["tables"]
        for column in table["columns"]
        if column.get("config", {}).get("meta", {}).get("allowed_values")
    }
    del allowed["work_item_events", "status_category"]  # judged as a share, by a query
    checks = [c for c in load_suites("raw") if c.table in contract]
    required = {
        (table.name, column.name)
        for table in contract.values()
        for column in table.columns
        if column.required or column.name in table.primary_key
    }
    assert {(c.table, c.column) for c in checks if c.expectation == "ExpectColumnValuesToNotBeNull"} == required
    assert {
        (c.table, c.column): set(c.kwargs["value_set"])
        for c in checks
        if c.expectation == "ExpectColumnValuesToBeInSet"
    } == allowed
    for check in checks:
        for table, columns in check.reads.items():
            assert set(columns) <= {c.name for c in contract[table].columns}, check.id


def test_a_share_of_great_expectations_own_is_measured(warehouse: duckdb.DuckDBPyConnection) -> None:
    """`mostly` of a class of the library reads like `max_share` of a query."""
    text = CHECK.replace("ExpectTableToExist", "ExpectColumnValuesToBeBetween, column: size")
    checks = parse_suite(text.replace("size", "size, kwargs: {min_value: 0, mostly: 0.6}"), "s.yml")
    checks = [replace(check, table="work_items", reads={"work_items": ("size",)}) for check in checks]
    for team, status, observed in [("team-0", "passed", 1 / 3), ("team-1", "failed", 2 / 3)]:
        warehouse.execute("update work_system.work_items set size = -1 where team_id = ?", [team])
        (result,) = run_checks(warehouse, "raw", "run", now=NOW, checks=checks).results
        assert (result.status, result.threshold) == (status, pytest.approx(0.4))
        assert result.observed == pytest.approx(observed)


CHECK = """
suite: s
stage: raw
checks:
  - {id: a, table: teams, severity: warn, says: wrong, remedy: mend, expectation: ExpectTableToExist}
"""


def test_docs_tell_every_suite_and_every_damage() -> None:
    text = (find_project_dir() / "docs/guardrails.md").read_text(encoding="utf-8")
    assert damages.as_table() in text, "put what damages.as_table() says into docs/guardrails.md"
    checks = [check for stage in STAGES for check in load_suites(stage)]
    for suite in {check.suite for check in checks}:
        severities = {s: sum(c.severity == s for c in checks if c.suite == suite) for s in SEVERITIES}
        row = f"| `{suite}` | {' | '.join(str(n or '') for n in severities.values())} |"
        assert row in text, f"docs/guardrails.md should have the row: {row}"


def test_a_suite_of_ones_own_is_run_besides(template: Path, tmp_path: Path) -> None:
    own = tmp_path / "counterpoise_suites"
    run = {"stage": "raw", "run_id": "run", "read_only": True, "now": NOW, "own_suites": own}
    usual = len(run_checks(template, **run).results)
    own.mkdir()
    text = CHECK.replace("expectation: ExpectTableToExist", "expectation: ExpectColumnValuesToBeInSet, column: team_name, kwargs: {value_set: [Team 1]}")
    (own / "ours.yml").write_text(text.replace("suite: s", "suite: ours").replace("id: a,", "id: our_names,"))
    report = run_checks(template, **run)
    assert len(report.results) == usual + 1
    (failed,) = (result for result in report.results if result.status != "passed")
    assert (failed.suite, failed.check_id, failed.severity, failed.message) == ("ours", "our_names", "warn", "wrong")
    (own / "ours.yml").write_text(text.replace("id: a,", "id: teams_there,"))
    with pytest.raises(InputError, match=r"ours\.yml: the check id teams_there stands twice"):
        run_checks(template, **run)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("stage: raw", "stage: cooked"), "stage must be one of"),
        (("suite: s", "sweet: s"), "exactly the keys"),
        (("severity: warn", "severity: fatal"), "severity must be one of"),
        (("says: wrong", "says: 'a {riddle}'"), "unknown fields riddle"),
        ((", remedy: mend", ""), "remedy missing"),
        (("remedy: mend", "remedy: mend, colour: red"), "unknown keys colour"),
        (("severity: warn", "severity: withhold"), "whom it affects"),
        (("severity: warn", "severity: warn, affects: team"), "needs `affected_column`"),
        (("expectation: ExpectTableToExist", "max_share: 1"), "either `sql` or `expectation`"),
        (("remedy: mend", "remedy: mend, max_share: 1"), "belong to a check with `sql`"),
        (("expectation: ExpectTableToExist", "sql: select 1"), "`reads` must name"),
        (
            (
                "expectation: ExpectTableToExist",
                "reads: {teams: []}, sql: 'select min(Person_Id) as example from x'",
            ),
            "person's id",
        ),
        (
            ("ExpectTableToExist", "ExpectColumnValuesToBeInSet, columns: [actor_id]"),
            "values of a person's column",
        ),
    ],
)
def test_a_suite_that_cannot_be_run_is_refused(change: tuple[str, str], complaint: str) -> None:
    assert len(parse_suite(CHECK, "s.yml")) == 1
    with pytest.raises(InputError, match=complaint):
        parse_suite(CHECK.replace(*change), "s.yml")
