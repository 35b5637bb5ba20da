"""The command line as people and machines meet it: help, `--json`, refusals, plain output, doctor and init."""

import fcntl
import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest
import yaml

from command_line import Ran, counterpoise
from conftest import ROOT
from counterpoise.cli import main
from counterpoise.console import GROUPS, plain
from counterpoise.contract import load_contract
from counterpoise.doctor import examine
from counterpoise.doctor.optional_tables import OPTIONAL_TABLES
from counterpoise.init import TOOLS
from counterpoise.warehouse import DuckDBFile, Postgres, Spark, open_warehouse
from counterpoise.warehouse.dbt import DbtProject

PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def told(*arguments: str | Path) -> dict:
    """The one JSON document that a command with --json prints."""
    ran = counterpoise(*arguments, "--json")
    document = json.loads(ran.stdout)
    assert document["exit_code"] == ran.exit_code, ran.said
    return document


# help ------------------------------------------------------------------------------------------------------------------


def test_every_command_stands_in_one_group_of_the_help() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(main.commands)
    shown = counterpoise("--help").stdout
    for title, names in GROUPS.items():
        section = shown.split(f"\n{title}:\n")[1].split("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == list(names)
        assert "..." not in section, "a line of help that is cut teaches nothing"
    assert "counterpoise init" in shown and "counterpoise explain Atlas" in shown


def test_the_page_names_every_command_and_every_option() -> None:
    for name, command in main.commands.items():
        section = PAGE.split(f"\n### {name}\n")[1].split("\n### ")[0].split("\n## ")[0]
        shared = PAGE.split("\n## Options that several commands have\n")[1].split("\n## ")[0]
        for parameter in command.params:
            option = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.name.upper()
            assert f"`{option}" in section or f"`{option}" in shared, (name, option)


@pytest.mark.parametrize("name", [*main.commands])
def test_every_command_answers_machines(name: str) -> None:
    refused = counterpoise(name, "--no-such-option", "--json")
    document = json.loads(refused.stdout)
    assert refused.exit_code == document["exit_code"] == 2
    assert document.keys() == {"exit_code", "message", "remedy"} and "--no-such-option" in document["message"]
    assert "--no-such-option" in refused.stderr, "people are told as well"
    assert any(parameter.name == "as_json" for parameter in main.commands[name].params)


def test_a_refusal_is_told_to_machines_with_its_exit_code(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.duckdb"
    document = told("explain", "Atlas", "--db", missing)
    assert document["exit_code"] == 2 and str(missing) in document["message"]
    words = counterpoise("explain", "Atlas", "--db", missing)
    assert words.stdout == "" and str(missing) in words.stderr
    (tmp_path / "file").write_text("no folder")
    assert told("init", "--tool", "jira", "--warehouse", "duckdb", "--out", tmp_path / "file" / "below")["exit_code"] == 1


def test_documents_hold_the_keys_that_the_page_explains(tmp_path: Path) -> None:
    documents = {
        "doctor": told("doctor"),
        "init": told("init", "--tool", "jira", "--warehouse", "duckdb", "--out", tmp_path),
    }
    for name, document in documents.items():
        section = PAGE.split(f"\n### {name}\n")[1].split("\n### ")[0]
        missing = [key for key in document if key != "exit_code" and f"`{key}`" not in section]
        assert not missing, (name, missing)


# plain output ----------------------------------------------------------------------------------------------------------


def on_a_terminal(code: str, typed: str = "", **environment: str) -> str:
    """What Python code writes to a real terminal (stdin, stdout and stderr), with what somebody types there."""
    mine, its = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=its, stdout=its, stderr=its, env={**kept, "TERM": "xterm", **environment}
    )
    os.close(its)
    os.write(mine, typed.encode())
    written = b""
    while True:
        try:
            part = os.read(mine, 4096)
        except OSError:  # Linux says so where the other end is closed
            break
        if not part:
            break
        written += part
    assert process.wait(timeout=60) == 0, written.decode()
    return written.decode()


SHOW = """
from counterpoise.console import Screen, styled
print(styled("a title", bold=True))
screen = Screen()
screen("build", "1 of 3")
screen("build", "2 of 3")
screen.end()
"""


def test_colour_is_for_terminals_whose_owner_wants_it() -> None:
    assert COLOUR.search(on_a_terminal(SHOW))
    for refusal in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert not COLOUR.search(on_a_terminal(SHOW, **refusal))
    piped = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert "\x1b" not in piped.stdout + piped.stderr
    assert piped.stderr.count("build: 1 of 3") == 1 and "2 of 3" not in piped.stderr, "a line a step"


def test_progress_on_a_terminal_is_one_line_that_changes() -> None:
    live = on_a_terminal(SHOW)
    assert "1 of 3" in live and "2 of 3" in live and live.count("\r\x1b[2K") == 3
    assert "\x1b[2K" not in on_a_terminal(SHOW, TERM="dumb")


def test_text_from_data_moves_no_cursor() -> None:
    assert plain("\x1b[2Ja\r\n\u202eb\x7f\u009b é → 🙂") == "\\x1b[2Ja\\r\\n\\u202eb\\x7f\\x9b é → 🙂"


@pytest.mark.parametrize("text", ["Atlas", "O'Brien", "back\\slash", "a\nb", "\x1b[31m", "\u202e", "", "é → 🙂", "'", "''\n'"])
def test_a_literal_is_the_text_it_stands_for(text: str) -> None:
    literal = Postgres.literal(text)
    assert literal.isprintable()
    assert duckdb.execute(f"select {literal} as text where {literal} = ?", [text]).fetchall() == [(text,)]


def test_a_literal_of_spark_escapes_in_sparks_own_way() -> None:
    """Run on a real Spark in tests/python/spark; here that it is printable and closes nothing."""
    assert Spark.literal("O'Brien \\ x") == "'O\\'Brien \\\\ x'"
    assert Spark.literal("a\n\u202e") == "'a\\u000a\\u202e'"


def test_a_command_that_no_shell_would_find_is_named_by_its_place(tmp_path: Path) -> None:
    script = tmp_path / "counterpoise"
    script.write_text("from counterpoise.console import program; print(program())")
    for path, shown in ((os.defpath, str(script)), (f"{tmp_path}:{os.defpath}", "counterpoise")):
        script.chmod(0o755)
        environment = {**os.environ, "PATH": path}
        said = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=environment)
        assert said.stdout.strip() == shown


