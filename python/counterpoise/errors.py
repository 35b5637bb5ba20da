"""Refusals a user can act on. Each message says what was refused, where, how many rows, and the remedy."""


class CounterpoiseError(Exception):
    """The run cannot go on. Nothing published before is touched.

    Attributes:
        exit_code: what the command line exits with (1 failed, 2 wrong usage, 3 held by a `stop` check).
    """

    exit_code = 1


class InputError(CounterpoiseError):
    """Input that cannot be read as what it says it is."""


class UsageError(CounterpoiseError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class StopCheck(CounterpoiseError):
    """A data check of severity `stop` failed and held the run."""

    exit_code = 3
