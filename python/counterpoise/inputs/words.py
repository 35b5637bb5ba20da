"""Words for people and quotes for SQL: what a user's file says passes through here to be shown or run."""

from collections.abc import Iterable
from difflib import get_close_matches
from unicodedata import category

_LONGEST_VALUE = 40
_SPACES = "".join(c for c in map(chr, range(0x10000)) if category(c) == "Zs")


def quote_name(name: str) -> str:
    """A name as an SQL identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Text as an SQL literal. Plain literals have no backslash escapes, so doubling quotes is enough."""
    return "'" + text.replace("'", "''") + "'"


def fold(name: str) -> str:
    """A column name as it is compared: without outer blanks, upper and lower case the same."""
    return name.strip().casefold()


def trim(text: str) -> str:
    """Text without outer blanks, as DuckDB's trim() sees them: spaces of every kind, no tabs or line ends."""
    return text.strip(_SPACES)


def show(value: str) -> str:
    """A value as messages show it: quoted, on one line, and cut where it is long."""
    line = "".join(c if c.isprintable() else "?" for c in value)
    return f'"{line[:_LONGEST_VALUE]}…"' if len(line) > _LONGEST_VALUE else f'"{line}"'


def show_all(values: Iterable[str], most: int = 20) -> str:
    """Values with commas between them; beyond `most` only how many more there are."""
    values = list(values)
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(show(value) for value in values[:most]) + more


def count(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: `1 row`, `1,200 rows`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence with the nearest known word, else an empty string. Starts with a space."""
    by_folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), by_folded, n=1)
    return f" Did you mean {show(by_folded[near[0]])}?" if near else ""
