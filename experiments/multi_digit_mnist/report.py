"""The report: the source's figures 1 and 2, what is where, and how it came about."""

from experiments.harness.report import RunReport, Sections, sections
from experiments.multi_digit_mnist import figures, scenes
from experiments.multi_digit_mnist.config import CLASSES
from experiments.multi_digit_mnist.scenes import ANY, MOVED, SEEN, UNSEEN

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


def networks(report: RunReport) -> None:
    """Adds what was trained, in words."""
    config = report.config
    generator, discriminator = report.model.generator, report.model.discriminator
    decision = "one decision on everything"
    if not config.joint:
        decision = "a decision on the background and one on each digit"
    scene = config.scene_width or config.width
    rows = config.size**2 * discriminator.get_layer("global_conv_3").filters
    units = discriminator.get_layer("global_dense").units
    report.text(
        f"Images of {config.size}x{config.size}, networks {config.width:g} times as "
        f"wide as the source's table (global paths {scene:g}): "
        f"{generator.count_params():,} weights in the generator, "
        f"{discriminator.count_params():,} in the discriminator, {rows * units:,} of "
        "them in the dense layer after the flattened image (at full size 268,435,456). "
        f"The discriminator makes {decision}. A digit is generated from its own noise "
        "and label alone, whatever the others are, unless convolutions follow the "
        "merge."
    )


def accuracy(report: RunReport) -> None:
    """Adds how often the digit of a box is the one asked for."""
    evaluator = report.data.evaluator
    final = evaluator.final(report.run, report.model)
    generated, real, card = final["generated"], final["real"], final["card"]
    report.heading("Are the digits those asked for?")
    report.table(
        [
            {
                "": SITUATIONS[name],
                "generated": f"{generated[f'{name}_accuracy']:.1%}",
                REAL: f"{real[f'{name}_accuracy']:.1%}",
                "digits outside boxes": _percent(generated, f"{name}_digits_outside"),
                "ink outside boxes": f"{generated[f'{name}_ink_outside']:.3f}",
            }
            for name in evaluator.situations
        ]
    )
    report.text(
        f"{report.config.final_images:,} images per row, by the generator's "
        f"{report.config.weights} weights after step {final['step']:,}; the contents "
        "of the boxes, resized to 28x28 and read by the shipped MNIST classifier "
        f"(SHA-256 `{card['sha256'][:16]}...`), beside those of real test digits in "
        "the same boxes. Digits outside boxes: fraction of images with a free window "
        "of a digit's size in which a digit is seen (blank: there is no room); of real "
        f"images {_most(real, 'digits_outside'):.1%} at most. Ink outside boxes: in "
        f"digits per image; of real images {_most(real, 'ink_outside'):.3f} at most."
    )
    report.table(
        [
            {"": what}
            | {str(k): _percent(row, f"label_{k}_accuracy") for k in range(CLASSES)}
            for what, row in (("generated", generated), (REAL, real))
        ]
    )
    report.text(f"By label: {SITUATIONS[evaluator.main]}.")


def _most(row: dict, ending: str) -> float:
    return max(value for key, value in row.items() if key.endswith(ending))


def _percent(row: dict, key: str) -> str:
    return f"{row[key]:.1%}" if key in row else ""


def diversity(report: RunReport) -> None:
    """Adds how diverse the digits are."""
    evaluator = report.data.evaluator
    final = evaluator.final(report.run, report.model)
    card = final["card"]
    report.heading("Are they diverse?")
    report.table(
        [
            {"": what} | sections.formatted(row, DIVERSITY)
            for what, row in (("generated", final["generated"]), (REAL, final["real"]))
        ]
    )
    report.text(
        f"Of the digits cut out of their boxes ({SITUATIONS[evaluator.main]}: "
        f"{card['count']:,} digits), by the classifier's features against "
        f"{card['reference_count']:,} real training digits. Near-duplicates are pairs "
        f"whose pixels have a cosine of {card['duplicates_similarity']:.3f} or more. "
        "The spread is the mean variance of the features of a label: 0 if all of a "
        "label are one and the same digit."
    )


def by_epoch(report: RunReport) -> None:
    """Adds the metrics during the training."""
    evaluator = report.data.evaluator
    floor = evaluator.final(report.run, report.model)["floor"]
    report.heading("During the training")
    curves = {
        "accuracy": (
            {SITUATIONS[name]: f"{name}_accuracy" for name in evaluator.by_epoch},
            "Accuracy",
            "fraction of digits",
            floor[f"{evaluator.main}_accuracy"],
        )
    }
    for key, (title, _) in DIVERSITY.items():
        curves[key] = ({title: key}, title, title, floor[key])
    for name, (columns, title, ylabel, line) in curves.items():
        report.curves(
            name,
            f"{title} by epoch",
            columns,
            title=title,
            ylabel=ylabel,
            lines={REAL: line},
        )
    report.text(
        f"{report.config.measure_images:,} images of each kind, and as many real ones."
    )


REPORT = Sections(
    lambda config, loaded: f"Digits in boxes: {loaded.digits.train.name}",
    (
        networks,
        figures.orders,
        accuracy,
        diversity,
        figures.numbers,
        figures.background,
        by_epoch,
        sections.samples("Images by epoch"),
        sections.losses(),
    ),
)
