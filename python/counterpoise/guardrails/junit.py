"""Results of checks as JUnit XML, for systems that build and test: one suite a `testsuite`."""

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from counterpoise.guardrails.results import CheckReport, CheckResult

# What XML 1.0 cannot hold, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(reports: Iterable[CheckReport], path: str | Path) -> Path:
    """Write the results as one XML file; its folder is made if need be.

    A failed check of severity `stop` is a failure, or an error where it could not be run: the file is red exactly
    where `counterpoise check` exits with 3. What only withholds, warns or reports did not pass either, but is no
    reason to turn a build red: it is told as skipped, with its severity and message. So are checks that had nothing
    to look at.

    Raises:
        OSError: the file cannot be written.
    """
    root = ET.Element("testsuites", name="counterpoise")
    for report in reports:
        by_suite: dict[str, list[ET.Element]] = defaultdict(list)
        for result in report.results:
            by_suite[result.suite].append(_case(result))
        for skip in report.skipped:
            case = ET.Element("testcase", classname=_legal(skip.suite), name=_legal(skip.check_id))
            ET.SubElement(case, "skipped", message=_legal(f"not needed: {skip.why}"))
            by_suite[skip.suite].append(case)
        for suite, cases in by_suite.items():
            counts = {tag: sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped")}
            element = ET.SubElement(
                root, "testsuite", name=_legal(suite), timestamp=f"{report.checked_at:%Y-%m-%dT%H:%M:%S}",
                tests=str(len(cases)), failures=str(counts["failure"]), errors=str(counts["error"]),
                skipped=str(counts["skipped"]),
            )  # fmt: skip
            element.extend(cases)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


def _case(result: CheckResult) -> ET.Element:
    name = result.check_id if result.affected_id is None else f"{result.check_id} [{result.affected_id}]"
    case = ET.Element("testcase", classname=_legal(f"{result.suite}.{result.table_name}"), name=_legal(name))
    if result.status == "passed":
        return case
    message = _legal(result.message or "")
    if result.severity == "stop":
        tag = "error" if result.status == "error" else "failure"
        ET.SubElement(case, tag, type=result.severity, message=message).text = _legal(result.remedy or "")
    else:
        ET.SubElement(case, "skipped", message=f"{result.severity}: {message} {_legal(result.remedy or '')}".rstrip())
    return case


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
