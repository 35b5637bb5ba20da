"""Effects of interventions: published figures come out, hand-worked examples fit, an independent library agrees, and
intervals hold what they say they hold."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from conftest import ROOT, real_data
from counterpoise.cli import main
from counterpoise.effects import marts
from counterpoise.effects.imputation import Imputation, Panel
from counterpoise.effects.plot import Point, draw
from counterpoise.effects.segmented import segmented
from counterpoise.effects.study import study
from counterpoise.report import build_report
from report_fixture import HOSTILE, PARADOX_TEAM, SMALL_TEAM, make_marts, reader

MAPPINGS = ROOT / "tests" / "mappings"
# Months 0 to 6 and the average, as published with the data.
PUBLISHED = {
    "commits": (55, 14, -5, -7, -5, -7, -14, 3.4),
    "lines_added": (281, 49, -3, 0, 3, -7, -4, 28.6),
    "warnings": (29, 33, 35, 31, 30, 26, 28, 29.7),
    "cognitive_complexity": (39, 41, 45, 41, 43, 40, 49, 40.7),
    "duplicated_lines_density": (7, 8, 10, 7, 6, 4, 6, 8.1),
}


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["effects", *map(str, arguments)])


def percent(value: float) -> float:
    return 100 * float(np.expm1(value))


# real data


@pytest.fixture(scope="module")
def adoption() -> dict[str, Any]:
    panel = real_data("ai_adoption/panel.csv.gz")
    result = call("--panel", panel, "--mapping", MAPPINGS / "ai_adoption.yml", "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize("measure", PUBLISHED)
def test_the_published_table_comes_out_with_intervals(adoption: dict[str, Any], measure: str) -> None:
    rows = [row for row in adoption["effects"] if row["measure"] == measure and row["first"] >= 0]
    assert [row["since"] for row in rows] == [*(f"month {month}" for month in range(7)), "all"]
    for row, published in zip(rows, PUBLISHED[measure], strict=True):
        assert percent(row["effect"]) == pytest.approx(published, abs=1.0), row["since"]
        assert percent(row["low"]) < percent(row["effect"]) < percent(row["high"])
    before = [row for row in adoption["effects"] if row["measure"] == measure and row["first"] < 0]
    assert [row["first"] for row in before] == [-6, -5, -4, -3, -2, -1], "each lead with an interval"
    assert all(row["low"] < row["effect"] < row["high"] for row in before)


def test_plain_medians_stand_beside_with_the_reason_why_they_mislead(adoption: dict[str, Any]) -> None:
    [row] = [row for row in adoption["effects"] if row["measure"] == "warnings" and row["since"] == "month 0"]
    assert (row["median_before"], row["median_after"]) == (pytest.approx(104, abs=0.5), 62)
    assert row["reads_as"] == "worse" and "The medians fall although the effect is +28.8 %" in row["median_why"]
    assert "different units" in row["median_why"] and "the 532 in both: 103.5 → 125" in row["median_why"]


def test_a_pre_trend_that_speaks_against_the_comparison_is_said(adoption: dict[str, Any]) -> None:
    by_measure = {row["measure"]: row for row in adoption["effects"]}
    assert by_measure["warnings"]["pre_trend_p"] < 0.05 and "speaks against" in by_measure["warnings"]["assumes"]
    assert by_measure["commits"]["pre_trend_p"] > 0.05 and "speaks against" not in by_measure["commits"]["assumes"]


def test_the_trial_gives_its_published_figures() -> None:
    result = call("--panel", real_data("felt_speed/issues.csv"), "--mapping", MAPPINGS / "felt_speed.yml", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    [row] = found["effects"]
    ratios = [float(np.expm1(row[name])) for name in ("effect", "low", "high")]
    assert ratios == pytest.approx([0.188, 0.013, 0.395], abs=5e-4)
    assert row["shown"] == "+18.8 %" and row["reads_as"] == "worse" and row["treated_units"] == 136
    assert round(100 * found["forecasts"][0]["share"]) == -24


# worked by hand


def small_panel() -> Panel:
    """One control and two treated units that start in period 2. The control rises by 1 a period, so 7 and 5 would
    have been; 10 and 6 were: effects 3 and 1."""
    y = [1.0, 2.0, 3.0, 5.0, 6.0, 10.0, 3.0, 4.0, 6.0]
    unit, period = np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3)
    return Panel(unit, period, np.repeat([np.nan, 2.0, 2.0], 3), np.array(y), np.empty((9, 0)))


def test_effect_and_error_worked_by_hand() -> None:
    found = Imputation(small_panel())
    assert found.effect[[5, 8]] == pytest.approx([3, 1]) and np.isnan(found.effect[[0, 1, 2, 3, 4, 6, 7]]).all()
    average = found.average()
    # each effect less the other one's is 2 and -2, weighed by half; untreated rows fit exactly: √(1² + 1²)
    half = stats.t.ppf(0.975, 1) * np.sqrt(2)
    assert (average.effect, average.units, average.rows) == (pytest.approx(2), 2, 2)
    assert (average.low, average.high) == pytest.approx((2 - half, 2 + half))
    assert found.control_units == 1 and found.average(1) is None


def test_what_nothing_speaks_for_is_left_out_and_counted() -> None:
    panel = small_panel()
    always = Panel(  # a unit that is treated from its first row on
        np.append(panel.unit, 3), np.append(panel.period, 1), np.append(panel.start, 1.0),
        np.append(panel.y, 50.0), np.empty((10, 0)),
    )  # fmt: skip
    found = Imputation(always)
    assert found.units_left_out == 1 and found.average().effect == pytest.approx(2)
    nobody_left = Imputation(panel.rows(panel.unit != 0))
    assert nobody_left.rows_left_out == 2 and nobody_left.average() is None


def test_units_without_a_past_say_nothing_and_break_nothing() -> None:
    # both treated from the first week there is: nobody knows what would have been
    panel = Panel(
        np.array([0, 0, 0, 1, 1]), np.array([5, 6, 7, 5, 6]), np.array([5.0, 5, 5, 2, 2]), np.arange(5.0),
        np.empty((5, 0)),
    )  # fmt: skip
    found = Imputation(panel)
    assert found.average() is None and found.pre_trend(3) is None and found.units_left_out == 2
    assert study(panel, [(0, None), (0, 3)], 4, 4, 52) is None


def test_rows_in_another_component_cannot_be_imputed() -> None:
    # untreated rows of units 0 and 1 share no period, so nothing ties period 2 to unit 1
    unit, period = np.array([0, 0, 1, 1]), np.array([2, 3, 0, 2])
    panel = Panel(unit, period, np.array([np.nan, np.nan, 2.0, 2.0]), np.arange(4.0), np.empty((4, 0)))
    assert Imputation(panel).rows_left_out == 1


def test_a_straight_line_with_a_step_worked_by_hand() -> None:
    period = np.arange(30)
    y = 2 + 0.5 * period + np.where(period >= 20, 3 + 0.25 * (period - 20), 0)
    found = segmented(period, y, 20)
    assert (found.level.effect, found.slope.effect) == (pytest.approx(3), pytest.approx(0.25))
    assert found.average(0, 3).effect == pytest.approx(3 + 0.25 * 1.5) and found.average(10) is None
    assert segmented(period, y, 11) is None and segmented(period, y, 27) is None, "too little on one side"
    assert not found.has_season


def test_newey_west_against_its_definition() -> None:
    generator = np.random.default_rng(3)
    period = np.arange(40)
    y = generator.normal(size=40) + 0.1 * period
    x = np.column_stack([period >= 25, np.where(period >= 25, period - 25, 0), np.ones(40), period]).astype(float)
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    lags, meat = int(4 * 0.4 ** (2 / 9)), np.zeros((4, 4))
    for i in range(40):
        for j in range(40):
            if abs(i - j) <= lags:
                meat += (1 - abs(i - j) / (lags + 1)) * rest[i] * rest[j] * np.outer(x[i], x[j])
    bread = np.linalg.inv(x.T @ x)
    error = np.sqrt((bread @ meat @ bread)[0, 0] * 40 / 36)
    found = segmented(period, y, 25)
    assert (found.level.high - found.level.low) / 2 == pytest.approx(stats.t.ppf(0.975, 36) * error)


def test_a_season_is_taken_out_where_there_is_a_year_before() -> None:
    period = np.arange(120)
    y = np.sin(2 * np.pi * period / 52) + (period >= 80) * 1.0
    found = segmented(period, y, 80, season=52)
    assert found.has_season and found.level.effect == pytest.approx(1) and found.slope.effect == pytest.approx(0)


# against an independent library, and by simulation


def staggered(
    seed: int, units: int = 60, periods: int = 14, effect: float = 0.0, growth: float = 0.0, drift: float = 0.0
) -> Panel:
    """Units that start in period 5, 8, 10 or never, with errors that follow each other (0.5).

    `growth` is added to the effect for each period since the start, more for early cohorts; `drift` per period makes
    treated units move away before it.
    """
    generator = np.random.default_rng(seed)
    cohort = np.array([5.0, 8.0, 10.0, np.nan])[np.arange(units) % 4]
    noise = np.zeros((units, periods))
    noise[:, 0] = generator.normal(size=units)
    for period in range(1, periods):
        noise[:, period] = 0.5 * noise[:, period - 1] + generator.normal(size=units) * np.sqrt(0.75)
    at = np.arange(periods)[None, :]
    since = at - cohort[:, None]
    treated = np.where(since >= 0, effect + growth * np.nan_to_num(since) * (cohort[:, None] < 7), 0)
    y = generator.normal(size=(units, 1)) + 0.3 * at + noise + treated + np.where(np.isnan(since), 0, drift * at)
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    kept = generator.random(units * periods) > 0.1  # not balanced
    x = generator.normal(size=(units * periods, 1))
    return Panel(unit, period, np.repeat(cohort, periods), y.ravel() + 0.4 * x[:, 0], x).rows(kept)


def test_an_independent_library_gives_the_same_effects() -> None:
    pyfixest = pytest.importorskip("pyfixest", reason="the test extra is not installed; `make test` installs it")
    import pandas as pd

    panel = staggered(11, effect=0.8, growth=0.2)
    horizon = panel.horizon
    frame = pd.DataFrame({
        "y": panel.y, "x": panel.covariates[:, 0], "unit": panel.unit, "period": panel.period,
        "treated": horizon >= 0, "since": np.where(horizon >= 0, horizon, -1).astype(int),
    })  # fmt: skip
    fitted = pyfixest.did2s(
        frame, yname="y", first_stage="~ x | unit + period", second_stage="~ i(since, ref = -1)", treatment="treated",
        cluster="unit",
    )  # fmt: skip
    oracle = {int(name.split("::")[1].rstrip("]").removeprefix("T.")): value for name, value in fitted.coef().items()}
    found = Imputation(panel)
    assert set(oracle) == set(range(9))
    for since, value in oracle.items():
        assert found.average(since, since).effect == pytest.approx(value, abs=1e-5), (
            "it takes unit means away by iteration"
        )


def test_effects_and_weights_against_a_dense_regression_with_all_dummies() -> None:
    panel = staggered(12, units=16, effect=0.5)
    untreated = ~(panel.horizon >= 0)
    dummies = np.column_stack([
        panel.unit[:, None] == np.unique(panel.unit), panel.period[:, None] == np.unique(panel.period)[1:],
        panel.covariates,
    ]).astype(float)  # fmt: skip
    fit = np.linalg.lstsq(dummies[untreated], panel.y[untreated], rcond=None)[0]
    found = Imputation(panel)
    own = panel.horizon >= 0
    assert found.effect[own] == pytest.approx((panel.y - dummies @ fit)[own])
    weights = own / own.sum()
    pull = np.zeros(len(own))
    pull[untreated] = weights[own] @ dummies[own] @ np.linalg.pinv(dummies[untreated])
    assert found._fit.pull(weights) == pytest.approx(pull)


def test_leads_and_their_errors_against_a_dense_regression_with_all_dummies() -> None:
    panel = staggered(13, units=24)
    rows = panel.rows(~(panel.horizon >= 0))
    leads = [rows.horizon == -lead for lead in (1, 2, 3)]
    x = np.column_stack([
        *leads, rows.unit[:, None] == np.unique(rows.unit), rows.period[:, None] == np.unique(rows.period)[1:],
        rows.covariates,
    ]).astype(float)  # fmt: skip
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ rows.y
    scores = np.array([x[own].T @ (rows.y - x @ beta)[own] for own in (rows.unit == unit for unit in range(24))])
    covariance = (bread @ (scores.T @ scores) @ bread * 24 / 23)[:3, :3]
    found = Imputation(panel).pre_trend(3)
    for place, lead in enumerate(found.leads):
        half = stats.t.ppf(0.975, lead.estimate.units - 1) * np.sqrt(covariance[place, place])
        assert lead.estimate.effect == pytest.approx(beta[place])
        assert lead.estimate.high - lead.estimate.effect == pytest.approx(half)
    treated = 18
    wald = beta[:3] @ np.linalg.inv(covariance) @ beta[:3]
    assert found.p == pytest.approx(stats.f.sf(wald / 3 * (treated - 3) / (treated - 1), 3, treated - 3))


def test_without_an_effect_intervals_hold_0_about_95_times_in_100() -> None:
    held, early = [], []
    for seed in range(300):
        found = Imputation(staggered(seed))
        for estimate, kept in ((found.average(), held), (found.average(0, 0), early)):
            kept.append(estimate.low <= 0 <= estimate.high)
    # 300 draws of 0.95 lie between 0.91 and 0.985 with near certainty; the error is conservative by design
    assert 0.91 <= np.mean(held) <= 0.99 and 0.91 <= np.mean(early) <= 0.99


def test_few_teams_are_no_reason_for_narrow_intervals() -> None:
    held = [
        estimate.low <= 0 <= estimate.high
        for estimate in (Imputation(staggered(seed, units=8)).average() for seed in range(300))
    ]
    assert np.mean(held) >= 0.9


def test_a_planted_effect_is_found_without_bias_where_two_way_fixed_effects_is_not() -> None:
    imputed, two_way, truth = [], [], []
    for seed in range(60):
        panel = staggered(seed, effect=0.5, growth=0.4)
        own = panel.horizon >= 0
        truth.append((0.5 + 0.4 * panel.horizon[own] * (panel.start[own] < 7)).mean())
        imputed.append(Imputation(panel).average().effect)
        x = np.column_stack([
            own, panel.unit[:, None] == np.unique(panel.unit), panel.period[:, None] == np.unique(panel.period)[1:],
            panel.covariates,
        ]).astype(float)  # fmt: skip
        two_way.append(np.linalg.lstsq(x, panel.y, rcond=None)[0][0])
    off = np.array(imputed) - truth
    assert abs(off.mean()) < 3 * off.std() / np.sqrt(60)
    assert np.mean(np.array(two_way) - truth) < -0.3, "the usual regression is far off"


def test_the_check_before_the_start_holds_its_level_and_sees_a_drift() -> None:
    for units in (8, 12, 60):
        level = [Imputation(staggered(seed, units=units)).pre_trend(3).p for seed in range(200)]
        assert np.mean(np.array(level) < 0.05) < 0.1, units
    drifting = Imputation(staggered(1, units=120, drift=0.4)).pre_trend(3)
    assert drifting.p < 0.01 and [lead.before for lead in drifting.leads] == [1, 2, 3]
    assert all(lead.estimate.effect > 0 for lead in drifting.leads)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-50, 50), st.floats(0.1, 20))
def test_order_names_and_scale_of_rows_do_not_matter(seed: int, shift: float, scale: float) -> None:
    panel = staggered(5, units=12, effect=0.5)
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(panel.y))
    names = generator.permutation(100)[:12].astype(np.int64)
    other = Panel(
        names[panel.unit[order]], panel.period[order] + 7, panel.start[order] + 7, shift + scale * panel.y[order],
        panel.covariates[order] * 3,
    )  # fmt: skip
    before, after = Imputation(panel).average(), Imputation(other).average()
    assert after.effect == pytest.approx(scale * before.effect, abs=1e-6)
    assert after.high - after.low == pytest.approx(scale * (before.high - before.low), abs=1e-6)


# which method


def test_one_treated_unit_without_control_gets_a_segmented_regression_with_its_assumptions() -> None:
    period = np.arange(60)
    y = 0.1 * period + np.where(period >= 40, 2.0, 0.0)
    panel = Panel(np.zeros(60, dtype=np.int64), period, np.full(60, 40.0), y, np.empty((60, 0)))
    found = study(panel, [(0, 3), (0, None)], 3, 4, 52)
    assert found.method == "segmented" and found.bins[0].effect == pytest.approx(2)
    assert "gone on as it did before" in found.assumes and "season could not" in found.assumes


def test_one_treated_unit_is_read_less_what_the_others_did() -> None:
    unit, period = np.repeat(np.arange(4), 60), np.tile(np.arange(60), 4)
    shock = np.where(period >= 40, -5.0, 0.0)  # hits everybody at the same time
    y = unit + shock + np.where((unit == 0) & (period >= 40), 2.0, 0.0)
    panel = Panel(unit, period, np.where(unit == 0, 40.0, np.nan), y, np.empty((240, 0)))
    found = study(panel, [(0, None)], 3, 4, 52)
    assert found.method == "segmented" and found.control_units == 3
    assert found.bins[0].effect == pytest.approx(2) and "Less what control units did" in found.assumes


def test_everybody_at_once_is_one_series() -> None:
    unit, period = np.repeat(np.arange(3), 60), np.tile(np.arange(60), 3)
    y = 10.0 * unit + np.where(period >= 40, 1.5, 0.0)
    found = study(Panel(unit, period, np.full(180, 40.0), y, np.empty((180, 0))), [(0, None)], 3, 4, 52)
    assert (found.method, found.treated_units, found.bins[0].effect) == ("segmented", 3, pytest.approx(1.5))


# files

PANEL = "team,week,start,out,cost\n" + "".join(
    f"{team},{week},{start},{out},{cost}\n"
    for team, start, base in (("a", "2026-03-02", 5), ("b", "2026-03-09", 7), ("c", "", 6), ("d", "", 4))
    for week, out, cost in (
        (day, base + at + (3 if start and day >= start else 0), base * 2 + at)
        for at, day in enumerate(("2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02", "2026-03-09", "2026-03-16"))
    )
)
MAPPING = """
unit: team
period: {column: week, every: week}
start: start
outputs: {out: {better: up}}
outcomes: {cost: {better: down}}
horizons: 1
"""


def write(folder: Path, panel: str = PANEL, mapping: str = MAPPING) -> tuple[Path, Path]:
    files = folder / "panel.csv", folder / "mapping.yml"
    for path, text in zip(files, (panel, mapping), strict=True):
        path.write_text(text, encoding="utf-8")
    return files


def test_a_small_file_gives_table_files_and_page(tmp_path: Path) -> None:
    panel, mapping = write(tmp_path)
    result = call("--panel", panel, "--mapping", mapping, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "output: out (higher is better)" in result.output and "outcome: cost (lower is better)" in result.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"effects.json", "effects.csv", "effects.html"}
    found = json.loads((tmp_path / "out" / "effects.json").read_text(encoding="utf-8"))
    effects = {(row["measure"], row["since"]): row["effect"] for row in found["effects"] if row["first"] >= 0}
    assert effects["out", "all"] == pytest.approx(3) and effects["cost", "week 0"] == pytest.approx(0, abs=1e-9)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select count(*) from read_csv(?)", [str(tmp_path / "out" / "effects.csv")]
        ).fetchone()
    assert rows == (len(found["effects"]),)


def test_parquet_and_csv_say_the_same(tmp_path: Path) -> None:
    panel, mapping = write(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(f"copy (select * from read_csv('{panel}')) to '{tmp_path / 'panel.parquet'}'")
    said = [
        json.loads(call("--panel", path, "--mapping", mapping, "--json").output)["effects"]
        for path in (panel, tmp_path / "panel.parquet")
    ]
    assert said[0] == said[1]


def test_the_page_shows_hostile_names_as_text_and_loads_nothing(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>"
    panel, mapping = write(
        tmp_path, PANEL.replace("out,cost", f"{name},cost", 1), MAPPING.replace("out:", f'"{name}":')
    )
    result = call("--panel", panel, "--mapping", mapping, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "effects.html").read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert "default-src &#39;none&#39;" in page and "http" not in page.replace("http-equiv", "").replace(
        "http://www.w3.org/2000/svg", ""
    )


def test_a_drawing_escapes_its_words_and_keeps_inside() -> None:
    svg = str(draw([Point("<b>", 2.0, -1.0, 5.0), Point("1", -3.0, None, None, True)], "a & b", " %"))
    assert "<b>" not in svg and "&lt;b&gt;" in svg and "a &amp; b" in svg and svg.count("<circle") == 2


BAD = {
    "no file": (None, MAPPING, ("does not exist",)),
    "no mapping key": (PANEL, MAPPING.replace("start: start\n", ""), ("mapping.yml", "start is missing")),
    "unknown key": (PANEL, MAPPING + "horizon: 3\n", ("unknown key", "horizons")),
    "no column": (PANEL.replace("cost", "costs", 1), MAPPING, ("panel.csv", '"cost"', "costs")),
    "no number": (PANEL.replace(",10\n", ",ten\n"), MAPPING, ("panel.csv", '"cost"', "2 rows of 24", '"ten"')),
    "no period": (PANEL.replace("a,2026-02-09", "a,9 Feb"), MAPPING, ('"week"', "1 row", "2026-09-14")),
    "two starts": (PANEL.replace("2026-02-09,2026-03-02", "2026-02-09,2026-03-09"), MAPPING, ('"start"', "1 unit")),
    "repeated": (PANEL + "d,2026-03-16,,1,1\n", MAPPING, ("1 row of 25", "repeat")),
    "log of 0": (
        PANEL.replace("d,2026-02-09,,4", "d,2026-02-09,,0"),
        MAPPING.replace("{out: {better: up}}", "{out: {better: up, transform: log}}"),
        ('"out"', "1 row", "log1p"),
    ),
    "nobody treated": (
        PANEL.replace("2026-03-02,5", ",5"),
        MAPPING.replace("start: start", "start: nothing"),
        ("nothing",),
    ),
    "no rows": ("team,week,start,out,cost\n", MAPPING, ("has no rows",)),
    "no yaml": (PANEL, "unit: [", ("mapping.yml", "not the YAML")),
    "key twice": (PANEL, MAPPING + "unit: team\n", ("mapping.yml", '"unit" stands twice')),
    "row too long": (PANEL + "e,2026-03-16,,1,1,9\n", MAPPING, ("panel.csv", "1 row with more or fewer", "row 26")),
    "open quote": (PANEL + 'e,2026-03-16,,1,"1\n', MAPPING, ("panel.csv", "row 26", "double quote", "Mend")),
    "transform": (PANEL, MAPPING.replace("better: up", "better: up, transform: ln"), ("transform", '"ln"', "log1p")),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_what_where_how_many_and_the_remedy(tmp_path: Path, case: str) -> None:
    panel, mapping, words = BAD[case]
    files = write(tmp_path, panel or "", mapping)
    if panel is None:
        files[0].unlink()
    result = call("--panel", files[0], "--mapping", files[1], "--out", tmp_path / "out")
    assert result.exit_code == 1, result.output
    assert all(word in result.output for word in words), result.output
    assert "Traceback" not in result.output and not (tmp_path / "out").exists()


def test_an_arm_that_is_neither_is_refused(tmp_path: Path) -> None:
    panel = "arm,minutes\n1,10\n0,12\n2,9\n1,8\n"
    mapping = "design: trial\ntreatment: {column: arm, treated: 1, control: 0}\noutcomes: {minutes: {better: down}}\n"
    files = write(tmp_path, panel, mapping)
    result = call("--panel", files[0], "--mapping", files[1])
    assert result.exit_code == 1 and '1 row of 4 say neither "1" nor "0", as "2"' in result.output


def test_a_trial_without_covariates_worked_by_hand(tmp_path: Path) -> None:
    panel = "arm,minutes\ntrue,10\ntrue,14\nfalse,6\nfalse,8\nfalse,10\n"
    mapping = (
        "design: trial\ntreatment: {column: arm, treated: true, control: false}\noutcomes: {minutes: {better: down}}\n"
    )
    files = write(tmp_path, panel, mapping)
    result = call("--panel", files[0], "--mapping", files[1], "--json")
    assert result.exit_code == 0, result.output
    [row] = json.loads(result.output)["effects"]
    # means 12 and 8; squared residuals 4 + 4 and 4 + 0 + 4: HC1 = (8 / 2² + 8 / 3²) × 5 / 3
    half = stats.t.ppf(0.975, 3) * np.sqrt((2 + 8 / 9) * 5 / 3)
    assert (row["effect"], row["low"], row["high"]) == pytest.approx((4, 4 - half, 4 + half))
    assert (row["median_before"], row["median_after"], row["reads_as"]) == (8, 12, "unclear")


def test_one_series_in_a_file_is_measured_with_its_assumptions_said(tmp_path: Path) -> None:
    months = [f"{2023 + at // 12}-{at % 12 + 1:02d}" for at in range(36)]
    lines = [f"desk,{month},2025-01,{100 + at + (30 if month >= '2025-01' else 0)}" for at, month in enumerate(months)]
    panel = "unit,month,start,resolved\n" + "\n".join(lines) + "\n"
    mapping = "unit: unit\nperiod: {column: month, every: month}\nstart: start\noutputs: {resolved: {better: up}}\n"
    files = write(tmp_path, panel, mapping)
    result = call("--panel", files[0], "--mapping", files[1], "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "Segmented regression" in result.output and "nothing else began at the same time" in result.output
    effects = json.loads((tmp_path / "out" / "effects.json").read_text(encoding="utf-8"))["effects"]
    assert [row["effect"] for row in effects] == pytest.approx([30.0] * 8)
    for name in ("effects.html", "effects.csv"):
        assert "nothing else began" in (tmp_path / "out" / name).read_text(encoding="utf-8"), name


# from the marts


class Marts:
    """As much of a warehouse as effects read and write."""

    private_schema, marts_schema = "private", "marts"

    def __init__(self, interventions: Sequence[tuple], people: dict[str, int | None], rows: Sequence[tuple]) -> None:
        self.written: list[dict] = []
        self.connection = duckdb.connect()
        run = self.connection.execute
        run("create schema private; create schema marts")
        run("create table marts.dim_team (team_id varchar, active_people int, is_small boolean)")
        run(
            "create table marts.dim_metric (metric_id varchar, room varchar, kind varchar, good_direction varchar, shown_from_n int)"
        )
        run(
            "insert into marts.dim_metric values ('throughput', 'output', 'rate', 'up', 1), ('reopen_rate', 'outcome', 'binomial', 'down', 1), ('load', 'flow', 'mean', 'down', 1)"
        )
        run(
            "create table private.int_team_weeks (team_id varchar, week int, last_complete_week int, is_complete boolean)"
        )
        run(
            "create table private.stg_interventions (team_id varchar, kind varchar, experiment_id varchar, arm varchar, started_at timestamp, ended_at timestamp)"
        )
        run(
            "create table private.int_metric_rows (team_id varchar, metric_id varchar, week int, due_week int, link_sum double, link_weight double, n int)"
        )
        for table, values in (
            ("marts.dim_team", [(team, count, False) for team, count in people.items()]),
            (
                "private.int_team_weeks",
                [(team, week, 2000 + 79, True) for team in people for week in range(2000, 2080)],
            ),
            ("private.stg_interventions", interventions),
            ("private.int_metric_rows", rows),
        ):
            if values:
                self.connection.executemany(f"insert into {table} values ({', '.join('?' * len(values[0]))})", values)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        return self.connection.execute(sql, list(parameters)).to_arrow_table()

    def replace_rows(self, table: str, parts: Iterable[pa.Table]) -> None:
        assert table == "fct_intervention_effect"
        self.written = [row for rows in parts for row in rows.to_pylist()]


TEAMS = tuple("abcdefgh")
MONDAY_2040 = datetime(2009, 2, 9)  # week 2040


def week_rows(changed: Sequence[str], seed: int = 1) -> list[tuple]:
    """80 weeks of two metrics; from week 2040 on changed teams resolve half as much again, and 20 % instead of 10 % of
    it come back."""
    generator = np.random.default_rng(seed)
    rows = []
    for team in TEAMS:
        for week in range(2000, 2080):
            after = team in changed and week >= 2040
            done = int(generator.poisson(150 if after else 100))
            back = int(generator.binomial(done, 0.2 if after else 0.1))
            rows.append((team, "throughput", week, week, done, 1.0, done))
            # reopenings are known four weeks later
            rows.append((team, "reopen_rate", week, week + 4, back, done, done))
            rows.append((team, "load", week, week, 1.0, 1.0, 1))
    return rows


def measured(
    interventions: Sequence[tuple],
    people: dict[str, int | None] | None = None,
    changed: Sequence[str] = "abcd",
    **kept: Any,
) -> list[dict]:
    warehouse = Marts(interventions, people or dict.fromkeys(TEAMS, 9), week_rows(changed))
    count = marts.measure_effects(warehouse, **kept)
    assert count == len(warehouse.written)
    return warehouse.written


def rollout(*teams: str | None) -> list[tuple]:
    return [(team, "ai_rollout", None, None, MONDAY_2040, None) for team in teams]


def test_a_roll_out_is_measured_on_outputs_and_outcomes() -> None:
    found = {(row["metric_id"], row["since_start"]): row for row in measured(rollout(*"abcd"))}
    assert {metric for metric, _ in found} == {"throughput", "reopen_rate"}, "not what speaks of neither"
    gain, harm = found["throughput", "all"], found["reopen_rate", "all"]
    assert gain["effect"] == pytest.approx(np.log(1.5), abs=0.05) and gain["verdict"] == "better"
    assert harm["effect"] == pytest.approx(-(np.log(0.25) - np.log(1 / 9)), abs=0.12), "worse is below 0"
    assert harm["verdict"] == "worse" and harm["effect_low"] < harm["effect"] < harm["effect_high"] < 0
    assert harm["shown"].startswith("+1") and "% odds" in harm["shown"], "in the direction of the metric itself"
    assert (gain["treated_teams"], gain["control_teams"], gain["team_id"]) == (4, 4, None)
    assert (gain["team_weeks"], harm["team_weeks"]) == (4 * 40, 4 * 36), "immature weeks are no data"
    assert found["throughput", "weeks 36-39"]["week_to"] == 39 and ("reopen_rate", "weeks 36-39") not in found
    assert gain["pre_trend_p"] > 0.01 and str(gain["data_through"]) == "2009-11-15"


def test_small_teams_and_everything_withheld_say_nothing() -> None:
    found = measured(rollout(*"abcd"), {**dict.fromkeys(TEAMS, 9), "a": 4, "b": None})
    assert {row["treated_teams"] for row in found} == {3}, "the small team is left out, the unknown one is not"
    assert measured(rollout("a"), {**dict.fromkeys(TEAMS, 9), "a": 4}) == []
    assert measured(rollout("a"), {**dict.fromkeys(TEAMS, 2)}, min_people=1) == [], "never below 3"


def test_one_team_gets_a_row_set_of_its_own_and_everybody_at_once_none() -> None:
    [one] = [
        row
        for row in measured(rollout("a"), changed="a")
        if (row["metric_id"], row["since_start"]) == ("throughput", "all")
    ]
    assert (one["method"], one["team_id"], one["treated_teams"]) == ("segmented", "a", 1)
    assert one["effect"] == pytest.approx(np.log(1.5), abs=0.1) and "nothing else began" in one["assumes"]
    everybody = measured(rollout(None), changed=TEAMS)
    assert {(row["method"], row["team_id"], row["treated_teams"]) for row in everybody} == {("segmented", None, 8)}


def test_an_experiment_compares_its_own_arms() -> None:
    arms = [(team, "other", "trial-1", "treated", MONDAY_2040, None) for team in "abcz"]
    arms += [(team, "other", "trial-1", "control", MONDAY_2040, None) for team in "efa"]
    found = measured(arms)
    assert {(row["cause_type"], row["cause"]) for row in found} == {("experiment", "trial-1")}
    [gain] = [row for row in found if (row["metric_id"], row["since_start"]) == ("throughput", "all")]
    assert (gain["treated_teams"], gain["control_teams"]) == (2, 2), "a stands on both sides and says nothing"


def test_a_change_that_ended_is_measured_while_it_lasted() -> None:
    ended = [(team, "bonus", None, None, MONDAY_2040, datetime(2009, 3, 15)) for team in "abcd"]  # week 2044
    found = {row["since_start"] for row in measured(ended) if row["metric_id"] == "throughput"}
    assert found == {"all", "weeks 0-3", "weeks 4-7"}


def test_link_scales_worked_by_hand() -> None:
    one = np.array([3.0]), np.array([10.0])
    assert marts.on_link_scale("binomial", *one) == pytest.approx(np.log(3.5 / 7.5))
    assert marts.on_link_scale("rate", *one) == pytest.approx(np.log(0.35))
    assert marts.on_link_scale("log_duration", *one) == pytest.approx(0.3)


def test_the_report_draws_what_moved_and_shows_nothing_of_a_small_team(tmp_path: Path) -> None:
    connection = make_marts()
    rows = [
        ("intervention", "ai_rollout", None, "throughput", "output", "better", 0.4, "all", 0, 51),
        ("intervention", "ai_rollout", None, "throughput", "output", "better", 0.5, "weeks 0-3", 0, 3),
        ("intervention", "ai_rollout", None, "reopen_rate", "outcome", "unclear", -0.1, "all", 0, 51),
        ("experiment", HOSTILE, None, "reopen_rate", "outcome", "worse", -0.6, "all", 0, 51),
        ("experiment", HOSTILE, None, "reopen_rate", "outcome", "worse", -0.6, "weeks 0-3", 0, 3),
        ("intervention", "bonus", PARADOX_TEAM, "throughput", "output", "unclear", 0.1, "all", 0, 51),
        ("intervention", "leaderboard", SMALL_TEAM, "throughput", "output", "better", 0.9, "all", 0, 51),
    ]
    connection.executemany(
        "insert into counterpoise.fct_intervention_effect (cause_type, cause, team_id, metric_id, room, verdict, effect, "
        "since_start, week_from, week_to, method, effect_low, effect_high, shown, treated_teams, control_teams, "
        "pre_trend_p, assumes) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'imputation', -1, 1, '+49.2 %', 4, 8, 0.3, 'that')",
        rows,
    )
    build_report(reader(connection), tmp_path / "report")
    page = (tmp_path / "report" / "experiments.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2, "what is better or worse over all weeks, and nothing else"
    assert "ai rollout: " in page and "bonus" in page and "leaderboard" not in page
    assert "<script" not in page and "weeks 0-3" not in page, "the table holds the whole, the drawings its weeks"
