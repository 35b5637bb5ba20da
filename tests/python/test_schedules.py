"""The examples of docs/scheduled-runs.md: each is read by what will read it, and its command is run as it stands there."""

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from command_line import SALT
from conftest import ROOT
from counterpoise.cli import main
from counterpoise.contract import load_contract
from counterpoise.inputs import load_folder
from counterpoise.warehouse import Postgres
from own_environment import own_environment
from test_engines import copy_schema, postgres  # noqa: F401

EXAMPLES = ROOT / "examples" / "schedules"
AIRFLOW_LOCK = ROOT / "requirements-airflow.lock"
SERVER = "/srv/counterpoise"
PYTHON_FOLDER = Path(sys.executable).parent


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A folder as the examples have it: the command, a salt, and raw tables without rows, which end a run at the checks."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(PYTHON_FOLDER)
    (tmp_path / "salt").write_text(f'COUNTERPOISE_SALT="{SALT}"\n')
    raw = tmp_path / "raw"
    raw.mkdir()
    for table in load_contract().values():
        (raw / f"{table.name}.csv").write_text(",".join(column.name for column in table.columns) + "\n")
    return tmp_path


def _shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command.replace(SERVER, str(folder))], cwd=folder, env=os.environ | environment, capture_output=True, text=True
    )


def _assert_held(ran: subprocess.CompletedProcess[str], log: str, folder: Path) -> None:
    last = json.loads(log.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("run held", 3), ran.stderr
    assert "teams has no rows" in last["message"]
    assert (folder / ".marts.build" / "run.json").exists()


@pytest.mark.slow
def test_the_cron_line(server: Path) -> None:
    lines = [line for line in (EXAMPLES / "counterpoise.cron").read_text().splitlines() if line and line[0] != "#"]
    settings = dict(line.split("=", 1) for line in lines[:-1])
    *schedule, user, command = lines[-1].split(None, 6)
    assert schedule == ["0", "6", "*", "*", "1"] and user == "counterpoise"
    assert "%" not in command, "cron would end the line there"
    ran = _shell(command, server, **settings)
    _assert_held(ran, (server / "run.jsonl").read_text(), server)
    assert ran.returncode == 0 and json.loads(ran.stdout)["exit_code"] == 3, "what cron mails is the last line"


@pytest.mark.slow
def test_the_systemd_units(server: Path) -> None:
    for name in ("counterpoise.service", "counterpoise.timer"):
        text = (EXAMPLES / name).read_text().replace(SERVER, str(server))
        (server / name).write_text(text)
    if shutil.which("systemd-analyze"):
        verified = subprocess.run(
            ["systemd-analyze", "verify", server / "counterpoise.service", server / "counterpoise.timer"], capture_output=True, text=True
        )
        assert verified.returncode == 0 and "counterpoise" not in verified.stderr, verified.stderr
        said = subprocess.run(["systemd-analyze", "calendar", "Mon *-*-* 06:00:00"], capture_output=True, text=True)
        assert said.returncode == 0
    service = configparser.ConfigParser(strict=False, interpolation=None)
    service.optionxform = str
    service.read(EXAMPLES / "counterpoise.service")
    settings = service["Service"]
    assert settings["Type"] == "oneshot" and settings["RestartPreventExitStatus"] == "2 3"
    name, value = settings["Environment"].split("=")
    ran = _shell(settings["ExecStart"], server, **{name: value})
    _assert_held(ran, ran.stderr, server)
    assert ran.returncode == 3


@pytest.mark.slow
def test_the_github_workflow(postgres: Postgres, server: Path, tmp_path: Path) -> None:  # noqa: F811
    workflow = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())
    assert workflow[True]["schedule"] == [{"cron": "0 6 * * 1"}], "YAML reads `on` as true"
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["run"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert len(used) == 3 and not [name for name in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)]
    install, run, show = (step["run"] for step in steps if "run" in step)
    asked = re.fullmatch(r'pip install --constraint requirements.lock "\.\[(\w+)\]"', install)
    assert asked and (ROOT / "requirements.lock").exists() and asked[1] == "postgres"
    with duckdb.connect() as connection:
        load_folder(connection, server / "raw")
        copy_schema(connection, postgres.credentials, tmp_path, "work_system")
    named = {name: os.environ.get(name, "") for name in workflow["jobs"]["run"]["env"]}
    named |= {"COUNTERPOISE_LOG": workflow["jobs"]["run"]["env"]["COUNTERPOISE_LOG"], "COUNTERPOISE_SALT": SALT}
    named |= postgres.project.environment
    assert {name for name in named if name.startswith("COUNTERPOISE_PG_")} == set(postgres.project.environment) - {"PGOPTIONS"}
    place = tmp_path / "checkout"
    place.mkdir()
    # the fixture holds the lock of the usual schema
    ran = _shell(f"{run} --vars '{{counterpoise_schema: scheduled}}'", place, **named, PATH=f"{PYTHON_FOLDER}:{os.environ['PATH']}")
    last = json.loads(ran.stderr.splitlines()[-1])
    assert (ran.returncode, last["event"]) == (3, "run held"), ran.stderr
    page = tmp_path / "summary.md"
    assert _shell(show, place, GITHUB_STEP_SUMMARY=str(page)).returncode == 0
    assert json.loads(page.read_text())["exit_code"] == 3


