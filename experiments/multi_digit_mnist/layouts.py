"""Writes the layouts of the protocol, and measures anyone's images of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from experiments.harness.pages import fill_in
from experiments.multi_digit_mnist import evaluator, report, scenes
from experiments.multi_digit_mnist.config import Config
from experiments.multi_digit_mnist.evaluator import DigitEvaluator, Generate
from ganzoo import files
from ganzoo.runs.reports import table

if TYPE_CHECKING:
    from experiments.multi_digit_mnist import protocol


def run(config: "protocol.Config") -> None:
    """Writes the layouts, or measures images of them and real ones."""
    settings = settings_of(config)
    measuring = DigitEvaluator(settings, scenes.load(settings))
    if config.images is None and config.generator is None:
        write(config, measuring)
        return
    found = measure(config, measuring)
    files.write_json(config.output, found)
    text = shown(config, found)
    if config.readme:
        fill_in("layouts", text)
    print(text)


def settings_of(config: "protocol.Config") -> Config:
    """Returns the experiment's configuration with the protocol's fields."""
    return Config(
        dataset=config.dataset,
        data_dir=config.data_dir,
        orders=config.orders,
        size=config.size,
        digit_size=config.digit_size,
        background=config.background,
        final_images=config.count,
    )


def write(config: "protocol.Config", measuring: DigitEvaluator) -> None:
    """Writes labels and boxes of all situations."""
    arrays = {}
    for name in measuring.situations:
        _, labels, boxes = measuring.real(name, config.count)
        arrays |= {f"{name}_labels": labels, f"{name}_boxes": boxes}
    with files.atomic(config.layouts) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)
    print(
        f"{config.layouts}: {config.count:,} layouts for each of "
        f"{', '.join(measuring.situations)}"
    )


def measure(config: "protocol.Config", measuring: DigitEvaluator) -> dict:
    """Measures images and as many real ones; returns the metrics of both, and a card.

    Raises:
        ValueError: The images of a situation are missing, or of another kind.
    """
    names = list(measuring.situations)
    if config.generator is not None:
        samples = f"zoo generator {config.generator}, noise seed {evaluator.SEED}"
        generate = evaluator.stored(config.generator)
        row, card = measuring.measure(generate, names, config.count, samples)
    else:
        row, card = {}, {}
        with np.load(config.images, allow_pickle=False) as stored:
            for name in names:
                of_name = given(stored, name, config)
                more = measuring.measure(of_name, [name], config.count, "given")
                row, card = row | more[0], card | more[1]
    real, _ = measuring.measure(None, names, config.count)
    for one in (row, real):
        one |= evaluator.same_mix(one, config.orders)
    return {"generated": row, "real": real, "images": config.count, "card": card}


def given(stored: Mapping, name: str, config: "protocol.Config") -> Generate:
    """Returns a function that looks up a situation's images instead of generating."""
    shape = (config.count, config.size, config.size, 1)
    if name not in stored:
        raise ValueError(
            f"{config.images} has no array {name!r}; it needs the images of each "
            f"situation, uint8 of shape {shape}."
        )
    images = stored[name]
    if images.shape != shape or images.dtype != np.uint8:
        raise ValueError(
            f"{config.images}: {name!r} is {images.dtype} of shape {images.shape}, and "
            f"must be uint8 of shape {shape}, an image per layout."
        )
    return lambda labels, boxes: images


def shown(config: "protocol.Config", found: dict) -> str:
    """Returns the table, as Markdown."""
    what = config.generator or config.images
    rows = report.accuracy_rows(found["generated"], found["real"])
    return "\n\n".join(
        [
            f"`{what}`, {config.count:,} images of {config.size}x{config.size} per row "
            "(`python -m experiments.multi_digit_mnist.protocol`):",
            table(rows),
            "±: 95% interval over the images. Digits outside boxes: images with a "
            "digit in a free window, among those with such a window. Ink outside "
            "boxes: in digits per image.",
        ]
    )
