"""Puts the table of all experiments into the READMEs, out of the published reports.

    python -m experiments.overview

A row names the document, what it found and what ours found. Ours is words with numbers
and fields of reports/NAME/numbers.json between: `{NAME|number|format}`, or
`{NAME.VARIANT|...}` of a benchmark. A row whose report is not there yet says so.
The table goes into README.md and experiments/README.md, a paper's rows into its own
README.md: between the markers `<!-- results: experiments -->`, or its name there.
"""

import dataclasses

from experiments.harness import Later, command


@dataclasses.dataclass(frozen=True)
class Config:
    """Nothing is to be chosen."""


if __name__ == "__main__":
    command.run_tool(Later(Config, "experiments.harness.readme_table", "run", __doc__))
