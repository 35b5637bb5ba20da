"""Rows as real sources give them: some missing, some twice, some late, some a little off, some in unknown words."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from counterpoise.simulation.types import Bools
from counterpoise.simulation.world import Team, World

_MISSING, _TWICE, _LATE, _SHIFTED, _UNKNOWN = range(5)
_SECOND = np.timedelta64(1_000_000, "us")
_DAY = 86_400 * _SECOND
_MOST_SHIFT_SECONDS = 600
_UNKNOWN_WORD = "limbo"
# Where times are shifted and words replaced, by table. Only these tables get dirty.
_TIME = {"work_items": "resolved_at", "work_item_events": "occurred_at", "outcomes": "occurred_at"}
_WORD = {"work_items": "status", "work_item_events": "status_category"}


def make_dirty(world: World, team: Team, tables: dict[str, pa.Table], share: float) -> dict[str, pa.Table]:
    """The tables with `share` of the rows of items, events and outcomes touched, each in one way chosen by chance.

    A row is left out, is there twice (the second copy loaded a day later), is loaded 2 to 20 days late (and is
    left out where that is after the last load), has a time up to ten minutes off, or a status nobody knows.
    """
    rng = world.rng(19, team.index)
    return {
        name: _dirty(world, table, _TIME[name], _WORD.get(name), share, rng) if name in _TIME else table
        for name, table in sorted(tables.items())
    }


def _dirty(
    world: World, table: pa.Table, time: str, word: str | None, share: float, rng: np.random.Generator
) -> pa.Table:
    n = len(table)
    way = np.where(rng.random(n) < share, rng.integers(0, 5 if word else 4, n), -1)
    first_day, last_load = _moments(world)
    days, shift = rng.integers(2, 21, n), rng.integers(-_MOST_SHIFT_SECONDS, _MOST_SHIFT_SECONDS + 1, n)

    def shifted(times: np.ndarray) -> np.ndarray:
        return np.clip(times + shift * _SECOND, first_day, last_load)

    table = _changed(table, time, way == _SHIFTED, shifted)
    table = _changed(table, "_loaded_at", way == _LATE, lambda times: times + days * _DAY)
    if word is not None:
        words = pc.if_else(pa.array(way == _UNKNOWN), pa.scalar(_UNKNOWN_WORD), table[word])
        table = table.set_column(table.schema.get_field_index(word), word, words)
    stays = (way != _MISSING) & (table["_loaded_at"].to_numpy() <= last_load)
    copies = stays * np.where(way == _TWICE, 2, 1)
    rows = np.repeat(np.arange(n), copies)
    again = np.diff(rows, prepend=-1) == 0
    table = table.take(pa.array(rows))
    return _changed(table, "_loaded_at", again, lambda times: np.minimum(times + _DAY, last_load))


def _moments(world: World) -> tuple[np.datetime64, np.datetime64]:
    start = np.datetime64(world.start, "us")
    return start, start + np.int64(round(world.last_load_hour * 3600)) * _SECOND


def _changed(table: pa.Table, name: str, hit: Bools, change: Callable[[np.ndarray], np.ndarray]) -> pa.Table:
    """The table with the times of column `name` changed where `hit`; what is not known stays so."""
    times = table[name].to_numpy()
    column = pa.array(np.where(hit, change(times), times)).cast(table.schema.field(name).type)
    return table.set_column(table.schema.get_field_index(name), name, column)
