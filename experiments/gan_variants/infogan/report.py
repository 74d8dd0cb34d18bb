"""The report of infogan: what the codes came to mean."""

import numpy as np

from experiments.harness.report import RunReport, Sections, sections
from experiments.harness.report.metrics import digits_floor, metrics_by_epoch
from ganzoo import data, plots
from ganzoo.metrics import clusters

# Beyond the codes' range, as in the paper's figure 2.
SWEEP = np.linspace(-2.0, 2.0, 10)
SHAPES = {"slant": clusters.slants, "width": clusters.widths}
AUGMENTED = {
    True: "In training the categorical code was read from generated images turned, "
    "sheared, zoomed and shifted at random (`--no-augment` goes without, as the "
    "paper does).",
    False: "All codes were read from the same images, as in the paper.",
}
PROBED = 2000  # images that slant and width are measured on


def classes(report: RunReport) -> None:
    """Adds what the categorical code says of real test images, and traversals."""
    test = report.data.test
    codes = report.model.infer(data.to_float(test.images)).probabilities[0]
    counts = clusters.confusion(
        codes.argmax(axis=1), test.labels, codes.shape[1], len(test.class_names)
    )
    accuracy = f"{clusters.matched_accuracy(counts):.1%}"
    report.heading("The categorical code finds the digits")
    report.table(
        [{"": "purity", "ours": f"{clusters.purity(counts):.1%}", "published": "95%"}]
        + [{"": "accuracy, each value of the code another digit", "ours": accuracy}]
    )
    report.text(
        f"On {len(test):,} images of {test.name} {test.split}, which were not trained "
        "on, by the recognition head; no label was seen in training. Published: Chen "
        "et al. 2016, section 7.2: an error of 5% where the code is the classifier. "
        + AUGMENTED[report.config.augment]
    )
    report.table(
        [
            {"code": str(value)}
            | dict(zip(test.class_names, map(str, row), strict=True))
            for value, row in enumerate(counts)
        ]
    )
    # By the digit that each value stands for.
    _traversals(report, counts.argmax(axis=1).argsort(kind="stable"))


def _traversals(report: RunReport, order: np.ndarray) -> None:
    gan, average = report.model, report.config.average
    report.heading("Traversals of the codes")
    images = gan.traverse(0, order, rows=5, average=average)
    caption = "The categorical code, from left to right; noise by row"
    report.image("categorical", caption, _grid(images), scale=2)
    for code in range(1, 1 + report.config.continuous):
        latents = np.repeat(gan.latents(1, seed=code), len(order) * len(SWEEP), axis=0)
        fixed = {0: np.repeat(order, len(SWEEP)), code: np.tile(SWEEP, len(order))}
        gan.codes.fix(latents[:, gan.noise_dim :], fixed)
        images = gan.render(latents, average=average)
        images = images.reshape(len(order), len(SWEEP), *images.shape[1:])
        caption = f"Continuous code {code} from -2 to 2; the categorical code by row"
        report.image(f"continuous_{code}", caption, _grid(images), scale=2)


def _grid(images: np.ndarray) -> np.ndarray:
    flat = images.reshape(-1, *images.shape[2:])
    return plots.tile(data.to_uint8(flat), columns=images.shape[1])


def shapes(report: RunReport) -> None:
    """Adds how slant and width follow the continuous codes."""
    rows = []
    for code in range(1, 1 + report.config.continuous):
        values = np.random.default_rng(code).uniform(-1.0, 1.0, PROBED)
        images = data.to_uint8(
            report.model.generate(PROBED, {code: values}, average=report.config.average)
        )
        row = {"code": f"continuous {code}"}
        for name, measure in SHAPES.items():
            shape = measure(images)
            seen = np.isfinite(shape)
            correlation = np.corrcoef(values[seen], shape[seen])[0, 1]
            row[f"correlation with {name}"] = f"{correlation:.2f}"
        rows.append(row)
    if not rows:
        return
    report.heading("What the continuous codes do")
    report.table(rows)
    report.text(
        f"Over {PROBED:,} samples of all digits. Slant: columns to the right for each "
        "row up; width: standard deviation of the ink about its line of slant."
    )


def information(report: RunReport) -> None:
    """Adds the information on the codes by step, the purity by epoch, the metrics."""
    names = [name for name in report.steps[0] if name.endswith("_information")]
    report.curves(
        "information",
        "Lower bound of the information that images hold on the codes",
        {name.replace("_", " "): name for name in names},
        x="step",
        title="Information on the codes",
        ylabel="nats",
        smoothing=0.98,
    )
    report.curves(
        "purity",
        "Purity of the categorical code by epoch",
        {"purity": "purity"},
        title="Purity of the categorical code, test images",
        ylabel="fraction",
        lines={"published": 0.95},
    )
    real, card = digits_floor(report)
    metrics_by_epoch(report, real, card, report.data.train.class_names)


REPORT = Sections(
    lambda config, data: f"InfoGAN: {data.train.name}",
    (
        classes,
        shapes,
        sections.samples("Images by epoch", chosen=True),
        sections.losses(loss="minimax", first_pass=True),
        information,
    ),
)
