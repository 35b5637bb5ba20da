"""The command as a user calls it, in this process or in one of its own, and what stands published afterwards."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb
from click.testing import CliRunner

from counterpoise.cli import main

SALT = "a salt that nobody may read anywhere"


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit code, and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """Everything it wrote, on one line."""
        return " ".join((self.stdout + self.stderr).split())


def counterpoise(*arguments: str | Path, salt: str | None = SALT) -> Ran:
    """Run a command in this process, where dbt stays loaded; what it does not catch is raised."""
    result = CliRunner(env={"COUNTERPOISE_SALT": salt}).invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def start(*arguments: str | Path, stderr: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "counterpoise.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=os.environ | {"COUNTERPOISE_SALT": SALT},
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> Ran:
    """Wait for a started command."""
    stdout, stderr = process.communicate(timeout=600)
    return Ran(process.returncode, stdout, stderr or "")


@dataclass(frozen=True)
class Place:
    """A folder with a published database `marts.duckdb`, its private folder, and a report."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "marts.duckdb"

    @property
    def private(self) -> Path:
        return self.folder / ".marts.build"

    @property
    def report(self) -> Path:
        return self.folder / "report"

    @property
    def options(self) -> tuple[str | Path, ...]:
        """Where a run publishes."""
        return "--db", self.database, "--out", self.report

    def run(self, *arguments: str | Path, salt: str | None = SALT) -> Ran:
        """`counterpoise run` with this place to publish in."""
        return counterpoise("run", *arguments, *self.options, salt=salt)

    def published(self) -> dict[str, str]:
        """A digest of every file that readers see."""
        files = [self.database, *(path for path in self.report.rglob("*") if path.is_file())]
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)
        }

    def read(self, sql: str) -> list[tuple]:
        """Rows of a select on the published database, as a reader gets them."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()
