"""What a warehouse lacks and the package works out by other means gives what an engine that has it gives."""

import math
import random
from collections.abc import Iterator

import duckdb
import jinja2
import pytest

from conftest import ROOT

_VALUES = {
    "random": [random.Random(3).uniform(-50, 50) for _ in range(101)],
    "nulls": [None, 4.0, None, -1.5, 12.0, None],
    "ties": [2.0, 2.0, 2.0, 5.0, 5.0, 9.0],
    "one row": [7.25],
    "one that is known": [None, 7.25, None],
    "none known": [None, None],
}


@pytest.fixture(scope="module")
def macros() -> jinja2.environment.TemplateModule:
    """The macros of aggregates, as they are written."""
    source = (ROOT / "macros" / "portability" / "aggregates.sql").read_text("utf-8")
    return jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(source).module


@pytest.fixture(params=_VALUES)
def engine(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with the values, and the names that Trino has for functions DuckDB names otherwise."""
    values = _VALUES[request.param]
    others = values[1:] + values[:1]
    with duckdb.connect() as connection:
        connection.execute("create table held (value double, other double)")
        connection.executemany("insert into held values (?, ?)", list(zip(values, others, strict=True)))
        connection.execute("create macro element_at(list, place) as list_extract(list, place)")
        connection.execute("create macro array_sort(list) as list_sort(list)")
        yield connection


def _on_duckdb(bigquery: str) -> str:
    """BigQuery's arrays as DuckDB writes them; everything else is left as it is."""
    ordered = "array_agg(value ignore nulls order by value)"
    assert bigquery.count(ordered) == 3
    here = "array_agg(value order by value) filter (where value is not null)"
    return bigquery.replace(ordered, f"({here})").replace("[safe_offset(", "[1 + (").replace("int64", "bigint")


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.parametrize("share", ["0", "0.25", "0.5", "0.9", "1"])
@pytest.mark.parametrize("warehouse", ["bigquery", "trino"])
def test_a_percentile(
    engine: duckdb.DuckDBPyConnection, macros: jinja2.environment.TemplateModule, warehouse: str, share: str
) -> None:
    emulated = getattr(macros, f"{warehouse}__percentile")("value", share)
    if warehouse == "bigquery":
        emulated = _on_duckdb(emulated)
    native = macros.default__percentile("value", share)
    found, expected = engine.execute(f"select {emulated}, {native} from held").fetchone()
    assert _same(found, expected), (found, expected)


def test_a_covariance(engine: duckdb.DuckDBPyConnection, macros: jinja2.environment.TemplateModule) -> None:
    emulated, native = (
        getattr(macros, f"{warehouse}__covariance")("value", "other") for warehouse in ("redshift", "default")
    )
    found, expected = engine.execute(f"select {emulated}, {native} from held").fetchone()
    assert (found is None) == (expected is None)
    assert found is None or math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("function", ["greatest", "least"])
def test_extremes_where_one_may_be_null(macros: jinja2.environment.TemplateModule, function: str) -> None:
    # as Snowflake, BigQuery and Trino have it: null when one argument is
    strict = f"case when a is null or b is null or c is null then null else {function}(a, b, c) end"
    known = [None, -2, 0, 5]
    with duckdb.connect() as connection:
        connection.execute(f"create macro strict(a, b, c) as {strict}")
        stood_in = macros.extreme_of_stand_ins("strict", ["a.n", "b.n", "c.n"])
        rows = connection.execute(
            f"with held as (select unnest(?) as n) select {stood_in}, {function}(a.n, b.n, c.n) "
            "from held as a, held as b, held as c",
            [known],
        ).fetchall()
    assert len(rows) == 64
    assert [found for found, _ in rows] == [expected for _, expected in rows]
    assert sum(found is None for found, _ in rows) == 1
