"""Opening hours: when a team works, and how working time maps to calendar time and back."""

from dataclasses import dataclass

import numpy as np

from counterpoise.simulation.types import Floats

HOURS_PER_WEEK = 168.0


@dataclass(frozen=True)
class WorkCalendar:
    """A team works `hours` a day from `opens` (local clock) on the first `days` days of the week.

    Calendar time is in hours since a Monday 00:00 local time, working time in open hours since that Monday.
    """

    opens: float
    hours: float
    days: int

    @property
    def stretch(self) -> float:
        """Calendar hours that pass, on average, in one working hour."""
        return HOURS_PER_WEEK / (self.hours * self.days)

    def to_work(self, local: Floats) -> Floats:
        """Open hours gone by at each calendar time; time while closed adds nothing."""
        day, hour = np.divmod(local, 24.0)
        week, weekday = np.divmod(day, 7.0)
        today = np.where(weekday < self.days, np.clip(hour - self.opens, 0.0, self.hours), 0.0)
        return (week * self.days + np.minimum(weekday, self.days)) * self.hours + today

    def to_local(self, work: Floats) -> Floats:
        """Calendar time at which so many open hours have passed; a full day ends at the next opening."""
        day, hour = np.divmod(work, self.hours)
        week, weekday = np.divmod(day, float(self.days))
        return (week * 7.0 + weekday) * 24.0 + self.opens + hour

    def later(self, local: Floats, work_hours: Floats) -> Floats:
        """Calendar time after `work_hours` of open time from `local`; never before `local`."""
        return np.maximum(local, self.to_local(self.to_work(local) + work_hours))

    def last_open(self, local: Floats) -> Floats:
        """The latest moment up to each calendar time at which the team was at work."""
        day, hour = np.divmod(local, 24.0)
        week, weekday = np.divmod(day, 7.0)
        at_work = (weekday < self.days) & (hour >= self.opens)
        today = np.minimum(hour, self.opens + self.hours)
        before = np.where(weekday < self.days, weekday - 1, self.days - 1)
        week, before = np.where(before < 0, week - 1, week), np.where(before < 0, self.days - 1, before)
        earlier = (week * 7.0 + before) * 24.0 + self.opens + self.hours
        return np.where(at_work, day * 24.0 + today, earlier)

    def between(self, low: Floats, high: Floats, share: Floats | float) -> Floats:
        """Calendar time at `share` of the open hours from `low` to `high`; NaN where there is no such span."""
        first, last = self.to_work(low), self.to_work(high)
        inside = np.clip(self.to_local(first + (last - first) * share), low, high)
        return np.where(low <= high, inside, np.nan)
