"""Reports: title and sections, declared by the experiment, written in one place."""

from experiments.harness.report.run_report import (
    RunReport,
    Section,
    Sections,
    write_report,
)

__all__ = ["RunReport", "Section", "Sections", "write_report"]
