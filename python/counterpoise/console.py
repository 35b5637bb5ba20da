"""What all commands have in common: groups of commands, progress, refusals, and `--json`."""

import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import click

from counterpoise.errors import CounterpoiseError, trouble_in_words

# Every command, under what it is for; in the order of `counterpoise --help`.
GROUPS: dict[str, tuple[str, ...]] = {
    "Begin": ("init", "doctor", "simulate"),
    "Do the whole job": ("run",),
    "Understand what came out": ("explain", "digest"),
    "Answer it": ("answer", "rotate"),
    "One step of a run alone": ("build", "check", "score", "report"),
    "Study": ("effects", "evaluate"),
}


@dataclass(frozen=True)
class Answer:
    """What a command has to say.

    Attributes:
        document: what `--json` prints, with `exit_code` beside it; docs/command-line.md explains each key to users.
        text: the same for people, on stdout; nothing where it is empty.
        exit_code: what the command exits with.
    """

    document: Mapping[str, Any]
    text: str = ""
    exit_code: int = 0


@dataclass
class Failure:
    """What to tell of an error beside its own words; a command that can say more hangs it on the error.

    Attributes:
        document: further keys of what `--json` prints.
        is_told: its words have been written already.
    """

    document: Mapping[str, Any] = field(default_factory=dict)
    is_told: bool = False


def answering(command: Callable[..., Answer]) -> Callable[..., None]:
    """Gives a command `--json`, and turns what it returns or refuses into output and exit code.

    With `--json` stdout holds one JSON document and nothing else, also where the command fails.
    """

    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout; all else goes to stderr.")
    @wraps(command)
    def wrapper(*args: Any, as_json: bool, **kwargs: Any) -> None:
        try:
            answer = command(*args, **kwargs)
        except Exception as error:
            exit_code = _failed(error, as_json)
            if exit_code is None:
                raise
            sys.exit(exit_code)
        except KeyboardInterrupt as stopped:
            if as_json:
                _print_json({**_error(1, "Stopped from the keyboard."), **_failure(stopped).document})
            raise
        if as_json:
            _print_json({"exit_code": answer.exit_code, **answer.document})
        elif answer.text:
            click.echo(answer.text)
        sys.exit(answer.exit_code)

    return wrapper


def _failed(error: Exception, as_json: bool) -> int | None:
    """Tells of an error; its exit code, None where nobody expected it and the traceback shall be seen."""
    failure = _failure(error)
    if isinstance(error, CounterpoiseError):
        told = _error(error.exit_code, error.what, error.remedy)
    elif isinstance(error, OSError):
        told = _error(1, trouble_in_words(error))
    elif isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
        return None  # click's own way
    else:  # its text may quote a row
        told = _error(1, f"{type(error).__name__}: an error nobody expected. What it was stands in the error output.")
    if as_json:
        _print_json({**told, **failure.document})
    if not isinstance(error, CounterpoiseError | OSError):
        return None
    if not failure.is_told:
        words = str(error) if isinstance(error, CounterpoiseError) else told["message"]
        click.echo(f"\ncounterpoise: {words}", err=True)
    return told["exit_code"]


def _failure(error: BaseException) -> Failure:
    return getattr(error, "failure", Failure())


def _error(exit_code: int, message: str, remedy: str | None = None) -> dict[str, Any]:
    return {"exit_code": exit_code, "message": message, "remedy": remedy}


def _print_json(document: Mapping[str, Any]) -> None:
    # letters beyond ASCII are escaped: a pipe of any encoding takes them, and no terminal acts on them
    click.echo(json.dumps(document, default=str, indent=2, allow_nan=False))


class Commands(click.Group):
    """Commands in groups, and a call that cannot work told as JSON where JSON was asked for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.commands))
        for title, names in GROUPS.items():
            with formatter.section(title):
                told = [(name, self.commands[name].get_short_help_str(formatter.width - width - 6)) for name in names]
                formatter.write_dl([(f"{name:{width}}", text) for name, text in told])

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> Any:
        args = sys.argv[1:] if args is None else list(args)
        if "--json" not in args:
            return super().main(args, **extra)
        try:
            sys.exit(super().main(args, **{**extra, "standalone_mode": False}) or 0)
        except click.ClickException as error:
            _print_json(_error(error.exit_code, error.format_message()))
            error.show()
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("Aborted!", err=True)
            sys.exit(1)


def is_live() -> bool:
    """Whether progress may be one line that changes: somebody looks, on a terminal that can."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def styled(text: str, **style: Any) -> str:
    """Text in a style where stdout is a terminal and nobody has asked for plain text (https://no-color.org)."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return click.style(text, **style)


def plain(text: str) -> str:
    """Text from data as a terminal may show it: what would move the cursor or turn the line round stands escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def program() -> str:
    """How to call the command again: by its name, or by its place where no shell would find it by name."""
    called = Path(sys.argv[0])
    is_found = called.name != "counterpoise" or shutil.which("counterpoise")
    return "counterpoise" if is_found else shlex.quote(str(called))


class Screen:
    """Progress for people: one line that changes on a terminal, one line a step elsewhere."""

    def __init__(self) -> None:
        self._live = is_live()
        self._step = ""
        self._began = time.monotonic()

    def __call__(self, step: str, detail: str) -> None:
        text = plain(f"[{time.monotonic() - self._began:5.1f} s] {step}: {detail}")
        if self._live:
            width = shutil.get_terminal_size().columns  # a longer line would wrap, and not be wiped
            click.echo(f"\r\x1b[2K{text[: width - 1]}", nl=False, err=True)
        elif step != self._step:
            click.echo(text, err=True)
        self._step = step

    def end(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", nl=False, err=True)


@contextmanager
def progress_bar(step: str) -> Iterator[Callable[[str, float], None]]:
    """Takes what is done and the share done: a bar on a terminal, a line every tenth elsewhere."""
    if is_live():
        with click.progressbar(length=1000, label=step, file=sys.stderr) as bar:
            yield lambda what, share: bar.update(round(1000 * share) - bar.pos)
        return
    began, tenths = time.monotonic(), 0

    def tell(what: str, share: float) -> None:
        nonlocal tenths
        if int(10 * share) > tenths:
            tenths = int(10 * share)
            click.echo(f"[{time.monotonic() - began:5.1f} s] {step}: {what} {share:.0%}", err=True)

    yield tell
