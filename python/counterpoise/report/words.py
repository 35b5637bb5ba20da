"""Every word the report says by itself, in one place, so that a translation replaces this module only.

Sentences that come with the data (reasons, status, data health, checks) are written by the marts.
"""

import re
from datetime import date
from typing import Any

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

WORDS: dict[str, str] = {
    # every page
    "site_title": "Team output and outcome",
    "skip": "Skip to the content",
    "nav": "Pages",
    "overview": "Overview",
    "checks": "Data checks",
    "motto": "A score is a question to ask, not a verdict.",
    "footer_use": "Meant for teams to look at their own work. It compares each team with its own past, "
    "ranks nobody and says nothing about a person. Please do not tie it to rewards.",
    "footer_run": "Data up to {through}. Score model {model}.",
    "no_scores_yet": "No scores have been computed yet. Run `counterpoise score` to add them.",
    "no_work": "It had no work in this week, or only gathers the work of other teams.",
    # overview
    "overview_sub": "{teams} teams, {weeks} weeks to the week of {week}.",
    "banner_withheld": "No scores this time, and this is why",
    "banner_insufficient": "No team has enough data for a score yet",
    "banner_rest": "So nothing is drawn over time. What was found stands on each team’s page: read it "
    "across teams, not over time.",
    "new_title": "What is new this week",
    "new_more": "And at {n} more teams, in the order of the organisation",
    "new_none": "Nothing new in the week of {week}: no band rose, no alert began, no pair turned.",
    "new_none_unscored": "No team was scored in the week of {week}, so nothing is called new.",
    "new_rose": "Moved up from {before} to {now}.",
    "new_first": "First score in a while, in band {now}.",
    "new_eased": "Eased from {before} to {now}.",
    "new_alert": "An alert began. {reason} It is time to talk about it.",
    "new_turned": "{output} → {outcome} turned from “{before}” to “{now}” (judged for the week of {week}).",
    "heat_title": "Teams by week",
    "heat_help": "One row a team, in the order of the organisation; one cell a week. The stronger the red, "
    "the more it looks as if the tracked output improves while its outcome gets worse. Hatched: no score; "
    "hover to see why.",
    "parts_help": "{teams} teams are too many for one page, so each part of the organisation has its own, with a row a "
    "team. In the order of the organisation; the figures are how many teams are in each band now.",
    "parts_none": "No part of the organisation",
    "parts_piece": "{part}, {first} to {last}",
    "parts_counts": "{part}: {counts}.",
    "parts_count": "{label} {n}",
    "part_sub": "{n} teams, {weeks} weeks to the week of {week}.",
    "part_previous": "Before: {part}",
    "part_next": "Next: {part}",
    "col_part": "Part of the organisation",
    "col_teams": "Teams",
    "col_bands": "Bands now",
    # search
    "nav_teams": "Teams",
    "page_teams": "Every team, in the order of the organisation.",
    "search_label": "Find a team by its name, part, band or story",
    "search_count": "{n} teams shown",
    "col_because": "Because",
    "heat_team": "Team",
    "heat_weeks": "Weeks",
    "heat_now": "Now",
    "heat_row": "{team}, {weeks} weeks: {counts}. Now: {now}.",
    "heat_cell": "Week of {week}: {band}, score {risk} ({low} to {high})",
    "heat_cell_alert": "{cell}. {reason}",
    "heat_cell_run": "{first} to {last}: score about {risk}",
    "heat_cell_none": "{first} to {last}: no score. {reason}",
    "legend_low": "low",
    "legend_high": "high",
    "legend_none": "no score",
    "bands_title": "Teams by band",
    "bands_help": "Inside a band teams stand in the order of the organisation.",
    "bands_empty": "No team.",
    "band_count_one": "1 team",
    "band_count": "{n} teams",
    "cards_title": "Output over outcome",
    "cards_help": "Each team’s first pair. The shaded band is the team’s own usual range, from its first "
    "{weeks} weeks or half of what there is; diamonds are weeks outside it; dashed lines are known changes; "
    "the dotted line is since when.",
    "cards_some": "Only teams with news this week are drawn here; every team has its own page.",
    "cards_withheld": "Nothing is drawn over time while the scores are withheld.",
    "cards_none": "No team has {weeks} weeks of both an output and an outcome yet, so there is nothing to draw.",
    "card_score": "Score {risk}, likely {low} to {high}.",
    "score_short": "{risk} ({low} to {high})",
    "health_title": "Data health",
    "health_none": "Nothing to report: everything that arrived was used as it is.",
    "health_failed": "Checks that failed",
    "health_failed_none": "All {n} data checks passed.",
    "health_no_checks": "No data checks have been run on this data.",
    "health_more": "All data checks",
    "remedy": "Remedy: {text}",
    "coverage_title": "Coverage",
    "coverage_text": "{scored} of {teams} teams have a score for the week of {week}.",
    "coverage_range": "Their scores could look at {low} to {high} of the evidence; what is missing counts "
    "neither for nor against a team.",
    "coverage_table": "All teams as a table",
    "overview_part": "About {part} only.",
    "col_team": "Team",
    "col_band": "Band",
    "col_story": "Story",
    "col_score": "Score (likely range)",
    "col_coverage": "Coverage",
    "col_status": "If no score, why",
    # team page
    "team_sub": "Week of {week}.",
    "team_of": "Part of {parent}.",
    "score_line": "Score {risk} of 100, likely between {low} and {high}; {coverage} of the evidence was there.",
    "score_picture": "Score {risk}, likely range {low} to {high}, on a scale from 0 to 100.",
    "score_none": "There is no score for this team this week. {reason}",
    "alert_on": "An alert is on. {reason} Please talk about it with the team.",
    "history_title": "Week by week",
    "pairs_title": "Output over outcome",
    "pairs_help": "Both on one time axis. Shaded: the usual range, from this team’s first {weeks} weeks or "
    "half of what there is. Diamonds: weeks outside it. Dashed, with a letter: a known change. Dotted: "
    "since when.",
    "pairs_none": "There are not yet {weeks} weeks of both an output and an outcome for this team, so "
    "nothing is drawn.",
    "pairs_withheld": "Nothing is drawn over time while the score is withheld: these weeks may not be comparable.",
    "pairs_small": "Fewer than {n} people work in this team, so its figures and items are not shown: they "
    "could be read as figures about a person.",
    "pair_name": "{output} → {outcome}",
    "pair_judged": "Judged for the week of {week}.",
    "pair_judged_since": "Judged for the week of {week}, the same since {since}.",
    "pairs_other": "Other pairs looked at",
    "marks_title": "Known changes",
    "panel": "{label}{direction}",
    "panel_output": "Output: {label}{direction}",
    "panel_outcome": "Outcome: {label}{direction}",
    "better_up": ", higher is better",
    "better_down": ", lower is better",
    "since_mark": "since",
    "chart_text": "{team}: {output} over {outcome}, {weeks} weeks to the week of {week}. {output_last} {outcome_last}",
    "chart_last": "{label}: {value} in the week of {week}, usual {low} to {high}, {outside} of {n} weeks outside.",
    "reasons_title": "Why",
    "reasons_none": "No sign adds to the score this week.",
    "reason_points": "{points} points",
    "reason_rows": "Counted from {n} rows.",
    "reason_since": "since the week of {week}",
    # drawings of AI
    "told": "{name}: {what}",
    "layer_of": "{n} of {all}",
    "layer_told": "{layer} {of}",
    "layers_next": "Next to agree on: {layer}.",
    "layers_all": "All four layers hold.",
    "meta": "{hours} of meta-work in the newest week, budget {budget}.",
    "meta_none": "{hours} of meta-work in the newest week; nobody has set a budget.",
    "meta_told": "{team}: {note} {weeks} weeks are drawn, weeks beyond the budget in another colour.",
    "ai_reopened": "{team}: opened again (lower is better)",
    "ai_csat": "{team}: satisfaction (higher is better)",
    "ai_items": "{difficulty}, {ai}: {n} items",
    "ai_answers": "{difficulty}, {ai}: {n} answers",
    "share_range": "{share} ({low} to {high})",
    "with_ai": "with AI",
    "without_ai": "without AI",
    "step_first": "Next step:",
    "mark_definition": "what is counted changed, {label}",
    "legend_usual": "usual range",
    "legend_outside": "outside it",
    "legend_change": "known change",
    "legend_since": "since when",
    "next_title": "Next step",
    "next_none": "Nothing to do now. Keep looking at output and outcome together.",
    "next_owner": "Who: {owner}.",
    "next_due": "Within {days} days.",
    "next_due_on": "Until {day}.",
    "next_overdue": "It was due on {day} and has no answer yet.",
    "next_then": "After that",
    "else_title": "What else could explain it",
    "else_help": "Ask these before anything else. One “yes” may be the whole answer.",
    "else_signal": "“{signal}” can also come from: {explanation}",
    "evidence_title": "Evidence",
    "evidence_help": "From the last {weeks} weeks. Items are listed for the team itself, to look them up in "
    "its own tool.",
    "evidence_none": "No rows of evidence in the last {weeks} weeks.",
    "evidence_count_one": "1 row",
    "evidence_count": "{n} rows",
    "evidence_first": "The first {n}:",
    "signals_title": "What was looked at",
    "signals_none": "No signals were computed for this week.",
    "signal_page": "about this sign",
    "signal_sub": "{asks} Looked for in the week of {week}.",
    "signal_evidence": "Evidence",
    "signal_none": "It shows nowhere this week.",
    "signal_where": "Where it shows this week",
    "signal_fired": "fired",
    "signal_clear": "clear",
    "signal_no_data": "no data",
    "col_signal": "Signal",
    "col_asks": "It asks",
    "col_signal_status": "Status",
    "previous_team": "Previous team: {team}",
    "next_team": "Next team: {team}",
    # checks page
    "checks_sub": "What was checked before anything was counted or scored. A failed check withholds the "
    "scores it touches; only a check that stops ends the run.",
    "checks_count": "{passed} passed, {failed} did not.",
    "checks_failed": "Failed",
    "checks_reported": "Quality below its minimum",
    "checks_reported_help": "Thresholds of the registry of guardrails that a team’s newest week misses. They are "
    "findings about the work, not about the data: they hold nothing back.",
    "checks_suites": "Suites",
    "checks_suites_help": "What was checked, suite by suite. Each suite is one file of the package.",
    "suite_passed": "Passed",
    "suite_failed": "Did not pass",
    "col_suite": "Suite",
    "col_stage": "Stage",
    "col_history": "Before",
    "history_since": "since {since}",
    "history_failed": "{failed} of the last {runs} runs did not pass",
    "history_flapping": "flapping",
    "history_first": "first run",
    "trend_up": "rising",
    "trend_down": "falling",
    "checks_when": "Run {run} at {when} UTC.",
    "col_check": "Check",
    "col_where": "Where",
    "col_severity": "If it fails",
    "col_observed": "Observed",
    "col_threshold": "Allowed",
    "col_message": "What it says",
    "severity_stop": "stops the run",
    "severity_withhold": "scores withheld",
    "severity_warn": "a warning",
    "severity_report": "reported",
    # pages of tables
    "nav_steps": "Next steps",
    "page_steps": "What to do next, by whom and until when. Done or declined is what an answer says, not what happened "
    "to come later. Answer with the command “counterpoise answer”.",
    "nav_signals": "Signals",
    "page_signals": "Every sign that is looked for, where it shows this week, and what else it could be. Teams "
    "stand in "
    "the order of the organisation.",
    "nav_metrics": "Metrics",
    "page_metrics": "What is measured, which decision it helps, who answers for it, and whether it is used.",
    "nav_governance": "Guardrails",
    "page_governance": "Minimum quality, rewards, and what the targets ask for. Guardrails report; they never "
    "hide a score.",
    "nav_flow": "Flow",
    "page_flow": "Room to move, what an outcome costs, and whether work is effective; beside what is mislabelled "
    "as efficient.",
    "nav_ai": "AI",
    "page_ai": "What is agreed on AI, what reviewing and prompting take, and what customers get.",
    "nav_experiments": "Experiments",
    "page_experiments": "What was tried with some teams first, on outputs and on outcomes.",
    "table_steps": "Next steps",
    "help_steps": "What the newest week asks for, one step a response and team; and what was answered of late.",
    "empty_steps": "No step is due. Keep looking at output and outcome together.",
    "table_narrative": "Stories asked for",
    "help_narrative": "Sudden changes of the last 13 weeks that nobody has explained yet. Two sentences are enough.",
    "empty_narrative": "No change is waiting for its story.",
    "table_retire": "What may go",
    "help_retire": "A metric that no decision hangs on is an ornament. Fewer numbers are read better.",
    "empty_retire": "No metric is known to be idle. Where nobody records when metrics are looked at and what was "
    "decided, it cannot be told; the small table metric_reviews is enough for that.",
    "table_used": "Is it used?",
    "help_used": "Every metric: whether it drives action, and how many teams of the whole organisation have it.",
    "empty_used": "No metric is registered.",
    "table_metrics": "What each metric is for",
    "help_metrics": "What it counts, which decision it helps and which behaviour it reinforces when it is a target.",
    "empty_metrics": "No metric is registered.",
    "table_guardrails": "Minimum quality: missed or close",
    "help_guardrails": "Thresholds that are missed, or met with little room. All others are met or have no data.",
    "empty_guardrails": "No threshold is missed or close.",
    "table_eligibility": "Rewards by period",
    "help_eligibility": "Whether minimum quality was kept over the period. Where data is thin, nothing is decided.",
    "empty_eligibility": "No period of the last year can be looked at yet.",
    "table_balance": "Balance of targets",
    "help_balance": "Whether a team's targets mix early and late signs, counts and answers, outputs and outcomes.",
    "empty_balance": "No team has targets.",
    "table_friction": "Conditions that make a paradox likelier",
    "help_friction": "Exposure, not evidence: it moves a score a little and raises no alarm.",
    "empty_friction": "None of these conditions is known of.",
    "table_flow": "Load and waiting",
    "help_flow": "Load is demand by available hours. Each team has its own ceiling, from its variability and "
    "size; room below "
    "zero is hours to take out a week. 85 % is a line to compare with, not a limit for all. Drawn: the wait that the "
    "team's own variability makes of each load (in working hours), shaded up to its ceiling; dots are weeks of the "
    "last half year as observed (on the clock, so higher where nights and weekends pass), the ring is now.",
    "empty_flow": "Nothing is known of hours or capacity, and nobody has to start recording them.",
    "table_efficiency": "True efficiency beside what is mislabelled",
    "help_efficiency": "Lower cost for the same outcome, a shorter wait, less rework. Being booked and being "
    "fewer is neither.",
    "empty_efficiency": "Nothing is known of costs, waiting or rework.",
    "table_effective": "Effective work",
    "help_effective": "Is it the right work, done well, on time, in a way people can keep up, with no work "
    "blocked or doubled?",
    "empty_effective": "Nothing can be said about effective work yet.",
    "table_readiness": "What is agreed on AI",
    "help_readiness": "Four layers, the lowest first; one counts only when those below it hold. Full: it counts; "
    "dashed: in place, but not yet to be built on.",
    "empty_readiness": "No norms for AI are recorded.",
    "table_ai": "AI use and its overhead",
    "help_ai": "Review is oversight, not waste; what counts is meta-work beyond its budget. Columns: meta-work hours "
    "a week of the last half year; line: the budget.",
    "empty_ai": "Nothing is known of AI use.",
    "table_ai_cost": "Cost per outcome",
    "help_ai_cost": "What counts is the cost of an item solved for good, not of an item closed. Hours are all hours of "
    "the week by resolution, beside what the team needed before.",
    "empty_ai_cost": "Neither costs nor hours are known.",
    "table_ai_outcome": "AI by difficulty, last 13 weeks",
    "help_ai_outcome": "Fast on easy work and brittle on hard work shows here. With AI beside without, easy and hard "
    "work apart, with the 95 % range; where ranges overlap, nothing is shown yet.",
    "empty_ai_outcome": "Nothing is known of AI use.",
    "table_experiments": "Effects",
    "help_experiments": "Treated less control teams, on the scale of each metric's comparison, with a 90 % range.",
    "empty_experiments": "No experiment is recorded. A small one first is the safest way to change an incentive.",
    "table_interventions": "What changes did",
    "help_interventions": "All changes of a kind together, against teams without it or not yet with it, in the year "
    "after the start; 95 % range. Drawn by four weeks, above 0 is better, where the whole is better or worse. Below "
    "0.05 before the start means that teams moved away already. Effects are means over teams: many are looked at, so "
    "one in twenty seems to move by chance. What must hold: by imputation, that teams with the change would have moved "
    "as the others did without it, and did not change before; segmented, that nothing else changed at that time.",
    "empty_interventions": "No change is recorded that could be measured: it takes weeks before and after it.",
    "said_once": "{column}, in the {n} rows that say “as above”: {text}",
    "said_above": "as above",
    "rows_left_out": "And {n} more rows. Every team’s own rows stand on its page; `counterpoise report --part` makes "
    "pages of a part of the organisation.",
    "teams_together": "together",
    "experiment_metric": "{metric} ({room})",
    "experiment_effect": "{effect} ({low} to {high}), {verdict}",
    "experiment_text": "{name}: effects with their 90 % ranges, right of the dashed line is better. {effects}.",
    "curve_x": "load: hours asked for by hours there are",
    "curve_y": "wait in a queue, hours",
    "curve_ceiling": "ceiling {load_ceiling}",
    "curve_reference": "line {load_reference}",
    "curve_text": "{team}: wait against load. Load now {load}, its own ceiling {load_ceiling}, line to compare with "
    "{load_reference}. Wait expected at this load {wait_expected_hours} of working time, observed "
    "{wait_observed_hours} on the clock; {weeks} weeks drawn.",
    "effect_picture": "{cause}: {metric} ({room})",
    "effect_picture_text": "{cause}, {metric}: {shown}, {verdict}. By weeks since the start, above 0 is better.",
    "table_team_metrics": "All figures of this team",
    "help_team_metrics": "Newest figures of the last 13 weeks; what is not here has no data.",
    "empty_team_metrics": "No figures.",
    "signal_at": "It shows at",
    "signal_others": "Clear at {clear}; no data at {unknown}.",
    "signal_else": "What else it could be",
    "signal_do": "What to do first",
    "yes": "yes",
    "no": "no",
    "col_what": "What",
    "col_why": "Why",
    "col_owner": "Who",
    "col_due": "Until",
    "col_state": "State",
    "col_metric": "Metric",
    "col_week": "Week of",
    "col_direction": "Moved",
    "col_tier": "How",
    "col_room": "Speaks of",
    "col_counts": "Out of",
    "col_decision": "Decision it helps",
    "col_behaviour": "Behaviour it reinforces",
    "col_health": "Verdict",
    "col_reason": "Because",
    "col_teams_with_data": "Teams with data",
    "col_allowed": "Threshold",
    "col_guardrail": "Guardrail",
    "col_n": "From",
    "col_cost_per_resolved": "Cost per item closed",
    "col_hours_per_resolved": "Hours per item",
    "col_hours_expected": "Hours before",
    "col_period": "Period from",
    "col_eligible": "Reward",
    "col_met": "Met",
    "col_breached": "Missed",
    "col_unknown": "No data",
    "col_targets": "Targets",
    "col_rewarded": "Tied to reward",
    "col_balance": "Balance",
    "col_missing": "Missing",
    "col_condition": "Condition",
    "col_since": "Since the week of",
    "col_load": "Load",
    "col_ceiling": "Ceiling",
    "col_reference": "Reference",
    "col_headroom": "Room a week",
    "col_wait_expected": "Wait expected",
    "col_wait_observed": "Wait observed",
    "col_assumed": "Capacity assumed",
    "col_efficiency": "Verdict",
    "col_cost_per_outcome": "Cost per item solved for good",
    "col_end_to_end": "Wait from end to end",
    "col_rework": "Rework",
    "col_utilisation": "Booked",
    "col_people": "People",
    "col_aspect": "Aspect",
    "col_share": "Share",
    "col_layer": "Layer",
    "col_practices": "Practices in place",
    "col_of": "Of",
    "col_holds": "Holds",
    "col_counts_too": "Counts",
    "col_ai_share": "AI-assisted",
    "col_ai_unreviewed": "Not reviewed",
    "col_ai_undeclared": "Not declared",
    "col_overhead": "Meta-work",
    "col_overhead_reference": "Reference",
    "col_unbudgeted": "Beyond budget",
    "col_saved": "Net hours saved",
    "col_ai_assisted": "AI-assisted",
    "col_difficulty": "Difficulty",
    "col_items": "Items",
    "col_csat": "Satisfaction",
    "col_reopened": "Reopened",
    "col_experiment": "Experiment",
    "col_effect": "Effect",
    "col_low": "From",
    "col_high": "To",
    "col_treated": "Treated teams",
    "col_control": "Control teams",
    "col_effect_verdict": "Verdict",
    "col_cause": "Change",
    "col_weeks_since": "Since the start",
    "col_effect_range": "Effect (range)",
    "col_pre_trend": "Before the start (p)",
    "col_method": "Method",
    "col_value": "Value",
    "none": "–",
}

