"""What was sent: a small file beside the state of runs, so that nobody gets the same week twice."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from counterpoise.errors import CounterpoiseError

FILE = "digest.json"


@dataclass
class Sent:
    """Weeks sent, by marts, route and place of the address in the route: no address is kept.

    Attributes:
        marts: how the marts are named, as one work folder may serve several.
    """

    path: Path
    marts: str

    def has(self, week: date, route: str, place: int) -> bool:
        """Whether this week went to that address of the route."""
        return [self.marts, week.isoformat(), route, place] in self._read()

    def add(self, week: date, route: str, place: int) -> None:
        """Keep that it did; at once and whole, so that a later failure cannot forget it."""
        entries = self._read()
        entry = [self.marts, week.isoformat(), route, place]
        if entry in entries:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps([*entries, entry], indent=0), encoding="utf-8")
        fresh.replace(self.path)

    def _read(self) -> list[list]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise CounterpoiseError(
                f"{self.path} says what was sent, and cannot be read. Delete it; then the week may go out once more."
            )
        return found
