"""The statistics: evidence by its vectors and in SQL, and the bunching weights."""

import csv
from itertools import product

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy.integrate import quad
from scipy.stats import halfnorm, norm

from conftest import ROOT, Bench
from counterpoise.scoring.evidence import HIGHEST, LOWEST, log_evidence, mean_there

# Evidence

VECTORS = [(2, 1, 1.264659), (3, 4, 3.484776), (-2, 4, -1.813309), (0, 1, -0.346574)]


@pytest.mark.parametrize(("z", "r", "expected"), VECTORS)
@pytest.mark.parametrize("error", [0.01, 1.0, 25.0])
def test_log_evidence_has_the_vectors_of_the_design_notes(
    z: float, r: float, expected: float, error: float
) -> None:
    """Whatever the unit of the effect."""
    assert round(float(log_evidence(z * error, error, np.sqrt(r) * error)), 6) == expected


@pytest.mark.parametrize(
    ("z", "r"), [(-4.0, 0.2), (-1.0, 4.0), (0.3, 1.0), (1.0, 9.0), (2.5, 0.5), (3.2, 2.0)]
)
def test_log_evidence_is_the_mean_likelihood_ratio_under_a_half_normal_effect(z: float, r: float) -> None:
    """Integrated numerically."""

    def weighed(effect: float) -> float:
        return float(np.exp(z * effect - effect**2 / 2) * halfnorm.pdf(effect, scale=np.sqrt(r)))

    ratio, _ = quad(weighed, 0, 30, epsabs=1e-13, epsrel=1e-11, limit=200)
    assert float(log_evidence(z, 1.0, np.sqrt(r))) == pytest.approx(np.log(ratio), abs=1e-8)


def test_log_evidence_rises_with_the_effect_and_is_clipped() -> None:
    effects = np.linspace(-60, 60, 4001)
    for error, scale in product([0.05, 1, 10], [0.05, 1, 10]):
        values = log_evidence(effects, np.full_like(effects, error), scale)
        assert (np.diff(values) >= -1e-12).all()
        assert values.min() >= LOWEST and values.max() <= HIGHEST
    assert np.isnan(log_evidence([np.nan, 1.0], [1.0, np.nan], 1.0)).all()


def test_a_mean_skips_what_is_not_there() -> None:
    """The mean of 1 and 3 is 2; nothing has none; one value is its own mean."""
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan], [np.nan, 0.05, np.nan]])
    np.testing.assert_allclose(mean_there(values, axis=1), [2.0, np.nan, 0.05], rtol=1e-12)


# SQL against Python


@pytest.fixture(scope="module")
def macros(bench: Bench) -> dict[str, str]:
    """SQL of the macros, as dbt compiles it: ln Φ(z) + z²/2 of a column z; log_evidence of columns d, s and tau."""
    bench.warehouse.release()
    bench.warehouse.build_folder.mkdir(parents=True, exist_ok=True)
    calls = "{{ counterpoise.ln_normal_cdf_plus_half_square('z') }} ;; {{ counterpoise.log_evidence('d', 's', 'tau') }}"
    result = bench.warehouse.project.invoke(["compile", "--inline", calls])
    return dict(
        zip(("ln_cdf_plus_half_square", "log_evidence"), result.results[0].node.compiled_code.split(";;"), strict=True)
    )


def _sql(expression: str, **columns: np.ndarray) -> np.ndarray:
    """A SQL expression over columns of numbers, computed by DuckDB; null and NaN stand for each other."""
    numbers = pa.table({
        "place": np.arange(len(next(iter(columns.values())))),
        **{name: pa.array(np.asarray(values, float), from_pandas=True) for name, values in columns.items()},
    })  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("numbers", numbers)
        values = connection.execute(f"select {expression} from numbers order by place").fetchall()
    return np.array([np.nan if value is None else value for (value,) in values], dtype=float)


def test_sql_ln_normal_cdf_equals_scipy(macros: dict[str, str]) -> None:
    """Also where the distribution function itself is nothing but zeros."""
    z = np.concatenate([np.linspace(-40, 40, 1601), [0.0, 8.0, 8.01]])
    ours = _sql(macros["ln_cdf_plus_half_square"], z=z)
    np.testing.assert_allclose(ours, norm.logcdf(z) + z**2 / 2, atol=1e-6, rtol=0)


# z, r and the error: every sign and size an estimate may have
GRID = np.array(list(product(np.linspace(-12, 12, 97), [0.05, 0.25, 1, 4, 25], [0.02, 1.0, 30.0])))