# Values of the marts as people read them; what is not here is shown with spaces for underscores.
VALUES: dict[str, str] = {
    "approaching": "close to the threshold",
    "breached": "missed",
    "not_eligible": "not eligible",
    "undetermined": "not decided: data is thin",
    "drives_action": "drives action",
    "redundant_with": "says the same as another",
    "retire": "may go",
    "ornamental": "an ornament",
    "no_data": "no data",
    "hidden_work": "hidden work",
    "unmeasured_work": "work that is not counted",
    "human": "people",
    "ai": "AI",
    "sudden": "sudden",
    "shifted": "shifted, please ask",
    "single": "one metric only",
    "leaning": "leans to one side",
    "no_targets": "no targets",
    "truly_better": "truly better",
    "on_time": "on time",
    "well": "done well",
    "right": "the right work",
    "coordinated": "not blocked, not doubled",
    "sustainable": "people can keep it up",
}

BANDS: dict[str, str] = {"clear": "Clear", "watch": "Watch", "elevated": "Elevated", "high": "High"}

BAND_SENTENCES: dict[str, str] = {
    "clear": "Nothing here asks for attention this week.",
    "watch": "Something moved; worth a look when you have five minutes.",
    "elevated": "Output and outcome seem to part ways; worth a talk with the team.",
    "high": "Output and outcome clearly part ways; please talk about it this week.",
}

