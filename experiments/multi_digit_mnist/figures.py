"""Report sections with images: label orders, other boxes and backgrounds."""

import numpy as np

from experiments.harness.report import RunReport
from experiments.multi_digit_mnist import scenes
from experiments.multi_digit_mnist.config import FIGURE_1, FIGURE_2, labels_of
from experiments.multi_digit_mnist.evaluator import generate_backgrounds, sampler
from experiments.multi_digit_mnist.scenes import MOVED
from ganzoo import plots

SHOWN = 2  # images of each order in figures 1 and 2
COLUMNS = 8


def orders(report: RunReport) -> None:
    """Adds figures 1 and 2: generated images above real images of the same labels."""
    report.heading("Figures 1 and 2: label orders")
    config = report.config
    generate = sampler(config, report.model)
    for name, orders, what in (
        ("unseen", FIGURE_2, "Figure 2: new label orders"),
        ("seen", FIGURE_1, "Figure 1: label orders from training"),
    ):
        generated, real = [], []
        for order in orders:
            labels = np.tile(labels_of(order), (SHOWN, 1))
            boxes = np.tile(scenes.grid_boxes(config), (SHOWN, 1, 1))
            generated.append(generate(labels, boxes))
            source = scenes.one_order(config, report.data.test, order)
            real.append(source.sample(SHOWN)[0])
        read = ", ".join("-".join(order) for order in orders)
        rows = np.concatenate([*generated, *real])
        grid = plots.tile(rows, columns=SHOWN * len(orders))
        caption = f"{what} ({read}); generated above, real below"
        report.image(name, caption, grid, scale=2)


def numbers(report: RunReport) -> None:
    """Adds images with other numbers of digits, and with moved and resized boxes."""
    report.heading("Other boxes, other numbers of digits")
    evaluator = report.data.evaluator
    generate = sampler(report.config, report.model)
    rows = []
    for name in [MOVED, *map(scenes.numbered, range(1, scenes.MAX_DIGITS + 1))]:
        if name in evaluator.situations:
            _, labels, boxes = evaluator.real(name, COLUMNS)
            rows.append(generate(labels, boxes))
    caption = (
        "By row: boxes randomly moved and resized; 1 to 6 digits anywhere "
        f"(trained on {report.config.objects})"
    )
    grid = plots.tile(np.concatenate(rows), columns=COLUMNS)
    report.image("numbers", caption, grid, scale=2)


def background(report: RunReport) -> None:
    """Adds generated and real backgrounds."""
    config, evaluator = report.config, report.data.evaluator
    generated = evaluator.final(report.run, report.model)["generated"]
    report.heading("The background")
    images, _ = generate_backgrounds(config, report.model, evaluator, COLUMNS)
    pictures = {"generated, without digits": plots.tile(images, columns=4)}
    real = scenes.backgrounds(config, COLUMNS)
    pictures["real"] = plots.tile(real, columns=4)
    report.panels("background", "Backgrounds without digits", pictures, columns=2)
    text = "The outputs of the generator's global path, before digits are pasted. "
    if config.background != "patterns":
        error = np.abs(images.astype(float) - real).mean()
        text += f"Mean difference from real ones: {error:.1f} of 255 gray values. "
    text += (
        f"Of {config.final_images:,} backgrounds, "
        f"{generated['no_digits_digits_outside']:.1%} show a digit; on average there "
        f"is ink for {generated['no_digits_ink_outside']:.3f} digits."
    )
    report.text(text)
