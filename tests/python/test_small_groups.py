"""Figures of few people are not shown, and nobody gets them by taking one published figure off another."""

import random
from collections.abc import Iterator
from itertools import combinations

import duckdb
import numpy as np
import pytest

from conftest import Bench
from counterpoise.errors import CounterpoiseError

LEAST = 5  # people, and answers
WEEK = 2839
ORGANISATIONS = 60
MADE = ["int_small_team_weeks", "int_hidden_metric_weeks", "int_rollup_groups", "fct_metric_week", "fct_metric_week_rollup"]
Cell = tuple[str, str]  # team, metric


class Organisation:
    """A tree of teams, each with people (None = nobody knows) and an amount whose binary digit tells it from all others."""

    def __init__(self, number: int) -> None:
        chance = random.Random(number)
        self.teams = [f"o{number}-t{place}" for place in range(chance.randint(4, 9))]
        self.parent = {team: chance.choice([None, *self.teams[:place]]) for place, team in enumerate(self.teams)}
        self.people = {team: chance.choice([None, 1, 2, 2, 3, 3, 4, 5, 6, 9]) for team in self.teams}
        # a part of the organisation may have no work of its own, a team no answers
        self.n = {
            (team, metric): chance.randint(1, 8)
            for team in self.teams
            for metric in ("throughput", "clarity")
            if chance.random() < 0.8
        }
        self.amount = {cell: 2.0**place for place, cell in enumerate(sorted(self.n))}

    def above(self, team: str) -> list[str]:
        found = [team]
        while (parent := self.parent[found[-1]]) is not None:
            found.append(parent)
        return found

    def rows(self) -> Iterator[tuple]:
        for (team, metric), n in self.n.items():
            yield team, metric, self.amount[team, metric], n

    def is_small(self, cells: tuple[Cell, ...]) -> bool:
        people = sum(LEAST if self.people[team] is None else self.people[team] for team, _ in cells)
        answers = sum(self.n[cell] for cell in cells)
        return people < LEAST or (cells[0][1] == "clarity" and answers < LEAST)


@pytest.fixture(scope="module")
def organisations(bench: Bench) -> Iterator[tuple[list[Organisation], duckdb.DuckDBPyConnection]]:
    """Random organisations in place of what the marts are made from, and the marts made from them."""
    made = [Organisation(number) for number in range(ORGANISATIONS)]
    bench.build(lambda connection: None, scored=False)
    connection = bench.warehouse.connect()
    private = bench.warehouse.private_schema
    for table in ("int_team_weeks", "int_metric_rows", "int_team_ancestors"):
        connection.execute(f"delete from {private}.{table}")
    for organisation in made:
        connection.executemany(
            f"insert into {private}.int_team_weeks by name select ? as team_id, {WEEK} as week, {WEEK} as first_week, "
            f"{WEEK + 9} as last_complete_week, true as is_complete, ? as active_people, 1 as exposure",
            list(organisation.people.items()),
        )
        connection.executemany(
            f"insert into {private}.int_metric_rows by name select ? as team_id, ? as metric_id, 'all' as stratum, "
            f"{WEEK} as week, {WEEK} as due_week, {WEEK} as known_week, ? as numerator, 1 as denominator, ? as n",
            list(organisation.rows()),
        )
        connection.executemany(
            f"insert into {private}.int_team_ancestors by name select ? as team_id, ? as ancestor_team_id, ? as depth, "
            "false as is_cut",
            [(team, above, depth) for team in organisation.teams for depth, above in enumerate(organisation.above(team))],
        )
    bench.warehouse.release()
    bench.warehouse.project.invoke(["run", "--full-refresh", "--select", *MADE])
    yield made, bench.warehouse.connect()
    bench.warehouse.release()


def _published(
    organisation: Organisation, metric: str, connection: duckdb.DuckDBPyConnection
) -> tuple[list[Cell], np.ndarray]:
    """The cells of a metric, and which of them each published figure is a sum of: shape (figures, cells)."""
    cells = sorted(cell for cell in organisation.n if cell[1] == metric)
    prefix = organisation.teams[0].split("-")[0] + "-%"
    found = connection.execute(
        "select numerator from counterpoise.fct_metric_week where metric_id = $1 and team_id like $2 "
        f"and week_start = date '1970-01-05' + 7 * {WEEK} union all "
        "select numerator from counterpoise.fct_metric_week_rollup where metric_id = $1 and parent_team_id like $2",
        [metric, prefix],
    ).fetchall()
    sums = [int(row[0]) for row in found if row[0] is not None]
    return cells, np.array([[bool(total & int(organisation.amount[cell])) for cell in cells] for total in sums], float)


@pytest.mark.parametrize("metric", ["throughput", "clarity"])
def test_no_published_figures_together_give_a_small_group(organisations, metric: str) -> None:
    """No sum or difference of them, with any weights, speaks of fewer people (or answers) than may be shown."""
    made, connection = organisations
    hidden = shared = 0
    for organisation in made:
        cells, figures = _published(organisation, metric, connection)
        if not len(figures):
            continue
        rank = np.linalg.matrix_rank(figures)
        places = range(len(cells))
        for size in range(1, len(cells)):
            for group in combinations(places, size):
                if organisation.is_small(tuple(cells[place] for place in group)):
                    hidden += 1
                    others = figures[:, [place for place in places if place not in group]]
                    # a combination that speaks of the group alone would vanish with the group's columns
                    assert np.linalg.matrix_rank(others) == rank, (organisation.teams, group)
        alone = {place for place in places if organisation.is_small((cells[place],))}
        shared += sum(any(row[place] for row in figures) for place in alone)
    assert hidden > 200, "small groups to look for"
    assert shared > 20, "small teams count where they are enough together"


def test_what_is_shown_is_what_may_be_shown(organisations) -> None:
    """A large team keeps its figures, a small one has none, and neither is zero."""
    made, connection = organisations
    told = {
        (team, metric): (numerator, n, suppressed)
        for team, metric, numerator, n, suppressed in connection.execute(
            "select team_id, metric_id, numerator, n, is_suppressed from counterpoise.fct_metric_week"
        ).fetchall()
    }
    for organisation in made:
        for cell, n in organisation.n.items():
            small = organisation.is_small((cell,))
            assert told[cell] == ((None, None, True) if small else (organisation.amount[cell], n, False)), cell


def test_a_rollup_says_how_many_teams_are_not_in_it(organisations) -> None:
    _, connection = organisations
    rows = connection.execute(
        "select teams, teams_with_data, teams_left_out, n, is_suppressed from counterpoise.fct_metric_week_rollup"
    ).fetchall()
    assert {row[4] for row in rows} == {True, False}
    for teams, with_data, left_out, n, suppressed in rows:
        assert with_data + left_out <= teams
        assert suppressed == (n is None) == (with_data == 0)


@pytest.mark.parametrize("given", ["2", "0", "'five'", "true"])
def test_a_setting_below_three_is_refused(bench: Bench, given: str) -> None:
    bench.warehouse.release()
    with pytest.raises(CounterpoiseError, match="counterpoise_min_people is a whole number, 3 or more"):
        bench.warehouse.project.invoke(
            ["compile", "--select", "int_small_team_weeks", "--vars", f"{{counterpoise_min_people: {given}}}"]
        )
