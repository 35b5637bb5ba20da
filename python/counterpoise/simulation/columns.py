"""Columns of contract tables as Arrow, with the types the contract names."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from counterpoise.contract import load_contract
from counterpoise.simulation.surroundings import Columns
from counterpoise.simulation.types import Bools, Floats, Ints
from counterpoise.simulation.world import World

ARROW_TYPES = {
    "string": pa.string(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
}
_NEVER = np.datetime64("NaT", "us")


def to_table(name: str, columns: Columns) -> pa.Table:
    """Arrow table of the given columns, in the order and with the types of contract table `name`.

    Raises:
        KeyError: a column is not in the contract.
    """
    known = {column.name: ARROW_TYPES[column.data_type] for column in load_contract()[name].columns}
    unknown = set(columns) - set(known)
    if unknown:
        raise KeyError(f"not in contract table {name}: {sorted(unknown)}")
    arrays = {}
    for column, data_type in known.items():
        if column in columns:
            values = columns[column]
            array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)
            arrays[column] = array.cast(data_type)
    return pa.table(arrays)


def numbered(prefix: str, numbers: Ints, width: int) -> pa.Array:
    """`prefix` followed by each number, padded with zeros to `width`."""
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")


def named(codes: Ints, names: tuple[str | None, ...] | list[str | None], known: Bools | None = None) -> pa.Array:
    """The name each code stands for; null where `known` is false."""
    indices = pa.array(codes.astype(np.int32), mask=None if known is None else ~known)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names, pa.string())).cast(pa.string())


def moment(world: World, seconds: Ints | Floats, known: Bools | None = None) -> np.ndarray:
    """Timestamps of whole seconds since the start; NaT where `known` is false or the second is NaN."""
    known = np.isfinite(seconds) if known is None else known
    whole = np.where(known, seconds, 0).astype(np.int64)
    return np.where(known, np.datetime64(world.start, "us") + whole * np.timedelta64(1_000_000, "us"), _NEVER)
