"""Writes reports from a title and sections that the experiment declares."""

from experiments.harness.report.run_report import (
    RunReport,
    Section,
    Sections,
    formatted,
    write_report,
)

__all__ = ["RunReport", "Section", "Sections", "formatted", "write_report"]
