"""The quality gate: checks on raw input, staging, marts and scores, run by the engine where the data lies."""

from counterpoise.guardrails.docs import write_docs
from counterpoise.guardrails.junit import write_junit
from counterpoise.guardrails.results import CheckReport, CheckResult
from counterpoise.guardrails.runner import run_checks

__all__ = ["CheckReport", "CheckResult", "run_checks", "write_docs", "write_junit"]