def test_sql_log_evidence_equals_python(macros: dict[str, str]) -> None:
    """To six digits, which is what the marts keep.

    Known bug while it fails: a normal distribution that is near in absolute terms, and held above 1e-12, is not near in
    its logarithm: off by 1e-5 from three errors on in the other direction, and of the wrong sign from eight on.
    """
    z, r, s = GRID.T
    ours = _sql(macros["log_evidence"], d=z * s, s=s, tau=np.sqrt(r) * s)
    off = np.abs(ours - log_evidence(z * s, s, np.sqrt(r) * s))
    worst = int(off.argmax())
    told = f"off by {off.max():.6f} at z = {z[worst]}, r = {r[worst]}, and {(off >= 1e-6).mean():.0%} of the grid"
    assert off.max() < 1e-6, told


def test_sql_log_evidence_of_a_move_in_the_named_direction(macros: dict[str, str]) -> None:
    z, r, s = GRID[GRID[:, 0] >= 0].T
    ours = _sql(macros["log_evidence"], d=z * s, s=s, tau=np.sqrt(r) * s)
    np.testing.assert_allclose(ours, log_evidence(z * s, s, np.sqrt(r) * s), atol=1e-6, rtol=0)


def test_sql_log_evidence_of_nothing_is_nothing(macros: dict[str, str]) -> None:
    nothing = _sql(macros["log_evidence"], d=[np.nan, 1, 1, 1], s=[1, np.nan, 0, -1], tau=[1, 1, 1, 1])
    assert np.isnan(nothing).all()


# The bunching weights

BIN_WIDTH = 0.05


@pytest.fixture(scope="module")
def bunching() -> list[dict[str, str]]:
    with (ROOT / "seeds" / "registry" / "bunching_weights.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_bunching_weights_are_those_of_a_quadratic_count_test(bunching: list[dict[str, str]]) -> None:
    """Inside 1, outside -0.4, less what a quadratic through the bins around would give there."""
    low = np.array([float(row["ratio_low"]) for row in bunching])
    np.testing.assert_allclose(low, 0.5 + BIN_WIDTH * np.arange(20), atol=1e-9)
    assert [int(row["bin_number"]) for row in bunching] == list(range(10, 30))
    # integers of a hundredth, so that no border falls between two doubles
    hundredths = np.round(low * 100).astype(int)
    inside = (hundredths >= 90) & (hundredths < 100)
    outside = (hundredths >= 100) & (hundredths < 125)
    window = inside * 1.0 - outside * 0.4
    around = ~(inside | outside)
    curve = np.vander(low + BIN_WIDTH / 2, 3)
    weights = window.copy()
    weights[around] = -(window @ curve) @ np.linalg.pinv(curve[around])
    np.testing.assert_allclose([float(row["weight"]) for row in bunching], weights, atol=5e-7)
    # so that no quadratic of counts, whatever its shape, has anything in it
    np.testing.assert_allclose(weights @ curve, 0, atol=1e-12)


def _bunching_z(bunching: list[dict[str, str]], ratios: np.ndarray) -> np.ndarray:
    """Sum of weights over its error under Poisson counts, of each row of target ratios."""
    weight = np.array([float(row["weight"]) for row in bunching])
    place = np.floor(ratios * 20).astype(int) - 10
    near = (place >= 0) & (place < 20)
    weights = np.where(near, weight[np.clip(place, 0, 19)], 0.0)
    return weights.sum(axis=1) / np.sqrt((weights**2).sum(axis=1))


def test_bunching_test_finds_moved_items_and_keeps_its_size(bunching: list[dict[str, str]]) -> None:
    """400 items, half of them done in four fifths of the target; a fifth of those up to a quarter over it moved under.

    The power asked for is that of the design notes. It needs some fifty items just over the target, as here, and a
    spread of durations that a quadratic can follow: at a logarithmic spread of 0.3 the test no longer keeps its size.
    """
    rng = np.random.default_rng(20_240_603)
    ratios = np.exp(rng.normal(np.log(0.8), 0.5, size=(4000, 400)))
    moved = (ratios >= 1) & (ratios < 1.25) & (rng.random(ratios.shape) < 0.2)
    bunched = np.where(moved, rng.uniform(0.9, 1.0, size=ratios.shape), ratios)
    limit = norm.isf(0.05)
    size = float((_bunching_z(bunching, ratios) > limit).mean())
    found = float((_bunching_z(bunching, bunched) > limit).mean())
    assert 0.04 <= size <= 0.08, f"{size:.1%} of smooth distributions are taken for bunched"
    assert 0.77 <= found <= 0.85, f"{found:.1%} of bunched distributions are found"
