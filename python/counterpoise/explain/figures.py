"""Every number that is told, as the rows of one select that anybody can run again.

A number is told because its select gave it: there is no second way by which it could come out different. Selects are
plain SQL that DuckDB, PostgreSQL and Spark read alike, with what comes from data as quoted literals.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from counterpoise.errors import CounterpoiseError, UsageError
from counterpoise.report.data import EVIDENCE_ITEMS, EVIDENCE_WEEKS, SHOWN_WEEKS
from counterpoise.report.limits import BASELINE_WEEKS, XMR_FACTOR
from counterpoise.warehouse.base import Query

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Figure:
    """A select and what it gave.

    Attributes:
        what: what it tells, in a few words.
        reads: `marts`, which everybody may read, or `private`, which needs a right of its own.
        sql: without a semicolon at its end.
        rows: by column; dates as dates, nothing as None.
    """

    what: str
    reads: str
    sql: str
    rows: tuple[dict[str, Any], ...]

    @property
    def row(self) -> dict[str, Any]:
        """The first row; empty where there is none."""
        return self.rows[0] if self.rows else {}


@dataclass(frozen=True)
class MetricAt:
    """A metric as a sign reads it.

    Attributes:
        maturity_weeks: how long it takes until a week is complete.
        weeks_earlier: a sign may read it so much earlier, so that all it reads speaks of the same work.
    """

    metric_id: str
    maturity_weeks: int
    weeks_earlier: int = 0

    @property
    def name(self) -> str:
        """What its figures are called by."""
        return f"{self.metric_id}, {self.weeks_earlier} weeks earlier" if self.weeks_earlier else self.metric_id

    @classmethod
    def judged_by(cls, row: dict[str, Any]) -> "MetricAt":
        """From a row of `signal_metrics`: how much earlier it is read stands in the words of the evidence."""
        earlier = re.findall(r"\((\d+) weeks earlier\)", row["what"])
        return cls(row["metric_id"], row["maturity_weeks"], int(earlier[-1]) if earlier else 0)


class Ledger:
    """Runs selects about one team and week, and keeps each with what it gave."""

    def __init__(
        self,
        published: Query,
        private: Query | None,
        schemas: tuple[str, str],
        literal: Callable[[str], str],
        team_id: str,
        week: date,
    ) -> None:
        """`private` is None where the private schema cannot be read; `schemas` are the marts' and the private one."""
        for schema in schemas:  # they go into SQL as they are
            if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", schema):
                raise UsageError(f"{schema!r} is not a schema name. Use letters, digits and _, as in counterpoise.")
        self.published, self._private = published, private
        self.marts, self.private = schemas
        self.literal = literal
        self.team, self.week_start = literal(team_id), week
        self.figures: dict[str, Figure] = {}

    @property
    def week(self) -> str:
        """The week as a literal."""
        return self.day(self.week_start)

    def weeks_before(self, weeks: int) -> str:
        """The Monday so many weeks earlier as a literal."""
        return self.day(self.week_start - weeks * _WEEK)

    @staticmethod
    def day(value: date) -> str:
        """A day as a literal."""
        return f"date '{value.isoformat()}'"

    @property
    def reads_private(self) -> bool:
        """Whether what is behind the marts can be read as well."""
        return self._private is not None

    def add(self, name: str, what: str, sql: str, reads: str = "marts") -> Figure:
        """Run a select and keep it under a name.

        Raises:
            CounterpoiseError: a mart is missing or may not be read.
        """
        query = self.published if reads == "marts" else self._private
        assert query is not None, "asked only where it can be read"
        sql = "\n".join(line.rstrip() for line in sql.strip().splitlines())
        self.figures[name] = Figure(what, reads, sql, rows_of(query, sql))
        return self.figures[name]


def rows_of(query: Query, sql: str) -> tuple[dict[str, Any], ...]:
    """Rows of a select as plain values.

    Raises:
        CounterpoiseError: it could not be run.
    """
    try:
        rows = query(sql).to_pylist()
    except CounterpoiseError:
        raise
    except Exception as problem:  # each driver has errors of its own
        first_line = str(problem).partition("\n")[0].rstrip(".")
        raise CounterpoiseError(
            f"The marts could not be read: {first_line}.",
            "Run `counterpoise run` first, with the same target, and see that you may read the marts.",
        ) from problem
    return tuple({name: _plain(value) for name, value in row.items()} for row in rows)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):  # what DuckDB adds integers up to
        return int(value) if value == int(value) else float(value)
    if isinstance(value, float) and value != value:
        return None
    return value.date() if isinstance(value, datetime) and not (value.hour or value.minute) else value


