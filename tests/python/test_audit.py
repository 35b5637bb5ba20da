"""The audit of dependencies: what has to be mended fails, what could not be looked up is no success."""

import importlib.util
import json
import sys
from datetime import date
from pathlib import Path

import pytest

from conftest import ROOT

_spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
assert _spec and _spec.loader
audit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit)

TODAY = date(2026, 11, 23)
CLEAN = {"name": "clean", "version": "1", "vulns": []}
SKIPPED = {"name": "skipped", "skip_reason": "not found"}


def _flawed(fixes: list[str]) -> dict:
    return {"name": "flawed", "version": "1", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": fixes}]}


@pytest.mark.parametrize(
    ("packages", "exceptions", "mend", "know", "unknown"),
    [
        ([CLEAN], [], 0, 0, 0),
        ([_flawed(["2"])], [], 1, 0, 0),
        ([_flawed([])], [], 0, 1, 0),
        ([_flawed(["2"])], [{"id": "CVE-1", "reason": "not called", "until": TODAY}], 0, 1, 0),
        ([_flawed(["2"])], [{"id": "CVE-1", "reason": "not called", "until": date(2026, 11, 22)}], 1, 0, 0),
        ([_flawed(["2"])], [{"id": "CVE-1", "reason": " ", "until": TODAY}], 1, 0, 0),
        ([CLEAN, SKIPPED], [], 0, 0, 1),
    ],
)
def test_what_is_found_is_sorted(packages: list, exceptions: list, mend: int, know: int, unknown: int) -> None:
    assert tuple(map(len, audit.judge({"dependencies": packages}, exceptions, TODAY))) == (mend, know, unknown)


@pytest.mark.parametrize(
    ("answer", "may_be_offline", "code"),
    [
        (json.dumps({"dependencies": [CLEAN]}), False, 0),
        (json.dumps({"dependencies": [_flawed(["2"])]}), True, 1),
        (json.dumps({"dependencies": [_flawed(["2"]), SKIPPED]}), True, 1),
        (json.dumps({"dependencies": [SKIPPED]}), False, 2),
        (json.dumps({"dependencies": [SKIPPED]}), True, 0),
        ("no network", False, 2),
        ("no network", True, 0),
    ],
)
def test_the_exit_code(
    answer: str, may_be_offline: bool, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COUNTERPOISE_AUDIT_MAY_BE_OFFLINE", raising=False)
    if may_be_offline:
        monkeypatch.setenv("COUNTERPOISE_AUDIT_MAY_BE_OFFLINE", "1")
    (tmp_path / "answer").write_text(answer)
    assert audit.main([sys.executable, "-c", f"print(open({str(tmp_path / 'answer')!r}).read())"]) == code
    said = capsys.readouterr()
    assert ("NOT AUDITED" in said.err) == ("skip_reason" in answer or answer == "no network")
