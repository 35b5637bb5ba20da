"""Rotation: nobody can foresee it, everybody can check it, and the secret stays where it is."""

import csv
import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoise import rotation
from counterpoise.cli import main
from counterpoise.errors import UsageError
from counterpoise.rotation import Plan, anchor_of, draws, problems

SECRET = "a long secret that nobody may see"
METRICS = ("csat", "end_to_end_hours", "reopen_rate")
PLAN = Plan(METRICS, date(2024, 1, 1), "month", 24)

plans = st.builds(
    Plan,
    st.lists(st.sampled_from([*"abcdefgh"]), min_size=2, max_size=8, unique=True).map(tuple),
    st.dates(date(2020, 1, 1), date(2024, 12, 28)).map(lambda day: day.replace(day=min(day.day, 28))),
    st.sampled_from(["month", "quarter"]),
    st.integers(1, 40),
)
secrets = st.text(min_size=16, max_size=40)
teams = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=5, unique=True)
days = st.dates(date(2019, 1, 1), date(2036, 1, 1))


def _rows(found):
    return [vars(draw).copy() for draw in found]


@settings(max_examples=60, deadline=None)
@given(plans, teams, secrets, days)
def test_every_schedule_verifies_and_reveals_only_what_has_begun(plan, team_ids, secret, day) -> None:
    found = draws(plan, team_ids, secret, day)
    assert problems(_rows(found)) == []
    assert len(found) == plan.revealed(day) * len(team_ids)
    assert all(draw.period_start <= day and draw.metric_id in plan.pool for draw in found)
    assert all(draw.anchor == anchor_of(plan, secret) for draw in found)


@settings(max_examples=40, deadline=None)
@given(plans, teams, secrets, days)
def test_what_was_revealed_stays_and_no_metric_comes_twice_in_a_row(plan, team_ids, secret, day) -> None:
    everything = draws(plan, team_ids, secret, date(2100, 1, 1))
    assert set(draws(plan, team_ids, secret, day)) <= set(everything)
    for team in team_ids:
        metrics = [draw.metric_id for draw in everything if draw.team_id == team]
        assert all(one != other for one, other in zip(metrics, metrics[1:], strict=False))


@settings(max_examples=60, deadline=None)
@given(plans, secrets, st.data())
def test_whatever_is_changed_is_found(plan, secret, data) -> None:
    rows = _rows(draws(plan, ["A", "B"], secret, date(2100, 1, 1)))
    row = data.draw(st.sampled_from(rows))
    what = data.draw(st.sampled_from(["metric_id", "key", "anchor"]))
    if what == "metric_id":
        row[what] = next(metric for metric in (*plan.pool, "other") if metric != row[what])
    else:
        row[what] = hashlib.sha256(row[what].encode()).hexdigest()
    assert problems(rows)


def test_a_period_left_out_is_found() -> None:
    rows = _rows(draws(PLAN, ["A"], SECRET, date(2024, 6, 1)))
    assert problems(rows[1:]) and problems(rows[:2] + rows[3:])
    assert problems(rows[:3]) == []


def test_periods_join_without_a_gap() -> None:
    quarter = Plan(METRICS, date(2023, 11, 15), "quarter", 3)
    assert [(quarter.begins(n), quarter.ends(n)) for n in (1, 2)] == [
        (date(2023, 11, 15), date(2024, 2, 14)),
        (date(2024, 2, 15), date(2024, 5, 14)),
    ]
    assert PLAN.revealed(date(2023, 12, 31)) == 0 and PLAN.revealed(date(2024, 1, 1)) == 1


def test_every_metric_has_its_turn() -> None:
    found = draws(PLAN, [f"team {number}" for number in range(60)], SECRET, date(2030, 1, 1))
    shares = [sum(draw.metric_id == metric for draw in found) / len(found) for metric in METRICS]
    # 1,440 draws; one third each within four standard errors (0.0124)
    assert all(abs(share - 1 / 3) < 0.05 for share in shares)


@pytest.mark.parametrize(
    "change",
    [
        {"pool": ("a",)},
        {"pool": ("a", "a")},
        {"pool": ("a", "")},
        {"period": "week"},
        {"periods": 0},
        {"start": date(2024, 1, 31)},
    ],
)
def test_plans_that_cannot_be(change) -> None:
    with pytest.raises(UsageError):
        Plan(**({"pool": METRICS, "start": date(2024, 1, 1), "period": "month", "periods": 3} | change))


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(UsageError, match="COUNTERPOISE_ROTATION_SECRET"):
        anchor_of(PLAN, "short")


def _call(*arguments: str | Path, secret: str | None = SECRET):
    return CliRunner(env={"COUNTERPOISE_ROTATION_SECRET": secret}).invoke(main, ["rotate", *map(str, arguments)])