_LOAD = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
assert bag.import_errors == {}, bag.import_errors
(dag,) = bag.dags.values()
(task,) = dag.tasks
ended, told = {}, task.python_callable.__globals__
command = told["COMMAND"]
for code in (0, 1, 2, 3, 137):
    told["COMMAND"] = f"exit {code}"
    try:
        task.python_callable()
        ended[code] = None
    except Exception as error:
        ended[code] = type(error).__name__
told["COMMAND"] = command.replace("/srv/counterpoise", sys.argv[2])
try:
    task.python_callable()
except Exception as error:
    ended["held"] = type(error).__name__
print(json.dumps([dag.dag_id, dag.schedule, dag.catchup, dag.max_active_runs, task.task_id, task.retries, command, ended]))
"""


@pytest.mark.slow
def test_airflow_loads_the_dag_and_its_task_runs_the_command(server: Path) -> None:
    """A run that failed is tried again; one called wrongly or held by a check is not."""
    python = own_environment(ROOT / ".counterpoise" / "tests" / "airflow", "-r", AIRFLOW_LOCK) / "python"
    dags = server / "dags"
    dags.mkdir()
    shutil.copy(EXAMPLES / "airflow_dag.py", dags)
    settings = {"AIRFLOW_HOME": str(server / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "COUNTERPOISE_SALT": SALT}
    ran = subprocess.run(
        [python, "-c", _LOAD, dags, server], env=os.environ | settings, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    dag, schedule, catchup, at_once, task, retries, command, ended = json.loads(ran.stdout.splitlines()[-1])
    assert (dag, schedule, catchup, at_once, task, retries) == ("counterpoise", "0 6 * * 1", False, 1, "run", 2)
    assert command.startswith(f"cd {SERVER} && .venv/bin/counterpoise run --raw raw --db marts.duckdb --out report")
    fails, gives_up = "AirflowException", "AirflowFailException"
    assert ended == {"0": None, "1": fails, "2": gives_up, "3": gives_up, "137": fails, "held": gives_up}
    assert "deprecated" not in ran.stdout + ran.stderr


def test_every_example_calls_the_command_as_it_is() -> None:
    """Options that the command does not know would be seen at the first run only."""
    known = {option for parameter in main.commands["run"].params for option in parameter.opts}
    for path in sorted(EXAMPLES.iterdir()):
        for call in re.findall(r"counterpoise run (.*)", path.read_text()):
            options = {word.split("=")[0] for word in call.split() if word.startswith("--")}
            assert options <= known, path.name
