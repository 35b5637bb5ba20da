"""A digest as titles and lists of plain texts, which each rendering escapes in its own way."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from counterpoise.digest.content import Digest, Item, TeamNews
from counterpoise.digest.words import say
from counterpoise.report.words import day

# Longer texts are cut: a channel is no place for them, and some channels refuse them.
_LONGEST = 800
# Signs that cannot be seen and change what can be: controls, and those that turn the direction of writing.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Entry:
    """One entry of a list, and lines below it."""

    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A team, or the problems of all data: a title, lines, and lists with a label each (an empty one: no label)."""

    title: str
    lines: tuple[str, ...]
    lists: tuple[tuple[str, tuple[Entry, ...]], ...]


@dataclass(frozen=True)
class Document:
    """What is rendered. `more`: how many sections were left out for lack of room."""

    title: str
    motto: str
    sections: tuple[Section, ...]
    footer: str
    more: int = 0

    @property
    def ending(self) -> tuple[str, ...]:
        """The last lines."""
        if not self.more:
            return (self.footer,)
        return say("more_one" if self.more == 1 else "more", n=self.more), self.footer

    def first(self, sections: int) -> "Document":
        """The same with that many sections only."""
        return replace(self, sections=self.sections[:sections], more=max(len(self.sections) - sections, 0))


def plain(text: str) -> str:
    """A text of the data on one line, without signs nobody sees, and not longer than a channel takes."""
    line = " ".join(_UNSEEN.sub("", text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def document(digest: Digest) -> Document:
    """The digest in the order in which it is read."""
    sections = [_section(team) for team in digest.teams if team.has_moved]
    if digest.problems:
        sections.insert(0, Section(say("problems"), (), (("", _entries(digest.problems)),)))
    elsewhere = [
        Item(say("of_team", team=team.name, text=item.text))
        for team in digest.teams if not team.has_moved for item in team.waiting
    ]  # fmt: skip
    if elsewhere:
        sections.append(Section(say("open_elsewhere"), (), (("", _entries(elsewhere)),)))
    return Document(say("title", week=day(digest.week)), say("motto"), tuple(sections), say("footer"))


def _section(team: TeamNews) -> Section:
    title = say("section", team=team.name, part=team.part) if team.part else team.name
    lists = {
        "shifted": team.shifted, "asks": team.asks, "answered": team.answered, "open": (*team.overdue, *team.waiting),
    }  # fmt: skip
    shown = tuple((say(label), _entries(items)) for label, items in lists.items() if items)
    return Section(plain(title), tuple(plain(line) for line in team.standing), shown)


def _entries(items: Sequence[Item]) -> tuple[Entry, ...]:
    return tuple(Entry(plain(item.text), tuple(plain(detail) for detail in item.details)) for item in items)