# doctor ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A published file and the private one behind it, with three raw tables and marts of today."""
    path, private = tmp_path / "marts.duckdb", tmp_path / ".marts.build"
    private.mkdir()
    now = datetime.now()
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema counterpoise; create table counterpoise.published_runs as select "
                           "?::timestamp as published_at, ?::date as data_through", [now, now - timedelta(days=3)])  # fmt: skip
        connection.execute("create table counterpoise.dim_team as select 'a' as team_id, 5 as shown_from_people")
    with duckdb.connect(str(private / "work.duckdb")) as connection:
        connection.execute("create schema work_system")
        for table, rules in load_contract().items():
            if rules.required or table == "costs":
                connection.execute(f"create table work_system.{table} (id integer)")
    return path


def examined(database: Path, **variables: Any) -> dict:
    """What `doctor --json` prints, without the time that a command takes to begin."""
    project = DbtProject(ROOT, database.parent / ".marts.build", variables=variables)
    found = examine(lambda: DuckDBFile(database, project))
    return {"healthy": not any(one.is_problem for one in found), "findings": [asdict(one) for one in found]}


def findings(document: dict, topic: str, status: str | None = None) -> str:
    """What was found on a topic, with remedies, as one text."""
    found = [one for one in document["findings"] if one["topic"] == topic and status in (None, one["status"])]
    return " ".join(f"{one['what']} {one['remedy']}" for one in found)


def test_doctor_finds_a_sound_place_sound(database: Path) -> None:
    document = told("doctor", "--db", database)
    assert document["exit_code"] == 0 and document["healthy"]
    assert {one["topic"] for one in document["findings"]} == {
        "versions", "connection", "rights", "tables", "freshness", "settings", "lock", "disk"
    }  # fmt: skip
    assert not [one for one in document["findings"] if one["status"] in ("warning", "problem")]
    assert "supported: " in findings(document, "versions") and "dbt-duckdb" in findings(document, "versions")
    ran = counterpoise("doctor", "--db", database)
    assert ran.exit_code == 0 and ran.stdout.endswith("All is well.\n")


