"""The report: static pages that open from a file and ask no host for anything."""

from counterpoise.report.site import build_report, check_out_dir

__all__ = ["build_report", "check_out_dir"]