def score(ledger: Ledger) -> Figure:
    """The week's score."""
    return ledger.add("score", "The score of the week, its likely range and how much was measured", f"""
select risk, risk_low, risk_high, coverage, exposure, band, status, status_reason, story, alert, alert_reason
from {ledger.marts}.team_risk
where team_id = {ledger.team} and week_start = {ledger.week}
""")  # fmt: skip


def history(ledger: Ledger) -> Figure:
    """The scores of the weeks before."""
    return ledger.add("history", "Scores week by week", f"""
select week_start, risk, risk_low, risk_high, band, status, alert
from {ledger.marts}.team_risk
where team_id = {ledger.team} and week_start > {ledger.weeks_before(SHOWN_WEEKS)} and week_start <= {ledger.week}
order by week_start
""")  # fmt: skip


def reason(ledger: Ledger, rank: int, signal_id: str) -> Figure:
    """What one sign adds to the score."""
    return ledger.add(f"reason {rank}", f"What {signal_id} adds to the score, and what it saw", f"""
select signal_id, contribution, observed, expected, n, since_week, sentence
from {ledger.marts}.team_risk_reasons
where team_id = {ledger.team} and week_start = {ledger.week} and rank = {rank}
""")  # fmt: skip


def reasons(ledger: Ledger) -> Figure:
    """All reasons, with what the registries say of them."""
    return ledger.add("reasons", "Which signs the score is made of", f"""
select r.rank, r.signal_id, s.label, s.benign_explanations
from {ledger.marts}.team_risk_reasons as r
left join {ledger.marts}.dim_signal as s on r.signal_id = s.signal_id
where r.team_id = {ledger.team} and r.week_start = {ledger.week}
order by r.rank
""")  # fmt: skip


def signal_metrics(ledger: Ledger) -> Figure:
    """The metrics by which signs were judged that fired."""
    return ledger.add("judged by", "The metrics by which each sign that fired was judged", f"""
select e.signal_id, e.evidence_key as metric_id, m.label, m.unit, m.kind, m.maturity_weeks, e.what
from {ledger.marts}.signal_evidence as e
inner join {ledger.marts}.dim_metric as m on e.evidence_key = m.metric_id
where e.team_id = {ledger.team} and e.week_start = {ledger.week} and e.key_type = 'metric'
order by e.signal_id, e.rank
""")  # fmt: skip


def pairs(ledger: Ledger) -> Figure:
    """The newest judged week of every pair."""
    return ledger.add("pairs", "Output over outcome: the newest week of each pair that could be judged", f"""
select
    p.pair_id, o.label as output, c.label as outcome, o.unit as output_unit, c.unit as outcome_unit,
    p.week_start, p.verdict, p.output_value, p.outcome_value, p.outcome_expected, p.outcome_n,
    p.output_effect, p.output_effect_low, p.output_effect_high,
    p.outcome_effect, p.outcome_effect_low, p.outcome_effect_high
from (
    select *, row_number() over (partition by pair_id order by week_start desc) as newest_first
    from {ledger.marts}.fct_pair_week
    where team_id = {ledger.team} and week_start > {ledger.weeks_before(SHOWN_WEEKS)} and week_start <= {ledger.week}
        and verdict not in ('no_data', 'not_mature')
) as p
inner join {ledger.marts}.dim_metric as o on p.output_metric_id = o.metric_id
inner join {ledger.marts}.dim_metric as c on p.outcome_metric_id = c.metric_id
where p.newest_first = 1
order by p.pair_id
""")  # fmt: skip


def evidence(ledger: Ledger) -> Figure:
    """How many rows speak for each sign, and the first of them; items and weeks, never people."""
    return ledger.add("evidence", f"Evidence of the last {EVIDENCE_WEEKS} weeks: how much, and the first of it", f"""
select f.signal_id, s.label, f.total, f.place, f.key_type, f.evidence_key, f.what
from (
    select
        g.*, count(*) over (partition by signal_id) as total,
        row_number() over (
            partition by signal_id order by newest_week desc, best_rank, key_type, evidence_key
        ) as place
    from (
        select
            signal_id, key_type, evidence_key,
            max(week_start) as newest_week, min(rank) as best_rank, max(what) as what
        from {ledger.marts}.signal_evidence
        where team_id = {ledger.team}
            and week_start > {ledger.weeks_before(EVIDENCE_WEEKS)} and week_start <= {ledger.week}
        group by signal_id, key_type, evidence_key
    ) as g
) as f
left join {ledger.marts}.dim_signal as s on f.signal_id = s.signal_id
where f.place <= {EVIDENCE_ITEMS}
order by f.signal_id, f.place
""")  # fmt: skip


