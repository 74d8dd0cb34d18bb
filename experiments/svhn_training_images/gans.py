"""What the DCGANs of one digit and of all ten have in common."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

import ganzoo
from experiments import adversarial, common, training
from experiments.svhn_training_images import pictures
from experiments.svhn_training_images.settings import CLASSES, SHAPE, Gan
from ganzoo import data, networks, runs


def build(config: Gan, strategy: tf.distribute.Strategy) -> ganzoo.GAN:
    """Builds the players and the game, on the devices asked for."""
    return adversarial.build(
        config, strategy, lambda: players(config), num_classes=config.num_classes
    )


def players(config: Gan) -> tuple[keras.Model, keras.Model]:
    """Builds generator and discriminator."""
    name, settings = generator(config)
    return getattr(networks, name)(**settings), networks.svhn_discriminator(
        width=config.width,
        slope=config.slope,
        dropout=config.dropout,
        normalise=config.normalise,
        num_classes=config.num_classes,
    )


def generator(config: Gan) -> tuple[str, dict]:
    """Returns the generator's builder, by name, and its arguments."""
    settings = {"latent_dim": config.latent_dim, "width": config.width}
    if config.num_classes is not None:
        settings["num_classes"] = config.num_classes
    return "svhn_generator", settings


def step(config: Gan) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = build(config, tf.distribute.get_strategy())
    rows = config.examples_per_step
    images = tf.TensorSpec([rows, *SHAPE], tf.float32)
    if config.num_classes is None:
        return training.Step(game, images, rows)
    return training.Step(game, (images, tf.TensorSpec([rows], tf.int32)), rows)


def feed(config: Gan) -> dict:
    """Returns what the batches have besides images; see `adversarial.batches`."""
    return {"with_labels": config.num_classes is not None}


def carry_out(
    config: Gan,
    game: ganzoo.GAN,
    train: data.ImageSet,
    draw: Callable[[ganzoo.GAN], object],
    report: Callable[[runs.Run], None],
) -> runs.Run:
    """Trains in the run folder, resuming what it holds; see `training.carry_out`.

    Args:
        config: The settings.
        game: As yet untrained.
        train: The training images.
        draw: From the game to a picture.
        report: Writes the report of the trained run.
    """
    plan = adversarial.plan(
        config,
        game,
        train,
        feed=feed(config),
        extra=lambda folder: [pictures.Pictures(folder, draw, config.show_steps)],
        report=report,
    )
    return training.carry_out(config, plan)


def finished(
    config: common.Common, train: data.ImageSet, steps: int, movable=training.MOVABLE
) -> bool:
    """Whether a run folder holds so many steps of the same training, and its report.

    Raises:
        ganzoo.runs.RunError: It holds a run of other settings or other data.
    """
    path = Path(config.output)
    if not (path / "config.json").exists():
        return False
    runs.Run(
        path,
        dataclasses.asdict(config),
        fingerprint=train.fingerprint,
        movable=movable,
    )
    done = steps_done(path)
    return done is not None and done >= steps and (path / "report.md").exists()


def steps_done(folder: Path) -> int | None:
    """Returns the step of a run's newest checkpoint; None if it has none."""
    path = newest(folder)
    return None if path is None else int(path.name.split("_")[1].split(".")[0])


def newest(folder: Path) -> Path | None:
    """Returns a run's newest checkpoint, if it has one."""
    found = sorted((folder / "checkpoints").glob("step_*.weights.h5"))
    return found[-1] if found else None


def all_digits(per_digit: int) -> list[int]:
    """Returns the labels of a picture with a row a digit."""
    return [digit for digit in range(len(CLASSES)) for _ in range(per_digit)]
