"""Suites of checks, read from the YAML files of `suites/` and of a user's own folder: one file a suite.

A file holds `suite`, `stage` (raw, staging, marts, scores) and `checks`. Each check says:

    id           unique over all suites
    table        the table it is about; without that table the check is skipped
    severity     stop (the run ends), withhold (scores are held back), warn, or report (a finding about the work and
                 not about the data: it holds nothing back and is no warning)
    affects      none, all, team or metric: whose scores a withheld check touches
    says         what is wrong, in plain words. It may use {count} {total} {share} {table} {column} {examples}
                 {affected} and, after `sql`, any column that the query returns
    remedy       what to do about it
    when_table, unless_table   run only if that other table is there, or is not

and what it expects, either by one of Great Expectations' classes

    expectation  the class's name, or ExpectTableToExist
    kwargs       its arguments; `column` or `columns` may stand beside them, `columns` for a check of each,
                 with the column in its id. The text "{tomorrow}" stands for a day after the run's clock

or by a query of its own

    sql            a grouped query, in SQL that every engine takes. It returns `total_count` and
                   `unexpected_count`, if it likes `example` (an id, never a person's) and other columns.
                   {name} stands for a table read, {now} for the run's clock as a timestamp, {min_people} for the
                   least number of people of a team that may be named
    reads          table -> columns the query needs; without one of them a check of raw tables is skipped (they
                   may lack optional columns), any other is an error
    column         the column to name in results
    affected_column  the query's column that names the team or metric; then each failing row is a result of
                   its own, else the rows are added up
    each             the query's column by whose values the check becomes one check each, with the value in its id
    max_share      highest share of unexpected rows that passes (default 0). The query's columns `measured` and
                   `allowed`, if it has them, stand for observed and threshold instead
    min_rows       total_count from which a share is judged (default 1)
"""

import re
import string
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from counterpoise.errors import InputError

STAGES = ("raw", "staging", "marts", "scores")
SEVERITIES = ("stop", "withhold", "warn", "report")
AFFECTS = ("none", "all", "team", "metric")
PERSON_COLUMNS = frozenset({"person_id", "actor_id", "requester_id"})
TABLE_EXISTS = "ExpectTableToExist"
MEASURED = "ExpectUnexpectedShareToBeAtMost"
VALUES_IN_SET = "ExpectColumnValuesToBeInSet"

_MESSAGE_FIELDS = frozenset({"count", "total", "share", "table", "column", "examples", "affected"})
_REQUIRED = frozenset({"id", "table", "severity", "says", "remedy"})
_ONLY_SQL = frozenset({"reads", "affected_column", "each", "max_share", "min_rows"})
_KEYS = (
    _REQUIRED
    | _ONLY_SQL
    | {"affects", "when_table", "unless_table", "sql", "expectation", "kwargs", "column", "columns"}
)
_SQL_TEXT = re.compile(r"'[^']*'")


@dataclass(frozen=True)
class Check:
    """One expectation of one table. `reads` maps a table to the columns without which it is skipped."""

    id: str
    suite: str
    stage: str
    table: str
    expectation: str
    severity: str
    says: str
    remedy: str
    affects: str = "none"
    column: str | None = None
    kwargs: dict[str, Any] = field(default_factory=dict)
    sql: str | None = None
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    affected_column: str | None = None
    each: str | None = None
    max_share: float = 0.0
    min_rows: int = 1
    when_table: str | None = None
    unless_table: str | None = None


def load_suites(stage: str, own: Path | None = None) -> tuple[Check, ...]:
    """Checks of a stage: the package's, then those of the files in the folder `own`, in the order of files' names.

    Raises:
        InputError: a suite file says something that cannot be run, or a check has another's id.
    """
    checks = _package_suites()
    if own is not None and own.is_dir():
        checks = _read(own, checks)
    return tuple(check for check in checks.values() if check.stage == stage)


@cache
def _package_suites() -> dict[str, Check]:
    return _read(resources.files(__package__).joinpath("suites"), {})


