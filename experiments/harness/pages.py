"""Fills results into README.md and RESULTS.md."""

import os
import re
from pathlib import Path

from ganzoo.files import atomic

PAGES = ("README.md", "RESULTS.md")


def excerpt(run: str | os.PathLike, report: str | os.PathLike) -> str:
    """Returns a report's command, first picture and first table, as Markdown.

    Args:
        run: Folder with report.md.
        report: Folder of the published report, relative to the page.

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
    """Writes text between the markers of that name in a Markdown file.

    The markers are the lines `<!-- results: NAME -->` and, after it, `<!-- end -->`.

    Raises:
        ValueError: The file has no such markers.
    """
    first, last = f"<!-- results: {name} -->", "<!-- end -->"
    pattern = re.compile(rf"({re.escape(first)}\n).*?({re.escape(last)})", re.DOTALL)
    content = Path(path).read_text(encoding="utf-8")
    if not pattern.search(content):
        raise ValueError(
            f"{path} has no line '{first}' followed by '{last}'; add both lines."
        )
    filled = pattern.sub(lambda found: f"{found[1]}{text}\n{found[2]}", content)
    with atomic(path) as temporary:
        temporary.write_text(filled, encoding="utf-8")


def fill_in(name: str, text: str) -> Path:
    """Writes text between the markers of that name, in README.md or in RESULTS.md.

    Both files are looked up in the working directory.

    Raises:
        ValueError: Neither file has such markers.
    """
    for page in filter(Path.exists, map(Path, PAGES)):
        if f"<!-- results: {name} -->" in page.read_text(encoding="utf-8"):
            fill(page, name, text)
            return page
    raise ValueError(
        f"Neither {' nor '.join(PAGES)} has a line '<!-- results: {name} -->' followed "
        "by '<!-- end -->'. Run this in the project's folder, or add both lines."
    )
