"""Generates the table of experiments in the READMEs; see `experiments.overview`.

A row has the document, its result and ours. In our result, `{NAME|number|format}`
stands for a number or a configuration field of reports/NAME/numbers.json, and
`{NAME.VARIANT|number|format}` for one of a benchmark's variants. How many seeds these
numbers are means over follows them. A row without a published report says "not yet
trained".
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
    """Returns a text with its placeholders filled; None if a report is missing.

    Raises:
        ValueError: A report does not have the variant or the number.
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
                f"reports/{name} has no {error}, which {found[0]} asks for; it has "
                f"{', '.join(map(repr, known.get(variant or '', known)))}."
            ) from None

    return _NUMBER.sub(number, text)


def seeds(text: str, published: Published) -> str:
    """Returns how many seeds the numbers in a text are means over, such as "one seed".

    `filled` has found them all.
    """
    counts = {
        one.seeds
        for name, variant, *_ in _NUMBER.findall(text)
        for one in published[name]
        if one.name == variant
    }
    least, most = min(counts), max(counts)
    if most == 1:
        return "one seed"
    return f"{most} seeds" if least == most else f"{least} to {most} seeds"


def rows_of(paper: Paper) -> list[Row]:
    """Returns the rows of a paper's commands."""
    loaded = [one.load() for one in paper.commands.values()]
    return [one.readme for one in loaded if one.readme is not None]


def table(rows: list[Row], published: Published, root: str = "") -> str:
    """Returns the table of these rows, as Markdown.

    Args:
        rows: Rows of experiments.
        published: Name of a report -> its results.
        root: Path from the page's folder to the project's folder, with a slash.
    """
    lines = []
    for row in rows:
        report = _NUMBER.search(row.ours)[1]
        ours = filled(row.ours, published)
        own = "not yet trained"
        if ours is not None:
            link = f"[report]({root}reports/{report}/report.md)"
            own = f"{ours} ({seeds(row.ours, published)}; {link})"
        cards = [f"[{name}]({root}ganzoo/zoo/weights/{name}.json)" for name in row.zoo]
        lines.append(
            {
                "`python -m experiments.`": f"`{row.command}`",
                "document": row.document,
                "the source": row.source,
                "ours": own,
                "in the zoo": ", ".join(cards),
            }
        )
    return reports.table(lines)


def tables() -> dict[Path, tuple[str, str]]:
    """Returns every page with a table: page -> (marker, table)."""
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


def run(config: object = None) -> None:
    """Fills in the tables."""
    for page, (marker, text) in tables().items():
        if os.path.exists(page):
            pages.fill(page, marker, text)
