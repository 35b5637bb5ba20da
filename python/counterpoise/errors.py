"""Refusals a user can act on. Each message says what was refused, where, how many rows, and the remedy."""


class CounterpoiseError(Exception):
    """The run cannot go on. Nothing published before is touched.

    Attributes:
        exit_code: what the command line exits with (1 failed, 2 wrong usage, 3 held by a `stop` check).
        what: what happened.
        remedy: what to do, where it is told apart; else None, and `what` says it too.
    """

    exit_code = 1

    def __init__(self, what: str, remedy: str | None = None) -> None:
        super().__init__(f"{what} {remedy}" if remedy else what)
        self.what, self.remedy = what, remedy


class InputError(CounterpoiseError):
    """Input that cannot be read as what it says it is."""


class UsageError(CounterpoiseError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class StopCheck(CounterpoiseError):
    """A data check of severity `stop` failed and held the run."""

    exit_code = 3


def trouble_in_words(error: OSError) -> str:
    """What a file or folder did not allow."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}. What was published before still stands."
