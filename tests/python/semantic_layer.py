"""MetricFlow, asked as a user asks it: `mf` commands on published marts."""

import csv
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from conftest import ROOT

PAGE = (ROOT / "docs" / "semantic-layer.md").read_text(encoding="utf-8")
SEMANTIC = yaml.safe_load((ROOT / "models/marts/semantic/_semantic.yml").read_text(encoding="utf-8"))

# All commands in one process, since each takes seconds to start. `mf` looks for a newer version of itself; a test asks nobody.
_RUN = """
import json, sys
import dbt_metricflow.cli.main as mf
class NoUpdates:
    def check(self, *_): return None
mf.UpdateChecker = NoUpdates
for command in json.loads(sys.argv[1]):
    mf.cli.main(command, standalone_mode=False)
"""


def blocks(language: str = "sh") -> list[str]:
    """Code blocks of the page in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def commands_of_the_page() -> list[list[str]]:
    """Arguments of every `mf` command of the page."""
    return [shlex.split(line)[1:] for block in blocks() for line in block.splitlines() if line.startswith("mf ")]


def mf(folder: Path, manifest: Path, marts: Path, commands: list[list[str]]) -> str:
    """What `mf` says to the commands; `csv` files they name lie in `folder`.

    Args:
        folder: empty; becomes the project that `mf` is called in.
        manifest: the semantic manifest that dbt wrote.
        marts: DuckDB file with the relations the manifest names.
    """
    for name in ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "target").mkdir()
    shutil.copy(manifest, folder / "target" / "semantic_manifest.json")
    ran = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(commands)],
        cwd=folder,
        env={
            **os.environ, "COUNTERPOISE_BUILD_FILE": str(marts), "DBT_PROFILES_DIR": str(folder), "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-3000:]
    return ran.stdout + ran.stderr


def figures(file: Path, *keys: str) -> dict[tuple[str, ...], float]:
    """Figures of a CSV file of `mf` that are not null, by metric and the columns `keys`; of a moment its day."""
    with file.open(encoding="utf-8", newline="") as lines:
        return {
            (column, *(row[key].removesuffix(" 00:00:00") for key in keys)): float(value)
            for row in csv.DictReader(lines)
            for column, value in row.items()
            if column not in keys and value
        }


def differing(found: dict[tuple[str, ...], float], expected: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], tuple[float, float]]:
    """Some of what is in one only, or not the same figure in both: found, expected."""
    both = {key: (found.get(key, math.nan), expected.get(key, math.nan)) for key in found.keys() | expected.keys()}
    wrong = [key for key, (one, other) in both.items() if not math.isclose(one, other, rel_tol=1e-9)]
    return {key: both[key] for key in sorted(wrong)[:5]}
