"""The dashboards of bi/superset as they lie in the repository."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import yaml

from conftest import ROOT

BUNDLE = ROOT / "bi" / "superset"


def read(kind: str) -> dict[str, dict[str, Any]]:
    """The files of a folder of the bundle, by name."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((BUNDLE / kind).glob("*.yaml"))}


DATABASES, DATASETS, CHARTS, DASHBOARDS = (read(kind) for kind in ("databases", "datasets", "charts", "dashboards"))


@dataclass(frozen=True)
class Chart:
    """A chart with the dataset it reads."""

    name: str
    title: str
    params: dict[str, Any]
    dataset: str

    @property
    def dataset_columns(self) -> set[str]:
        """Columns of its dataset."""
        return {column["column_name"] for column in DATASETS[self.dataset]["columns"]}

    @property
    def shown(self) -> list[str]:
        """Columns of a table of rows, in its order; of a drawing those of its axes and colours."""
        axis = [self.params["x_axis"]] if "x_axis" in self.params else []
        return [*self.params.get("all_columns", []), *axis, *self.params.get("groupby", [])]

    def metrics(self) -> Iterator[str]:
        """The SQL of each figure it draws."""
        saved = {metric["metric_name"]: metric["expression"] for metric in DATASETS[self.dataset]["metrics"]}
        for metric in self.params.get("metrics", []):
            if isinstance(metric, str):
                yield saved[metric]
            elif metric["expressionType"] == "SQL":
                yield metric["sqlExpression"]
            else:
                yield f"{metric['aggregate']}({metric['column']['column_name']})".lower()


_DATASET_OF = {dataset["uuid"]: name for name, dataset in DATASETS.items()}


def charts() -> dict[str, Chart]:
    """All charts, by uuid."""
    return {
        chart["uuid"]: Chart(name, chart["slice_name"], chart["params"], _DATASET_OF[chart["dataset_uuid"]])
        for name, chart in CHARTS.items()
    }


def placed(dashboard: dict[str, Any]) -> dict[str, int]:
    """The charts of a dashboard by uuid, with the number it knows them by."""
    found = [part["meta"] for part in dashboard["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]
    return {meta["uuid"]: meta["chartId"] for meta in found}


def tables_read(sql: str) -> set[str]:
    """Names of the relations a select reads; every one stands in the schema counterpoise."""
    names = {name.partition(" AS ")[0] for name in duckdb.get_table_names(sql, qualified=True)}
    assert all(re.fullmatch(r"counterpoise\.\w+", name) for name in names), names
    return {name.partition(".")[2] for name in names}


def read_by(dashboard: dict[str, Any]) -> set[str]:
    """Relations that a dashboard reads, by its charts and its filters."""
    by_uuid = charts()
    datasets = {by_uuid[uuid].dataset for uuid in placed(dashboard)}
    for found in dashboard["metadata"]["native_filter_configuration"]:
        datasets |= {_DATASET_OF[target["datasetUuid"]] for target in found["targets"]}
    return set().union(*(tables_read(DATASETS[name]["sql"]) for name in datasets))