STATUS: dict[str, str] = {
    "scored": "Scored",
    "insufficient_data": "Not enough data",
    "withheld": "Withheld",
    "unscored": "No score",
}

VERDICTS: dict[str, str] = {
    "paradox": "Output better, outcome worse",
    "hollow_gain": "Output better, outcome no better",
    "hidden_decline": "Output as before, outcome worse",
    "real_gain": "A real gain",
    "quiet_gain": "Output as before, outcome better",
    "quality_first": "Less output, better outcome",
    "steady": "Steady",
    "output_decline": "Less output, outcome as before",
    "honest_decline": "Both worse",
    "unclear": "Unclear",
    "no_data": "No data",
    "not_mature": "Too early to say",
}

# Harmless stories to rule out first, whatever the signal; each signal's own stand in the signal registry.
OTHER_EXPLANATIONS: tuple[str, ...] = (
    "Did the kind of work change: other categories, other priorities, another customer?",
    "Did people join, leave or take time off, so that fewer did the same work?",
    "Did a tool, a form or a counting rule change in these weeks?",
    "Was there a spike in demand or a season that comes every year?",
    "Did the same happen to other teams at the same time?",
    "Is it real: were people asked, or trained, to work in another way, and does it help?",
)


def say(key: str, /, **values: object) -> str:
    """The words for `key` with `values` filled in. Raises KeyError for a key or value that is missing."""
    return WORDS[key].format(**values)


