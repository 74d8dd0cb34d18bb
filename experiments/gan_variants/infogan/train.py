"""InfoGAN: a recognition head predicts the generator's codes from its images."""

import ganzoo
from experiments import harness
from experiments.gan_variants.infogan.config import SMOKE, Infogan
from experiments.gan_variants.infogan.report import REPORT
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import sampling
from experiments.harness.data import images_and_test
from ganzoo import callbacks, layers, networks, runs

SHAPE = (28, 28, 1)


def load(config: Infogan) -> harness.Data:
    """Loads the training and the test digits."""
    return images_and_test(config, SHAPE)


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


EXPERIMENT = harness.Experiment(
    config=Infogan,
    data=load,
    build=build,
    inputs=harness.images_of(*SHAPE),
    callbacks=sample_and_measure,
    report=REPORT,
    smoke=SMOKE,
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
    readme=(
        harness.Row(
            "gan_variants infogan",
            "GAN variants: InfoGAN",
            "a code that means the digit",
            "MNIST, means of 3 seeds: {infogan_seeds.distorted|last/purity|.1%} of the "
            "digits are their code's; Fréchet distance "
            "{infogan_seeds.distorted|last/frechet_distance|.2f}; "
            "{infogan_seeds.distorted|last/confident_share|.1%} of the samples are "
            "clear to a classifier",
            ("mnist_infogan",),
        ),
    ),
)
