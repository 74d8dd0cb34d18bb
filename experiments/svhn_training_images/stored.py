"""The networks of this experiment in the zoo: what their cards say, and measures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from experiments.svhn_training_images import gans, images, judging, simgan
from experiments.svhn_training_images.conditional import Conditional
from experiments.svhn_training_images.dcgan import Dcgan
from experiments.svhn_training_images.settings import CLASSES
from experiments.svhn_training_images.simgan_settings import Simgan
from ganzoo import data, distribute, zoo

COUNT = 10_000  # images that the judges are asked about


def measure(name: str, settings: Dcgan | Conditional | Simgan) -> dict:
    """Asks the judges of real images about a network of the zoo, as it is stored.

    They are those of the comparison that the network was trained for.

    Args:
        name: In the zoo.
        settings: Of its run.

    Returns:
        The share of images that is taken for the digit that it should be, `accuracy`,
        its `spread` over the judges, and their card.

    Raises:
        ValueError: The run is no part of a comparison with such judges.
    """
    folder = _judges(Path(settings.output))
    labels = np.arange(COUNT) % len(CLASSES)
    if isinstance(settings, Dcgan):
        labels = np.full(COUNT, settings.digit)
    drawn = zoo.sample(zoo.load(name), COUNT, layout=zoo.layout(name))
    found = judging.asked_again(
        folder, data.ImageSet(drawn, labels, CLASSES, f"zoo network {name}", "seed 0")
    )
    measured = {"count": COUNT, "accuracy": found.accuracy, "spread": found.spread}
    if isinstance(settings, Simgan):
        plain = data.draw_house_numbers(COUNT, seed=0, style=settings.style)
        measured["unrefined"] = judging.asked_again(folder, plain).accuracy
    return measured | {"card": found.card}


def _judges(run: Path) -> Path:
    """Returns the folder of the judges of real images that a run has above it."""
    for folder in run.absolute().parents:
        found = folder / "judges" / "real"
        if found.is_dir():
            return found
    raise ValueError(
        f"{run} is measured by the judges of a comparison, and there are none above "
        "it: run compare with 'real' among its sets, and publish what it trained."
    )


def _trained_on(settings) -> tuple[data.ImageSet, data.ImageSet]:
    train = images.load(settings).train
    if isinstance(settings, Dcgan):
        train = images.of_digit(train, settings.digit)
    return train, train


def _kind(settings: type, build: Callable, builder: Callable, title: str, **others):
    return {
        "settings": settings,
        "build": lambda config: build(config, distribute.strategy("cpu")),
        "builder": builder,
        "title": title,
        "images": _trained_on,
        "measure": measure,
    } | others


# For each kind the arguments of `experiments.publish.Kind`.
KINDS = {
    "svhn_dcgan": _kind(Dcgan, gans.build, gans.generator, "DCGAN of one digit"),
    "svhn_conditional": _kind(
        Conditional,
        gans.build,
        gans.generator,
        "Class-conditional DCGAN",
        besides=lambda config: {"classes": {"num_classes": config.num_classes}},
    ),
    "svhn_refiner": _kind(
        Simgan,
        simgan.build,
        simgan.refiner,
        "SimGAN, a refiner of drawn digits to the likeness",
        besides=lambda config: {"drawings": {"style": config.style}},
    ),
}