def next_steps(ledger: Ledger) -> Figure:
    """What is asked for in this week, and what was answered of late."""
    return ledger.add("next steps", "What to do, by whom and until when", f"""
select step_id, response_id, signal_id, what, why, owner_role, due_on, state, answered_on
from {ledger.marts}.next_steps
where team_id = {ledger.team}
    and (asked_until = {ledger.week} or answered_on > {ledger.weeks_before(EVIDENCE_WEEKS)})
order by due_on, step_id
""")  # fmt: skip


def metrics(ledger: Ledger) -> Figure:
    """The newest value of every metric."""
    return ledger.add("metrics", f"The newest value of every metric within {EVIDENCE_WEEKS} weeks", f"""
select v.metric_id, m.label, m.unit, m.room, v.week_start, v.numerator, v.denominator, v.value, v.n
from (
    select *, row_number() over (partition by metric_id order by week_start desc) as newest_first
    from {ledger.marts}.fct_metric_week
    where team_id = {ledger.team} and value is not null
        and week_start > {ledger.weeks_before(EVIDENCE_WEEKS)} and week_start <= {ledger.week}
) as v
inner join {ledger.marts}.dim_metric as m on v.metric_id = m.metric_id
where v.newest_first = 1
order by m.room, v.metric_id
""")  # fmt: skip


# What else a team's page shows of its week: each a mart of one row a team and week, or a few.
OF_THE_WEEK = {
    "guardrails": ("fct_guardrail_week", "guardrail_id", "Minimum quality"),
    "targets": ("fct_target_balance", "week_start", "Targets and what balances them"),
    "flow": ("fct_flow_week", "week_start", "Load, its ceiling and the wait"),
    "true efficiency": ("fct_true_efficiency", "week_start", "Cost, wait and rework beside what is mislabelled"),
    "effective work": ("fct_effective_work", "aspect", "Shares of effective work"),
    "friction": ("fct_friction", "friction_id", "Conditions that make a paradox likelier"),
    "ai readiness": ("fct_ai_readiness", "layer_order", "What is agreed on AI"),
    "ai": ("fct_ai_week", "week_start", "AI use and its overhead"),
}


def of_the_week(ledger: Ledger, name: str) -> Figure:
    """One of the marts in `OF_THE_WEEK`."""
    mart, order, what = OF_THE_WEEK[name]
    return ledger.add(name, what, f"""
select *
from {ledger.marts}.{mart}
where team_id = {ledger.team} and week_start = {ledger.week}
order by {order}
""")  # fmt: skip


def reward_periods(ledger: Ledger) -> Figure:
    """Whether minimum quality was met in the periods of the last year."""
    return ledger.add("reward periods", "Minimum quality in the periods of the last year", f"""
select *
from {ledger.marts}.team_reward_eligibility
where team_id = {ledger.team} and period_end > {ledger.weeks_before(52)}
order by period_start
""")  # fmt: skip


def ai_outcomes(ledger: Ledger) -> Figure:
    """What came of work with AI and without, easy and hard apart; reopened items of weeks that had time to show."""
    return ledger.add("ai outcomes", f"Work with AI beside work without, within {EVIDENCE_WEEKS} weeks", f"""
select
    is_ai_assisted, difficulty, items, csat_answers, csat_sum / nullif(csat_answers, 0) as csat,
    mature_items, reopened_items * 1.0 / nullif(mature_items, 0) as reopen_rate
from (
    select
        is_ai_assisted, difficulty, sum(items) as items, sum(csat_sum) as csat_sum, sum(csat_answers) as csat_answers,
        sum(case when reopen_rate is not null then items end) as mature_items,
        sum(case when reopen_rate is not null then reopened_items end) as reopened_items
    from {ledger.marts}.fct_ai_outcome_week
    where team_id = {ledger.team} and week_start > {ledger.weeks_before(EVIDENCE_WEEKS)} and week_start <= {ledger.week}
    group by is_ai_assisted, difficulty
) as found
order by is_ai_assisted, difficulty
""")  # fmt: skip


