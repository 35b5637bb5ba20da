"""The queueing formulas in SQL, by the vectors of the design notes and against Python."""

import math
from itertools import product

import duckdb
import pytest

from conftest import Bench

CALLS = {
    "kingman": "{{ counterpoise.kingman('ca2', 'cs2', 'rho', 'tau') }}",
    "sakasegawa": "{{ counterpoise.sakasegawa('ca2', 'cs2', 'rho', 'servers', 'tau') }}",
    "load_ceiling": "{{ counterpoise.load_ceiling('ca2', 'cs2', 'servers', 'target') }}",
}


@pytest.fixture(scope="module")
def macros(bench: Bench) -> dict[str, str]:
    """SQL of the macros over columns of the names of their arguments, as dbt compiles it."""
    bench.warehouse.release()
    bench.warehouse.build_folder.mkdir(parents=True, exist_ok=True)
    result = bench.warehouse.project.invoke(["compile", "--inline", ";;".join(CALLS.values())])
    return dict(zip(CALLS, result.results[0].node.compiled_code.split(";;"), strict=True))


def _sql(expression: str, **values: float | None) -> float | None:
    columns = ", ".join(f"cast({'null' if v is None else repr(v)} as double) as {name}" for name, v in values.items())
    with duckdb.connect() as connection:
        [(value,)] = connection.execute(f"select {expression} from (select {columns})").fetchall()
    return None if value is None else float(value)


def _wait(ca2: float, cs2: float, rho: float, servers: float) -> float:
    """Sakasegawa, in service times."""
    return (ca2 + cs2) / 2 * rho ** (math.sqrt(2 * (servers + 1)) - 1) / (servers * (1 - rho))


@pytest.mark.parametrize(
    ("ca2", "cs2", "rho", "tau", "expected"),
    [(1, 0.25, 0.9, 10, 56.25), (1, 1, 0.8, 1, 4), (1, 1, 0.9, 1, 9), (1, 1, 0.95, 1, 19), (1, 1, 0.85, 1, 17 / 3), (1, 1, 0, 1, 0)],
)  # fmt: skip
def test_kingman_has_the_vectors_of_the_design_notes(
    macros: dict[str, str], ca2: float, cs2: float, rho: float, tau: float, expected: float
) -> None:
    """And several servers that are one wait as one does."""
    assert _sql(macros["kingman"], ca2=ca2, cs2=cs2, rho=rho, tau=tau) == pytest.approx(expected, rel=1e-12)
    alone = _sql(macros["sakasegawa"], ca2=ca2, cs2=cs2, rho=rho, servers=1, tau=tau)
    assert alone == pytest.approx(expected, rel=1e-12)


def test_sakasegawa_has_the_vector_of_the_design_notes(macros: dict[str, str]) -> None:
    wait = _sql(macros["sakasegawa"], ca2=1, cs2=1, rho=0.85, servers=5, tau=1)
    assert wait is not None and round(wait, 3) == 0.893


@pytest.mark.parametrize("rho", [1.0, 1.2, -0.1, None])
def test_a_queue_without_an_end_has_no_expected_wait(macros: dict[str, str], rho: float | None) -> None:
    assert _sql(macros["kingman"], ca2=1, cs2=1, rho=rho, tau=1) is None
    assert _sql(macros["sakasegawa"], ca2=1, cs2=1, rho=rho, servers=3, tau=1) is None


@pytest.mark.parametrize(("target", "expected"), [(4, 0.8), (9, 0.9), (19, 0.95), (1, 0.5), (0.001, 0.0), (1000, 0.99)])
def test_the_ceiling_of_one_server_by_hand(macros: dict[str, str], target: float, expected: float) -> None:
    """M/M/1 waits ρ / (1 − ρ) service times: the ceiling is target / (1 + target), the exact load included."""
    assert _sql(macros["load_ceiling"], ca2=1, cs2=1, servers=1, target=target) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ca2", "cs2", "servers", "target"), list(product([0.3, 1, 2.5], [0.25, 1, 4], [1, 2.4, 5, 40], [0.2, 1, 3]))
)
def test_the_ceiling_is_the_highest_load_that_keeps_the_wait(
    macros: dict[str, str], ca2: float, cs2: float, servers: float, target: float
) -> None:
    kept = [percent / 100 for percent in range(1, 100) if _wait(ca2, cs2, percent / 100, servers) <= target + 1e-9]
    ceiling = _sql(macros["load_ceiling"], ca2=ca2, cs2=cs2, servers=servers, target=target)
    assert ceiling == pytest.approx(max(kept, default=0))


def test_no_ceiling_without_variability(macros: dict[str, str]) -> None:
    assert _sql(macros["load_ceiling"], ca2=None, cs2=1, servers=1, target=1) is None
    assert _sql(macros["load_ceiling"], ca2=1, cs2=None, servers=1, target=1) is None
    assert _sql(macros["load_ceiling"], ca2=1, cs2=1, servers=None, target=1) is None
