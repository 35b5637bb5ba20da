"""The mapping of a panel: which column is what, and what is to be measured. See docs/effects.md."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counterpoise.errors import InputError
from counterpoise.inputs.mapping_file import read_yaml
from counterpoise.inputs.words import did_you_mean, show

TRANSFORMS = ("none", "log", "log1p", "logit")
PERIODS = ("week", "month")
DIRECTIONS = ("up", "down")
_STAGGERED_KEYS = (
    "design", "unit", "period", "start", "outputs", "outcomes", "covariates", "leave_out_starts", "horizons", "leads",
)  # fmt: skip
_TRIAL_KEYS = ("design", "treatment", "outputs", "outcomes", "covariates", "errors", "forecasts")


@dataclass(frozen=True)
class Measure:
    """Something measured: the sum of one or more columns, on a scale.

    Attributes:
        room: output or outcome.
        better: up or down.
        fill: columns whose missing values are taken as the mean of their arm (trials only).
    """

    name: str
    room: str
    columns: tuple[str, ...]
    transform: str
    better: str
    fill: tuple[str, ...] = ()


@dataclass(frozen=True)
class PanelMapping:
    """A panel of units and periods.

    Attributes:
        unit: columns that name a unit together.
        every: week or month.
        covariates: transform by column.
        starts_until, starts_after: units that start then or before, or after then, are left out; text as in the file.
        horizons: periods since the start that are shown one by one, from 0.
        leads: periods before the start that are checked.
    """

    label: str
    unit: tuple[str, ...]
    period: str
    every: str
    start: str
    measures: tuple[Measure, ...]
    covariates: dict[str, str]
    starts_until: str | None
    starts_after: str | None
    horizons: int
    leads: int


@dataclass(frozen=True)
class TrialMapping:
    """A randomised trial: one row an item.

    Attributes:
        treated, control: what the treatment column says, as text.
        errors: homoskedastic or robust (HC1).
        forecasts: name -> (column with treatment, column without).
    """

    label: str
    treatment: str
    treated: str
    control: str
    measures: tuple[Measure, ...]
    covariates: dict[str, str]
    errors: str
    forecasts: dict[str, tuple[str, str]]


def read_mapping(path: Path) -> PanelMapping | TrialMapping:
    """Read and check a mapping file.

    Raises:
        InputError: the file is missing, no YAML, or says what it cannot mean; names key and remedy.
    """
    return _Checker(path.name).mapping(read_yaml(path, "docs/effects.md"))


class _Checker:
    """Turns the document into a mapping; every refusal starts with the file and the key."""

    def __init__(self, label: str) -> None:
        self._label = label

    def _refuse(self, text: str) -> InputError:
        return InputError(f"{self._label}: {text}")

    def mapping(self, document: Any) -> PanelMapping | TrialMapping:
        if not isinstance(document, dict):
            raise self._refuse("the file holds no keys. docs/effects.md shows how to write one.")
        design = self._one_of(document.get("design", "staggered"), "design", ("staggered", "trial"))
        self._known(document, "the file", _TRIAL_KEYS if design == "trial" else _STAGGERED_KEYS)
        measures = (*self._measures(document, "output"), *self._measures(document, "outcome"))
        if not measures:
            raise self._refuse("there is nothing to measure. Name columns under outputs: and outcomes:.")
        twice = {m.name for m in measures if sum(other.name == m.name for other in measures) > 1}
        if twice:
            raise self._refuse(f"{show(min(twice))} stands under outputs and outcomes. Give it one place.")
        covariates = {
            name: self._one_of(transform or "none", f"covariates: {name}", TRANSFORMS)
            for name, transform in self._mapping(document.get("covariates") or {}, "covariates").items()
        }
        return (self._trial if design == "trial" else self._panel)(document, measures, covariates)

    def _panel(self, document: dict, measures: tuple[Measure, ...], covariates: dict[str, str]) -> PanelMapping:
        period = self._mapping(self._needed(document, "period"), "period")
        self._known(period, "period", ("column", "every"))
        unit = self._needed(document, "unit")
        left_out = self._mapping(document.get("leave_out_starts") or {}, "leave_out_starts")
        self._known(left_out, "leave_out_starts", ("until", "after"))
        filled = [m.name for m in measures if m.fill]
        if filled:
            raise self._refuse(f"{filled[0]}: fill_with_arm_mean is for trials. Rows without a value are left out.")
        return PanelMapping(
            label=self._label,
            unit=self._columns(unit, "unit"),
            period=self._text(self._needed(period, "column", "period: "), "period: column"),
            every=self._one_of(self._needed(period, "every", "period: "), "period: every", PERIODS),
            start=self._text(self._needed(document, "start"), "start"),
            measures=measures,
            covariates=covariates,
            starts_until=str(left_out["until"]) if "until" in left_out else None,
            starts_after=str(left_out["after"]) if "after" in left_out else None,
            horizons=self._count(document.get("horizons", 6), "horizons", 0),
            leads=self._count(document.get("leads", 6), "leads", 1),
        )

    def _trial(self, document: dict, measures: tuple[Measure, ...], covariates: dict[str, str]) -> TrialMapping:
        treatment = self._mapping(self._needed(document, "treatment"), "treatment")
        self._known(treatment, "treatment", ("column", "treated", "control"))
        forecasts = {}
        for name, pair in self._mapping(document.get("forecasts") or {}, "forecasts").items():
            pair = self._mapping(pair, f"forecasts: {name}")
            self._known(pair, f"forecasts: {name}", ("with", "without"))
            forecasts[name] = (
                self._text(self._needed(pair, "with", f"forecasts: {name}: "), f"forecasts: {name}: with"),
                self._text(self._needed(pair, "without", f"forecasts: {name}: "), f"forecasts: {name}: without"),
            )
        return TrialMapping(
            label=self._label,
            treatment=self._text(self._needed(treatment, "column", "treatment: "), "treatment: column"),
            treated=str(self._needed(treatment, "treated", "treatment: ")),
            control=str(self._needed(treatment, "control", "treatment: ")),
            measures=measures,
            covariates=covariates,
            errors=self._one_of(document.get("errors", "robust"), "errors", ("robust", "homoskedastic")),
            forecasts=forecasts,
        )

    def _measures(self, document: dict, room: str) -> list[Measure]:
        found = []
        for name, told in self._mapping(document.get(f"{room}s") or {}, f"{room}s").items():
            where = f"{room}s: {name}"
            told = self._mapping(told or {}, where)
            self._known(told, where, ("sum", "transform", "better", "fill_with_arm_mean"))
            columns = self._columns(told.get("sum", name), f"{where}: sum")
            fill = self._columns(told["fill_with_arm_mean"], where) if "fill_with_arm_mean" in told else ()
            strange = [column for column in fill if column not in columns]
            if strange:
                raise self._refuse(f"{where}: fill_with_arm_mean names {show(strange[0])}, which is not summed here.")
            transform = self._one_of(told.get("transform", "none"), f"{where}: transform", TRANSFORMS)
            better = self._one_of(self._needed(told, "better", f"{where}: "), f"{where}: better", DIRECTIONS)
            found.append(Measure(name, room, columns, transform, better, fill))
        return found

    def _needed(self, section: dict, key: str, where: str = "") -> Any:
        if section.get(key) in (None, "", []):
            raise self._refuse(f"{where}{key} is missing. docs/effects.md shows what it is.")
        return section[key]

    def _known(self, section: dict, where: str, keys: tuple[str, ...]) -> None:
        for key in section:
            if key not in keys:
                raise self._refuse(f"{where} has an unknown key {show(str(key))}.{did_you_mean(str(key), keys)}")

    def _mapping(self, value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._refuse(f"{where} must be keys with values, one a line.")
        return {str(key): inner for key, inner in value.items()}

    def _one_of(self, value: Any, where: str, known: tuple[str, ...]) -> str:
        if value not in known:
            raise self._refuse(f"{where} is {show(str(value))}; it can be {', '.join(known)}.")
        return value

    def _text(self, value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise self._refuse(f"{where} must be the name of a column.")
        return value

    def _columns(self, value: Any, where: str) -> tuple[str, ...]:
        names = value if isinstance(value, list) else [value]
        return tuple(self._text(name, where) for name in names)

    def _count(self, value: Any, where: str, least: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 520:
            raise self._refuse(f"{where} must be a whole number from {least} to 520.")
        return value