def test_doctor_says_what_each_missing_table_would_add(database: Path) -> None:
    said = findings(examined(database), "tables", "note")
    optional = {name for name, table in load_contract().items() if not table.required}
    assert OPTIONAL_TABLES.keys() == optional
    for table in optional - {"costs"}:
        assert f"{table} is not there. It would add {OPTIONAL_TABLES[table].what}" in said
    assert "costs is not there" not in said
    assert "signals unreviewed_outcomes; more on the page Metrics" in said and "metrics csat" in said


def test_doctor_names_what_has_to_be_mended(database: Path) -> None:
    with duckdb.connect(str(database.parent / ".marts.build" / "work.duckdb")) as connection:
        connection.execute("drop table work_system.work_item_events")
    ran = counterpoise("doctor", "--db", database)
    assert ran.exit_code == 1 and "MEND   tables: work_item_events is missing in work_system." in ran.stdout
    assert "1 thing has to be mended first" in ran.stdout and "docs/data-contract.md" in ran.stdout
    document = examined(database, counterpoise_min_people=2)
    assert "not a whole number of 3 or more" in findings(document, "settings", "problem") and not document["healthy"]


def test_doctor_sees_stale_marts_other_settings_and_who_is_at_work(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("update counterpoise.published_runs set data_through = date '2020-01-05'")
    with (database.parent / ".marts.build" / "run.lock").open("w") as lock:
        lock.write("process 4711 on elsewhere since 2026-09-14 06:00 UTC")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        document = examined(database, counterpoise_min_people=8)
    assert document["healthy"], "all of it works, and is worth a look"
    assert "2020-01-05: more than two weeks ago" in findings(document, "freshness", "warning")
    assert "process 4711 on elsewhere" in findings(document, "lock", "warning")
    assert "teams of 5 people or more" in findings(document, "settings", "warning")
    assert "no run is at work" in findings(examined(database), "lock", "good")


@pytest.mark.parametrize(("salt", "status"), [(None, "warning"), ("counterpoise-demo-salt", "warning"), ("s3cret", "good")])
def test_doctor_tells_of_the_salt_and_never_the_salt(
    database: Path, monkeypatch: pytest.MonkeyPatch, salt: str | None, status: str
) -> None:
    monkeypatch.setenv("COUNTERPOISE_SALT", salt) if salt else monkeypatch.delenv("COUNTERPOISE_SALT", raising=False)
    document = examined(database)
    settings = [one for one in document["findings"] if one["topic"] == "settings"]
    [found] = [one for one in settings if "salt" in f"{one['what']} {one['remedy']}".lower()]
    assert found["status"] == status and "s3cret" not in json.dumps(document)
    # a salt of one's own in the private schema, as dbt alone keeps it
    with duckdb.connect(str(database.parent / ".marts.build" / "work.duckdb")) as connection:
        connection.execute("create schema counterpoise_private; create table counterpoise_private.person_salt as "
                           "select 'kept-s3cret' as salt")  # fmt: skip
    if not salt:
        document = examined(database)
        assert "a salt of your own" in findings(document, "settings", "good") and "s3cret" not in json.dumps(document)


def test_doctor_looks_at_a_server_it_cannot_reach_without_its_password(tmp_path: Path) -> None:
    output = {"type": "postgres", "host": "127.0.0.1", "port": 1, "user": "somebody", "password": "hunter2",
              "dbname": "work", "schema": "counterpoise", "threads": 1}  # fmt: skip
    profile = {"counterpoise": {"target": "prod", "outputs": {"prod": output}}}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump(profile))
    ran = counterpoise("doctor", "--target", "prod", "--profiles-dir", tmp_path, "--json")
    document = json.loads(ran.stdout)
    assert ran.exit_code == 1 and "could not be reached" in findings(document, "connection", "problem")
    assert "hunter2" not in ran.said
    no_profile = told("doctor", "--target", "prod", "--profiles-dir", tmp_path / "elsewhere")
    assert no_profile["exit_code"] == 1 and "There is no profile" in findings(no_profile, "connection", "problem")


def test_doctor_before_the_first_run(tmp_path: Path) -> None:
    document = examined(tmp_path / "marts.duckdb")
    assert document["healthy"] and "`counterpoise run` makes it" in findings(document, "connection", "note")
    assert not list(tmp_path.iterdir()), "nothing is changed"


# init ------------------------------------------------------------------------------------------------------------------


def begin(folder: Path, *tools: str, warehouse: str = "duckdb") -> Ran:
    options = [option for tool in tools for option in ("--tool", tool)]
    return counterpoise("init", *options, "--warehouse", warehouse, "--out", folder)


