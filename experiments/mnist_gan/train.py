"""The paper's method: two Sequential networks, binary cross-entropy, one Adam each."""

import ganzoo
from experiments import harness
from experiments.harness import data as loading
from experiments.harness import sampling
from experiments.mnist_gan import report
from experiments.mnist_gan.config import SMOKE, Config
from experiments.mnist_gan.reference_values import REFERENCE_VALUES
from ganzoo import data, networks, runs

SHAPE, DIGITS = (28, 28, 1), 10


def load(config: Config) -> harness.Data:
    """Loads the 60,000 training digits, and the test digits if metrics need them."""
    measured = config.measure_samples > 0

    def split(name: str) -> data.ImageSet:
        return loading.image_set(
            config,
            name,
            SHAPE,
            classes=DIGITS if measured else None,
            remedy="Use measure_samples=0.",
            hold_out=measured,
        )

    return harness.Data(config, split("train"), split("test") if measured else None)


def generator(config: Config) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    return "mnist_generator", {
        "latent_dim": config.latent_dim,
        "negative_slope": config.slope,
    }


def build(config: Config) -> ganzoo.GAN:
    """Builds the networks of the TensorFlow DCGAN tutorial, and compiles the GAN."""
    return harness.gan(
        config,
        harness.network(generator(config)),
        networks.mnist_discriminator(
            negative_slope=config.slope, dropout=config.dropout
        ),
    )


def sample_and_measure(folder: runs.Run, config: Config, loaded: harness.Data) -> list:
    """Returns the callbacks that sample 16 images and measure after epochs."""
    grids = sampling.grids(folder, config, loaded.train)
    if not config.measure_samples:
        return [grids]
    return [grids, sampling.digit_metrics(folder, config, loaded)]


EXPERIMENT = harness.Experiment(
    config=Config,
    data=load,
    build=build,
    inputs=harness.images_of(*SHAPE),
    callbacks=sample_and_measure,
    report=report.REPORT,
    summary=report.summary,
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    zoo={"mnist_gan": harness.ZooEntry("DCGAN", generator)},
    readme=harness.Row(
        "mnist_gan",
        "a GAN for MNIST digits (seminar paper)",
        "the paper: digits to recognize after 50 epochs; not measured",
        "MNIST: Fréchet distance {mnist_gan|last/frechet_distance|.1f}; "
        "{mnist_gan|last/confident_share|.0%} of the digits clear to a classifier",
        ("mnist_dcgan",),
    ),
)
