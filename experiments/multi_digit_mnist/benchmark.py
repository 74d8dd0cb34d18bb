"""The benchmark of the command compare."""

import dataclasses
from pathlib import Path

from experiments import harness
from experiments.harness import compare
from experiments.multi_digit_mnist.config import Config
from experiments.multi_digit_mnist.train import EXPERIMENT
from experiments.multi_digit_mnist.variants import VARIANTS, Compare
from ganzoo.runs.reports import Report

COLUMNS = {
    "seen orders": ("seen_accuracy", "{:.1%}"),
    "unseen orders": ("unseen_accuracy", "{:.1%}"),
    "boxes moved and resized": ("moved_accuracy", "{:.1%}"),
    "Fréchet distance": ("frechet_distance", "{:.2f}"),
    "near-duplicates": ("duplicate_share", "{:.2%}"),
    "spread, of real": ("spread", "{:.2f}"),
    "ink outside boxes (digits)": ("unseen_ink_outside", "{:.3f}"),
}


def differences(report: Report, folders: dict[str, list[Path]]) -> None:
    """Adds the fields in which each variant differs from its base."""
    rows = []
    for name in folders:
        base = name.partition("-")[0]
        other = VARIANTS[name] if name == base else changes(name, base)
        words = ", ".join(f"{key} = {value}" for key, value in other.items())
        rows.append({"variant": name, "settings": words})
    report.heading("The variants")
    report.table(rows)
    report.text(
        "The table lists in which settings a variant differs from its base. The base "
        "of a name with a dash is the part before the dash; that of the others is the "
        "source at its full size."
    )


def changes(name: str, base: str) -> dict:
    """Returns the fields of a variant that differ from those of another variant."""
    default = dataclasses.asdict(Config())
    ours, theirs = default | VARIANTS[name], default | VARIANTS[base]
    return {key: ours[key] for key in sorted(ours) if ours[key] != theirs[key]}


BENCHMARK = harness.Benchmark(
    "digits in boxes", EXPERIMENT, VARIANTS, COLUMNS, sections=(differences,)
)


COMPARE = compare.command(Compare, BENCHMARK)
