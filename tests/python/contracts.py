"""A small project with one model that keeps its contract and two that break it: what the tests of every engine share."""

import shutil
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from counterpoise.errors import CounterpoiseError
from counterpoise.warehouse.dbt import DbtProject

_TYPES = {
    "name": "text", "share": "double precision", "n": "integer", "day": "date", "seen": "timestamp", "is_so": "boolean",
}  # fmt: skip
_SELECT = """
select
    cast('a' as {{ counterpoise.type_of('string') }}) as name,
    {{ counterpoise.as_double('0.5') }} as share,
    %s,
    cast('2026-01-05' as date) as day,
    cast('2026-01-05 09:30:00' as {{ counterpoise.type_of('timestamp') }}) as seen,
    true as is_so
"""
_MODELS = {
    "contract_kept": "{{ counterpoise.as_integer('1') }} as n",
    "contract_of_types_broken": "{{ counterpoise.as_double('1') }} as n",
    "contract_of_names_broken": "{{ counterpoise.as_integer('1') }} as number",
}


def assert_contracts_hold(folder: Path, target: str, environment: dict[str, str]) -> None:
    """dbt builds the model that keeps its contract, and no other, with the package's own types and macros."""
    project = folder / "contracts"
    shutil.copytree(ROOT / "macros" / "portability", project / "macros")
    (project / "models").mkdir()
    settings = {
        "name": "counterpoise", "version": "0.0.1", "config-version": 2, "profile": "counterpoise",
        "models": {"+materialized": "table", **({"+file_format": "iceberg"} if target == "spark" else {})},
    }  # fmt: skip
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    columns = [{"name": name, "data_type": kind} for name, kind in _TYPES.items()]
    described = [{"name": m, "config": {"contract": {"enforced": True}}, "columns": columns} for m in _MODELS]
    (project / "models" / "_models.yml").write_text(
        yaml.safe_dump({"version": 2, "models": described}), encoding="utf-8"
    )
    for model, column in _MODELS.items():
        (project / "models" / f"{model}.sql").write_text(_SELECT % column, encoding="utf-8")
    dbt = DbtProject(project, folder / "dbt", profiles_dir=ROOT, target=target, environment=environment)
    dbt.invoke(["run", "--select", "contract_kept"])
    for broken in ("contract_of_types_broken", "contract_of_names_broken"):
        with pytest.raises(CounterpoiseError, match=f"{broken}: .*contract that failed"):
            dbt.invoke(["run", "--select", broken])
