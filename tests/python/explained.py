"""What is told of a team's week beside what its SQL gives to anybody who runs it."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

TOLERANCE = 1e-9


def same(told: Any, found: Any) -> bool:
    """Whether a value that was told is the one found: numbers to 1e-9, dates also as text."""
    if told is None or found is None:
        return told is None and (found is None or (isinstance(found, float) and math.isnan(found)))
    if isinstance(found, date | datetime):
        return str(told)[:10] == str(found)[:10]
    if isinstance(told, bool) or isinstance(told, str):
        return told == found
    return math.isclose(told, float(found), rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def recompute(document: Mapping[str, Any], run: Callable[[str, str], list[dict[str, Any]]]) -> int:
    """Run the SQL of every figure by `run` (what it reads, SQL); how many numbers were compared."""
    compared = 0
    for name, figure in document["figures"].items():
        rows = run(figure["reads"], figure["sql"])
        assert len(rows) == len(figure["rows"]), name
        for told, found in zip(figure["rows"], rows, strict=True):
            assert told.keys() == found.keys(), name
            for column, value in told.items():
                assert same(value, found[column]), (name, column, value, found[column])
                compared += isinstance(value, int | float) and not isinstance(value, bool)
    return compared
