"""What is written for which answers. Nothing here holds a secret: a profile names environment variables."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import yaml

from counterpoise.project import find_project_dir

# Tools whose connector tables are read as they are, with the var that switches each on.
_ADAPTERS = ("jira", "zendesk", "github", "servicenow")
TOOLS = (*_ADAPTERS, "pagerduty", "event-log", "own-tables")
WAREHOUSES = ("duckdb", "postgres", "spark")
_VARS, _PROFILES, _MAPPING = "counterpoise_vars.yml", "profiles.yml", "mapping.yml"

_MAPPING_TEXT = """\
# What your event log means. Put the names of your columns and the words of your log in the place of these;
# docs/event-log.md explains every key.
source_system: service_desk
item_type: ticket
columns:
  case: case_id
  activity: activity
  time: timestamp
  resource: person        # hashed before anything else; leave out what your log does not have
  team: group
timezone: UTC             # of times without an offset
activities:
  queued: ["New"]
  active: ["In Progress"]
  waiting:
    requester: ["Waiting for customer"]
  resolved: ["Resolved"]
  closed: ["Closed"]
"""


@dataclass(frozen=True)
class Choice:
    """What somebody has: tools out of `TOOLS`, one of `WAREHOUSES`, and the schema where own tables are."""

    tools: tuple[str, ...]
    warehouse: str
    raw_schema: str = "work_system"

    @property
    def adapters(self) -> list[str]:
        """Tools that are switched on by a var."""
        return [tool for tool in _ADAPTERS if tool in self.tools]


def planned(choice: Choice, folder: Path) -> dict[Path, str]:
    """Files to write and what is to stand in them."""
    files = {folder / _VARS: _vars_text(choice), folder / _PROFILES: _profile_text(choice)}
    if "event-log" in choice.tools:
        files[folder / _MAPPING] = _MAPPING_TEXT
    return files


def _vars_text(choice: Choice) -> str:
    lines = [
        "# dbt vars: what counterpoise reads. The command takes them by --vars; in a dbt project of your own they",
        "# stand under `vars:` in dbt_project.yml. The rest (teams, words, instances): docs/connectors/README.md.",
    ]
    values: dict[str, object] = {}
    for tool in choice.adapters:
        values[f"counterpoise_{tool}_enabled"] = True
        values[f"counterpoise_{tool}_schemas"] = tool
    if "own-tables" in choice.tools:
        values["work_system_schema"] = choice.raw_schema
    if "pagerduty" in choice.tools:
        lines += [
            "# PagerDuty needs a small adapter of your own, in a dbt project of yours; a whole one to copy, and the",
            "# var that switches it on, are in docs/connectors/new-adapter.md.",
        ]
    return "\n".join([*lines, yaml.safe_dump(values, sort_keys=False) if values else "{}\n"])


def _profile_text(choice: Choice) -> str:
    """The package's own output of that kind, so that it is never behind."""
    package = yaml.safe_load((find_project_dir() / _PROFILES).read_text("utf-8"))
    own = package["counterpoise"]["outputs"][choice.warehouse]
    profile = {"counterpoise": {"target": choice.warehouse, "outputs": {choice.warehouse: own}}}
    text = yaml.safe_dump(profile, sort_keys=False, width=1000)
    variables = dict.fromkeys(re.findall(r"env_var\('+(\w+)", text))
    return "\n".join([
        f"# dbt's profile for counterpoise ({choice.warehouse}). Secrets stand in the environment, never here.",
        "# It reads these variables:",
        *(f"#   {name}" for name in variables),
        text,
    ])  # fmt: skip


def next_commands(choice: Choice, folder: Path) -> list[str]:
    """What to type next, in order."""
    commands = []
    if choice.warehouse == "postgres":
        names = ("HOST", "USER", "PASSWORD", "DATABASE")
        commands.append(f"export {' '.join(f'COUNTERPOISE_PG_{name}=…' for name in names)}")
    commands.append("export COUNTERPOISE_SALT=…        # a long random text; keep it as you keep a password")
    where = [f'--vars "$(cat {_quoted(folder / _VARS)})"', f"--profiles-dir {_quoted(folder)}"]
    if choice.warehouse == "duckdb":
        where.append(f"--db {_quoted(folder / 'marts.duckdb')}")
        if choice.adapters:
            where.append("--connectors LOADED.duckdb")
    else:
        where.append(f"--target {choice.warehouse}")
    what = ""
    if choice.warehouse == "duckdb" and "event-log" in choice.tools:
        what = f" --event-log LOG.csv --mapping {_quoted(folder / _MAPPING)}"
    elif choice.warehouse == "duckdb" and not choice.adapters:
        what = " --raw FOLDER_OF_TABLES"
    options = " ".join(where)
    run = f"counterpoise run{what} {options} --out {_quoted(folder / 'report')}"
    return [*commands, f"counterpoise doctor {options}", run]


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
