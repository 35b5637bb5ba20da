"""Known vulnerabilities among the pinned dependencies. What could not be looked up is never taken for clean.

Exit code: 0 nothing to mend, 1 a known vulnerability that has a fix (and no exception), 2 not everything could be
looked up; with COUNTERPOISE_AUDIT_MAY_BE_OFFLINE set that is said loudly and is 0.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
EXCEPTIONS = HERE / "audit-exceptions.yml"


def judge(
    found: dict[str, Any], exceptions: list[dict[str, Any]], today: date
) -> tuple[list[str], list[str], list[str]]:
    """What has to be mended, what is to be known, and what could not be looked up.

    Args:
        found: pip-audit's JSON.
        exceptions: `id`, `reason` and `until`, the last day it holds.
    """
    excepted = {entry["id"]: entry for entry in exceptions if entry["until"] >= today and entry["reason"].strip()}
    mend, know, unknown = [], [], []
    for package in found["dependencies"]:
        if "skip_reason" in package:
            unknown.append(package["name"])
        for flaw in package.get("vulns", []):
            names = {flaw["id"], *flaw.get("aliases", [])}
            told = f"{package['name']} {package['version']}: {flaw['id']}"
            reasons = [excepted[name]["reason"] for name in sorted(names & excepted.keys())]
            if reasons:
                know.append(f"{told}, excepted: {reasons[0]}")
            elif flaw.get("fix_versions"):
                mend.append(f"{told}, mended in {', '.join(flaw['fix_versions'])}")
            else:
                know.append(f"{told}, no version mends it yet")
    return mend, know, unknown


def main(command: list[str]) -> int:
    """Run pip-audit with the given command and judge what it says."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found = json.loads(ran.stdout)
    except json.JSONDecodeError:
        found = {"dependencies": [{"name": "everything", "skip_reason": "no answer"}]}
        print(ran.stderr[-2000:], file=sys.stderr)
    exceptions = yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8")) or []
    mend, know, unknown = judge(found, exceptions, datetime.now(UTC).date())
    for line in know:
        print(f"to know: {line}")
    for line in mend:
        print(f"TO MEND: {line}")
    if unknown:
        some = ", ".join(unknown[:5])
        print(f"NOT AUDITED: {len(unknown)} packages could not be looked up ({some}, …).", file=sys.stderr)
    if mend:
        return 1
    if unknown:
        return 0 if os.environ.get("COUNTERPOISE_AUDIT_MAY_BE_OFFLINE") else 2
    print(f"{len(found['dependencies'])} dependencies, none with a known vulnerability that has to be mended")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
