"""stacked: three digits in three color channels, which makes 1,000 modes."""

import functools

import ganzoo
from experiments import harness
from experiments.gan_variants.config import Stacked
from experiments.gan_variants.model import variant
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import sampling
from experiments.harness.data import image_set
from experiments.harness.report import RunReport, sections
from experiments.harness.results import cached
from ganzoo import data, metrics, networks, runs
from ganzoo.files import read_json

# Published numbers of modes: Srivastava et al. 2017, Lin et al. 2018.
PUBLISHED = {
    "ALI": 16.0,
    "unrolled GAN": 48.7,
    "DCGAN": 99.0,
    "VEEGAN": 150.0,
    "PacDCGAN2": 1000.0,
}
COLUMNS = {
    "modes": ("modes, of 1,000", "{:.0f}"),
    "modes_of_all": ("modes of all images", "{:.0f}"),
    "confident_share": ("clear images", "{:.1%}"),
    "mode_divergence": ("KL to uniform (nats)", "{:.3f}"),
    "data_divergence": ("KL to the data (nats)", "{:.3f}"),
}


def load(config: Stacked) -> harness.EpochStepsData:
    """Returns the stacked digits that batches are sampled from."""
    digits = image_set(config, "train", (28, 28, 1), classes=10)
    return harness.EpochStepsData(config, data.StackedDigits(digits))


def generator(config: Stacked) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    arguments = {"latent_dim": config.latent_dim}
    if config.players == "large":
        arguments |= {"units": config.units, "channels": 3}
        return "mnist_infogan_generator", arguments
    return "stacked_generator", arguments | {"filters": config.filters}


def build(config: Stacked) -> ganzoo.GAN:
    """Builds the paper's networks or the large ones, and compiles the GAN."""
    generating = harness.network(generator(config))
    if config.players == "large":
        discriminator = networks.stacked_large_discriminator(
            num_kernels=config.similarities, packing=config.packing
        )
    else:
        # Metz et al. 2017: the discriminator is a fraction of the generator's size.
        discriminator = networks.stacked_discriminator(
            config.fraction,
            filters=config.filters,
            batch_norm=config.normalise,
            num_kernels=config.similarities,
            packing=config.packing,
        )
    return variant(config, generating, discriminator)


def count_modes(
    folder: runs.Run, config: Stacked, data: harness.EpochStepsData
) -> list:
    """Returns the callbacks that sample images and count modes after epochs."""
    reals, _ = data.train.sample(config.sample_count)
    count = functools.partial(
        metrics.class_modes,
        extractor=metrics.load_classifier("mnist"),
        data_fractions=data.train.class_fractions,
    )
    return [
        sampling.grids(folder, config, reals),
        sampling.modes(folder, config, data, count),
    ]


def real_digits(report: RunReport) -> dict[str, float]:
    """Returns the metrics of stacked real digits, computed only once."""
    stacked = report.data.train

    def count() -> dict[str, float]:
        real, _ = stacked.sample(report.config.measure_samples)
        classifier = metrics.load_classifier("mnist")
        fractions = stacked.class_fractions
        return metrics.class_modes(real, classifier, data_fractions=fractions).scalars()

    return cached(report.folder / "floor.json", {}, count)


def modes(report: RunReport) -> None:
    """Adds the number of modes after the last epoch."""
    weights, last = report.config.weights, report.epochs[-1]
    card = read_json(report.folder / "modes.json")[weights][0]["card"]
    report.heading("Modes covered")
    rows = {"generated": last, "real digits, stacked": real_digits(report)}
    report.rows(rows, COLUMNS)
    published = ", ".join(f"{name} {modes:g}" for name, modes in PUBLISHED.items())
    report.text(
        f"{card['count']:,} images by the generator's {weights} weights after step "
        f"{last['step']:,.0f}; the shipped MNIST classifier (SHA-256 "
        f"`{card['sha256'][:16]}...`) classifies each channel. An image is clear if "
        "the classifier is sure of all three channels, with a probability over 0.9; "
        "only clear images count as modes. Published, of 1,000 and of all images, with "
        f"other classifiers and numbers of steps: {published}."
    )


def modes_by_step(report: RunReport) -> None:
    """Adds the number and divergence of modes by step."""
    report.heading("Modes covered by step")
    for key, title, ylabel in (
        ("modes", "Modes covered", "modes, of 1,000"),
        ("mode_divergence", "KL of the modes to uniform", "nats"),
    ):
        report.curves(
            key,
            f"{title} by step",
            {f"{report.config.weights} weights": key},
            rows=report.epochs,
            x="step",
            title=title,
            ylabel=ylabel,
            lines={"real digits": real_digits(report)[key]},
        )


EXPERIMENT = harness.Experiment(
    config=Stacked,
    data=load,
    build=build,
    inputs=harness.images_of(28, 28, 3),
    callbacks=count_modes,
    report=harness.Sections(
        lambda config, data: f"Modes of {data.train.name}",
        (modes, sections.samples("Images"), modes_by_step, sections.losses()),
    ),
    smoke={
        "epochs": 2,
        "epoch_steps": 10,
        "batch_size": 32,
        "train_images": 640,
        "measure_samples": 500,
    },
    reference_values=REFERENCE_VALUES,
    zoo={
        "stacked": harness.ZooEntry(
            "Three digits in the three channels",
            generator,
            images=lambda data: (data.train.digits, data.train.digits),
        )
    },
    readme=harness.Row(
        "gan_variants compare --bed stacked",
        "GAN variants: unrolled, 1,000 modes of stacked digits",
        "not on the slides; Metz et al. 2017: plain 31, unrolled by 1 65, by 5 236, by "
        "10 327 modes; KL 5.99, 5.91, 4.67, 4.66",
        "stacked MNIST, counted though the images are blobs: plain "
        "{stacked.gan|last/modes_of_all|.0f}, by 1 "
        "{stacked.unrolled-1|last/modes_of_all|.0f}, by 5 "
        "{stacked.unrolled-5|last/modes_of_all|.0f}, by 10 "
        "{stacked.unrolled-10|last/modes_of_all|.0f} modes; KL "
        "{stacked.gan|last/data_divergence|.2f}, "
        "{stacked.unrolled-1|last/data_divergence|.2f}, "
        "{stacked.unrolled-5|last/data_divergence|.2f}, "
        "{stacked.unrolled-10|last/data_divergence|.2f}; the zoo's best "
        "{stacked_large|last/modes_of_all|,.0f} and "
        "{stacked_large|last/data_divergence|.2f}",
        ("stacked_mnist",),
    ),
)
