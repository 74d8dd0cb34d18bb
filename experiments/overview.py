"""Writes the table of all experiments into the READMEs, from the published reports.

    python -m experiments.overview

README.md and experiments/README.md get the whole table, between the markers
`<!-- results: experiments -->` and `<!-- end -->`; each paper's README.md gets its own
rows, between markers with the paper's name. `harness.readme_table` has the details.
"""

import dataclasses

from experiments.harness import LazyCommand, command


@dataclasses.dataclass(frozen=True)
class Config:
    """No options."""


if __name__ == "__main__":
    command.run_tool(
        LazyCommand(Config, "experiments.harness.readme_table", "run", __doc__)
    )
