"""MLP-GAN, DC-GAN, WGAN, WGAN-GP and SN-DCGAN on CIFAR-10."""

import dataclasses
import functools

import keras

import ganzoo
from experiments import harness
from experiments.cifar10_gan import data as images
from experiments.cifar10_gan import evaluator
from experiments.cifar10_gan.config import (
    FOLDER,
    SHAPE,
    SMOKE,
    VARIANTS,
    ZERO_LEVEL,
    Config,
)
from experiments.cifar10_gan.reference_values import REFERENCE_VALUES
from experiments.cifar10_gan.report import EPOCHS, REPORT
from experiments.harness import sampling
from ganzoo import callbacks, data, runs

# Pictures need a wider discriminator than digits.
SMALL_GENERATOR = {"shape": SHAPE, "width": 32}
SMALL_DISCRIMINATOR = {"shape": SHAPE, "width": 64}


def load(config: Config) -> images.Images:
    """Loads the feature extractor and the images."""
    extractor = evaluator.load_extractor(config)
    # Building the extractor consumed random numbers. Seed again, so that the GAN's
    # initial weights depend on the seed alone.
    keras.utils.set_random_seed(config.seed)
    loaded = images.load(config)
    if extractor is None:
        return loaded
    own = evaluator.Evaluator(extractor, loaded)
    return dataclasses.replace(loaded, evaluator=own)


def generator(config: Config) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    arguments = {"latent_dim": config.latent_dim}
    if config.width is not None:
        arguments["width"] = config.width
    if config.architecture == "small":
        return "small_generator", SMALL_GENERATOR | arguments
    if config.architecture == "mlp":
        arguments["negative_slope"] = config.slope
    return f"cifar10_{config.architecture}_generator", arguments


def discriminator(config: Config) -> tuple[str, dict]:
    """Returns the name of the discriminator's builder, and its arguments."""
    arguments = {} if config.width is None else {"width": config.width}
    if config.architecture == "resnet":
        return "cifar10_resnet_critic", arguments
    arguments["negative_slope"] = config.slope
    if config.architecture == "small":
        return "small_discriminator", SMALL_DISCRIMINATOR | arguments
    if config.architecture == "mlp":
        arguments["dropout"] = config.dropout
    if config.architecture == "dcgan":
        arguments["batch_norm"] = config.normalise
    return f"cifar10_{config.architecture}_discriminator", arguments


def build(config: Config) -> ganzoo.GAN:
    """Builds the networks of the configured architecture, and compiles the GAN."""
    builders = generator(config), discriminator(config)
    return harness.gan(config, *map(harness.network, builders))


def sample_and_measure(folder: runs.Run, config: Config, loaded: images.Images) -> list:
    """Returns the callbacks that sample and measure after epochs."""
    batches = functools.partial(
        data.evaluation_batches,
        loaded.train,
        config.batch_size,
        pixel_offset=ZERO_LEVEL,
    )
    found = [
        sampling.grids(folder, config, loaded.train, pixel_offset=ZERO_LEVEL),
        callbacks.EvaluateTrainingSet(batches, epochs={*EPOCHS, config.epochs}),
    ]
    if loaded.evaluator is None:
        return found
    measure = callbacks.SampleMetrics(
        folder,
        loaded.evaluator.extractor,
        loaded.evaluator.reference,
        also=loaded.evaluator.also,
        pixel_offset=ZERO_LEVEL,
        **sampling.measurement_schedule(config, loaded),
    )
    return [*found, measure]


def zoo_entry(title: str) -> harness.ZooEntry:
    """Returns how the generator of a variant is stored in the zoo."""
    return harness.ZooEntry(
        title,
        generator,
        images=lambda loaded: (loaded.train, loaded.reference),
        extractor="cifar10",
        zero_level=ZERO_LEVEL,
    )


EXPERIMENT = harness.Experiment(
    config=Config,
    data=load,
    build=build,
    inputs=harness.images_of(*SHAPE),
    callbacks=sample_and_measure,
    report=REPORT,
    smoke=SMOKE,
    default_outputs=tuple(f"{FOLDER}/{name}" for name in VARIANTS),
    reference_values=REFERENCE_VALUES,
    ignored_fields=("measure_epochs", "final_draws", "neighbours"),
    zoo={"cifar10_dcgan": zoo_entry("DC-GAN"), "cifar10_wgan_gp": zoo_entry("WGAN-GP")},
    readme=harness.Row(
        "cifar10_gan",
        "GANs of CIFAR-10 (project report)",
        "the report: DC-GAN better than MLP-GAN after 1000 epochs; not measured",
        "CIFAR-10 (JPEG copy), Fréchet distance: MLP-GAN "
        "{cifar10.mlp|last/frechet_distance|.1f} after {cifar10.mlp|epochs|d} "
        "epochs, DC-GAN {cifar10.dcgan|last/frechet_distance|.1f} after "
        "{cifar10.dcgan|epochs|d}, WGAN {cifar10.wgan|last/frechet_distance|.1f} "
        "and WGAN-GP {cifar10.wgan-gp|last/frechet_distance|.1f} after "
        "{cifar10.wgan|epochs|d}",
        ("cifar10_dcgan", "cifar10_wgan_gp"),
    ),
)
