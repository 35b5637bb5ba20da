"""Environments of their own for what cannot live beside counterpoise: other versions, other adapters."""

import subprocess
import sys
from pathlib import Path

import pytest


def own_environment(folder: Path, *requirements: str | Path) -> Path:
    """The `bin` of an environment in `folder`, made if it is not there, or of other requirements; skips where it cannot be installed.

    `requirements` are what pip takes: `name==1.0`, or `-r` and a file.
    """
    made = folder / "made_of"
    wanted = "\n".join(part.read_text(encoding="utf-8") if isinstance(part, Path) else part for part in requirements)
    if made.exists() and made.read_text(encoding="utf-8") == wanted:
        return folder / "bin"
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv is not in this environment (make test puts it there)")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
    installed = subprocess.run(
        [uv, "pip", "install", "--quiet", "--prerelease=allow", "--python", folder / "bin" / "python", *requirements],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if installed.returncode:
        pytest.skip(f"{requirements[-1]} cannot be installed here: {installed.stderr.strip().splitlines()[-1][:200]}")
    made.write_text(wanted, encoding="utf-8")
    return folder / "bin"
