"""The log of a run for machines: one JSON object a line. docs/scheduled-runs.md explains each field to users."""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from counterpoise.run import Summary


class JsonLines:
    """Progress as lines on stderr: a step begins, a step has ended, what is wrong with the data, how the run ended."""

    def __init__(self, summary: "Summary") -> None:
        self._summary = summary
        self._began = time.monotonic()
        self._step: str | None = None
        self._detail = ""

    def __call__(self, step: str, detail: str) -> None:
        if step != self._step:
            self._end_step(self._summary.steps[-2] if len(self._summary.steps) > 1 else {})
            self._say("info", "begun", step=step, message=detail)
        self._step, self._detail = step, detail

    def end(self) -> None:
        """The last lines, once the summary says how the run ended."""
        found = self._summary
        if found.steps:
            self._end_step(found.steps[-1], "failed" if found.exit_code else "ended")
        for problem in found.problems:
            self._say("warning", "data problem", message=problem)
        if found.demo_salt:
            self._say("warning", "demo salt", message="Persons are hashed with the public demo salt.")
        self._say(
            "error" if found.exit_code else "info",
            {0: "run ended", 3: "run held"}.get(found.exit_code, "run failed"),
            message=found.message,
            remedy=found.remedy,
            exit_code=found.exit_code,
            seconds=round(time.monotonic() - self._began, 1),
        )

    def _end_step(self, step: dict[str, Any], event: str = "ended") -> None:
        if self._step is not None:
            self._say(
                "info", event, step=self._step, message=self._detail, seconds=step["seconds"], rows=step.get("rows")
            )

    def _say(self, level: str, event: str, **fields: Any) -> None:
        at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        line = {"at": at, "level": level, "run_id": self._summary.run_id, "event": event, **fields}
        # newlines and all else that could pass for another line are escaped by it
        click.echo(json.dumps({name: value for name, value in line.items() if value is not None}), err=True)
