"""Metric rotation: which metric counts when, by a schedule nobody can foresee and everybody can check.

A chain of keys is made backwards from a secret: the last key comes from the secret, and each key is the SHA-256 of the
one after it. The end of the chain, the anchor, is published before the first period. In period i its key is revealed:
it hashes to the key before (or the anchor), so it was fixed from the start; and since SHA-256 cannot be turned round,
no revealed key tells the next one. The metric of a team in a period follows from the revealed key alone.

The secret never leaves this module, and neither does a key of a period that has not begun.
"""

import calendar
import csv
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from counterpoise.answers import known_by
from counterpoise.errors import UsageError
from counterpoise.warehouse import Warehouse

SECRET_VARIABLE = "COUNTERPOISE_ROTATION_SECRET"
SHORTEST_SECRET = 16
MOST_PERIODS = 400
MONTHS = {"month": 1, "quarter": 3}
COLUMNS = ("team_id", "period_number", "period_start", "period_end", "metric_id", "key", "anchor", "pool")


@dataclass(frozen=True)
class Draw:
    """Which metric counts for a team in a period, with what proves it. A row of `metric_rotation`."""

    team_id: str
    period_number: int
    period_start: date
    period_end: date
    metric_id: str
    key: str
    anchor: str
    pool: str


@dataclass(frozen=True)
class Plan:
    """A schedule before its draws: what is drawn from, from when, and how often. Different plans have different keys.

    Raises:
        UsageError: fewer than two metrics, one twice, or too many periods.
    """

    pool: tuple[str, ...]
    start: date
    period: str
    periods: int

    def __post_init__(self) -> None:
        if len(self.pool) < 2:
            raise UsageError("A rotation needs two metrics or more in --pool.")
        if len(set(self.pool)) < len(self.pool):
            raise UsageError("A metric stands twice in --pool.")
        if any("," in metric or not metric for metric in self.pool):
            raise UsageError("--pool has an empty metric id.")
        if self.period not in MONTHS:
            raise UsageError(f"{self.period!r} is no period. Say month or quarter.")
        if not 1 <= self.periods <= MOST_PERIODS:
            raise UsageError(f"--periods lies between 1 and {MOST_PERIODS}.")
        if self.start.day > 28:
            raise UsageError("A schedule begins on day 1 to 28 of a month, so that every month has that day.")

    def begins(self, number: int) -> date:
        """First day of a period; 1 is the first."""
        months = self.start.year * 12 + self.start.month - 1 + (number - 1) * MONTHS[self.period]
        year, month = divmod(months, 12)
        return date(year, month + 1, min(self.start.day, calendar.monthrange(year, month + 1)[1]))

    def ends(self, number: int) -> date:
        """Last day of a period."""
        return self.begins(number + 1) - timedelta(days=1)

    def revealed(self, as_of: date) -> int:
        """How many periods have begun by a day."""
        return sum(self.begins(number) <= as_of for number in range(1, self.periods + 1))


def anchor_of(plan: Plan, secret: str) -> str:
    """What is published before the schedule starts."""
    return _keys(plan, secret)[0]


def draws(plan: Plan, teams: Iterable[str], secret: str, as_of: date) -> list[Draw]:
    """The draws of all periods that have begun by `as_of`, by period and team; none of a later one."""
    keys = _keys(plan, secret)[: plan.revealed(as_of) + 1]
    pool = ",".join(plan.pool)
    found = []
    for team in sorted(set(teams)):
        before = None
        for number in range(1, len(keys)):
            before = metric_of(keys[number], team, number, plan.pool, before)
            found.append(
                Draw(team, number, plan.begins(number), plan.ends(number), before, keys[number], keys[0], pool)
            )
    return sorted(found, key=lambda draw: (draw.period_number, draw.team_id))


def metric_of(key: str, team: str, number: int, pool: Sequence[str], before: str | None) -> str:
    """The metric of a team in a period: drawn from the pool without the metric of the period before.

    Args:
        key: revealed key of the period, hexadecimal.
        before: metric of the period before; None in the first.
    """
    left = [metric for metric in pool if metric != before]
    digest = hmac.new(bytes.fromhex(key), f"{team}|{number}".encode(), hashlib.sha256).digest()
    return left[int.from_bytes(digest) % len(left)]


def _keys(plan: Plan, secret: str) -> list[str]:
    """The whole chain, anchor first. The last key comes from the secret and the plan."""
    if len(secret) < SHORTEST_SECRET:
        raise UsageError(
            f"Set {SECRET_VARIABLE} to a long random text of your own ({SHORTEST_SECRET} characters and more), "
            "and keep it: the schedule is made from it."
        )
    named = f"counterpoise rotation|{','.join(plan.pool)}|{plan.start}|{plan.period}|{plan.periods}"
    key = hmac.new(secret.encode(), named.encode(), hashlib.sha256).digest()
    chain = [key]
    for _ in range(plan.periods):
        chain.append(hashlib.sha256(chain[-1]).digest())
    return [key.hex() for key in reversed(chain)]


