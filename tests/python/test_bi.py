"""The dashboards of bi/superset: what they may read and show, that they say what the report says, and that Superset renders them."""

import json
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import duckdb
import pytest

from command_line import Place
from conftest import ROOT
from counterpoise.report.charts import OUTCOME, OUTCOME_BAND, OUTPUT, OUTPUT_BAND
from counterpoise.report.data import load
from counterpoise.report.limits import baseline_limits
from counterpoise.report.views import news
from own_environment import own_environment
from report_fixture import SMALL_TEAM, make_marts, reader, withhold_all
from superset_bundle import CHARTS, DASHBOARDS, DATABASES, DATASETS, Chart, charts, placed, tables_read

LOCK = ROOT / "requirements-superset.lock"
ENVIRONMENT = ROOT / ".counterpoise" / "tests" / "superset"
# A figure of one team only: of several teams it is empty, so that it can be neither averaged nor compared.
_ONE_TEAM = re.compile(r"case when min\(team\) = max\(team\)( and min\(pair\) = max\(pair\))? then max\((\w+)\) end")
_COUNTS = {"count(distinct team)", "count(*)", "count(label)"}


def _chart_id(chart: Chart) -> str:
    return chart.name


each_chart = pytest.mark.parametrize("chart", charts().values(), ids=_chart_id)
each_dataset = pytest.mark.parametrize("name", DATASETS)
each_dashboard = pytest.mark.parametrize("name", DASHBOARDS)


def test_every_id_is_unique() -> None:
    ids = [part["uuid"] for kind in (DATABASES, DATASETS, CHARTS, DASHBOARDS) for part in kind.values()]
    assert len(ids) == len(set(ids)) == 1 + len(DATASETS) + len(CHARTS) + len(DASHBOARDS) > 40


def test_every_chart_stands_on_one_dashboard() -> None:
    on = [uuid for dashboard in DASHBOARDS.values() for uuid in placed(dashboard)]
    assert sorted(on) == sorted(charts()) and len(DASHBOARDS) == 4
    [database] = DATABASES.values()
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == {database["uuid"]}
    assert {chart.dataset for chart in charts().values()} == set(DATASETS)


@each_dashboard
def test_filters_name_columns_that_are_there_and_reach_the_charts_that_have_them(name: str) -> None:
    dashboard, by_uuid = DASHBOARDS[name], charts()
    by_dataset = {dataset["uuid"]: dataset for dataset in DATASETS.values()}
    for found in dashboard["metadata"]["native_filter_configuration"]:
        [target] = found["targets"]
        column, dataset = target["column"]["name"], by_dataset[target["datasetUuid"]]
        assert column in {c["column_name"] for c in dataset["columns"]}
        assert found["sortMetric"] in {None, *(metric["metric_name"] for metric in dataset["metrics"])}
        spared = {uuid for uuid, number in placed(dashboard).items() if number in found["scope"]["excluded"]}
        assert {uuid for uuid in placed(dashboard) if column not in by_uuid[uuid].dataset_columns} <= spared
        reached = {by_uuid[uuid].name for uuid in placed(dashboard)} - {by_uuid[uuid].name for uuid in spared}
        assert reached, f"{found['name']} filters nothing"


@each_chart
def test_a_chart_reads_columns_its_dataset_has(chart: Chart) -> None:
    params = chart.params
    read = [*chart.shown, *params.get("column_config", {})]
    read += [json.loads(order)[0] for order in params.get("order_by_cols", [])]
    read += [rule["subject"] for rule in params["adhoc_filters"]]
    read += [rule["column"] for rule in params.get("conditional_formatting", [])]
    for sql in chart.metrics():
        read += set(re.findall(r"[a-z_]+", sql)) - {"case", "when", "min", "max", "and", "then", "end", "count", "distinct"}
    assert read and set(read) <= chart.dataset_columns


