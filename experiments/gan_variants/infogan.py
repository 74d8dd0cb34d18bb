"""infogan: codes that learn to represent the digit's class, slant and width."""

import numpy as np

import ganzoo
from experiments import harness
from experiments.gan_variants import digits
from experiments.gan_variants.config import Infogan
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import sampling
from experiments.harness.report import RunReport, sections
from experiments.harness.report.metrics import digits_floor, metrics_by_epoch
from ganzoo import callbacks, data, layers, networks, plots, runs
from ganzoo.metrics import clusters

# Twice the codes' range, as in the paper's figure 2.
SWEEP = np.linspace(-2.0, 2.0, 10)
SHAPES = {"slant": clusters.slants, "width": clusters.widths}
AUGMENTED = {
    True: "In training, the categorical code was predicted from generated images that "
    "were randomly rotated, sheared, zoomed and shifted (`--no-augment` turns this "
    "off, as in the paper).",
    False: "All codes were predicted from the same images, as in the paper.",
}
PROBED = 2000  # number of images for measuring slant and width


def codes(config: Infogan) -> dict:
    """Returns the codes, as arguments of `ganzoo.gans.codes.Codes`."""
    return {"categorical": (config.categories,), "continuous": config.continuous}


def generator(config: Infogan) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    size = config.noise_dim + config.categories + config.continuous
    return "mnist_infogan_generator", {"latent_dim": size, "units": config.units}


def build(config: Infogan) -> ganzoo.InfoGAN:
    """Builds the networks of the paper's table 1, and compiles the InfoGAN."""
    learned = config.deviation is None
    gan = ganzoo.InfoGAN(
        harness.network(generator(config)),
        networks.mnist_infogan_discriminator(**codes(config), learned_stddev=learned),
        **codes(config),
        stddev=config.deviation,
        # Not in the paper: the class of a digit must not depend on rotation and shift.
        augmentation=layers.RandomAffine() if config.augment else None,
        categorical_weight=config.categorical_weight,
        continuous_weight=config.continuous_weight,
        ema_half_life=config.ema_half_life,
        seed=config.seed,
    )
    gan.compile(*config.optimizers())
    return gan


def sample_and_measure(folder: runs.Run, config: Infogan, data: harness.Data) -> list:
    """Returns the callbacks that sample and measure after epochs."""
    return [
        sampling.grids(folder, config, data.train),
        sampling.digit_metrics(folder, config, data),
        callbacks.CodePurity(data.test),
    ]


def classes(report: RunReport) -> None:
    """Adds the categorical codes of real test images, and traversals of the codes."""
    test = report.data.test
    codes = report.model.infer(data.to_float(test.images)).probabilities[0]
    counts = clusters.confusion(
        codes.argmax(axis=1), test.labels, codes.shape[1], len(test.class_names)
    )
    accuracy = f"{clusters.matched_accuracy(counts):.1%}"
    report.heading("The categorical code finds the digits")
    report.table(
        [{"": "purity", "ours": f"{clusters.purity(counts):.1%}", "published": "95%"}]
        + [{"": "accuracy, one digit per value of the code", "ours": accuracy}]
    )
    report.text(
        f"Predictions of the recognition head on {len(test):,} images of {test.name} "
        f"{test.split}. Training used neither these images nor any labels. Published: "
        "Chen et al. 2016, section 7.2, an error of 5% with the code as a classifier. "
        + AUGMENTED[report.config.augment]
    )
    report.table(
        [
            {"code": str(value)}
            | dict(zip(test.class_names, map(str, row), strict=True))
            for value, row in enumerate(counts)
        ]
    )
    # Sorted by the digit that each value represents.
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
    """Adds the correlations of slant and width with the continuous codes."""
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
    report.heading("What the continuous codes represent")
    report.table(rows)
    report.text(
        f"Over {PROBED:,} samples of all digits. Slant: columns to the right per row "
        "upward. Width: standard deviation of the ink around the line of the slant."
    )


def information(report: RunReport) -> None:
    """Adds the mutual information by step, the purity by epoch, and the metrics."""
    names = [name for name in report.steps[0] if name.endswith("_information")]
    report.curves(
        "information",
        "Lower bound of the mutual information of images and codes",
        {name.replace("_", " "): name for name in names},
        x="step",
        title="Mutual information of images and codes",
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
    metrics_by_epoch(report, *digits_floor(report), report.data.train.class_names)


EXPERIMENT = harness.Experiment(
    config=Infogan,
    data=digits.load,
    build=build,
    inputs=harness.images_of(*digits.SHAPE),
    callbacks=sample_and_measure,
    report=harness.Sections(
        lambda config, data: f"InfoGAN: {data.train.name}",
        (
            classes,
            shapes,
            sections.samples("Images by epoch", chosen=True),
            sections.losses(loss="minimax", first_pass=True),
            information,
        ),
    ),
    smoke=digits.SMOKE,
    reference_values=REFERENCE_VALUES,
    tolerances={
        "purity": harness.Tolerance(1, 0.0, 0.02),
        "matched_accuracy": harness.Tolerance(1, 0.0, 0.02),
    },
    zoo={
        "infogan": harness.ZooEntry(
            "InfoGAN", generator, lambda config: {"codes": codes(config)}
        )
    },
    readme=harness.Row(
        "gan_variants infogan",
        "GAN variants: InfoGAN",
        "only named on the slides; Chen et al. 2016: a code is the digit, with an "
        "error of 5%",
        "MNIST: {infogan_seeds.distorted|last/purity|.1%} of the digits are their "
        "code's, if it is predicted from distorted images, and "
        "{infogan_undistorted.undistorted|last/purity|.1%} as in the paper; Fréchet "
        "distance {infogan_seeds.distorted|last/frechet_distance|.2f} and "
        "{infogan_undistorted.undistorted|last/frechet_distance|.2f}",
        ("mnist_infogan",),
    ),
)
