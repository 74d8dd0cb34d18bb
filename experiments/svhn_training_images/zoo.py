"""Zoo entries of this experiment's networks, and their metrics."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from experiments import harness
from experiments.svhn_training_images.classifiers import evaluate_stored
from experiments.svhn_training_images.config import CLASSES, Conditional, Dcgan, Simgan
from ganzoo import data, zoo

COUNT = 10_000  # images to test the classifiers on


def measure(name: str, config: Dcgan | Conditional | Simgan) -> dict:
    """Tests classifiers of real images on images of a stored network of the zoo.

    The classifiers come from the comparison that the network was trained in.

    Returns `accuracy`, its `spread` over the classifiers, and their `card`.

    Raises:
        ValueError: The run is not part of a comparison with classifiers of real images.
    """
    folder = _classifiers(Path(config.output))
    labels = np.arange(COUNT) % len(CLASSES)
    if isinstance(config, Dcgan):
        labels = np.full(COUNT, config.digit)
    images = zoo.sample(name, COUNT)
    made = data.ImageSet(images, labels, CLASSES, f"zoo network {name}", "seed 0")
    found = evaluate_stored(folder, made)
    measured = {"count": COUNT, "accuracy": found.accuracy, "spread": found.spread}
    if isinstance(config, Simgan):
        plain = data.draw_house_numbers(COUNT, seed=0, style=config.style)
        measured["unrefined"] = evaluate_stored(folder, plain).accuracy
    return measured | {"card": found.card}


def _classifiers(run: Path) -> Path:
    """Returns the folder with the classifiers of real images of a run's comparison."""
    for folder in run.absolute().parents:
        found = folder / "judges" / "real"
        if found.is_dir():
            return found
    raise ValueError(
        f"{run} is not part of a comparison with classifiers of real images; run "
        "compare with 'real' among its sets, and publish a run in its folder."
    )


def zoo_entry(
    title: str, network: Callable, card: Callable = lambda config: {}
) -> harness.ZooEntry:
    """Returns how a network of this experiment is stored in the zoo."""
    return harness.ZooEntry(title, network, card, measure=measure)
