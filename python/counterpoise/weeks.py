"""Weeks as whole numbers, as the models count them: 0 is the week of Monday, 5 January 1970."""

from datetime import date

EPOCH_MONDAY = date(1970, 1, 5)
# Days from 1970-01-01, which Arrow counts days from, to that Monday.
EPOCH_DAYS = 4


def week_of(day: date) -> int:
    """Number of the week a day lies in."""
    return (day - EPOCH_MONDAY).days // 7
