"""One command, its wall seconds and its peak memory. Keep this process small: a child's peak starts at its parent's."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        peak_mb: the largest resident memory of the command or of one of its children.
        exit_code: 0 where it went well.
    """

    seconds: float
    peak_mb: float
    exit_code: int


def measure(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command as a process of its own; what it says is added to `log`."""
    with log.open("a", encoding="utf-8") as out:
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)  # reaped here, so Popen cannot find it
    return Cost(seconds, usage.ru_maxrss / 1024, child.returncode)
