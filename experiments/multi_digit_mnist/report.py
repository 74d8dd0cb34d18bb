"""The report: the source's figures 1 and 2, what is where, and how it came about."""

import keras
import numpy as np

from experiments import sections
from experiments.multi_digit_mnist import scenes
from experiments.multi_digit_mnist.judge import Judge, bare, drawer
from experiments.multi_digit_mnist.scenes import ANY, MOVED, SEEN, UNSEEN, Digits
from experiments.multi_digit_mnist.settings import (
    CLASSES,
    FIGURE_1,
    FIGURE_2,
    Config,
    labels_of,
)
from ganzoo import plots, runs
from ganzoo.reports import Report

REAL = "real test digits"
SITUATIONS = {
    SEEN: "label orders trained on",
    UNSEEN: "label orders never seen",
    ANY: "any labels",
    MOVED: "boxes moved and resized at random",
    **{
        scenes.numbered(n): f"{n} digit{'s' if n > 1 else ''} anywhere"
        for n in range(1, scenes.MOST + 1)
    },
}
DIVERSITY = {
    "frechet_distance": ("Fréchet distance", "{:.2f}"),
    "duplicate_share": ("near-duplicates among all pairs", "{:.2%}"),
    "spread": ("spread within a label, of real", "{:.2f}"),
}
SHOWN = 2  # images of each order in figures 1 and 2
COLUMNS = 8


def write(
    folder: runs.Run, config: Config, game: keras.Model, digits: Digits, judge: Judge
) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        game: Trained.
        digits: What images are made of.
        judge: What they are looked at through.
    """
    report = Report(folder.path, f"Digits in boxes: {digits.train.name}")
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    weights = sections.weights_drawn(config.ema_half_life)
    final = judge.final(folder, game)
    report.text(_said(config, game))
    _orders(report, config, game, digits)
    _accuracy(report, judge, final, weights)
    _diversity(report, judge, final)
    _numbers(report, config, game, judge)
    _background(report, config, game, judge, final)
    _by_epoch(report, judge, epochs, final["real"])
    sections.samples(
        report,
        folder,
        sections.spread(int(epochs[-1]["epoch"])),
        heading="Images by epoch",
        weights=weights,
    )
    sections.losses(report, epochs, steps, heading="Losses", loss=config.loss)
    sections.speed(report, epochs)
    report.provenance(folder)
    print(f"report: {report.write()}")


def _said(config: Config, game: keras.Model) -> str:
    """Says what was trained, in words."""
    generator, discriminator = game.generator, game.discriminator
    decision = "one decision on everything"
    if not config.joint:
        decision = "a decision on the background and one on each digit"
    scene = config.scene_width or config.width
    rows = config.size**2 * discriminator.get_layer("global_conv_3").filters
    units = discriminator.get_layer("global_dense").units
    return (
        f"Images of {config.size}x{config.size}, networks {config.width:g} times as "
        f"wide as the source's table (global paths {scene:g}): "
        f"{generator.count_params():,} weights in the generator, "
        f"{discriminator.count_params():,} in the discriminator, {rows * units:,} of "
        "them in the dense layer after the flattened image (at full size 268,435,456). "
        f"The discriminator makes {decision}. The generator draws a digit from its own "
        "noise and label alone; it is told of other digits only by a layout image or "
        "by convolutions after the merge."
    )


def _orders(report: Report, config: Config, game, digits: Digits) -> None:
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


def _accuracy(report: Report, judge: Judge, final: dict, weights: str) -> None:
    """Adds how often the digit of a box is the one asked for."""
    generated, real, card = final["generated"], final["real"], final["card"]
    report.heading("Are the digits those asked for?")
    report.table(
        [
            {
                "": SITUATIONS[name],
                "generated": f"{generated[f'{name}_accuracy']:.1%}",
                REAL: f"{real[f'{name}_accuracy']:.1%}",
                "digits outside boxes": _share(generated, f"{name}_digits_outside"),
                "ink outside boxes": f"{generated[f'{name}_ink_outside']:.3f}",
            }
            for name in judge.situations
        ]
    )
    report.text(
        f"{judge.config.final_images:,} images a row, by the generator's {weights} "
        f"weights after step {final['step']:,}; the contents of the boxes, resized to "
        f"28x28 and read by the shipped MNIST classifier (SHA-256 "
        f"`{card['sha256'][:16]}...`), beside those of real test digits in the same "
        "boxes. Digits outside boxes: share of images with a free window of a digit's "
        "size in which a digit is seen (blank: there is no room). Ink outside boxes: "
        "in digits an image."
    )
    report.table(
        [
            {"": what}
            | {str(k): _share(row, f"label_{k}_accuracy") for k in range(CLASSES)}
            for what, row in (("generated", generated), (REAL, real))
        ]
    )
    report.text(f"By label: {SITUATIONS[judge.main]}.")


def _share(row: dict, key: str) -> str:
    return f"{row[key]:.1%}" if key in row else ""


def _diversity(report: Report, judge: Judge, final: dict) -> None:
    """Adds how diverse the digits are."""
    card = final["card"]
    report.heading("Are they diverse?")
    report.table(
        [
            {"": what}
            | {title: form.format(row[k]) for k, (title, form) in DIVERSITY.items()}
            for what, row in (("generated", final["generated"]), (REAL, final["real"]))
        ]
    )
    report.text(
        f"Of the digits cut out of their boxes ({SITUATIONS[judge.main]}: "
        f"{card['count']:,} digits), by the classifier's features against "
        f"{card['reference_count']:,} real training digits. Near-duplicates are pairs "
        f"whose pixels have a cosine of {card['duplicates_similarity']:.3f} or more. "
        "The spread is the mean variance of the features of a label: 0 if all of a "
        "label are one and the same digit."
    )


def _numbers(report: Report, config: Config, game, judge: Judge) -> None:
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


def _background(
    report: Report, config: Config, game, judge: Judge, final: dict
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
        f"Digits are seen in {_share(generated, 'no_digits_digits_outside')} of "
        f"{config.final_images:,}; there is ink for "
        f"{generated['no_digits_ink_outside']:.3f} digits an image."
    )
    report.text(text)


def _by_epoch(
    report: Report, judge: Judge, epochs: list[dict], real: dict[str, float]
) -> None:
    """Adds the measures during the training."""
    report.heading("During the training")
    measured = [row for row in epochs if f"{MOVED}_accuracy" in row]
    figures = {
        "accuracy": (
            {SITUATIONS[name]: f"{name}_accuracy" for name in judge.by_epoch},
            "Accuracy",
            "share of digits",
            real[f"{judge.main}_accuracy"],
        )
    }
    for key, (title, _) in DIVERSITY.items():
        figures[key] = ({title: key}, title, title, real[key])
    for name, (series, title, ylabel, line) in figures.items():
        path = report.figure(name, f"{title} by epoch")
        plots.curves(
            path,
            [row["epoch"] for row in measured],
            {label: [row[key] for row in measured] for label, key in series.items()},
            title=title,
            xlabel="epoch",
            ylabel=ylabel,
            lines={REAL: line},
        )
