"""What `pip install` gives: a wheel with the dbt project in it, which works from anywhere."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT
from counterpoise.simulation import simulate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the checkout without what only an editor or a run has left there."""
    folder = tmp_path_factory.mktemp("wheel")
    leave_out = shutil.ignore_patterns("dbt_packages", ".git", ".venv", ".*_cache", ".hypothesis", ".counterpoise", "target", "logs")
    shutil.copytree(ROOT, folder / "checkout", ignore=leave_out)
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder), str(folder / "checkout")],
        capture_output=True,
        text=True,
    )
    if "No matching distribution found for hatchling" in built.stderr:
        pytest.skip("the wheel cannot be built: hatchling, which builds it, is not to be had here")
    assert built.returncode == 0, built.stderr
    [wheel] = folder.glob("counterpoise-*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the installed package."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-compile", "--target", str(folder), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    return folder


def _run(installed: Path, cwd: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Python with the installed package before everything else, in another folder."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_holds_every_file_that_a_run_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    python = ROOT / "python"
    modules = {str(path.relative_to(python)) for path in (python / "counterpoise").rglob("*") if path.is_file()}
    expected = {name for name in modules if "__pycache__" not in name}
    for folder in ("models", "macros", "seeds", "docs/signals", "tests/generic", "tests/singular"):
        expected |= {
            f"counterpoise/dbt/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*") if path.is_file()
        }
    expected |= {"counterpoise/dbt/dbt_project.yml", "counterpoise/dbt/profiles.yml"}
    assert expected <= names, sorted(expected - names)
    for part in ("guardrails/suites/", "guardrails/templates/", "report/templates/", "scoring/calibration/v1.json"):
        assert any(name.startswith(f"counterpoise/{part}") for name in names), part


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    strangers = [name for name in names if not name.startswith(("counterpoise/", "counterpoise-"))]
    assert strangers == []
    assert not [name for name in names if "tests/python" in name or "incidents" in name]


def test_the_project_is_found_inside_the_installed_package(installed: Path, tmp_path: Path) -> None:
    found = _run(
        installed, tmp_path, "-c", "from counterpoise.project import find_project_dir; print(find_project_dir())"
    )
    assert Path(found.stdout.strip()) == (installed / "counterpoise" / "dbt").resolve(), found.stderr


def test_the_command_is_installed(installed: Path, tmp_path: Path) -> None:
    told = _run(installed, tmp_path, installed / "bin" / "counterpoise", "--version")
    assert told.stdout.startswith("counterpoise, version "), told.stderr


def test_a_run_from_another_folder_works_and_writes_nothing_into_the_package(installed: Path, tmp_path: Path) -> None:
    simulate(tmp_path / "raw", teams=1, weeks=20, seed=3, scale=0.2)
    before = _files(installed)
    ran = _run(
        installed, tmp_path, "-m", "counterpoise.cli", "run", "--raw", "raw", "--db", "out/marts.duckdb"
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert f"Report: {tmp_path / 'out' / 'report' / 'index.html'}" in ran.stdout
    assert (tmp_path / "out" / "report" / "index.html").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]
    assert _files(installed) == before
