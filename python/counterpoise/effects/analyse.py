"""`counterpoise effects`: from a panel file and its mapping to effects, with plain medians beside them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from counterpoise.effects.imputation import Estimate, Flags, Floats, Lead, Panel
from counterpoise.effects.mapping import Measure, PanelMapping, TrialMapping, read_mapping
from counterpoise.effects.panel_file import PanelFile, numbered, parse_period, transformed
from counterpoise.effects.study import ASSUMES, study
from counterpoise.effects.trial import Forecast, forecast, trial_effect
from counterpoise.effects.words import shown, verdict
from counterpoise.errors import InputError
from counterpoise.inputs.words import count, show

_PER_YEAR = {"month": 12.0, "week": 365.25 / 7}


@dataclass(frozen=True)
class Plain:
    """Medians without any comparison, as they are often shown.

    Attributes:
        before, after: median of all values of treated units, as they stand in the file.
        why: why they mislead; None where they point the way the effect does.
    """

    before: float
    after: float
    why: str | None


@dataclass(frozen=True)
class Row:
    """One effect: a measure and periods since the start (last None = to the end).

    Attributes:
        label: as people read it.
        estimate: on the scale it was fitted on; None where nothing speaks of it.
        plain: medians beside it; None where there are none.
    """

    label: str
    first: int
    last: int | None
    estimate: Estimate | None
    plain: Plain | None


@dataclass(frozen=True)
class Effects:
    """What was found for one measure."""

    measure: Measure
    method: str
    rows: tuple[Row, ...]
    leads: tuple[Lead, ...]
    pre_trend_p: float | None
    treated_units: int
    control_units: int
    notes: tuple[str, ...]
    assumes: str


@dataclass(frozen=True)
class Report:
    """All that was found in a file.

    Attributes:
        every: what a period is, None in a trial.
    """

    title: str
    design: str
    every: str | None
    effects: tuple[Effects, ...]
    forecasts: tuple[Forecast, ...]
    notes: tuple[str, ...]


def analyse(panel: Path, mapping: Path) -> Report:
    """Read a panel with its mapping and measure every effect.

    Raises:
        InputError: a file cannot be read as what it says it is, or cannot carry what is asked.
    """
    told = read_mapping(mapping)
    return _trial(panel, told) if isinstance(told, TrialMapping) else _staggered(panel, told)


def _value(file: PanelFile, measure: Measure, filled: dict[str, Floats]) -> Floats:
    """Sum of the columns of a measure; NaN where one is missing."""
    return np.sum([filled[name] if name in filled else file.numbers(name) for name in measure.columns], axis=0)


def _covariates(file: PanelFile, covariates: dict[str, str]) -> Floats:
    columns = [transformed(file.numbers(name), how, file.label, name) for name, how in covariates.items()]
    return np.column_stack(columns) if columns else np.empty((file.rows, 0))


def _staggered(path: Path, told: PanelMapping) -> Report:
    names = [*told.unit, told.period, told.start, *told.covariates]
    names += [column for measure in told.measures for column in measure.columns]
    file = PanelFile(path, tuple(dict.fromkeys(names)))
    unit = numbered(list(zip(*(file.filled(name, "unit") for name in told.unit), strict=True)))
    period = file.periods(told.period, told.every, is_needed=True)
    start = file.periods(told.start, told.every, is_needed=False)
    _refuse_repeats(file, told, unit, period)
    _refuse_other_starts(file, told, unit, start)
    kept = _kept_starts(told, start)
    notes = []
    if not kept.all():
        left = len(np.unique(unit[~kept]))
        notes.append(f"{count(left, 'unit')} left out by its time of start, as the mapping says.")
    if not (kept & (period >= start)).any():
        raise InputError(
            f"{file.label}, column {show(told.start)}: no unit has a row in or after its start, so there is no effect "
            "to measure. Check the column, and leave_out_starts in the mapping."
        )
    x = _covariates(file, told.covariates)
    found = []
    for measure in told.measures:
        raw = _value(file, measure, {})
        y = transformed(raw, measure.transform, file.label, measure.name)
        complete = kept & ~np.isnan(y) & ~np.isnan(x).any(axis=1)
        own_panel = Panel(unit[complete], period[complete].astype(np.int64), start[complete], y[complete], x[complete])
        bins = [*((at, at) for at in range(told.horizons + 1)), (0, None)]
        result = study(own_panel, bins, told.leads, 1, _PER_YEAR[told.every])
        if result is None:
            raise InputError(
                f"{file.label}, {show(measure.name)}: no effect can be measured. It takes two treated units with rows "
                "before and after the start while others are untreated, or one with 12 periods before and 4 after."
            )
        with_value = kept & ~np.isnan(raw)
        rows = [
            Row(
                f"{told.every} {first}" if last is not None else "all",
                first,
                last,
                estimate,
                _plain(unit, period - start, raw, with_value, first, last, estimate, measure),
            )
            for (first, last), estimate in zip(bins, result.bins, strict=True)
        ]
        own = [f"{count(int(kept.sum() - complete.sum()), 'row')} without a value or covariate left out."]
        own += [f"{count(result.units_left_out, 'unit')} without an untreated row left out."]
        own += [f"{count(result.rows_left_out, 'treated row')} that nothing untreated speaks for left out."]
        check = result.pre_trend
        found.append(
            Effects(
                measure,
                result.method,
                tuple(rows),
                check.leads if check else (),
                check.p if check else None,
                result.treated_units,
                result.control_units,
                tuple(note for note in own if not note.startswith("0 ")),
                result.assumes,
            )  # fmt: skip
        )
    return Report(path.name, "staggered", told.every, tuple(found), (), tuple(notes))


def _refuse_repeats(file: PanelFile, told: PanelMapping, unit: np.ndarray, period: Floats) -> None:
    again = file.rows - len(np.unique(np.stack([unit, period]), axis=1)[0])
    if again:
        raise InputError(
            f"{file.label}, columns {show(', '.join((*told.unit, told.period)))}: {count(again, 'row')} of "
            f"{file.rows:,} repeat a unit and {told.every}. Keep one row each, or name in the mapping all columns that "
            "make a unit."
        )


def _refuse_other_starts(file: PanelFile, told: PanelMapping, unit: np.ndarray, start: Floats) -> None:
    low = np.full(unit.max() + 1, np.inf)
    high = np.full(unit.max() + 1, -np.inf)
    number = np.where(np.isnan(start), 1e9, start)
    np.minimum.at(low, unit, number)
    np.maximum.at(high, unit, number)
    differs = (low != high)[unit]
    if differs.any():
        raise InputError(
            f"{file.label}, column {show(told.start)}: {count(len(np.unique(unit[differs])), 'unit')} with "
            f"{int(differs.sum()):,} rows have more than one start. Write the first start in every row of the unit."
        )


def _kept_starts(told: PanelMapping, start: Floats) -> Flags:
    kept = np.ones(len(start), dtype=bool)
    for name, text, too in (
        ("until", told.starts_until, lambda limit: start <= limit),
        ("after", told.starts_after, lambda limit: start > limit),
    ):
        if text is None:
            continue
        limit = parse_period(text, told.every)
        if np.isnan(limit):
            raise InputError(f"{told.label}: leave_out_starts: {name} is {show(text)}, which is no {told.every}.")
        with np.errstate(invalid="ignore"):
            kept &= ~too(limit)
    return kept


def _plain(
    unit: np.ndarray, horizon: Floats, value: Floats, usable: Flags, first: int, last: int | None,
    estimate: Estimate | None, measure: Measure,
) -> Plain | None:  # fmt: skip
    """Medians of treated units before and after: of the period before the start for a single period, else of all."""
    before = usable & ((horizon == -1) if last is not None else (horizon < 0))
    after = usable & (horizon >= first) & (horizon <= (np.inf if last is None else last))
    if not before.any() or not after.any():
        return None
    was, now = float(np.median(value[before])), float(np.median(value[after]))
    moved = np.sign(now - was)
    if estimate is None or moved == np.sign(estimate.effect) or verdict(measure.better, estimate) == "unclear":
        return Plain(was, now, None)
    ids_before, ids_after = set(unit[before].tolist()), set(unit[after].tolist())
    both = np.array(sorted(ids_before & ids_after), dtype=np.int64)
    verb = "do not move" if not moved else "rise" if moved > 0 else "fall"
    why = f"The medians {verb} although the effect is {shown(measure, estimate.effect)}: "
    if ids_before == ids_after:
        return Plain(was, now, why + "they leave out what moved everybody in these periods.")
    why += (
        "they are of different units, and leave out what moved everybody in these periods. "
        f"{count(len(ids_before - ids_after), 'unit')} only before, {len(ids_after - ids_before):,} only after"
    )
    if len(both):
        same = np.isin(unit, both)
        why += f"; the {len(both):,} in both: {np.median(value[before & same]):g} → {np.median(value[after & same]):g}"
    return Plain(was, now, why + ".")


def _trial(path: Path, told: TrialMapping) -> Report:
    names = [told.treatment, *told.covariates, *(name for pair in told.forecasts.values() for name in pair)]
    names += [column for measure in told.measures for column in measure.columns]
    file = PanelFile(path, tuple(dict.fromkeys(names)))
    treated = _arm(file, told)
    x = _covariates(file, told.covariates)
    found = []
    for measure in told.measures:
        filled, notes = {}, []
        for name in measure.fill:
            values = file.numbers(name)
            gaps = np.isnan(values)
            for arm in (treated, ~treated):
                if gaps[arm].all():
                    raise InputError(f"{file.label}, column {show(name)}: one arm has no value to fill gaps with.")
                values[arm & gaps] = values[arm & ~gaps].mean()
            filled[name] = values
            notes.append(f"{count(int(gaps.sum()), 'row')} without {name}: the mean of the row's arm taken instead.")
        raw = _value(file, measure, filled)
        y = transformed(raw, measure.transform, file.label, measure.name)
        complete = ~np.isnan(y) & ~np.isnan(x).any(axis=1)
        if not complete.all():
            notes.append(f"{count(int((~complete).sum()), 'row')} without a value or covariate left out.")
        try:
            estimate = trial_effect(y[complete], treated[complete], x[complete], robust=told.errors == "robust")
        except ValueError as error:
            raise InputError(f"{file.label}, {show(measure.name)}: {error}. Leave out a covariate.") from None
        arms = tuple(float(np.median(raw[complete & arm])) for arm in (~treated, treated))
        plain = Plain(*arms, None if np.sign(arms[1] - arms[0]) == np.sign(estimate.effect) else _ARMS_DIFFER)
        found.append(
            Effects(
                measure,
                "randomised",
                (Row("all", 0, None, estimate, plain),),
                (),
                None,
                estimate.units,
                estimate.rows - estimate.units,
                tuple(notes),
                ASSUMES["randomised"],
            )  # fmt: skip
        )
    forecasts = [forecast(name, *(file.numbers(column) for column in pair)) for name, pair in told.forecasts.items()]
    return Report(path.name, "trial", None, tuple(found), tuple(forecasts), ())


_ARMS_DIFFER = "The medians point another way because the arms got items of different expected size."


def _arm(file: PanelFile, told: TrialMapping) -> Flags:
    """Which rows are treated; a value means the same however it is written (1 and 1.0, true and True)."""
    texts = file.filled(told.treatment, "arm")
    treated, control = _plainly(told.treated), _plainly(told.control)
    said = [_plainly(text) for text in texts]
    strange = [text for text, arm in zip(texts, said, strict=True) if arm not in (treated, control)]
    if strange or treated == control:
        raise InputError(
            f"{file.label}, column {show(told.treatment)}: {count(len(strange), 'row')} of {file.rows:,} say neither "
            f"{show(told.treated)} nor {show(told.control)}{', as ' + show(strange[0]) if strange else ''}. Correct "
            "treated and control in the mapping."
        )
    arm = np.array([one == treated for one in said], dtype=bool)
    if arm.all() or not arm.any():
        raise InputError(f"{file.label}, column {show(told.treatment)}: all rows are in one arm. A trial has two.")
    return arm


def _plainly(text: str) -> str:
    try:
        return f"{float(text):g}"
    except ValueError:
        return text.casefold()