def stories_asked_for(ledger: Ledger) -> Figure:
    """Sudden changes that nobody has explained yet."""
    return ledger.add("stories asked for", "Changes of the last weeks that ask for a sentence", f"""
select metric_id, week_start, direction, effect, log_evidence, tier, owner_role, due_on
from {ledger.marts}.fct_narrative_due
where team_id = {ledger.team} and not is_explained
    and week_start > {ledger.weeks_before(EVIDENCE_WEEKS)} and week_start <= {ledger.week}
order by week_start desc, metric_id
""")  # fmt: skip


def sums(ledger: Ledger, metric: MetricAt, recent_weeks: int, baseline_weeks: int) -> Figure:
    """Numerator, denominator and n of the newest mature weeks and of the weeks before them, as known now."""
    last = metric.weeks_earlier + metric.maturity_weeks
    begins = ledger.weeks_before(last + recent_weeks)
    return ledger.add(f"sums of {metric.name}", f"{metric.name}: {recent_weeks} weeks and those before", f"""
select
    case when week_start > {begins} then 'recent' else 'baseline' end as span,
    min(week_start) as first_week, max(week_start) as last_week, count(value) as weeks,
    sum(numerator) as numerator, sum(denominator) as denominator,
    sum(numerator) / nullif(sum(denominator), 0) as value, sum(n) as n,
    sum(case when is_suppressed then 1 else 0 end) as hidden_weeks
from {ledger.marts}.fct_metric_week
where team_id = {ledger.team} and metric_id = {ledger.literal(metric.metric_id)}
    and week_start > {ledger.weeks_before(last + recent_weeks + baseline_weeks)}
    and week_start <= {ledger.weeks_before(last)}
group by case when week_start > {begins} then 'recent' else 'baseline' end
order by span desc
""")  # fmt: skip


def steps(ledger: Ledger, metric: MetricAt, recent_weeks: int) -> Figure:
    """How the comparison of the longest window came about, as known then: `debug_metric_week`, kinds of item added."""
    first, last = 100 * recent_weeks, 100 * recent_weeks + 99
    return ledger.add(f"steps of {metric.name}", f"{metric.name}: the comparison over {recent_weeks} weeks", f"""
select step_number, step, sum(amount) as amount
from {ledger.private}.debug_metric_week
where team_id = {ledger.team} and week_start = {ledger.weeks_before(metric.weeks_earlier)}
    and metric_id = {ledger.literal(metric.metric_id)}
    and (step_number between {first} and {last} or step_number > 9000)
group by step_number, step
order by step_number
""", "private")  # fmt: skip


def series(ledger: Ledger, metric_id: str) -> Figure:
    """One metric week by week."""
    return ledger.add(f"series of {metric_id}", f"{metric_id} week by week", f"""
select week_start, numerator, denominator, value, n, is_mature, is_suppressed
from {ledger.marts}.fct_metric_week
where team_id = {ledger.team} and metric_id = {ledger.literal(metric_id)} and is_complete
    and week_start > {ledger.weeks_before(SHOWN_WEEKS)} and week_start <= {ledger.week}
order by week_start
""")  # fmt: skip


def usual_range(ledger: Ledger, metric_id: str, unit: str) -> Figure:
    """The range a chart shades: mean and 2.66 moving ranges of the first weeks, cut at what the unit allows."""
    lower, upper = "mean - reach", "mean + reach"
    if unit != "score":
        lower = f"greatest({lower}, 0)"
    if unit == "share":
        upper = f"least({upper}, 1)"
    return ledger.add(f"usual range of {metric_id}", f"{metric_id}: the usual range that charts shade", f"""
with series as (
    select
        value, value - lag(value) over (order by week_start) as moved,
        row_number() over (order by week_start) as place, count(*) over () as weeks
    from {ledger.marts}.fct_metric_week
    where team_id = {ledger.team} and metric_id = {ledger.literal(metric_id)} and is_complete and value is not null
        and week_start > {ledger.weeks_before(SHOWN_WEEKS)} and week_start <= {ledger.week}
),
limits as (
    select avg(value) as mean, {XMR_FACTOR} * avg(abs(moved)) as reach
    from series
    where place <= least({BASELINE_WEEKS}, floor(weeks / 2.0))
)
select
    max({lower}) as usual_low, max({upper}) as usual_high, count(*) as weeks,
    sum(case when value < mean - reach or value > mean + reach then 1 else 0 end) as weeks_outside
from series
cross join limits
""")  # fmt: skip
