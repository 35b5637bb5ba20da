"""Control charts, the trend test and burstiness: the published examples, to the digits given."""

import math

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from conftest import Bench
from counterpoise.evaluation.charts import cusum, ewma, ewma_limits, mann_kendall, xmr_rules
from counterpoise.report.limits import XmrLimits, xmr_limits

XMR_TEN = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
EWMA_TWENTY = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, *XMR_TEN]
CUSUM_TWENTY = [
    324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600,
    324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
]  # fmt: skip


def test_xmr_has_the_vector_of_nist_6_3_2_2() -> None:
    limits = xmr_limits(XMR_TEN)
    assert limits.mean == pytest.approx(50.81, abs=5e-5)
    assert limits.moving_range == pytest.approx(1.8778, abs=5e-5)
    assert (limits.upper, limits.lower) == (pytest.approx(55.8049, abs=5e-5), pytest.approx(45.8151, abs=5e-5))
    assert not xmr_rules(XMR_TEN, limits).any()


def test_cusum_has_the_vector_of_nist_6_3_2_3() -> None:
    sums = cusum(CUSUM_TWENTY, 325.0, 0.3175)
    assert sums[12] == pytest.approx(3.0075, abs=5e-5)
    assert sums[13] == pytest.approx(4.94, abs=5e-5)
    assert sums[19] == pytest.approx(19.035, abs=5e-5)
    assert np.flatnonzero(sums > 4.1959)[0] == 13


def test_ewma_has_the_vector_of_nist_6_3_2_4() -> None:
    smooth = ewma(EWMA_TWENTY, 0.3, 50.0)
    np.testing.assert_allclose(smooth[:3], [50.60, 49.52, 50.56], atol=5e-3)
    np.testing.assert_allclose(smooth[-2:], [51.94, 51.99], atol=5e-3)
    lower, upper = ewma_limits(50.0, 2.0539, 0.3)
    assert upper == pytest.approx(52.5884, abs=1e-4)
    assert lower == pytest.approx(47.4115, abs=1e-4)
    assert lower < smooth.min() and smooth.max() < upper


def test_mann_kendall_has_the_vector_of_the_design_notes() -> None:
    trend = mann_kendall(np.arange(1.0, 11.0))
    assert (trend.s, trend.variance) == (45, 125)
    assert trend.z == pytest.approx(3.93548, abs=5e-6)
    assert trend.p == pytest.approx(8.303e-5, abs=5e-9)


def test_mann_kendall_corrects_for_ties_and_skips_holes() -> None:
    """1 1 2: pairs 0 + 1 + 1 = 2; variance (3 · 2 · 11 - 2 · 1 · 9) / 18 = 48 / 18."""
    trend = mann_kendall([1.0, np.nan, 1.0, 2.0])
    assert trend.s == 2
    assert trend.variance == pytest.approx(48 / 18)
    assert trend.z == pytest.approx(1 / math.sqrt(48 / 18))
    assert mann_kendall([3.0, np.nan]).z == 0


@given(st.lists(st.integers(0, 9), min_size=4, max_size=12).filter(lambda values: len(set(values)) > 1))
@settings(deadline=None)
def test_mann_kendall_has_the_sign_of_kendalls_tau(values: list[int]) -> None:
    tau = kendalltau(np.arange(len(values)), values).statistic
    assert np.sign(mann_kendall(np.array(values, float)).s) == np.sign(round(tau, 12))


def test_run_rules_one_by_one() -> None:
    limits = XmrLimits(mean=0.0, moving_range=3 / 2.66, lower=-3.0, upper=3.0)
    beyond = xmr_rules([0, 0, 3.1, 0], limits)
    assert np.argwhere(beyond).tolist() == [[2, 0]]
    above = xmr_rules([1.0, 0.5] * 4 + [-1.0], limits)
    assert np.argwhere(above).tolist() == [[7, 1]]
    # six rising points are five rises
    rising = xmr_rules([-1.0, -0.8, -0.6, -0.4, -0.2, -0.1, -0.1], limits)
    assert np.argwhere(rising).tolist() == [[5, 2]]
    # two of three above two thirds of the way, that is above 2
    near = xmr_rules([2.1, 0, 2.1, 0, 0, 2.1], limits)
    assert np.argwhere(near).tolist() == [[2, 3]]
    assert not xmr_rules([-3.1] * 9, limits).any()


def test_a_hole_changes_no_chart() -> None:
    np.testing.assert_allclose(ewma([1.0, np.nan, 3.0], 0.5, 0.0), [0.5, 0.5, 1.75])
    np.testing.assert_allclose(cusum([1.0, np.nan, 3.0], 0.0, 0.5), [0.5, 0.5, 3.0])


def test_one_server_more_or_five_wait_as_the_design_notes_say() -> None:
    """M/M/5 at a load of .85: exact .873 services (Erlang C), .893 by Sakasegawa; one server 5.67."""
    servers, rho = 5, 0.85
    offered = servers * rho
    below = sum(offered**k / math.factorial(k) for k in range(servers))
    full = offered**servers / math.factorial(servers) / (1 - rho)
    exact = full / (below + full) / (servers * (1 - rho))
    assert round(exact, 3) == 0.873
    assert round(rho ** (math.sqrt(2 * (servers + 1)) - 1) / (servers * (1 - rho)), 3) == 0.893
    assert round(rho / (1 - rho), 2) == 5.67


def test_burstiness_of_few_random_gaps_leans_as_the_design_notes_say(bench: Bench) -> None:
    """Five exponential gaps, very often: the raw measure leans by -.149, the corrected one by -.055."""
    bench.warehouse.release()
    bench.warehouse.build_folder.mkdir(parents=True, exist_ok=True)
    result = bench.warehouse.project.invoke(["compile", "--inline", "{{ counterpoise.burstiness('r', 'n') }}"])
    expression = result.results[0].node.compiled_code
    gaps = np.random.default_rng(1).exponential(size=(400_000, 5))
    ratio = gaps.std(axis=1) / gaps.mean(axis=1)
    with duckdb.connect() as connection:
        connection.register("ratios", {"r": ratio})
        [(corrected,)] = connection.execute(f"select avg({expression}) from (select r, 5 as n from ratios)").fetchall()
    assert np.mean((ratio - 1) / (ratio + 1)) == pytest.approx(-0.149, abs=0.002)
    assert corrected == pytest.approx(-0.055, abs=0.002)
