"""compare: several systems with several seeds, in one table: the ablation.

    python -m experiments.multi_digit_mnist compare --systems source ours ours-joint

The systems are source, ours, and either with one option changed: see systems.py.
"""

import dataclasses
from pathlib import Path

from experiments import comparing, multi_digit_mnist
from experiments.multi_digit_mnist.settings import FOLDER, Config
from experiments.multi_digit_mnist.systems import SHARED, SYSTEMS
from ganzoo.reports import Report

MEASURES = {
    "seen orders": ("seen_accuracy", "{:.1%}"),
    "unseen orders": ("unseen_accuracy", "{:.1%}"),
    "boxes moved and resized": ("moved_accuracy", "{:.1%}"),
    "Fréchet distance": ("frechet_distance", "{:.2f}"),
    "near-duplicates": ("duplicate_share", "{:.2%}"),
    "spread, of real": ("spread", "{:.2f}"),
    "ink outside boxes (digits)": ("unseen_ink_outside", "{:.3f}"),
}


@dataclasses.dataclass(frozen=True)
class Compare(comparing.Comparison):
    """Runs every system with every seed, each in a folder of its own."""

    seeds: int = 1
    """Runs of each system, with the seeds 0, 1, ..."""
    output: str = f"{FOLDER}/compare"
    epochs: int | None = SHARED["epochs"]
    """Epochs of each run, of 15,000 images each."""
    ema_half_life: float | None = SHARED["ema_half_life"]
    """Average every generator's weights, in examples seen; measured is the average."""
    dataset: str = "mnist"
    """As in the experiment."""


def run(config: Compare) -> Path:
    """Carries out all runs and writes one report; see `comparing.carry_out`."""
    config.check(SYSTEMS)
    return comparing.carry_out(config, BED, "digits in boxes", Path(config.output))


def differences(report: Report, folders: dict[str, list[Path]]) -> None:
    """Adds in which settings each system differs from the one that it is made of."""
    report.heading("The systems")
    rows = []
    for name in folders:
        base = name.partition("-")[0]
        other = SYSTEMS[name] if name == base else changes(name, base)
        words = ", ".join(f"{key} = {value}" for key, value in other.items())
        rows.append({"system": name, "settings": words})
    report.table(rows)
    report.text(
        "A system whose name has a dash differs from the one before the dash in what "
        "is said here; the others from the source at its full size."
    )


def changes(name: str, base: str) -> dict:
    """Returns the settings of a system that are not those of another."""
    default = Config()
    ours, theirs = SYSTEMS[name], SYSTEMS[base]
    return {
        key: ours.get(key, getattr(default, key))
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key, getattr(default, key))
        != theirs.get(key, getattr(default, key))
    }


BED = comparing.Bed(Config, multi_digit_mnist.run, SYSTEMS, MEASURES, extra=differences)
