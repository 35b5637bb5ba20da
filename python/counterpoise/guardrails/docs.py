"""A page of check results that opens from a file: no script, no request to any host.

Great Expectations' own Data Docs load a dozen files and a logo from outside and are unstyled without them.
"""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from counterpoise.guardrails.results import CheckReport, joined

_GRAVITY = {
    "stop": "Holds the run",
    "withhold": "Withholds scores",
    "warn": "Worth knowing",
    "report": "Quality below its minimum",
}


def write_docs(report: CheckReport | Iterable[CheckReport], path: str | Path) -> Path:
    """Write the results of one stage, or of several, as one HTML file; its folder is made if need be.

    Raises:
        OSError: the file cannot be written.
    """
    reports = [report] if isinstance(report, CheckReport) else list(report)
    environment = Environment(
        loader=PackageLoader("counterpoise.guardrails", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    style = environment.loader.get_source(environment, "checks.css")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    results = joined(reports)
    page = environment.get_template("checks.html").render(
        reports=reports,
        failed=[r for r in results if r.status != "passed"],
        passed=[r for r in results if r.status == "passed"],
        skipped=[skip for r in reports for skip in r.skipped],
        gravity=_GRAVITY,
        style=Markup(style),  # ours, not the data's
        style_hash=digest,
        number=_number,
    )
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path


def _number(value: float | None) -> str:
    """A measured value as people write it; an en dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"
