"""Renderings of a document: Markdown, an e-mail, Slack blocks, a card for Teams. Nothing from data becomes markup."""

import json
import re
from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from counterpoise.digest.document import Document, Entry

# What channels take: Slack's Block Kit, Teams' messages, and the file that the notifier reads both from.
SLACK_BLOCKS, SLACK_TEXT, SLACK_HEADER = 50, 3000, 150
TEAMS_BYTES = 28_000
NOTIFIER_BYTES = 34_000

# Written so that none becomes a mention: the sign that cannot be seen stands between @ and the name.
_NO_MENTION = "@\u200b"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "~": "&#126;"}
_MARKDOWN = str.maketrans(_ENTITIES | {sign: f"\\{sign}" for sign in "\\`*_[]{}#!"} | {"@": _NO_MENTION})
_LIST_START = re.compile(r"^([-+]|\d+[.)])(?=\s)")
_SLACK = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": _NO_MENTION} | {sign: f"\u200b{sign}\u200b" for sign in "*_~`"}
)


def as_markdown(document: Document) -> str:
    """CommonMark. `<`, `&` and their like stand as entities, which every dialect reads as text."""
    lines = [f"# {_md(document.title)}", "", _md(document.motto)]
    for section in document.sections:
        lines += ["", f"## {_md(section.title)}"]
        for line in section.lines:
            lines += ["", _md(line)]
        for label, entries in section.lists:
            lines += ["", *([f"**{_md(label)}**", ""] if label else [])]
            for entry in entries:
                # two spaces at the end break the line
                lines.append("- " + "  \n  ".join(_md(text) for text in (entry.text, *entry.details)))
    for line in document.ending:
        lines += ["", _md(line)]
    return "\n".join(lines) + "\n"


def _md(text: str) -> str:
    escaped = text.translate(_MARKDOWN)
    return _LIST_START.sub(lambda start: f"{start[1][:-1]}\\{start[1][-1]}", escaped)


def as_html(document: Document) -> str:
    """A whole page with its styles inside, light and dark, that asks no host for anything."""
    environment = Environment(
        loader=PackageLoader("counterpoise.digest", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("mail.html").render(document=document)


def as_slack(document: Document) -> dict[str, Any]:
    """Block Kit: {"blocks": [...]}, at most 50 blocks of at most 3000 characters."""
    return _largest(document, _slack, lambda payload: len(payload["blocks"]) <= SLACK_BLOCKS, NOTIFIER_BYTES)


def _slack(document: Document) -> dict[str, Any]:
    blocks = [_slack_header(document.title), *_slack_texts([_sl(document.motto)])]
    for section in document.sections:
        blocks.append(_slack_header(section.title))
        blocks += _slack_texts([_sl(line) for line in section.lines])
        for label, entries in section.lists:
            blocks += _slack_texts([f"*{_sl(label)}*"] * bool(label) + _slack_entries(entries))
    return {"blocks": [*blocks, {"type": "divider"}, *_slack_texts([_sl(line) for line in document.ending])]}


def _sl(text: str) -> str:
    return text.translate(_SLACK)


def _slack_header(text: str) -> dict[str, Any]:
    shown = text.replace("@", _NO_MENTION)
    shown = shown if len(shown) <= SLACK_HEADER else shown[: SLACK_HEADER - 1] + "…"
    return {"type": "header", "text": {"type": "plain_text", "text": shown, "emoji": False}}


def _slack_entries(entries: tuple[Entry, ...]) -> list[str]:
    return [
        line
        for entry in entries
        for line in (f"• {_sl(entry.text)}", *(f"    {_sl(detail)}" for detail in entry.details))
    ]


def _slack_texts(lines: list[str]) -> list[dict[str, Any]]:
    """Lines in blocks: what is too long for one goes on in the next. `verbatim`: no link or name is looked for."""
    texts: list[str] = []
    for line in lines:
        cut = line[:SLACK_TEXT]
        if texts and len(texts[-1]) + 1 + len(cut) <= SLACK_TEXT:
            texts[-1] += f"\n{cut}"
        else:
            texts.append(cut)
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}} for text in texts]


def as_teams(document: Document) -> dict[str, Any]:
    """A message with one Adaptive Card of at most 28 KB. Its runs of text know no Markdown and no mentions."""
    return _largest(document, _teams, lambda payload: True, TEAMS_BYTES)


def _teams(document: Document) -> dict[str, Any]:
    body = [_run(document.title, size="Large", weight="Bolder"), _run(document.motto, isSubtle=True)]
    for section in document.sections:
        body.append({**_run(section.title, size="Medium", weight="Bolder"), "separator": True, "spacing": "Medium"})
        body += [_run(line) for line in section.lines]
        body += [block for label, entries in section.lists for block in _teams_list(label, entries)]
    body += [_run(line, isSubtle=True) for line in document.ending]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


def _run(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def _teams_list(label: str, entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    blocks = [_run(label, weight="Bolder")] if label else []
    for entry in entries:
        blocks.append({**_run(f"• {entry.text}"), "spacing": "Small"})
        blocks += [{**_run(detail, isSubtle=True), "spacing": "None"} for detail in entry.details]
    return blocks


def _largest(
    document: Document, render: Callable[[Document], dict[str, Any]], fits: Callable[[dict[str, Any]], bool], most: int
) -> dict[str, Any]:
    """The document with as many sections as fit, of which no more than `most` bytes come."""
    low, high = 0, len(document.sections)
    while low < high:
        middle = (low + high + 1) // 2
        payload = render(document.first(middle))
        if fits(payload) and len(as_json(payload).encode()) <= most:
            low = middle
        else:
            high = middle - 1
    return render(document.first(low))


def as_json(payload: dict[str, Any]) -> str:
    """JSON in which no two braces stand together inside a text: the notifier would read them as a place to fill in."""
    return json.dumps(payload, ensure_ascii=True).replace("{{", "{\\u007b")
