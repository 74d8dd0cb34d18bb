"""The report: the source's figures 1 and 2, what is where, and how it came about."""

import keras

from experiments import sections
from experiments.multi_digit_mnist import pictures, scenes
from experiments.multi_digit_mnist.judge import Judge
from experiments.multi_digit_mnist.scenes import ANY, MOVED, SEEN, UNSEEN, Digits
from experiments.multi_digit_mnist.settings import CLASSES, Config
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
    pictures.orders(report, config, game, digits)
    _accuracy(report, judge, final, weights)
    _diversity(report, judge, final)
    pictures.numbers(report, config, game, judge)
    pictures.background(report, config, game, judge, final)
    _by_epoch(report, judge, epochs, final["floor"])
    sections.samples(
        report,
        folder,
        sections.spread(int(epochs[-1]["epoch"])),
        heading="Images by epoch",
        weights=weights,
    )
    sections.losses(report, epochs, steps, heading="Losses", loss=config.loss)
    sections.speed(report, epochs)
    sections.health(report, folder.path)
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
        f"The discriminator makes {decision}. A digit is drawn from its own noise and "
        "label alone, whatever the others are, unless convolutions follow the merge."
    )


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
        "size in which a digit is seen (blank: there is no room); of real images "
        f"{_most(real, 'digits_outside'):.1%} at most. Ink outside boxes: in digits an "
        f"image; of real images {_most(real, 'ink_outside'):.3f} at most."
    )
    report.table(
        [
            {"": what}
            | {str(k): _share(row, f"label_{k}_accuracy") for k in range(CLASSES)}
            for what, row in (("generated", generated), (REAL, real))
        ]
    )
    report.text(f"By label: {SITUATIONS[judge.main]}.")


def _most(row: dict, ending: str) -> float:
    return max(value for key, value in row.items() if key.endswith(ending))


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


def _by_epoch(
    report: Report, judge: Judge, epochs: list[dict], floor: dict[str, float]
) -> None:
    """Adds the measures during the training."""
    report.heading("During the training")
    measured = [row for row in epochs if f"{MOVED}_accuracy" in row]
    figures = {
        "accuracy": (
            {SITUATIONS[name]: f"{name}_accuracy" for name in judge.by_epoch},
            "Accuracy",
            "share of digits",
            floor[f"{judge.main}_accuracy"],
        )
    }
    for key, (title, _) in DIVERSITY.items():
        figures[key] = ({title: key}, title, title, floor[key])
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
    report.text(
        f"{judge.config.measure_images:,} images of each kind, and as many real ones."
    )
