"""The pictures of the report: label orders, other boxes, backgrounds."""

import keras
import numpy as np

from experiments.multi_digit_mnist import scenes
from experiments.multi_digit_mnist.judge import Judge, bare, drawer
from experiments.multi_digit_mnist.scenes import MOVED, Digits
from experiments.multi_digit_mnist.settings import (
    FIGURE_1,
    FIGURE_2,
    Config,
    labels_of,
)
from ganzoo import plots
from ganzoo.reports import Report

SHOWN = 2  # images of each order in figures 1 and 2
COLUMNS = 8


def orders(report: Report, config: Config, game: keras.Model, digits: Digits) -> None:
    """Adds figures 1 and 2: generated images above real ones of the same labels."""
    report.heading("Figures 1 and 2: label orders")
    draw = drawer(config, game)
    for name, orders, what in (
        ("unseen", FIGURE_2, "Figure 2: label orders never seen"),
        ("seen", FIGURE_1, "Figure 1: label orders of the training"),
    ):
        generated, real = [], []
        for order in orders:
            labels = np.tile(labels_of(order), (SHOWN, 1))
            boxes = np.tile(scenes.grid_boxes(config), (SHOWN, 1, 1))
            generated.append(draw(labels, boxes))
            source = scenes.one_order(config, digits.test, order)
            real.append(source.sample(SHOWN)[0])
        read = ", ".join("-".join(order) for order in orders)
        path = report.figure(name, f"{what} ({read}); above generated, below real")
        rows = np.concatenate([*generated, *real])
        tiled = plots.tile(rows, columns=SHOWN * len(orders))
        plots.save_image(path, tiled, scale=2)


def numbers(report: Report, config: Config, game: keras.Model, judge: Judge) -> None:
    """Adds images of other numbers of digits, and of boxes moved and resized."""
    report.heading("Other boxes, other numbers of digits")
    draw = drawer(config, game)
    rows = []
    for name in [MOVED, *map(scenes.numbered, range(1, scenes.MOST + 1))]:
        if name in judge.situations:
            _, labels, boxes = judge.real(name, COLUMNS)
            rows.append(draw(labels, boxes))
    path = report.figure(
        "numbers",
        "By row: boxes moved and resized at random; 1 to 6 digits anywhere "
        f"(trained: {config.objects})",
    )
    plots.save_image(path, plots.tile(np.concatenate(rows), columns=COLUMNS), scale=2)


def background(
    report: Report, config: Config, game: keras.Model, judge: Judge, final: dict
) -> None:
    """Adds what the generator draws under the digits, beside what there should be."""
    report.heading("The background")
    images, _ = bare(config, game, judge, COLUMNS)
    pictures = {"generated, without digits": plots.tile(images, columns=4)}
    real = scenes.backgrounds(config, COLUMNS)
    pictures["real"] = plots.tile(real, columns=4)
    path = report.figure("background", "Backgrounds without any digit")
    plots.panels(path, pictures, columns=2)
    generated = final["generated"]
    text = "The image of the generator's global path, before digits are laid over it. "
    if config.background != "patterns":
        error = np.abs(images.astype(float) - real).mean()
        text += f"Mean difference to the real one: {error:.1f} of 255 grey values. "
    text += (
        f"Digits are seen in {generated['no_digits_digits_outside']:.1%} of "
        f"{config.final_images:,}; there is ink for "
        f"{generated['no_digits_ink_outside']:.3f} digits an image."
    )
    report.text(text)
