"""An evaluation as text: a table of its values, cards and notes."""

import textwrap
from collections.abc import Collection

from ganzoo.evaluate.evaluation import Evaluation
from ganzoo.metrics import spread

WIDTH = 88
INTERVALS = (
    f"±: 95% interval, by leaving out each of {spread.PARTS} disjoint parts of the "
    "images, against the same real images; another training may differ by more."
)
# Title, format and best value, by name.
_ROWS = {
    "frechet_distance": ("Fréchet distance", "{:.2f}", "0"),
    "mind": ("MIND", "{:.2f}", "0"),
    "kernel_distance": ("kernel distance", "{:.4f}", "0"),
    "kernel_distance_spread": ("  spread over subsets", "{:.4f}", ""),
    "precision": ("precision", "{:.3f}", "as real"),
    "recall": ("recall", "{:.3f}", "as real"),
    "density": ("density", "{:.3f}", "as real"),
    "coverage": ("coverage", "{:.3f}", "as real"),
    "classifier_score": ("classifier score", "{:.2f}", "number of classes"),
    "confident_share": ("confident", "{:.1%}", "as real"),
    "contrast": ("contrast", "{:.1%}", "100%"),
    "class_divergence": ("KL of the classes, nats", "{:.4f}", "0"),
    "duplicate_share": ("near-duplicates, of pairs", "{:.3%}", "as real"),
    "duplicate_support": ("  as of so many images", "{:,.0f}", "as real"),
    "modes": ("modes, of clear images", "{:.0f}", "all"),
    "modes_of_all": ("modes, of all images", "{:.0f}", "all"),
    "divergence": ("KL to uniform, nats", "{:.3f}", "as real"),
    "data_divergence": ("KL to the data, nats", "{:.3f}", "as real"),
    "count": ("images", "{:,}", ""),
}


def text(evaluation: Evaluation) -> str:
    """Returns an evaluation's table, cards and notes as text."""
    numbers = evaluation.scalars
    names = list(numbers)
    rows = [["", *names, "best"]]
    for key, (title, form, best) in _ROWS.items():
        values = [numbers[name].get(key) for name in names]
        if any(value is not None for value in values):
            rows.append(
                [title, *(_cell(evaluation, n, key, form) for n in names), best]
            )
    lines = [*aligned(rows), ""]
    if any("half_widths" in one for one in evaluation.measures.values()):
        lines += textwrap.wrap(INTERVALS, WIDTH, subsequent_indent="  ")
    for paragraph in (*_cards(evaluation), *evaluation.notes):
        lines += textwrap.wrap(paragraph, WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def _cell(evaluation: Evaluation, name: str, key: str, form: str) -> str:
    """Returns a value, with the half-width of its interval if there is one."""
    value = evaluation.scalars[name].get(key)
    width = evaluation.measures[name].get("half_widths", {}).get(key)
    parts = ["-"] if value is None else [form.format(value)]
    return " ±".join(parts if width is None else [*parts, form.format(width)])


def aligned(rows: list[list[str]], left: Collection[int] = (0, -1)) -> list[str]:
    """Aligns some columns to the left, by default the first and last, others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    to_left = {number % len(widths) for number in left}
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if number in to_left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _cards(evaluation: Evaluation) -> list[str]:
    """Describes the cards of the images' metrics, one line each."""
    measures = evaluation.measures[evaluation.name]
    card = measures["card"]
    said = [
        f"seen by: {card['extractor']} ({card['file']}, SHA-256 {card['sha256'][:12]}"
        f"{', ' + card['resize'] if 'resize' in card else ''})"
    ]
    if "reference" in card:
        said.append(
            f"against: {card['reference']}, {card['reference_count']:,} images "
            f"(fingerprint {card['reference_fingerprint'][:12]})"
        )
    said.append(f"images: {card['samples']}")
    for part in measures.get("also", ()):
        own = part["card"]
        if "subsets" in own:
            said.append(
                f"kernel distance: {own['subsets']} subsets of {own['subset_size']:,}, "
                f"seed {own['subset_seed']}, {own['reference_features']:,} real images"
            )
        if "neighbours" in own:
            said.append(
                f"precision to coverage: {own['neighbours']} neighbors, "
                f"{own['reference_features']:,} real images"
            )
    if near := measures.get("near_duplicates"):
        own = near["card"]
        said.append(
            "near-duplicates: pairs as similar as "
            f"{own['duplicates_share']:.2%} of those of {own['duplicates_compared']:,} "
            f"images of {own['duplicates_of']} (cosine of at least "
            f"{own['duplicates_similarity']:.4f})"
        )
    return said
