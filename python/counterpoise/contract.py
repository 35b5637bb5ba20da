"""The input contract, read from the dbt source definition so that it stands in one place only."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from counterpoise.project import find_project_dir

_SOURCE_FILE = Path("models/staging/work_system/_work_system.yml")


@dataclass(frozen=True)
class Column:
    """One column of a contract table; `data_type` is one of string, timestamp, date, double, boolean, integer."""

    name: str
    data_type: str
    required: bool
    description: str


@dataclass(frozen=True)
class Table:
    """One table of the contract. `required` tables must exist; the others may be absent."""

    name: str
    required: bool
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]


def _meta(node: dict) -> dict:
    return node.get("config", {}).get("meta", {})


@cache
def load_contract(project_dir: Path | None = None) -> dict[str, Table]:
    """Contract tables by name, in the order of the document."""
    document = yaml.safe_load(((project_dir or find_project_dir()) / _SOURCE_FILE).read_text(encoding="utf-8"))
    source = next(s for s in document["sources"] if s["name"] == "work_system")
    tables = {}
    for node in source["tables"]:
        columns = tuple(
            Column(c["name"], c["data_type"], bool(_meta(c).get("required")), c["description"]) for c in node["columns"]
        )
        meta = _meta(node)
        tables[node["name"]] = Table(
            node["name"], bool(meta.get("required")), tuple(meta.get("primary_key", ())), columns
        )
    return tables
