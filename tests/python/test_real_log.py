"""The whole job on a real service desk's log: its known figures come out of the marts, and nobody gets an alarm."""

import csv
import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from scipy.stats import spearmanr

from command_line import SALT, Place, Ran
from conftest import ROOT, real_data

INCIDENTS = 7_554
# "Many events": the published shares are those of teams with at least this many.
MANY_EVENTS = 500


@pytest.fixture(scope="module")
def log() -> Path:
    return real_data("incidents/incidents.csv.gz")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("incidents"))


@pytest.fixture(scope="module", autouse=True)
def ran(log: Path, place: Place) -> Ran:
    ran = place.run("--event-log", log, "--mapping", ROOT / "tests" / "mappings" / "incidents.yml")
    assert ran.exit_code == 0, ran.said
    return ran


def test_waits_for_the_user_are_counted_as_events(place: Place) -> None:
    assert place.read(
        "select sum(requester_pause_events), count(*) filter (requester_pause_events > 0), count(*) "
        "from counterpoise.fct_work_item"
    ) == [(4_217, 2_495, INCIDENTS)]


def _shares(place: Place, group: str = "team_id") -> list[tuple]:
    """Events that wait for the user, all events, and their share, by team or by organisation line: also of weeks in which a team had
    too few people to be shown."""
    with duckdb.connect(str(place.private / "work.duckdb"), read_only=True) as connection:
        return connection.execute(
            f"select {group}, sum(numerator), sum(denominator), round(sum(numerator) / sum(denominator), 3) "
            "from counterpoise_private.int_metric_rows inner join counterpoise.dim_team using (team_id) "
            "where metric_id = 'requester_pause_share' group by all order by 2 desc"
        ).fetchall()


def test_weeks_with_too_few_people_are_not_shown(place: Place) -> None:
    [(hidden, shown)] = place.read(
        "select count(*) filter (is_suppressed), count(*) filter (not is_suppressed and value is not null) "
        "from counterpoise.fct_metric_week where metric_id = 'requester_pause_share'"
    )
    assert hidden > 0 and shown > 0
    assert place.read("select count(*) from counterpoise.fct_metric_week where is_suppressed and numerator is not null") == [(0,)]


def test_the_teams_that_wait_most_come_in_the_known_order(place: Place) -> None:
    most = [(team, waits) for team, waits, _, _ in _shares(place)[:5]]
    assert most == [("G97", 704), ("G96", 226), ("D5", 212), ("D8", 194), ("G92", 191)]


def test_the_highest_shares_are_the_known_ones(place: Place) -> None:
    many = [(share, team) for team, _, events, share in _shares(place) if events >= MANY_EVENTS]
    assert sorted(many, reverse=True)[:3] == [(0.166, "G92"), (0.152, "S43"), (0.133, "D7")]


def test_organisation_lines_add_up_from_their_teams(place: Place) -> None:
    lines = {line: share for line, _, _, share in _shares(place, "parent_team_id")}
    assert (lines["Org line C"], lines["Org line A2"]) == (0.066, 0.068)


def test_incidents_that_came_back_to_a_team(place: Place) -> None:
    assert place.read("select count(*) from counterpoise.fct_work_item where returned_to_team") == [(1_177,)]


def test_handoffs_go_with_duration(place: Place) -> None:
    """Of the incidents that ended; the eight still open have no duration."""
    handoffs, hours = zip(
        *place.read("select handoffs, duration_hours from counterpoise.fct_work_item where not is_open"), strict=True
    )
    assert len(hours) == INCIDENTS - 8 and None not in hours
    assert spearmanr(handoffs, hours).statistic == pytest.approx(0.557, abs=5e-4)


def test_no_team_gets_an_alarm_from_how_the_log_was_picked(place: Place, ran: Ran) -> None:
    """All incidents close in the last weeks, so a trend over closing months is an artefact: withheld, and it says so."""
    [(status, alert, risk, band, reason, teams)] = place.read(
        "select status, alert, risk, band, status_reason, count(distinct team_id) "
        "from counterpoise.team_risk group by all"
    )
    assert (status, alert, risk, band, teams) == ("withheld", False, None, None, 649)
    assert "picked by closing date" in reason
    assert place.read("select count(*) from counterpoise.team_risk_reasons") == [(0,)]
    page = (place.report / "index.html").read_text(encoding="utf-8")
    assert reason in page
    assert "a trend over closing months is an artefact of how the log was sampled" in page
    assert reason in ran.said


def test_the_activity_without_a_meaning_is_listed(place: Place, ran: Ran) -> None:
    [(sentence, events)] = place.read(
        "select sentence, row_count from counterpoise.fct_data_health where note_id like 'unknown_activity%'"
    )
    assert events == 5 and '"Unmatched / Unmatched" (5 events)' in sentence
    assert sentence in ran.said
    assert "Unmatched / Unmatched" in (place.report / "index.html").read_text(encoding="utf-8")


def _texts(place: Place, ran: Ran) -> Iterator[tuple[str, str]]:
    """Everything a run leaves for people to read: its words, files, logs, and every value of the published tables."""
    yield "the screen", ran.stdout + ran.stderr
    for path in place.folder.rglob("*"):
        # the private database holds the raw log and the salt; it is never published
        if path.is_file() and path.name not in (place.database.name, "work.duckdb"):
            yield str(path.relative_to(place.folder)), path.read_bytes().decode("utf-8", errors="replace")
    with duckdb.connect(str(place.database), read_only=True) as connection:
        for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            rows = connection.sql(f'select * from "{schema}"."{table}"').to_arrow_table()
            yield f"{schema}.{table}", "\n".join(str(column) for column in rows.to_pydict().values())


def test_nobody_who_worked_on_an_incident_can_be_found(log: Path, place: Place, ran: Ran) -> None:
    """Neither ids, nor hashes of ids, nor the salt stand in a published table, a page, a log or what dbt compiled."""
    with gzip.open(log, "rt", encoding="utf-8", newline="") as file:
        people = {row["org:resource"] for row in csv.DictReader(file)} - {"Siebel"}
    with duckdb.connect(str(place.private / "work.duckdb"), read_only=True) as connection:
        hashes = {
            row[0]
            for row in connection.execute(
                "select distinct actor_id from counterpoise_private.stg_event_log__events where actor_id is not null"
            ).fetchall()
        }
    assert len(people) == 1_439 and len(hashes) == 1_440
    assert not people & hashes, "staging hashes persons"
    assert hashlib.sha256(f"{SALT}|{min(people)}".encode()).hexdigest()[:32] in hashes, "with the salt that was given"
    unsalted = {digest(person.encode()).hexdigest() for person in people for digest in (hashlib.sha256, hashlib.md5)}
    starts = {token[:16] for token in hashes | unsalted}
    read = dict(_texts(place, ran))
    assert {".marts.build/logs/dbt.log", "report/index.html", "counterpoise.fct_work_item"} < read.keys()
    for where, text in read.items():
        words = set(re.findall(r"[0-9A-Za-z]+", text))
        assert not words & people, f"{where} shows the id of a person"
        assert not {word[:16] for word in words} & starts, f"{where} shows the hash of a person"
        assert SALT not in text, f"{where} shows the salt"
