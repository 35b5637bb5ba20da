"""What a run of checks found: rows for `check_results`, and what follows from them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class CheckResult:
    """One row of `check_results`.

    observed: share of unexpected rows where a share is judged, else what was counted; None if unknown.
    threshold: the highest (or, for a count of rows, lowest) value that passes; None where there is no number.
    checked_at: UTC without a zone.
    """

    run_id: str
    checked_at: datetime
    stage: str
    suite: str
    check_id: str
    expectation: str
    table_name: str
    column_name: str | None
    severity: str
    status: str
    observed: float | None
    threshold: float | None
    unexpected_count: int | None
    affects: str
    affected_id: str | None
    message: str | None
    remedy: str | None

    def as_row(self) -> dict[str, Any]:
        """Column -> value, in the order and with the types of the mart: measured numbers are text."""
        row = asdict(self)
        for name in ("observed", "threshold"):
            row[name] = None if row[name] is None else f"{row[name]:.6g}"
        return row


@dataclass(frozen=True)
class SkippedCheck:
    """A check that had nothing to look at, and why."""

    suite: str
    check_id: str
    why: str


@dataclass(frozen=True)
class CheckReport:
    """Results of one stage. A check that could not be run counts as failed, by its severity."""

    run_id: str
    stage: str
    checked_at: datetime
    results: tuple[CheckResult, ...]
    skipped: tuple[SkippedCheck, ...]
    seconds: float

    def _not_passed(self, severity: str) -> tuple[CheckResult, ...]:
        return tuple(r for r in self.results if r.status != "passed" and r.severity == severity)

    @property
    def stops(self) -> tuple[CheckResult, ...]:
        """Why the run must end; empty when it may go on."""
        return self._not_passed("stop")

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """What is worth knowing and holds nothing back."""
        return self._not_passed("warn")

    @property
    def withholds_all(self) -> tuple[CheckResult, ...]:
        """Why every score is withheld. A broken check that would have named teams or metrics counts here."""
        return tuple(r for r in self._not_passed("withhold") if r.affects == "all" or r.affected_id is None)

    @property
    def withheld_teams(self) -> dict[str, tuple[CheckResult, ...]]:
        """team_id -> why this team's scores are withheld."""
        return self._by_affected("team")

    @property
    def withheld_metrics(self) -> dict[str, tuple[CheckResult, ...]]:
        """metric_id -> why scores that use this metric are withheld."""
        return self._by_affected("metric")

    def _by_affected(self, affects: str) -> dict[str, tuple[CheckResult, ...]]:
        found: dict[str, tuple[CheckResult, ...]] = {}
        for result in self._not_passed("withhold"):
            if result.affects == affects and result.affected_id is not None:
                found[result.affected_id] = (*found.get(result.affected_id, ()), result)
        return found


def joined(reports: Iterable[CheckReport]) -> list[CheckResult]:
    """Results of several stages in one list, what did not pass first, the gravest first."""
    order = {"stop": 0, "withhold": 1, "warn": 2, "report": 3}
    results = [result for report in reports for result in report.results]
    return sorted(results, key=lambda r: (r.status == "passed", order[r.severity]))
