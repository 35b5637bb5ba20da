"""The scoring of a large organisation: 2,000 teams over three years within 60 s and 2 GB, and no faster growth than data."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT

WEEKS = 156
FIRST_WEEK = 2839
_SCORE = """
import json, re, sys, time
from pathlib import Path
from counterpoise.scoring import score
from counterpoise.warehouse import DuckDBFile
from counterpoise.warehouse.dbt import DbtProject

began = time.monotonic()
with DuckDBFile(Path(sys.argv[1]), DbtProject(Path(sys.argv[2]), Path(sys.argv[1]).parent)) as warehouse:
    teams = score(warehouse)
    reasons = warehouse.query("select count(*) as n from counterpoise.team_risk_reasons")["n"][0].as_py()
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())  # ru_maxrss keeps the parent's across exec
print(json.dumps({"teams": teams, "reasons": reasons, "seconds": time.monotonic() - began,
                  "megabytes": int(peak[1]) / 1024}))
"""


def _organisation(path: Path, teams: int) -> None:
    """What scoring reads, of made-up teams: a tenth of them drift apart in the last year, a tenth of the cells is empty."""
    seeds = ROOT / "seeds" / "registry"
    connection = duckdb.connect(str(path))
    connection.execute("set memory_limit = '2GB'; set preserve_insertion_order = false; select setseed(0.5)")
    for schema in ("counterpoise", "counterpoise_private"):
        connection.execute(f"create schema {schema}")
    for name, seed in (
        ("dim_metric", "metric_registry"), ("dim_pair", "pair_registry"), ("dim_signal", "signal_registry"),
        ("story_registry", "story_registry"),
    ):  # fmt: skip
        connection.execute(f"create table counterpoise.{name} as from read_csv('{seeds / seed}.csv', header = true)")
    connection.execute(f"""
        create table counterpoise_private.int_team_weeks as
        select format('team-{{:05d}}', team) as team_id, {FIRST_WEEK} + week as week, 9 as active_people,
            8.0 as exposure, true as is_complete, team % 10 = 0 and week > {WEEKS - 52} as drifts
        from range({teams}) as t(team), range({WEEKS}) as w(week);
        create table counterpoise_private.int_contrast as
        select team_id, week, metric_id, window_weeks, 80 as baseline_weeks, week < {FIRST_WEEK} + 40 as is_trial,
            effect_scale * ((random() - 0.5) * 1.4
                + case when drifts and room = 'output' then 1.0 when drifts then -1.0 else 0 end) as effect,
            effect_scale * (0.2 + 0.5 * random()) as effect_error
        from counterpoise_private.int_team_weeks, (from counterpoise.dim_metric order by room in ('output', 'outcome', 'human') desc, metric_id limit 40),
            (select unnest([4, 8, 13]) as window_weeks)
        where week >= {FIRST_WEEK} + 25 and random() > 0.1;
        create table counterpoise.dim_team as select 'team-00000' as team_id, 5 as shown_from_people;
        create table counterpoise.fct_signal_week as
        select team_id, date '1970-01-05' + cast(7 * week as integer) as week_start, signal_id, false as is_excepted,
            case when drifts then 9 else 6 end * random() - 3 as log_evidence, 0.4::double as observed, 0.2::double as expected,
            120 as n, null::date as since_week
        from counterpoise_private.int_team_weeks, counterpoise.dim_signal
        where week >= {FIRST_WEEK} + 25;
        create table counterpoise.fct_pair_week as
        select team_id, date '1970-01-05' + cast(7 * week as integer) as week_start, pair_id, output_metric_id,
            outcome_metric_id, 0.3::double as output_effect, 0.2::double as outcome_value, 0.1::double as outcome_expected,
            6 * random() - 3 as log_evidence
        from counterpoise_private.int_team_weeks, counterpoise.dim_pair
        where week >= {FIRST_WEEK} + 25;
        create table counterpoise.team_exposure as
        select team_id, date '1970-01-05' + cast(7 * week as integer) as week_start, random() as exposure
        from counterpoise_private.int_team_weeks;
        create table counterpoise.team_risk (
            team_id varchar, week_start date, risk double, risk_low double, risk_high double, band varchar,
            status varchar, status_reason varchar, alert boolean, alert_reason varchar, coverage double,
            exposure double, story varchar, model_version varchar, data_through date, scored_at timestamp);
        create table counterpoise.team_risk_reasons (
            team_id varchar, week_start date, rank integer, signal_id varchar, contribution double, observed double,
            expected double, n integer, since_week date, sentence varchar, response_id varchar, owner varchar);
    """)
    connection.close()


def _scored(folder: Path, teams: int) -> dict[str, float]:
    """Seconds and megabytes of scoring in a process of its own."""
    path = folder / f"of_{teams}.duckdb"
    private = folder / f".of_{teams}.build" / "work.duckdb"
    private.parent.mkdir()
    _organisation(private, teams)
    done = subprocess.run(
        [sys.executable, "-c", _SCORE, str(path), str(ROOT)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]
    private.unlink()
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.slow
def test_two_thousand_teams_over_three_years(tmp_path: Path) -> None:
    small, large = _scored(tmp_path, 500), _scored(tmp_path, 2000)
    print(small, large)
    assert large["teams"] == 2000 and large["reasons"] > 10_000
    assert large["seconds"] < 60, f"{large['seconds']:.0f} s"
    assert large["megabytes"] < 2048, f"{large['megabytes']:.0f} MB"
    assert large["seconds"] < 4.6 * small["seconds"]
