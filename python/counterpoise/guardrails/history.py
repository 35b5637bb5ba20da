"""Results of checks that stay in the warehouse: in `check_results`, which `fct_check_history` reads."""

from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa

from counterpoise.guardrails.results import CheckReport
from counterpoise.warehouse import Warehouse

KEPT_DAYS = 400
KEPT_RUNS = 500


def keep_results(warehouse: Warehouse, gates: Sequence[CheckReport]) -> None:
    """Add the results of a run to `check_results`, and let go of those that are too old or of too many runs ago."""
    results = f"{warehouse.marts_schema}.check_results"
    rows = [result.as_row() for gate in gates for result in gate.results]
    columns = warehouse.query(f"select * from {results} where 1 = 0").schema
    warehouse.append_rows("check_results", pa.table({name: [row[name] for row in rows] for name in columns.names}))
    runs = warehouse.query(f"select max(checked_at) as checked_at from {results} group by run_id order by 1 desc")
    times = runs["checked_at"].to_pylist()
    oldest = max(times[0] - timedelta(days=KEPT_DAYS), times[:KEPT_RUNS][-1])
    if times[-1] < oldest:
        since = f"timestamp '{oldest:%Y-%m-%d %H:%M:%S.%f}'"
        kept = f"select run_id from {results} group by run_id having max(checked_at) >= {since}"
        warehouse.replace_rows("check_results", [warehouse.query(f"select * from {results} where run_id in ({kept})")])
