"""Puts the table of all experiments into the READMEs, out of the published reports.

    python -m experiments.overview

A row names the document, what it found and what ours found. Ours is words with numbers
and fields of reports/NAME/numbers.json between: `{NAME|number|format}`, or
`{NAME.VARIANT|...}` of a benchmark. A row whose report is not there yet says so.
The table goes into README.md and experiments/README.md, a paper's rows into its own
README.md: between the markers `<!-- results: experiments -->`, or its name there.
"""

import os
import re
from pathlib import Path

from experiments.harness import discover, pages, results
from experiments.harness.experiment import Row
from experiments.harness.paper import Paper
from ganzoo.runs import reports

MARKER = "experiments"
_NUMBER = re.compile(r"\{([\w-]+)(?:\.([\w-]+))?\|([^|}]+)\|([^}]+)\}")

Published = dict[str, list[results.Result]]


def filled(text: str, published: Published) -> str | None:
    """Returns words with their numbers; None if a report is not there yet.

    Raises:
        ValueError: A report that has no such variant or number.
    """
    if any(name not in published for name, *_ in _NUMBER.findall(text)):
        return None

    def number(found: re.Match) -> str:
        name, variant, key, form = found.groups()
        known = {one.name: one.config | one.numbers for one in published[name]}
        try:
            return format(known[variant or ""][key], form)
        except KeyError as error:
            raise ValueError(
                f"reports/{name} has no {error}, for {found[0]}."
            ) from None

    return _NUMBER.sub(number, text)


def rows_of(paper: Paper) -> list[Row]:
    """Returns the rows of a paper's commands."""
    return [row for command in paper.commands.values() for row in command.readme]


def table(rows: list[Row], published: Published, root: str = "") -> str:
    """Returns the table of these rows.

    Args:
        rows: Of the experiments.
        published: What the reports recorded.
        root: The project's folder as seen from the page.
    """
    lines = []
    for row in rows:
        report = _NUMBER.search(row.ours)[1]
        ours = filled(row.ours, published)
        linked = f"{ours} ([report]({root}reports/{report}/report.md))"
        cards = [f"[{name}]({root}ganzoo/zoo/weights/{name}.json)" for name in row.zoo]
        lines.append(
            {
                "`python -m experiments.`": f"`{row.command}`",
                "document": row.document,
                "the source": row.source,
                "ours": "not yet trained" if ours is None else linked,
                "in the zoo": ", ".join(cards),
            }
        )
    return reports.table(lines)


def tables() -> dict[Path, tuple[str, str]]:
    """Returns every page with a table: its marker and its text."""
    published = results.published(Path("reports"))
    found, every = {}, []
    for paper in discover.papers():
        if rows := rows_of(paper):
            page = Path("experiments") / paper.name / "README.md"
            found[page] = (paper.name, table(rows, published, "../../"))
            every += rows
    for page, root in ((Path("README.md"), ""), (Path("experiments/README.md"), "../")):
        found[page] = (MARKER, table(every, published, root))
    return found


def run(config=None) -> None:
    """Fills the tables in."""
    for page, (marker, text) in tables().items():
        if os.path.exists(page):
            pages.fill(page, marker, text)