@each_dataset
def test_a_dataset_reads_marts_for_people_and_nothing_private(name: str) -> None:
    dataset = DATASETS[name]
    tables = tables_read(dataset["sql"])
    assert tables and not tables & {"signal_evidence", "fct_work_item"}
    assert all(re.match(r"(fct|dim)_|team_risk|team_reward|check_results$|next_steps$|story_registry$", table) for table in tables)
    # `note` is what a person wrote; Superset would take ':' and '%' for its own
    assert not {"note", "evidence_key"} & {column["column_name"] for column in dataset["columns"]}
    assert not re.search(r"[:%]|{{", dataset["sql"])
    assert dataset["schema"] == "counterpoise" and dataset["source_db_engine"] == "postgresql"


@each_chart
def test_a_chart_counts_teams_or_shows_one_and_never_sums_or_averages_scores(chart: Chart) -> None:
    for sql in chart.metrics():
        assert sql in _COUNTS or _ONE_TEAM.fullmatch(sql), sql


@each_chart
def test_teams_stand_in_the_order_of_the_organisation_and_no_score_stands_alone(chart: Chart) -> None:
    orders = [json.loads(order) for order in chart.params.get("order_by_cols", [])]
    if "team" in chart.shown:
        assert orders[0] == ["place", True]
    assert not {"risk", "score", "coverage", "contribution"} & {column for column, _ in orders}
    drawn = {_ONE_TEAM.fullmatch(sql)[2] for sql in chart.metrics() if sql not in _COUNTS} | set(chart.shown)
    if "risk" in drawn:
        assert {"risk_low", "risk_high"} <= drawn
    if "score" in drawn:
        assert {"story", "no_score_because"} <= drawn


@each_dashboard
def test_figures_of_one_team_stand_behind_a_filter_that_must_name_one(name: str) -> None:
    by_uuid = charts()
    alone = {uuid for uuid in placed(DASHBOARDS[name]) if any(_ONE_TEAM.fullmatch(sql) for sql in by_uuid[uuid].metrics())}
    filters = {f["targets"][0]["column"]["name"]: f for f in DASHBOARDS[name]["metadata"]["native_filter_configuration"]}
    assert bool(alone) == ("team" in filters)
    for column in {"team", "pair"} & filters.keys():
        control = filters[column]["controlValues"]
        assert filters[column]["requiredFirst"] and control["enableEmptyFilter"] and not control["multiSelect"]
        ids = {placed(DASHBOARDS[name])[uuid] for uuid in alone if column in by_uuid[uuid].dataset_columns}
        assert ids and not ids & set(filters[column]["scope"]["excluded"])


def test_colours_are_those_of_the_report() -> None:
    css = (ROOT / "python/counterpoise/report/templates/report.css").read_text(encoding="utf-8")
    heat = dict(re.findall(r"--(h\d): (#\w+)", css.partition("@media")[0]))
    bands = {"clear": heat["h1"], "watch": heat["h3"], "elevated": heat["h5"], "high": heat["h7"]}
    for chart in charts().values():
        rules = chart.params.get("conditional_formatting", [])
        painted = {(rule["targetValue"], rule["colorScheme"]) for rule in rules if "objectFormatting" not in rule}
        assert painted <= bands.items()
    for dashboard in DASHBOARDS.values():
        labels = dashboard["metadata"]["label_colors"]
        assert labels == dashboard["metadata"]["map_label_colors"]
        assert {labels[f"{i} {band}"] for i, band in enumerate(bands, 1)} == set(bands.values())
        assert (labels["Output"], labels["Outcome"]) == (OUTPUT, OUTCOME)
        assert labels["Normal range of the output__yhat_upper"] == OUTPUT_BAND
        assert labels["Normal range of the outcome__yhat_upper"] == OUTCOME_BAND


@pytest.fixture(scope="module")
def painted() -> duckdb.DuckDBPyConnection:
    return make_marts()


