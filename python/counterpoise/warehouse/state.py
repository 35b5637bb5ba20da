"""What the last build was made of, so that dbt can be left out where nothing is new.

It is one row in the private schema, written when a build begins and when it has ended well. dbt's first act is to mark
it as stale. So after a build that was killed, or one by dbt alone, the next one is a real one, and it still knows of
which code the rows are that stand there.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from counterpoise.warehouse.base import Warehouse

STATE_TABLE = "build_state"
# What dbt puts before the text of the row, by the macro `mark_build_state`.
_STALE = "stale "
# Of rows that may be of more than one make: it is like no other.
_MIXED: Mapping[str, str] = {}
# Columns that say when a row was loaded: of large tables only these are read.
LOAD_STAMPS = ("_loaded_at", "_fivetran_synced")

Source = tuple[str, str, str]  # database, schema, table


class Mark(NamedTuple):
    """What stands in a table.

    Attributes:
        content: differs when rows or columns are others.
        counters: how often the engine says rows were written; where it is the same, so is the content. Empty where the
            engine does not say.
    """

    content: str
    counters: str = ""


@dataclass(frozen=True)
class State:
    """What a build was made of.

    Attributes:
        relations: digest of the names of what it left behind.
        is_stale: dbt has begun since, and may not have ended well.
    """

    built_at: str
    tested: bool
    made_of: Mapping[str, str]
    tables: Mapping[str, Mark]
    relations: str
    is_stale: bool = False


def kept(warehouse: "Warehouse") -> State | None:
    """What the last build was made of; None where that is not known."""
    text = warehouse.read_state()
    if text is None:
        return None
    try:
        found = json.loads(text.removeprefix(_STALE))
        tables = {name: Mark(*mark) for name, mark in found["tables"].items()}
        return State(**{**found, "tables": tables, "is_stale": text.startswith(_STALE)})
    except (ValueError, TypeError, KeyError):  # of another version
        return None


def look(warehouse: "Warehouse", before: State | None) -> dict[str, Mark] | None:
    """What stands in the tables a build reads; None where it cannot be told whether it is new."""
    if warehouse.made_of is None:
        return None
    layout = warehouse.layout
    read = layout.sources if layout.sources is not None else (("", layout.raw_schema, ""),)
    salt = ("", layout.salt_schema or layout.private_schema, "person_salt")
    return warehouse.watermark((*read, salt), before.tables if before else {})


def nothing_new_since(
    warehouse: "Warehouse", before: State | None, tables: Mapping[str, Mark] | None, tested: bool
) -> str | None:
    """When the last build was, where another one would be the same; else None. Tests that did not run are news."""
    if before is None or before.is_stale or tables is None or (tested and not before.tested):
        return None
    same = (
        before.made_of == warehouse.made_of
        and _contents(before.tables) == _contents(tables)
        and before.relations == _relations(warehouse)
    )
    return before.built_at if same else None


def is_of_other_make(warehouse: "Warehouse", before: State | None) -> bool:
    """Whether rows may stand there that other code or settings have made: no new data reaches those."""
    return before is not None and before.made_of != warehouse.made_of


def begin(warehouse: "Warehouse", before: State | None) -> None:
    """Write down what the build is made of that now begins, in case it does not end."""
    if warehouse.made_of is None and before is None:
        return
    made_of = _MIXED if is_of_other_make(warehouse, before) else warehouse.made_of or _MIXED
    state = replace(before, made_of=made_of) if before else State("", False, made_of, {}, "")
    warehouse.write_state(_STALE + _as_text(state))


def keep(warehouse: "Warehouse", tables: Mapping[str, Mark] | None, tested: bool) -> None:
    """Write down what the build was made of that has just ended well; `tables` as they stood before it began."""
    if warehouse.made_of is None:
        if warehouse.read_state():
            warehouse.write_state("")
        return
    built_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    state = State(built_at, tested, warehouse.made_of, tables or {}, _relations(warehouse))
    # where it cannot be told what the tables hold, the next build is a real one
    warehouse.write_state(("" if tables is not None else _STALE) + _as_text(state))


def _as_text(state: State) -> str:
    fields = asdict(state)
    del fields["is_stale"]
    return json.dumps(fields)


def _contents(tables: Mapping[str, Mark]) -> dict[str, str]:
    return {name: mark.content for name, mark in tables.items()}


def _relations(warehouse: "Warehouse") -> str:
    names = [
        f"{schema}.{name}"
        for schema in (warehouse.marts_schema, warehouse.private_schema)
        for name in warehouse.tables(schema) - {STATE_TABLE}
    ]
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
