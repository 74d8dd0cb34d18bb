"""The networks of this experiment in the zoo: what their cards say, and metrics."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from experiments import harness
from experiments.svhn_training_images.classifiers import test_stored
from experiments.svhn_training_images.config import CLASSES, Conditional, Dcgan
from experiments.svhn_training_images.simgan_config import Simgan
from ganzoo import data, zoo

COUNT = 10_000  # images that the classifiers are tested on


def measure(name: str, config: Dcgan | Conditional | Simgan) -> dict:
    """Tests classifiers of real images on images of a network of the zoo, as stored.

    They are those of the comparison that the network was trained for.

    Args:
        name: In the zoo.
        config: Of its run.

    Returns:
        The fraction of images that is taken for the digit that it should be,
        `accuracy`, its `spread` over the classifiers, and their card.

    Raises:
        ValueError: The run is not part of a comparison with such classifiers.
    """
    folder = _classifiers(Path(config.output))
    labels = np.arange(COUNT) % len(CLASSES)
    if isinstance(config, Dcgan):
        labels = np.full(COUNT, config.digit)
    images = zoo.sample(name, COUNT)
    made = data.ImageSet(images, labels, CLASSES, f"zoo network {name}", "seed 0")
    found = test_stored(folder, made)
    measured = {"count": COUNT, "accuracy": found.accuracy, "spread": found.spread}
    if isinstance(config, Simgan):
        plain = data.draw_house_numbers(COUNT, seed=0, style=config.style)
        measured["unrefined"] = test_stored(folder, plain).accuracy
    return measured | {"card": found.card}


def _classifiers(run: Path) -> Path:
    """Returns the folder of the classifiers of real images that a run has above it."""
    for folder in run.absolute().parents:
        found = folder / "judges" / "real"
        if found.is_dir():
            return found
    raise ValueError(
        f"{run} is measured by the classifiers of a comparison, and there are none "
        "above it: run compare with 'real' among its sets, and publish what it trained."
    )


def zoo_entry(
    title: str, network: Callable, card: Callable = lambda config: {}
) -> harness.ZooEntry:
    """Returns how a network of this experiment is stored."""
    return harness.ZooEntry(title, network, card, measure=measure)