def _rows(connection: duckdb.DuckDBPyConnection, name: str, ask: str = "select * from dataset") -> list[tuple]:
    return connection.execute(ask.replace("dataset", f"({DATASETS[name]['sql']}) as dataset")).fetchall()


def test_what_is_new_is_what_the_report_calls_new(painted: duckdb.DuckDBPyConnection) -> None:
    told = [(found.team.name, len(found.sentences)) for found in news(load(reader(painted), "counterpoise"))]
    asked = "select team, count(*) from dataset group by team, place order by place"
    assert _rows(painted, "news", asked) == told and len(told) >= 2
    whats = [what for (what,) in _rows(painted, "news", "select what from dataset order by kind")]
    assert whats[0] == "Moved up from clear to watch." and "turned from" in whats[-1]


def test_usual_ranges_are_those_the_report_draws(painted: duckdb.DuckDBPyConnection) -> None:
    data = load(reader(painted), "counterpoise")
    names = {team.team_id: team.name for team in data.teams}
    found = {(team, pair): row for team, pair, *row in _rows(painted, "pair_weeks", (
        "select team, pair, count(output_value), min(output_low), max(output_high), min(outcome_low), max(outcome_high), "
        "count(outcome_value) from dataset group by all"
    ))}  # fmt: skip
    compared = 0
    for pair in data.pairs:
        for team in data.teams:
            sides = [data.series.get((team.team_id, metric.metric_id)) for metric in (pair.output, pair.outcome)]
            row = found.get((names[team.team_id], f"{pair.output.label} → {pair.outcome.label}"))
            if team.is_small or None in sides:
                continue
            for metric, series, low, high in zip((pair.output, pair.outcome), sides, row[1::2][:2], row[2::2][:2], strict=True):
                limits = baseline_limits(series.values)
                ceiling = 1 if metric.unit == "share" else float("inf")
                assert (low, high) == pytest.approx((max(limits.lower, 0), min(limits.upper, ceiling)))
                compared += 1
            assert (row[0], row[5]) == tuple(len(series.values) for series in sides)
    assert compared > 50


def test_bands_stand_in_the_order_of_the_report_beside_the_words_for_no_score(painted: duckdb.DuckDBPyConnection) -> None:
    data = load(reader(painted), "counterpoise")
    rows = _rows(painted, "team_bands", "select team, weeks_ago_01, weeks_ago_00 from dataset order by place")
    assert [row[0] for row in rows] == [team.name for team in data.teams] != sorted(row[0] for row in rows)
    for team, (_, *found) in zip(data.teams, rows, strict=True):
        scores = [data.score(team, weeks_ago=1), data.score(team)]
        assert found == [score.band if score.is_scored else "no score" for score in scores]
    assert {row[2] for row in rows} >= {"no score", "high"}


def test_small_and_withheld_teams_show_no_figures() -> None:
    connection = make_marts(weeks=40)
    small = connection.execute("select team_name from counterpoise.dim_team where team_id = ?", [SMALL_TEAM]).fetchone()
    for name in ("pair_weeks", "next_steps", "guardrail_weeks"):
        shown = _rows(connection, name, "select distinct team from dataset")
        assert shown and small not in shown
    assert small in _rows(connection, "team_weeks", "select distinct team from dataset")
    withhold_all(connection, "All items close in the last weeks.")
    assert not _rows(connection, "pair_weeks") and not _rows(connection, "guardrail_weeks")
    assert _rows(connection, "team_weeks", "select distinct score, story from dataset where is_this_week") == [(None, None)]


def test_teams_of_one_name_are_kept_apart() -> None:
    connection = make_marts(teams=3, weeks=40)
    connection.execute("update counterpoise.dim_team set team_name = 'Atlas' where team_id = 'team_01'")
    teams = _rows(connection, "team_weeks", "select distinct team from dataset order by team")
    assert teams == [("Atlas (team_00)",), ("Atlas (team_01)",), ("Cobalt",)]