def test_init_writes_vars_and_a_profile_without_a_secret(tmp_path: Path) -> None:
    ran = begin(tmp_path, "jira", "github", "own-tables", "event-log", "pagerduty", warehouse="postgres")
    assert ran.exit_code == 0
    assert yaml.safe_load((tmp_path / "counterpoise_vars.yml").read_text("utf-8")) == {
        "counterpoise_jira_enabled": True, "counterpoise_jira_schemas": "jira",
        "counterpoise_github_enabled": True, "counterpoise_github_schemas": "github", "work_system_schema": "work_system",
    }  # fmt: skip
    profile = yaml.safe_load((tmp_path / "profiles.yml").read_text("utf-8"))["counterpoise"]
    assert profile["target"] == "postgres" and profile["outputs"].keys() == {"postgres"}
    assert "env_var('COUNTERPOISE_PG_PASSWORD'" in profile["outputs"]["postgres"]["password"]
    assert "new-adapter.md" in (tmp_path / "counterpoise_vars.yml").read_text("utf-8")
    *_, doctor, run = ran.stdout.strip().splitlines()
    assert doctor.strip().startswith("counterpoise doctor --vars") and run.strip().startswith("counterpoise run --vars")


def test_init_writes_over_nothing_unless_told_to(tmp_path: Path) -> None:
    begin(tmp_path, "jira")
    (tmp_path / "profiles.yml").write_text("mine")
    refused = begin(tmp_path, "zendesk")
    assert refused.exit_code == 2 and "--force" in refused.stderr and str(tmp_path / "profiles.yml") in refused.stderr
    assert (tmp_path / "profiles.yml").read_text() == "mine"
    assert "jira" in (tmp_path / "counterpoise_vars.yml").read_text(), "all or nothing"
    forced = counterpoise("init", "--tool", "zendesk", "--warehouse", "duckdb", "--out", tmp_path, "--force")
    assert forced.exit_code == 0 and "zendesk" in (tmp_path / "counterpoise_vars.yml").read_text()


def test_init_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    assert "'trello' is not one of 'jira'" in begin(tmp_path, "trello").stderr
    assert "'oracle' is not one of 'duckdb'" in begin(tmp_path, "jira", warehouse="oracle").stderr
    assert "Nobody is there to be asked" in counterpoise("init", "--out", tmp_path).stderr
    hostile = counterpoise("init", "--tool", "own-tables", "--warehouse", "duckdb", "--raw-schema", "a; b", "--out", tmp_path)
    assert hostile.exit_code == 2 and not list(tmp_path.iterdir())


ASK = "import sys; sys.argv[1:] = ['init', '--out', {!r}]; from counterpoise.cli import main; main()"


def test_init_asks_on_a_terminal_and_before_it_writes_over(tmp_path: Path) -> None:
    said = on_a_terminal(ASK.format(str(tmp_path)), "trello\nzendesk, jira\nduckdb\n")
    assert said.count("Which of these do you have?") == 2 and "'trello' is not one of" in said, "asked again"
    assert "counterpoise run" in said
    written = yaml.safe_load((tmp_path / "counterpoise_vars.yml").read_text("utf-8"))
    assert written["counterpoise_zendesk_enabled"] and written["counterpoise_jira_enabled"]
    code = ASK.format(str(tmp_path)).replace("main()", "\ntry: main()\nexcept SystemExit as end: print('exit', end.code)")
    said = on_a_terminal(code, "github\nduckdb\nn\n")
    assert "Write over it?" in said and "Nothing was written" in said and "exit 1" in said
    assert "github" not in (tmp_path / "counterpoise_vars.yml").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("warehouse", ["duckdb", "postgres"])
def test_dbt_parses_what_init_writes(tmp_path: Path, warehouse: str) -> None:
    ran = begin(tmp_path, *TOOLS, warehouse=warehouse)
    assert ran.exit_code == 0
    variables = yaml.safe_load((tmp_path / "counterpoise_vars.yml").read_text("utf-8"))
    project = DbtProject(ROOT, tmp_path / "work", profiles_dir=tmp_path, variables=variables)
    opened = open_warehouse(project, tmp_path / "marts.duckdb" if warehouse == "duckdb" else None)
    assert opened.layout.connectors == ("github", "jira", "servicenow", "zendesk"), "dbt has parsed the project with them"
    assert (opened.marts_schema, opened.raw_schema) == ("counterpoise", "work_system")
