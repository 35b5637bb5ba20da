"""The benchmark's arithmetic, its measuring of a process, and how it takes the last day out of raw tables."""

import json
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta

import duckdb
import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT))

from bench import judge, page, step  # noqa: E402
from bench.measure import measure  # noqa: E402

ROWS = {"work_item_events": 1_000, "work_items": 100, "teams": 2}


def _result(size: int, full: float, day: float = 1.0, rows: int = 1_000, peak: float = 900.0) -> dict:
    seconds = {"full_build": full, "day_build": day, "no_op_build": 1.5, "floor": 10.0}
    fixed = {"full_build": 20.0, "day_build": 20.0}
    return judge.result(size, {**ROWS, "work_item_events": rows}, seconds, dict.fromkeys(seconds, peak), fixed)


def test_net_takes_the_empty_warehouse_off_and_never_goes_below_zero():
    assert judge.net({"a": 30.0, "b": 5.0, "c": 7.0}, {"a": 20.0, "b": 6.0}) == {"a": 10.0, "b": 0.0, "c": 7.0}


def test_a_ratio_is_net_seconds_by_the_floor_and_the_line_is_json():
    found = _result(10, full=60.0)
    assert found["ratios"]["full_build"] == 4.0  # (60 - 20) / 10
    assert "floor" not in found["ratios"]
    assert json.loads(json.dumps(found)) == found
    assert {"size", "seconds", "peak_mb", "floor_seconds", "ratios", "fixed_seconds"} <= set(found)


@pytest.mark.parametrize(("full", "word"), [(60.0, "met"), (60.2, "missed")])
def test_a_full_build_may_take_four_floors(full, word):
    verdict = judge.verdicts([_result(10, full)])[0]
    assert verdict.word == word
    assert judge.verdicts([_result(10, full)])[1].word == "not measured"


def test_growth_is_net_time_against_rows():
    small, large = _result(10, full=30.0, rows=1_000), _result(100, full=135.0, rows=10_000)
    growth = next(verdict for verdict in judge.verdicts([small, large]) if "growth" in verdict.target)
    assert growth.found == pytest.approx(1.15)  # 10 s became 115 s, rows tenfold
    assert growth.word == "met"
    slower = judge.verdicts([small, _result(100, full=136.0, rows=10_000)])
    assert next(verdict for verdict in slower if "growth" in verdict.target).word == "missed"


def test_peak_is_that_of_the_hungriest_step_and_the_day_is_held_against_the_full_build():
    found = _result(100, full=220.0, day=41.0, peak=16_385.0)
    by_name = {verdict.target: verdict for verdict in judge.verdicts([found])}
    assert by_name["peak megabytes at 100 M events"].word == "missed"
    assert by_name["one-day increment by full build at 100 M events"].found == pytest.approx(21 / 200)


def test_a_process_is_measured_alone(tmp_path):
    big = measure([sys.executable, "-c", "b = bytearray(150_000_000); import time; time.sleep(0.3)"], tmp_path / "log")
    failed = measure([sys.executable, "-c", "print('so it is'); raise SystemExit(3)"], tmp_path / "log")
    assert big.exit_code == 0 and big.seconds >= 0.3 and big.peak_mb > 140
    assert failed.exit_code == 3 and "so it is" in (tmp_path / "log").read_text()


def _count(file) -> int:
    return duckdb.sql(f"select count(*) from '{file}'").fetchall()[0][0]


def test_the_last_full_day_is_taken_out_and_weekends_after_it_are_left_out(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    start = datetime(2024, 1, 1)  # a Monday; days 0 to 4 are full, day 5 is thin
    made = duckdb.connect()
    made.execute("create table e (event_id int, _loaded_at timestamp)")
    for day, count in enumerate([10, 10, 10, 10, 10, 2]):
        made.executemany(
            "insert into e values (?, ?)", [(i, start + timedelta(days=day, hours=23)) for i in range(count)]
        )
    made.execute(f"copy e to '{raw}/work_item_events.parquet'")
    made.execute(
        "create table i as select * from (values "
        "('old', timestamp '2024-01-02 09:00', null, timestamp '2024-01-05 10:00', null, timestamp '2024-01-05 23:00'), "
        "('new', timestamp '2024-01-05 09:00', null, null, null, timestamp '2024-01-05 23:00')) "
        "as t(work_item_id, created_at, first_response_at, resolved_at, closed_at, _loaded_at)"
    )
    made.execute(f"copy i to '{raw}/work_items.parquet'")
    made.execute(f"copy (select 'a' as team_id) to '{raw}/teams.parquet'")
    step.split(tmp_path)
    assert (
        _count(tmp_path / "history/work_item_events.parquet"),
        _count(tmp_path / "day/work_item_events.parquet"),
    ) == (40, 10)
    assert duckdb.sql(
        f"select work_item_id, resolved_at, cast(_loaded_at as varchar) from '{tmp_path}/history/work_items.parquet'"
    ).fetchall() == [("old", None, "2024-01-04 23:00:00")]
    assert _count(tmp_path / "day/work_items.parquet") == 2 and _count(tmp_path / "history/teams.parquet") == 1
    assert not raw.exists()


RESULTS = [_result(10, 60.0), _result(100, 500.0, rows=10_000)]


def test_the_page_names_the_machine_and_gives_each_step_its_row():
    text = page.as_markdown(RESULTS, "2 cores, 8 GB of memory, a CPU")
    assert "2 cores, 8 GB of memory, a CPU" in text and "| full build | 60.0 | 20.0 | 40.0 | 4.0 | 900 |" in text
    assert "cores" in page.machine()


@pytest.mark.slow
def test_the_chart_is_an_svg(tmp_path):
    page.draw(RESULTS, tmp_path / "chart.svg")
    assert ElementTree.parse(tmp_path / "chart.svg").getroot().tag.endswith("svg")