def count(key: str, n: int) -> str:
    """`key` for n things; the singular stands under `key` + `_one`."""
    return say(f"{key}_one" if n == 1 else key, n=n)


def day(value: date | None) -> str:
    """21 Sep 2026; a dash without a date."""
    return WORDS["none"] if value is None else f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """Sep 26."""
    return f"{_MONTHS[value.month - 1]} {value.year % 100:02d}"


def number(value: float | None) -> str:
    """Three significant figures, thousands apart, no needless zeros; a dash without a value."""
    if value is None:
        return WORDS["none"]
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{float(f'{value:.3g}'):z.10g}"


def percent(share: float | None) -> str:
    """A share of 0 to 1 as per cent, with one decimal below ten per cent."""
    if share is None:
        return WORDS["none"]
    return f"{share:.1%}" if 0 < abs(share) < 0.0995 else f"{share:.0%}"


def quantity(value: float | None, unit: str) -> str:
    """A value in its registry unit (share, hours, items, events, score)."""
    if unit == "share":
        return percent(value)
    return f"{number(value)} h" if unit == "hours" and value is not None else number(value)


def closed_up(value: Any) -> Any:
    """Text with one style of per cent, `5.9%`: sentences of the marts write `5.9 %`. Markup stays as it is."""
    return re.sub(r"(?<=\d)\s%", "%", value) if type(value) is str else value
