"""A comparison as text, as rows for a CSV file, and as a figure."""

import os
import textwrap
from pathlib import Path

from ganzoo import files, plots
from ganzoo.evaluate.comparison import Comparison
from ganzoo.evaluate.locating import SUFFIXES, check_output
from ganzoo.evaluate.measuring import RANKED_BY, Row
from ganzoo.evaluate.table import WIDTH, aligned

# Title, number of decimals, and which value is best, of the columns that fit.
_COLUMNS = {
    RANKED_BY: ("Fréchet", 2, "0"),
    "mind": ("MIND", 2, "0"),
    "kernel_distance": ("kernel", 4, "0"),
    "precision": ("precision", 3, "as real"),
    "recall": ("recall", 3, "as real"),
    "coverage": ("coverage", 3, "as real"),
    "classifier_score": ("score", 2, "as real"),
}


def text(comparison: Comparison) -> str:
    """Returns a comparison's tables, what they are of, and its notes."""
    lines = []
    for rows in comparison.tables.values():
        lines += [
            *_described(rows[0].card),
            "",
            *aligned(_table(rows), left=(0, 1)),
            "",
        ]
    for note in comparison.notes:
        lines += textwrap.wrap(note, WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def rows(comparison: Comparison) -> list[dict]:
    """Returns a comparison as rows of one table, a row per images and extractor."""
    return [
        {
            "name": row.name,
            "extractor": row.extractor,
            "rank": row.rank,
            "tied": int(row.tied),
            "count": row.card["count"],
            **row.values,
            **{f"{name}_plus_minus": width for name, width in row.half_widths.items()},
        }
        for table in comparison.tables.values()
        for row in table
    ]


def plot(path: str | os.PathLike, comparison: Comparison) -> None:
    """Draws the Fréchet distances with their intervals, a panel per extractor."""
    plots.intervals(
        path,
        {
            name: {
                row.name: (row.values[RANKED_BY], row.half_widths[RANKED_BY])
                for row in table
            }
            for name, table in comparison.tables.items()
        },
        title=f"Distance to {Path(comparison.against).name}",
        xlabel="Fréchet distance, with 95% intervals",
    )


def write(path: str | os.PathLike, comparison: Comparison) -> list[Path]:
    """Writes a comparison in the form of the file's suffix, or in all into a folder.

    Returns:
        The files.

    Raises:
        ValueError: Another suffix; see `locating.check_output`.
    """
    path = Path(path)
    check_output(str(path))
    if not path.suffix:
        return [
            one
            for suffix in SUFFIXES
            for one in write(path / f"comparison{suffix}", comparison)
        ]
    suffix = path.suffix.lower()
    if suffix == ".json":
        files.write_json(path, comparison.to_dict())
    elif suffix == ".csv":
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_rows(path, rows(comparison))
    elif suffix == ".png":
        plot(path, comparison)
    else:
        with files.atomic(path) as temporary:
            temporary.write_text(text(comparison) + "\n", encoding="utf-8")
    return [path]


def _table(rows: tuple[Row, ...]) -> list[list[str]]:
    """Returns the cells of a table, with a last line on which values are best."""
    shown = [name for name in _COLUMNS if name in rows[0].values]
    found = [["", "", *(_COLUMNS[name][0] for name in shown)]]
    for row in rows:
        place = "" if row.rank is None else f"{'≈' if row.tied else ''}{row.rank}"
        found.append([place, row.name, *(_cell(row, name) for name in shown)])
    return [*found, ["", "best", *(_COLUMNS[name][2] for name in shown)]]


def _cell(row: Row, name: str) -> str:
    decimals = _COLUMNS[name][1]
    return f"{row.values[name]:.{decimals}f} ±{row.half_widths[name]:.{decimals}f}"


def _described(card: dict) -> list[str]:
    """Describes extractor and real images."""
    parts = {"resize": "resized: ", "channels": "", "weights": "weights "}
    more = "".join(f", {word}{card[key]}" for key, word in parts.items() if key in card)
    said = f"{card['extractor']} ({card['file']}, SHA-256 {card['sha256'][:12]}{more})"
    count = ""
    if "reference_count" in card:
        count = (
            f", {card['reference_count']:,} images (fingerprint "
            f"{card['reference_fingerprint'][:12]})"
        )
    return textwrap.wrap(
        f"{said} against {card['reference']}{count}", WIDTH, subsequent_indent="  "
    )
