"""The report: the source's figures 1 and 2, accuracy, diversity and training."""

from experiments.harness.report import RunReport, Sections, sections
from experiments.multi_digit_mnist import figures, scenes
from experiments.multi_digit_mnist.config import CLASSES
from experiments.multi_digit_mnist.scenes import ANY, MOVED, SAME_MIX, SEEN, UNSEEN

REAL = "real test digits"
SITUATIONS = {
    SEEN: "label orders from training",
    UNSEEN: "new label orders",
    SAME_MIX: "new label orders, labels as often as in training",
    ANY: "random labels",
    MOVED: "boxes randomly moved and resized",
    **{scenes.sized(n): f"boxes of {n}x{n} pixels anywhere" for n in scenes.SIZES},
    **{
        scenes.numbered(n): f"{n} digit{'s' if n > 1 else ''} anywhere"
        for n in range(1, scenes.MAX_DIGITS + 1)
    },
}
MIX = (
    "Label orders from training may have some labels more often than others, and some "
    "labels are easier. To compare like with like, the accuracies by label in new "
    "orders (below) are also averaged by how often the orders from training have them."
)
DIVERSITY = {
    "frechet_distance": ("Fréchet distance", "{:.2f}"),
    "duplicate_share": ("near-duplicates among all pairs", "{:.2%}"),
    "spread": ("spread within a label, of real", "{:.2f}"),
}


def networks(report: RunReport) -> None:
    """Adds a description of the networks."""
    config = report.config
    generator, discriminator = report.model.generator, report.model.discriminator
    decision = "one decision on the whole image"
    if not config.joint:
        decision = "one decision on the background and one on each digit"
    scene = config.scene_width or config.width
    rows = config.size**2 * discriminator.get_layer("global_conv_3").filters
    units = discriminator.get_layer("global_dense").units
    report.text(
        f"Images are {config.size}x{config.size}, the networks {config.width:g} times "
        f"(global paths {scene:g} times) as wide as in the source's table. The "
        f"generator has {generator.count_params():,} weights, the discriminator "
        f"{discriminator.count_params():,}, of which {rows * units:,} are in the "
        "dense layer after the flattened image (268,435,456 at full size). The "
        f"discriminator makes {decision}. Each digit is generated from its noise and "
        "label independently of the others, unless convolutions follow the merge."
    )


def accuracy(report: RunReport) -> None:
    """Adds how often a box contains the requested digit."""
    evaluator = report.data.evaluator
    final = evaluator.final(report.run, report.model)
    generated, real, card = final["generated"], final["real"], final["card"]
    report.heading("Are the digits the requested ones?")
    report.table(accuracy_rows(generated, real))
    report.text(
        f"{report.config.final_images:,} images per row, by the generator's "
        f"{report.config.weights} weights after step {final['step']:,}. The contents "
        "of the boxes are resized to 28x28 and classified by the shipped MNIST "
        f"classifier (SHA-256 `{card['sha256'][:16]}...`), like real test digits in "
        "the same boxes. Digits outside boxes: fraction of images in which the "
        "classifier recognizes a digit in a free window of a digit's size (blank if "
        f"there is no such window); at most {_most(real, 'digits_outside'):.1%} for "
        "real images. Ink outside boxes: in digits per image; at most "
        f"{_most(real, 'ink_outside'):.3f} for real images."
    )
    if f"{SAME_MIX}_accuracy" in generated:
        report.text(MIX)
    report.table(
        [
            {"": what}
            | {str(k): _percent(row, f"label_{k}_accuracy") for k in range(CLASSES)}
            for what, row in (("generated", generated), (REAL, real))
        ]
    )
    report.text(f"By label: {SITUATIONS[evaluator.main]}.")


def accuracy_rows(generated: dict, real: dict) -> list[dict[str, str]]:
    """Returns the table's rows, one for each situation that was measured."""
    return [
        {
            "": title,
            "generated": _accuracy(generated, name),
            REAL: _accuracy(real, name),
            "digits outside boxes": _percent(generated, f"{name}_digits_outside"),
            "ink outside boxes": _number(generated, f"{name}_ink_outside"),
        }
        for name, title in SITUATIONS.items()
        if f"{name}_accuracy" in generated
    ]


def _accuracy(row: dict, name: str) -> str:
    width = row.get(f"{name}_half_width")
    return f"{row[f'{name}_accuracy']:.1%}" + (
        "" if width is None else f" ± {width:.1%}"
    )


def _number(row: dict, key: str) -> str:
    return f"{row[key]:.3f}" if key in row else ""


def _most(row: dict, ending: str) -> float:
    return max(value for key, value in row.items() if key.endswith(ending))


def _percent(row: dict, key: str) -> str:
    return f"{row[key]:.1%}" if key in row else ""


def diversity(report: RunReport) -> None:
    """Adds the diversity of the digits."""
    evaluator = report.data.evaluator
    final = evaluator.final(report.run, report.model)
    card = final["card"]
    report.heading("Are they diverse?")
    report.rows({"generated": final["generated"], REAL: final["real"]}, DIVERSITY)
    report.text(
        f"The metrics compare {card['count']:,} digits, cropped to their boxes "
        f"({SITUATIONS[evaluator.main]}), with {card['reference_count']:,} real "
        "training digits by the classifier's features. Near-duplicates are pairs whose "
        f"pixels have a cosine of at least {card['duplicates_similarity']:.3f}. The "
        "spread is the mean variance of the features within a label; it is 0 if all "
        "digits of a label are the same."
    )


def by_epoch(report: RunReport) -> None:
    """Adds the metrics during training."""
    evaluator = report.data.evaluator
    floor = evaluator.final(report.run, report.model)["floor"]
    report.heading("During training")
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
        f"{report.config.measure_images:,} images per situation, and equally many real "
        "ones."
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
