"""dbt, run inside this process: a second command then takes a fraction of a second, and a new process several."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from counterpoise.errors import CounterpoiseError

Progress = Callable[[str], None]

_SHOWN_FAILURES = 5
# Every statement of a build in the log (`debug`) and every node in JSON take seconds; nothing here reads them.
_LOG_LEVEL = "info"
_PACKAGE = "counterpoise"


@dataclass
class DbtProject:
    """The dbt project, the profile it runs with, and where dbt may write.

    Attributes:
        project_dir: folder of dbt_project.yml; never written to.
        work_folder: dbt's target and logs go below it.
        profiles_dir: folder of profiles.yml; the package's own by default.
        target: output of the profile; its default where None.
        variables: dbt vars. The same from run to run, or dbt parses everything anew.
        environment: environment variables the profile asks for, set only while dbt runs.
    """

    project_dir: Path
    work_folder: Path
    profiles_dir: Path | None = None
    target: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def is_own(self) -> bool:
        """Whether the project is counterpoise itself, not one that installs it as a package."""
        return self.settings.get("name") == _PACKAGE

    @property
    def profile(self) -> str:
        """Name of the profile the project runs with."""
        return str(self.settings.get("profile", _PACKAGE))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What dbt_project.yml says."""
        return yaml.safe_load((self.project_dir / "dbt_project.yml").read_text("utf-8")) or {}

    def parse(self) -> Any:
        """dbt's manifest of the project: names, schemas and sources as its configuration has them.

        Raises:
            CounterpoiseError: the project cannot be parsed.
        """
        return self.invoke(["parse"])

    def build(self, progress: Progress | None = None, *, tested: bool = True, full_refresh: bool = False) -> None:
        """`dbt build`: seeds, models and, unless `tested` is false, the tests of the data. Of a project that installs
        counterpoise, the package and what it reads. `full_refresh` is dbt's.

        Raises:
            CounterpoiseError: something failed; names the first of it, and where the log is.
        """
        left_out = ["unit_test"] if tested else ["unit_test", "test"]
        chosen = [] if self.is_own else ["--select", f"+package:{_PACKAGE}"]
        anew = ["--full-refresh"] if full_refresh else []
        self.invoke(["build", "--no-write-json", *anew, "--exclude-resource-types", *left_out, *chosen], progress)

    def invoke(self, command: Sequence[str], progress: Progress | None = None) -> Any:
        """One dbt command; its result object.

        Raises:
            CounterpoiseError: dbt reports an error.
        """
        from dbt.cli.main import dbtRunner

        arguments = [
            *command,
            "--project-dir", str(self.project_dir),
            "--profiles-dir", str(self.profiles_dir or self.project_dir),
            "--target-path", str(self.work_folder / "target"),
            "--log-path", str(self.work_folder / "logs"),
            "--no-version-check",
            "--log-level", "none",
            "--log-level-file", os.environ.get("DBT_LOG_LEVEL_FILE", _LOG_LEVEL),
            "--no-send-anonymous-usage-stats",
        ]  # fmt: skip
        if self.target:
            arguments += ["--target", self.target]
        if self.variables:
            arguments += [
                "--vars",
                yaml.safe_dump(dict(self.variables), default_flow_style=True, width=10**6),
            ]
        callbacks = [_Narrator(progress)] if progress else []
        try:
            with _environment(self.environment), _quiet_logging():
                result = dbtRunner(callbacks=callbacks).invoke(arguments)
        finally:
            _close_connections()
        if not result.success:
            raise CounterpoiseError(_what_failed(result, self.work_folder / "logs" / "dbt.log"))
        return result.result


class _Narrator:
    """Turns dbt's events into one line of progress a model."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, event: Any) -> None:
        if event.info.name == "LogStartLine":
            data = event.data
            self._progress(f"{data.index} of {data.total}: {data.description}")


@contextmanager
def _environment(values: Mapping[str, str]):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _quiet_logging():
    """A log that cannot be written (a full disk) shall not put a traceback a line on the screen; dbt's result tells."""
    before = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        yield
    finally:
        logging.raiseExceptions = before


def _close_connections() -> None:
    """dbt keeps a DuckDB file locked until its adapters let go of it."""
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        adapter.cleanup_connections()
        adapter.connections.close_all_connections() if hasattr(adapter.connections, "close_all_connections") else None
    FACTORY.reset_adapters()


def _what_failed(result: Any, log: Path) -> str:
    failures = [node for node in getattr(result.result, "results", None) or [] if str(node.status) in ("error", "fail")]
    if failures:
        lines = [f"  {node.node.name}: {_first_lines(node.message)}" for node in failures[:_SHOWN_FAILURES]]
        more = f"\n  … and {len(failures) - _SHOWN_FAILURES} more" if len(failures) > _SHOWN_FAILURES else ""
        return (
            f"dbt could not build {len(failures)} of the project's nodes:\n"
            + "\n".join(lines)
            + more
            + f"\nThe log: {log}"
        )
    return f"dbt stopped: {_first_lines(str(result.exception or 'no reason given'))}\nThe log: {log}"


def _first_lines(message: str | None) -> str:
    return " ".join((message or "").split())[:600]
