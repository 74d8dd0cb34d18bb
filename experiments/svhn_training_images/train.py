"""The DCGANs: one for a single digit, ten for all digits, and a conditional one."""

import dataclasses
import tempfile
from pathlib import Path

import numpy as np

import ganzoo
from experiments import harness
from experiments.harness import run as running
from experiments.svhn_training_images import data as images
from experiments.svhn_training_images import pictures, report
from experiments.svhn_training_images.config import (
    CLASSES,
    SHAPE,
    Conditional,
    Dcgan,
    Dcgans,
    Gan,
)
from experiments.svhn_training_images.reference_values import REFERENCE_VALUES
from experiments.svhn_training_images.zoo import zoo_entry
from ganzoo import data, metrics, networks, plots, runs
from ganzoo.files import read_rows
from ganzoo.runs import checkpoints

DIGITS = range(len(CLASSES))
SMOKE = {
    "epochs": 2,
    "batch_size": 16,
    "train_images": 640,
    "width": 4,
    "sample_count": 16,
    "show_steps": (1, 3),
}


def load(config: Dcgan | Conditional) -> harness.Data:
    """Loads the real images, for a DCGAN of one digit only those of that digit."""
    return chosen(config, images.load(config).train)


def chosen(config: Dcgan | Conditional, train: data.ImageSet) -> harness.Data:
    """Selects the training images of a DCGAN from those of all digits."""
    if isinstance(config, Dcgan):
        train = images.of_digit(train, config.digit)
    return harness.Data(config, train)


def generator(config: Gan) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    arguments = {"latent_dim": config.latent_dim, "width": config.width}
    if config.num_classes is not None:
        arguments["num_classes"] = config.num_classes
    return "svhn_generator", arguments


def build(config: Gan) -> ganzoo.GAN:
    """Builds the paper's networks of three convolutions each, and compiles the GAN."""
    return harness.gan(
        config,
        harness.network(generator(config)),
        networks.svhn_discriminator(
            width=config.width,
            negative_slope=config.slope,
            dropout=config.dropout,
            batch_norm=config.normalise,
            num_classes=config.num_classes,
        ),
        num_classes=config.num_classes,
    )


def sample(folder: runs.Run, config: Gan, loaded: harness.Data) -> list:
    """Returns the callback that samples after some train steps and after epochs."""
    count, labels, columns = config.sample_count, None, None
    if config.num_classes is not None:  # a row per digit
        columns = pictures.COLUMNS
        labels = np.repeat(DIGITS, columns)
        count = len(labels)

    def render(model: ganzoo.GAN) -> np.ndarray:
        images = model.generate(count, labels, average=config.average)
        return plots.tile(data.to_uint8(images), columns=columns)

    return [pictures.SaveGrids(folder, render, config.show_steps)]


DCGAN = harness.Experiment(
    config=Dcgan,
    data=load,
    build=build,
    inputs=harness.images_of(*SHAPE),
    callbacks=sample,
    report=report.DCGAN,
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    zoo={"svhn_dcgan": zoo_entry("DCGAN of one digit", generator)},
)
ONE_OF_TEN = dataclasses.replace(DCGAN, report=report.ONE_OF_TEN)
CONDITIONAL = dataclasses.replace(
    DCGAN,
    config=Conditional,
    report=report.CONDITIONAL,
    zoo={
        "svhn_conditional": zoo_entry(
            "Class-conditional DCGAN",
            generator,
            lambda config: {"classes": {"num_classes": config.num_classes}},
        )
    },
)


def run_ten(config: Dcgans) -> Path:
    """Trains or resumes all ten DCGANs, and writes a report of all of them.

    Raises:
        ValueError: The configuration, the data or a run folder cannot be used.
        ganzoo.callbacks.Interrupted: The run was stopped; everything is saved.
        ganzoo.callbacks.DivergedError: A loss became NaN or infinite.
    """
    config = running.validated(config, SMOKE)
    return train_ten(config, images.load(config).train)


def train_ten(config: Dcgans, real: data.ImageSet) -> Path:
    """Trains or resumes all ten DCGANs on loaded images; see `run_ten`."""
    check_sizes(config, real)
    running.seed_everything(config)
    left = [of_digit(config, digit) for digit in DIGITS]
    left = [one for one in left if not running.finished(one, chosen(one, real))]
    if left:
        _train_each(config, real, left)
    folder = Path(config.output)
    if left or not (folder / "report.md").exists():
        report.write_ten(folder, config, real)
    return folder


def check_sizes(config: Dcgans, real: data.ImageSet) -> None:
    """Checks that every digit has enough images for a batch."""
    for digit in DIGITS:
        config.steps_per_epoch(len(images.of_digit(real, digit)))


def _train_each(config: Dcgans, real: data.ImageSet, left: list[Dcgan]) -> None:
    """Trains a GAN for each digit, from the same initial weights.

    All digits share one model, so that its train step is compiled only once.
    """
    model = ONE_OF_TEN.build_model(config)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.weights.h5"
        checkpoints.save(model, fresh)
        for one in left:
            print(f"{config.loss}, digit {one.digit}: {one.output}")
            checkpoints.load(model, fresh)
            running.train(ONE_OF_TEN, one, chosen(one, real), model)


def of_digit(config: Dcgans, digit: int) -> Dcgan:
    """Returns the configuration of one digit's DCGAN."""
    fields = dataclasses.asdict(config)
    fields["output"] = str(Path(config.output) / f"digit_{digit}")
    return Dcgan(**fields, digit=digit)


DCGANS = harness.Command(
    config=Dcgans, function=run_ten, reference_values=REFERENCE_VALUES
)


def run_folders(config: Gan) -> list[Path]:
    """Returns the run folders of the generators: one per digit, or one for all."""
    if isinstance(config, Dcgans):
        return [Path(of_digit(config, digit).output) for digit in DIGITS]
    return [Path(config.output)]


def sampled(config: Dcgans | Conditional, per_class: int, real: str) -> data.ImageSet:
    """Samples equally many images of each digit from trained generators."""
    kind = DCGAN if isinstance(config, Dcgans) else CONDITIONAL
    model = kind.build_model(config)
    folders = run_folders(config)

    def generate(digit: int, count: int) -> np.ndarray:
        if digit < len(folders):
            checkpoints.load(model, checkpoints.of(folders[digit])[-1])
        labels = None if config.num_classes is None else [digit] * count
        return model.generate(count, labels, seed=digit, average=config.average)

    epochs = read_rows(folders[0] / "history.csv")[-1]["epoch"]
    what = "conditional DCGAN" if len(folders) == 1 else "ten DCGANs"
    name = f"{what} of {real} ({config.loss}, epoch {epochs})"
    return metrics.labeled_images(generate, CLASSES, per_class, name=name)