def problems(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What does not fit in published rows: keys that do not hash to the one before, metrics that do not follow from
    their key, periods that are missing or overlap. Empty = every draw was fixed before its schedule began.
    """
    found: list[str] = []
    by_anchor: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        try:
            read = {**row, "period_number": int(row["period_number"])}
            if not (len(bytes.fromhex(read["key"])) == len(bytes.fromhex(read["anchor"])) == 32):
                raise ValueError
            if not 1 <= read["period_number"] <= MOST_PERIODS:
                raise ValueError
        except (KeyError, TypeError, ValueError):
            found.append(f"A row of team {row.get('team_id')!r} cannot be read: {_shown(row)}.")
            continue
        by_anchor.setdefault(str(read["anchor"]).lower(), []).append(read)
    for anchor, group in sorted(by_anchor.items()):
        keys: dict[int, str] = {}
        for row in group:
            key = str(row["key"]).lower()
            if keys.setdefault(row["period_number"], key) != key:
                found.append(f"Period {row['period_number']} has two keys.")
        if len({str(row["pool"]) for row in group}) > 1:
            found.append(f"The schedule of anchor {anchor[:12]}… has two pools.")
        for number in range(1, max(keys) + 1):
            before = keys.get(number - 1) if number > 1 else anchor
            if number not in keys:
                found.append(f"Period {number} has no key.")
            elif before is not None and hashlib.sha256(bytes.fromhex(keys[number])).hexdigest() != before:
                what = "the anchor" if number == 1 else f"the key of period {number - 1}"
                found.append(f"The key of period {number} does not hash to {what}.")
        found += _problems_of_teams(group)
    return found


def _problems_of_teams(group: list[dict[str, Any]]) -> list[str]:
    found = []
    by_team: dict[str, list[dict[str, Any]]] = {}
    for row in group:
        by_team.setdefault(str(row["team_id"]), []).append(row)
    for team, rows in sorted(by_team.items()):
        before: str | None = None
        ended: str | None = None
        expected_number = 1
        for row in sorted(rows, key=lambda row: row["period_number"]):
            number, metric = row["period_number"], str(row["metric_id"])
            pool = [name for name in str(row["pool"]).split(",") if name]
            if number != expected_number:
                found.append(f"Team {team}: period {expected_number} is missing or stands twice.")
            if len(pool) < 2:
                found.append(f"Team {team}, period {number}: a pool of fewer than two metrics.")
            elif metric_of(row["key"], team, number, pool, before) != metric:
                found.append(f"Team {team}, period {number}: {metric} does not follow from the key.")
            if str(row["period_end"]) < str(row["period_start"]) or (ended and str(row["period_start"]) <= ended):
                found.append(f"Team {team}, period {number}: its days overlap or end before they begin.")
            before, ended, expected_number = metric, str(row["period_end"]), number + 1
    return found


def _shown(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {row.get(name)!r}" for name in COLUMNS if name != "pool")[:200]


def as_table(found: Sequence[Draw]) -> pa.Table:
    """Draws as rows of `metric_rotation`."""
    rows = [asdict(draw) for draw in found]
    types = {"period_number": pa.int32(), "period_start": pa.date32(), "period_end": pa.date32()}
    return pa.table({name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in COLUMNS})


def known_teams(warehouse: Warehouse, teams: Sequence[str], plan: Plan) -> list[str]:
    """The teams to draw for: those named, else all of the warehouse.

    Raises:
        UsageError: nothing was built there, or a team or metric is not known.
    """
    known = known_by(warehouse).ids
    for metric in plan.pool:
        if metric not in known["metric_id"]:
            raise UsageError(f"There is no metric {metric!r}.")
    for team in teams:
        if team not in known["team_id"]:
            raise UsageError(f"There is no team {team!r}.")
    return sorted(teams or known["team_id"])


def published(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The rows of `metric_rotation`.

    Raises:
        UsageError: the relation was not built yet.
    """
    known_by(warehouse)
    # names as they are: engines quote them in different ways
    return warehouse.query(f"select {', '.join(COLUMNS)} from {warehouse.marts_schema}.metric_rotation").to_pylist()


def keep(warehouse: Warehouse, found: Sequence[Draw]) -> int:
    """Add draws to `metric_rotation`; how many were new. What was published is never changed."""
    there = {(row["anchor"], row["team_id"], row["period_number"]) for row in published(warehouse)}
    new = [draw for draw in found if (draw.anchor, draw.team_id, draw.period_number) not in there]
    if new:
        warehouse.append_rows("metric_rotation", as_table(new))
    return len(new)


def write_csv(path: Path, found: Sequence[Draw]) -> None:
    """Draws as a file for everybody to check."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(draw) for draw in found)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Published draws from a file.

    Raises:
        UsageError: there is no such file, or it has not the columns.
    """
    if not path.is_file():
        raise UsageError(f"{path} does not exist.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise UsageError(f"{path} has no column {missing[0]}.")
        return list(reader)