def _read(folder: Traversable, known: dict[str, Check]) -> dict[str, Check]:
    """The known checks by id, and those of a folder's files."""
    checks = dict(known)
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".yml")), key=lambda f: f.name):
        for check in parse_suite(file.read_text(encoding="utf-8"), file.name):
            if check.id in checks:
                raise InputError(
                    f"{file.name}: the check id {check.id} stands twice. Give each check an id of its own."
                )
            checks[check.id] = check
    return checks


def parse_suite(text: str, file: str) -> list[Check]:
    """Checks of one suite file.

    Raises:
        InputError: naming the file, the check and what is wrong with it.
    """
    document = yaml.safe_load(text)
    if not isinstance(document, dict) or set(document) != {"suite", "stage", "checks"}:
        raise InputError(f"{file} must hold exactly the keys suite, stage and checks.")
    if document["stage"] not in STAGES:
        raise InputError(f"{file}: stage must be one of {', '.join(STAGES)}, not {document['stage']!r}.")
    checks = []
    for node in document["checks"]:
        problem = _problem(node)
        if problem:
            raise InputError(f"{file}, check {node.get('id')!r}: {problem}")
        checks.extend(_expand(node, document["suite"], document["stage"]))
    return checks


def _problem(node: dict[str, Any]) -> str | None:
    """What is wrong with a check as written, or None."""
    missing = _REQUIRED - set(node)
    if missing:
        return f"{', '.join(sorted(missing))} missing."
    unknown = set(node) - _KEYS
    if unknown:
        return f"unknown keys {', '.join(sorted(unknown))}."
    if ("sql" in node) == ("expectation" in node):
        return "either `sql` or `expectation` must be given."
    if "sql" not in node and _ONLY_SQL & set(node):
        return f"{', '.join(sorted(_ONLY_SQL & set(node)))} belong to a check with `sql`."
    if node["severity"] not in SEVERITIES:
        return f"severity must be one of {', '.join(SEVERITIES)}."
    affects = node.get("affects", "none")
    if affects not in AFFECTS:
        return f"affects must be one of {', '.join(AFFECTS)}."
    if affects in ("team", "metric") and "affected_column" not in node:
        return f"affects {affects} needs `affected_column`."
    if node["severity"] == "withhold" and affects == "none":
        return "a check that withholds must say whom it affects."
    if "sql" in node and node["table"] not in node.get("reads", {}):
        return "`reads` must name the table and its columns."
    if "sql" in node and PERSON_COLUMNS & set(re.findall(r"\w+", _SQL_TEXT.sub("", node["sql"]).lower())):
        return "a query must not read a person's id; what it returns is shown."
    if node.get("expectation") == VALUES_IN_SET and PERSON_COLUMNS & {
        node.get("column"),
        *node.get("columns", ()),
    }:
        return "values of a person's column would be shown."
    used = {name for _, name, _, _ in string.Formatter().parse(node["says"]) if name is not None}
    if "sql" not in node and used - _MESSAGE_FIELDS:
        return f"`says` uses the unknown fields {', '.join(sorted(used - _MESSAGE_FIELDS))}."
    return None


def _expand(node: dict[str, Any], suite: str, stage: str) -> list[Check]:
    """One check, or one for each of its `columns`."""
    plain = {key: node[key] for key in _KEYS & set(node) - {"columns", "reads", "expectation"}}
    plain |= {"suite": suite, "stage": stage, "expectation": node.get("expectation", MEASURED)}
    if "sql" in node:
        reads = {table: tuple(columns) for table, columns in node["reads"].items()}
        return [Check(**plain, reads=reads)]
    if "column" in node:
        return [_on_column(plain, node["id"], node["column"])]
    if "columns" in node:
        return [_on_column(plain, f"{node['id']}.{column}", column) for column in node["columns"]]
    return [Check(**plain, reads={node["table"]: ()})]


def _on_column(plain: dict[str, Any], check_id: str, column: str) -> Check:
    # That a column is there is the one thing that can be checked without it.
    needs = () if plain["expectation"] == "ExpectColumnToExist" else (column,)
    return Check(
        **plain
        | {
            "id": check_id,
            "column": column,
            "kwargs": {**plain.get("kwargs", {}), "column": column},
            "reads": {plain["table"]: needs},
        }
    )
