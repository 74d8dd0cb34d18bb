"""The pages that show results, README.md and RESULTS.md, and what is shown on them."""

import os
import re
from pathlib import Path

from ganzoo.files import atomic

PAGES = ("README.md", "RESULTS.md")


def excerpt(run: str | os.PathLike, report: str | os.PathLike) -> str:
    """Returns what is shown of a report: its command, first picture and first table.

    Args:
        run: Folder that holds report.md.
        report: Where the report will lie, as seen from the page.

    Raises:
        ValueError: The report has no table.
    """
    text = (Path(run) / "report.md").read_text(encoding="utf-8")
    rows = re.search(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    if rows is None:
        raise ValueError(f"{run}/report.md has no table to show.")
    parts = [rows[0].rstrip()]
    if picture := re.search(r"!\[[^\]]*\]\(figures/\w+\.png\)", text):
        parts.insert(0, picture[0].replace("(figures/", f"({report}/figures/"))
    command = re.search(r"`(python -m [^`]+)`", text)
    if command is not None:
        parts.insert(0, f"`{command[1]}`:")
    return "\n\n".join([*parts, f"More: [{report}/report.md]({report}/report.md)."])


def fill(path: str | os.PathLike, name: str, text: str) -> None:
    """Puts text between the markers of that name in a Markdown file.

    The markers are the lines `<!-- results: NAME -->` and, after it, `<!-- end -->`.

    Raises:
        ValueError: The file has no such markers.
    """
    pattern = re.compile(
        rf"(<!-- results: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL
    )
    content = Path(path).read_text(encoding="utf-8")
    if not pattern.search(content):
        raise ValueError(
            f"{path} has no line '<!-- results: {name} -->' followed by '<!-- end -->'."
        )
    filled = pattern.sub(lambda found: f"{found[1]}{text}\n{found[2]}", content)
    with atomic(path) as temporary:
        temporary.write_text(filled, encoding="utf-8")


def fill_in(name: str, text: str) -> Path:
    """Puts text between the markers of that name, in README.md or in RESULTS.md.

    Both are looked for in the working directory.

    Returns:
        The file that has them.

    Raises:
        ValueError: Neither has such markers.
    """
    for page in filter(Path.exists, map(Path, PAGES)):
        if f"<!-- results: {name} -->" in page.read_text(encoding="utf-8"):
            fill(page, name, text)
            return page
    raise ValueError(
        f"Neither {' nor '.join(PAGES)} has a line '<!-- results: {name} -->' followed "
        "by '<!-- end -->'; run this in the project's folder."
    )
