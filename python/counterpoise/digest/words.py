"""Every word the digest says by itself and that the report does not say already (see `report.words`)."""

WORDS: dict[str, str] = {
    "title": "Output and outcome, week of {week}",
    "motto": "Questions to ask, not verdicts. Each team is compared with its own past; nobody is ranked.",
    "quiet": "Nothing moved in the week of {week}: nothing is sent.",
    "problems": "Data problems",
    "problem": "New, and it holds back scores: {message} {remedy}",
    "withheld": "Scores are held back from now on. {message} {remedy}",
    "band": "{band}. {score}",
    "why": "Why: {reason}",
    "section": "{team} ({part})",
    "shifted": "What shifted",
    "asks": "What to ask, and who owns it",
    "answered": "Answered this week",
    "open": "Still open",
    "open_elsewhere": "Nothing moved, still open",
    "of_team": "{team}: {text}",
    "alert_ended": "The alert is over.",
    "breach": "Minimum quality is missed: {metric} {observed}, threshold {threshold}, from {n}. Who: {owner}.",
    "step": "{what} Who: {owner}. By {due}.",
    "step_why": "Why: {why}",
    "step_ask": "Ask: {question}",
    "step_answered": "{what} Answer: {state}. Who: {owner}.",
    "step_overdue": "{what} Who: {owner}. It was due on {due}.",
    "more_one": "1 more team moved; it stands in the report.",
    "more": "{n} more teams moved; they stand in the report.",
    "footer": "Answer with the command “counterpoise answer”; “not now, because …” is an answer too. "
    "Evidence and all figures stand in the report.",
}


def say(key: str, /, **values: object) -> str:
    """The words for `key` with `values` filled in. Raises KeyError for a key or value that is missing."""
    return WORDS[key].format(**values)
