"""What the last build was made of, so that dbt can be left out where nothing is new.

It is one row in the private schema: dbt's first act is to forget it, and it is written when all went well. So a build
that was killed, or one by dbt alone, leaves none, and the next one is a real one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from counterpoise.warehouse.base import Warehouse

STATE_TABLE = "build_state"
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
    """

    built_at: str
    tested: bool
    made_of: Mapping[str, str]
    tables: Mapping[str, Mark]
    relations: str


def kept(warehouse: "Warehouse") -> State | None:
    """What the last build was made of; None where that is not known."""
    text = warehouse.read_state()
    if text is None:
        return None
    try:
        found = json.loads(text)
        return State(**{**found, "tables": {name: Mark(*mark) for name, mark in found["tables"].items()}})
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
    if before is None or tables is None or (tested and not before.tested):
        return None
    same = (
        before.made_of == warehouse.made_of
        and _contents(before.tables) == _contents(tables)
        and before.relations == _relations(warehouse)
    )
    return before.built_at if same else None


def keep(warehouse: "Warehouse", tables: Mapping[str, Mark] | None, tested: bool) -> None:
    """Write down what the build was made of that has just ended well; `tables` as they stood before it began."""
    if tables is None or warehouse.made_of is None:
        return
    warehouse.write_state(
        json.dumps({
            "built_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            "tested": tested,
            "made_of": warehouse.made_of,
            "tables": tables,
            "relations": _relations(warehouse),
        })
    )  # fmt: skip


def _contents(tables: Mapping[str, Mark]) -> dict[str, str]:
    return {name: mark.content for name, mark in tables.items()}


def _relations(warehouse: "Warehouse") -> str:
    names = [
        f"{schema}.{name}"
        for schema in (warehouse.marts_schema, warehouse.private_schema)
        for name in warehouse.tables(schema) - {STATE_TABLE}
    ]
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
