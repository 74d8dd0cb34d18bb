"""The report of infogan: what the codes came to mean."""

import keras
import numpy as np

from experiments import sample_measures, sections
from ganzoo import data, plots
from ganzoo.metrics import clusters
from ganzoo.reports import Report
from ganzoo.runs import Run, write_json

SWEEP = np.linspace(
    -2.0, 2.0, 10
)  # beyond the codes' range, as in the paper's figure 2
SHAPES = {"slant": clusters.slants, "width": clusters.widths}
AUGMENTED = {
    True: "In training the categorical code was read from generated images turned, "
    "sheared, zoomed and shifted at random (`--no-augment` goes without, as the "
    "paper does).",
    False: "All codes were read from the same images, as in the paper.",
}
PROBED = 2000  # images that slant and width are measured on


def write(
    folder: Run,
    config,
    game: keras.Model,
    train: data.ImageSet,
    test: data.ImageSet,
) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        game: The trained InfoGAN.
        train: The training images.
        test: Images that the recognition head is tested on.
    """
    report = Report(folder.path, f"InfoGAN: {train.name}")
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    weights = sections.weights_drawn(config.ema_half_life)
    average = config.ema_half_life is not None
    table = _classes(report, game, config, test)
    _traversals(report, game, config, table, average)
    _shapes(report, game, config, average)
    sections.samples(
        report,
        folder,
        sections.shown(config.show_epochs, epochs),
        heading="Images by epoch",
        weights=weights,
    )
    sections.losses(
        report, epochs, steps, heading="Losses", loss="minimax", first_pass=True
    )
    _information(report, steps, epochs)
    real, card = sample_measures.floor(train, test, config.measure_samples)
    write_json(folder.path / "floor.json", real)
    measured = [row for row in epochs if "frechet_distance" in row]
    sample_measures.section(report, measured, real, card, train.class_names, weights)
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def _classes(report: Report, game, config, test: data.ImageSet) -> np.ndarray:
    """Adds what the categorical code says of real test images; returns the counts."""
    codes = game.infer(data.to_float(test.images)).probabilities[0]
    count, classes = codes.shape[1], len(test.class_names)
    table = clusters.confusion(codes.argmax(axis=1), test.labels, count, classes)
    report.heading("The categorical code finds the digits")
    report.table(
        [
            {"": "purity", "ours": f"{clusters.purity(table):.1%}", "published": "95%"},
            {
                "": "accuracy, each value of the code another digit",
                "ours": f"{clusters.matched_accuracy(table):.1%}",
                "published": "",
            },
        ]
    )
    report.text(
        f"Of {len(test):,} images of {test.name} {test.split}, which were not trained "
        "on, by the recognition head; no label was seen in training. Published: Chen "
        "et al. 2016, section 7.2: an error of 5% where the code is the classifier. "
        + AUGMENTED[config.augment]
    )
    report.table(
        [
            {"code": str(value)}
            | dict(zip(test.class_names, map(str, row), strict=True))
            for value, row in enumerate(table)
        ]
    )
    return table


def _traversals(report: Report, game, config, table, average: bool) -> None:
    report.heading("Traversals of the codes")
    order = table.argmax(axis=1).argsort(kind="stable")  # by the digit it stands for
    pictures = game.traverse(0, order, rows=5, average=average)
    path = report.figure(
        "categorical", "The categorical code, from left to right; noise by row"
    )
    plots.save_image(path, _grid(pictures), scale=2)
    for code in range(1, 1 + config.continuous):
        latents = np.repeat(game.latents(1, seed=code), len(order) * len(SWEEP), axis=0)
        fixed = {0: np.repeat(order, len(SWEEP)), code: np.tile(SWEEP, len(order))}
        game.codes.fix(latents[:, game.noise_dim :], fixed)
        images = game.render(latents, average=average)
        images = images.reshape(len(order), len(SWEEP), *images.shape[1:])
        path = report.figure(
            f"continuous_{code}",
            f"Continuous code {code} from -2 to 2; the categorical code by row",
        )
        plots.save_image(path, _grid(images), scale=2)


def _grid(images: np.ndarray) -> np.ndarray:
    flat = images.reshape(-1, *images.shape[2:])
    return plots.tile(data.to_uint8(flat), columns=images.shape[1])


def _shapes(report: Report, game, config, average: bool) -> None:
    """Adds how slant and width follow the continuous codes."""
    if not config.continuous:
        return
    rows = []
    for code in range(1, 1 + config.continuous):
        values = np.random.default_rng(code).uniform(-1.0, 1.0, PROBED)
        images = data.to_uint8(game.generate(PROBED, {code: values}, average=average))
        row = {"code": f"continuous {code}"}
        for name, measure in SHAPES.items():
            shape = measure(images)
            seen = np.isfinite(shape)
            correlation = np.corrcoef(values[seen], shape[seen])[0, 1]
            row[f"correlation with {name}"] = f"{correlation:.2f}"
        rows.append(row)
    report.heading("What the continuous codes do")
    report.table(rows)
    report.text(
        f"Over {PROBED:,} samples of all digits. Slant: columns to the right for each "
        "row up; width: standard deviation of the ink about its line of slant."
    )


def _information(report: Report, steps: list[dict], epochs: list[dict]) -> None:
    names = [name for name in steps[0] if name.endswith("_information")]
    path = report.figure(
        "information", "Lower bound of the information that images hold on the codes"
    )
    plots.curves(
        path,
        [row["step"] for row in steps],
        {name.replace("_", " "): [row[name] for row in steps] for name in names},
        title="Information on the codes",
        xlabel="step",
        ylabel="nats",
        smoothing=0.98,
    )
    path = report.figure("purity", "Purity of the categorical code by epoch")
    plots.curves(
        path,
        [row["epoch"] for row in epochs],
        {"purity": [row["purity"] for row in epochs]},
        title="Purity of the categorical code, test images",
        xlabel="epoch",
        ylabel="share",
        lines={"published": 0.95},
    )
