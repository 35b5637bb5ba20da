"""The mapping file of an event log: what its columns and activities mean. See docs/event-log.md."""

from dataclasses import dataclass
from pathlib import Path

from counterpoise.errors import InputError
from counterpoise.inputs.mapping_file import read_yaml
from counterpoise.inputs.words import did_you_mean, fold, show, trim

ITEM_TYPES = ("ticket", "issue", "pull_request", "incident", "change", "deliverable", "task", "other")
WAITS_ON = ("requester", "customer", "vendor", "colleague", "other")
REQUIRED_ROLES = ("case", "activity", "time")
ROLES = (
    *REQUIRED_ROLES,
    "order",
    "recorded_time",
    "resource",
    "team",
    "parent_team",
    "category",
    "priority",
    "requester",
    "account",
)
_PERSON_ROLES = ("resource", "requester")
_KEYS = ("source_system", "item_type", "columns", "timezone", "time_format", "activities", "system_resources")


@dataclass(frozen=True)
class Meaning:
    """What an activity says: an event type of the contract, the state afterwards, whom a pause waits for."""

    event_type: str
    status_category: str | None = None
    waits_on: str | None = None


# States of an item first, in the words of the mapping; then the event types of the contract, whose state is
# null where the event changes none.
MEANINGS = {
    "queued": Meaning("queued", "queued"),
    "active": Meaning("started", "active"),
    "waiting": Meaning("paused", "waiting", "other"),
    "blocked": Meaning("blocked", "blocked"),
    "resolved": Meaning("resolved", "done"),
    "reopened": Meaning("reopened", "queued"),
    "closed": Meaning("closed", "done"),
    "cancelled": Meaning("closed", "done"),
    "created": Meaning("created", "queued"),
    "started": Meaning("started", "active"),
    "paused": Meaning("paused", "waiting", "other"),
    "resumed": Meaning("resumed", "active"),
    "unblocked": Meaning("unblocked", "active"),
    "assigned": Meaning("assigned"),
    "handed_off": Meaning("handed_off"),
    "escalated": Meaning("escalated"),
    "first_response": Meaning("first_response"),
    "status_changed": Meaning("status_changed"),
    "review_requested": Meaning("review_requested"),
    "reviewed": Meaning("reviewed"),
    "checked": Meaning("checked"),
    "edited": Meaning("edited"),
    "commented": Meaning("commented"),
    "merged": Meaning("merged"),
    "deployed": Meaning("deployed"),
    "reverted": Meaning("reverted"),
}


@dataclass(frozen=True)
class Mapping:
    """A mapping file, checked as far as it can be without the log.

    Attributes:
        label: name of the file, for messages.
        columns: column names by role (see ROLES); one each, `activity` may have several.
        meanings: what each activity means, by its value.
        closing: the activities under `closed`: the end of an item that may have been solved before.
        system_resources: resources that are no people.
    """

    label: str
    source_system: str
    item_type: str
    columns: dict[str, tuple[str, ...]]
    timezone: str
    time_format: str | None
    meanings: dict[str, Meaning]
    closing: tuple[str, ...]
    system_resources: tuple[str, ...]

    @property
    def wanted(self) -> list[str]:
        """Every column name the mapping speaks of."""
        return [name for names in self.columns.values() for name in names]