def test_the_command_writes_what_it_verifies_and_never_the_secret(tmp_path: Path) -> None:
    file = tmp_path / "rotation.csv"
    said = _call(
        "--pool",
        ",".join(METRICS),
        "--start",
        "2024-01-01",
        "--as-of",
        "2024-03-10",
        "--csv",
        file,
        "--team",
        "A",
        "--team",
        "B",
    )
    assert said.exit_code == 0, said.output
    assert "Revealed: 3 of 24 periods" in said.output
    everything = said.output + file.read_text()
    later = {draw.key for draw in draws(PLAN, ["A"], SECRET, date(2100, 1, 1))[3:]}
    assert SECRET not in everything and not [key for key in later if key in everything]
    fits = _call("--verify", "--csv", file, secret=None)
    assert fits.exit_code == 0 and "6 draws fit" in fits.output

    rows = list(csv.DictReader(file.open()))
    rows[4]["metric_id"] = next(metric for metric in METRICS if metric != rows[4]["metric_id"])
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, rotation.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    wrong = _call("--verify", "--csv", file)
    assert wrong.exit_code == 1 and f"Team {rows[4]['team_id']}, period 3" in wrong.output


def test_before_it_starts_there_is_an_anchor_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "rotation.csv"
    said = _call(
        "--pool", ",".join(METRICS), "--start", "2024-01-01", "--as-of", "2023-12-31", "--csv", file, "--team", "A"
    )
    assert said.exit_code == 0 and anchor_of(PLAN, SECRET) in said.output
    assert file.read_text().count("\n") == 1


@pytest.mark.parametrize(
    "arguments, secret, says",
    [
        (["--start", "2024-01-01", "--csv", "x", "--team", "A"], SECRET, "--pool"),
        (["--pool", "a,b", "--start", "2024-01-01"], SECRET, "where the draws go"),
        (["--pool", "a,b", "--start", "2024-01-01", "--csv", "x", "--team", "A"], None, "COUNTERPOISE_ROTATION_SECRET"),
        (
            ["--pool", "a,b", "--start", "2024-01-01", "--as-of", "2999-01-01", "--csv", "x", "--team", "A"],
            SECRET,
            "lies ahead",
        ),
        (["--verify"], SECRET, "what to verify"),
        (["--verify", "--csv", "none.csv"], SECRET, "does not exist"),
        (["--verify", "--db", "none.duckdb"], SECRET, "does not exist"),
    ],
)
def test_wrong_usage_exits_2_and_writes_nothing(arguments, secret, says, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = _call(*arguments, secret=secret)
    assert said.exit_code == 2 and says in said.output
    assert list(tmp_path.iterdir()) == []


def test_draws_are_kept_in_the_warehouse_and_never_changed(tmp_path: Path) -> None:
    db = tmp_path / "marts.duckdb"
    (tmp_path / ".marts.build").mkdir()
    types = {"period_number": "integer", "period_start": "date", "period_end": "date"}
    for file in (db, tmp_path / ".marts.build" / "work.duckdb"):
        with duckdb.connect(str(file)) as connection:
            connection.execute("create schema counterpoise")
            for mart, column, ids in (
                ("dim_team", "team_id", ["A", "B"]), ("dim_metric", "metric_id", METRICS),
                ("dim_signal", "signal_id", []), ("dim_response", "response_id", []),
            ):  # fmt: skip
                connection.execute(
                    f"create table counterpoise.{mart} as select unnest(?::varchar[]) as {column}", [ids]
                )
            columns = ", ".join(f"{name} {types.get(name, 'varchar')}" for name in rotation.COLUMNS)
            connection.execute(f"create table counterpoise.metric_rotation ({columns})")
    plan = ["--db", db, "--pool", ",".join(METRICS), "--start", "2024-01-01"]
    assert "4 new draws" in _call(*plan, "--as-of", "2024-02-01").output
    assert "0 new draws" in _call(*plan, "--as-of", "2024-02-28").output
    assert "2 new draws" in _call(*plan, "--as-of", "2024-03-01").output
    assert "6 draws fit" in _call("--verify", "--db", db, secret=None).output
    assert "There is no metric" in _call("--db", db, "--pool", "csat,happiness", "--start", "2024-01-01").output
    assert "There is no team" in _call(*plan, "--team", "C").output
    with duckdb.connect(str(tmp_path / ".marts.build" / "work.duckdb")) as connection:
        connection.execute(
            "update counterpoise.metric_rotation set metric_id = 'none' where period_number = 2 and team_id = 'B'"
        )
    wrong = _call("--verify", "--db", db)
    assert wrong.exit_code == 1 and "Team B, period 2: none does not follow from the key" in wrong.output