def read_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        InputError: the file is missing, no YAML, or says what it cannot mean; names key and remedy.
    """
    return _Checker(path.name).mapping(read_yaml(path, "docs/event-log.md"))


class _Checker:
    """Turns the document into a Mapping; every refusal starts with the file and the key."""

    def __init__(self, label: str) -> None:
        self._label = label

    def mapping(self, document: object) -> Mapping:
        document = self._section(document, "the file", _KEYS)
        columns = self._columns(document.get("columns"))
        meanings, closing = self._meanings(document.get("activities"))
        return Mapping(
            label=self._label,
            source_system=self._text(document.get("source_system", "event_log"), "source_system"),
            item_type=self._one_of(document.get("item_type", "other"), "item_type", ITEM_TYPES),
            columns=columns,
            timezone=self._text(document.get("timezone", "UTC"), "timezone"),
            time_format=self._text(document["time_format"], "time_format") if document.get("time_format") else None,
            meanings=meanings,
            closing=closing,
            system_resources=self._texts(document.get("system_resources") or [], "system_resources"),
        )

    def _columns(self, section: object) -> dict[str, tuple[str, ...]]:
        section = self._section(section, "columns", ROLES)
        for role in REQUIRED_ROLES:
            if section.get(role) is None:
                raise self._refusal(f"columns.{role}", "is missing. Name the column of the log that holds it.")
        columns = {}
        for role, names in section.items():
            if names is None:
                continue
            several = role == "activity" and isinstance(names, list)
            key = f"columns.{role}"
            columns[role] = tuple(self._text(name, key) for name in (names if several else [names]))
            if not columns[role]:
                raise self._refusal(key, "names no column.")
        persons = {fold(name) for role in _PERSON_ROLES for name in columns.get(role, ())}
        for role, names in columns.items():
            shared = [name for name in names if fold(name) in persons]
            if shared and role not in _PERSON_ROLES:
                raise self._refusal(
                    f"columns.{role}",
                    f"is {show(shared[0])}, which also names people. {role} is shown in reports; use another column.",
                )
        return columns

    def _meanings(self, section: object) -> tuple[dict[str, Meaning], tuple[str, ...]]:
        section = self._section(section, "activities", MEANINGS)
        meanings: dict[str, Meaning] = {}
        places: dict[str, str] = {}
        for key, values in section.items():
            for place, meaning, value in self._values(key, values):
                if value in meanings:
                    raise self._refusal(
                        f"activities.{place}",
                        f"has {show(value)}, which {places[value]} has as well. Keep one.",
                    )
                meanings[value], places[value] = meaning, place
        if not meanings:
            raise self._refusal("activities", "names no activity. Say at least what resolved and active are called.")
        return meanings, tuple(value for value, place in places.items() if place == "closed")

    def _values(self, key: str, values: object) -> list[tuple[str, Meaning, str]]:
        """(place in the file, meaning, activity) for one key of `activities`."""
        meaning = MEANINGS[key]
        if meaning.waits_on is None or not isinstance(values, dict):
            return [(key, meaning, value) for value in self._texts(values or [], f"activities.{key}")]
        by_whom = self._section(values, f"activities.{key}", WAITS_ON)
        return [
            (f"{key}.{whom}", Meaning(meaning.event_type, meaning.status_category, whom), value)
            for whom, several in by_whom.items()
            for value in self._texts(several or [], f"activities.{key}.{whom}")
        ]

    def _section(self, section: object, key: str, known: object) -> dict:
        known = list(known)
        if not isinstance(section, dict):
            raise self._refusal(key, f"has to be keys with values. Known keys: {', '.join(known)}.")
        for name in section:
            if name not in known:
                hint = did_you_mean(str(name), known) or f" Known keys: {', '.join(known)}."
                raise self._refusal(key, f"has the unknown key {show(str(name))}.{hint}")
        return section

    def _one_of(self, value: object, key: str, known: tuple[str, ...]) -> str:
        text = self._text(value, key)
        if text not in known:
            raise self._refusal(key, f"is {show(text)}; it can be {', '.join(known)}.{did_you_mean(text, known)}")
        return text

    def _texts(self, values: object, key: str) -> tuple[str, ...]:
        values = values if isinstance(values, list) else [values]
        return tuple(trim(self._text(value, key)) for value in values)

    def _text(self, value: object, key: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise self._refusal(key, f"has {show(str(value))}, which YAML does not read as text. Put it in quotes.")
        if not trim(value) or "\0" in value:
            raise self._refusal(key, "has a blank value. Write the text, or leave the key out.")
        return value

    def _refusal(self, key: str, problem: str) -> InputError:
        return InputError(f"{self._label}: {key} {problem}")
