"""simgan: drawn house numbers refined until they look like real digits."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import ganzoo
from experiments import common, training
from experiments.svhn_training_images import (
    gans,
    images,
    pictures,
    simgan_report,
)
from experiments.svhn_training_images.settings import SHAPE
from experiments.svhn_training_images.simgan_settings import SMOKE, Simgan
from ganzoo import data, distribute, networks, plots, runs
from ganzoo.files import read_rows
from ganzoo.runs import checkpoints

_PART = 5000  # images in memory as floats


def run(config: Simgan) -> runs.Run:
    """Trains, resuming what the run folder holds, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: Settings, data or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.prepared(config, SMOKE)
    return train(config, images.load(config), drawn(config))


def drawn(config: Simgan) -> data.ImageSet:
    """Draws the house numbers that are refined."""
    return data.draw_house_numbers(
        config.drawn_images, seed=config.seed, style=config.style, fonts=config.fonts
    )


def train(config: Simgan, real: images.Real, synthetic: data.ImageSet) -> runs.Run:
    """Does as `run`, on images that are there already."""
    common.start(config)
    shown = images.first_of_each(synthetic, 2)
    plan = training.Plan(
        build(config, distribute.strategy(config.strategy)),
        lambda step: batches(config, real.train, synthetic, step),
        fingerprint=real.train.fingerprint,
        steps_per_epoch=steps_per_epoch(config, real),
        images_per_step=config.batch_size * config.discriminator_steps,
        extra=lambda folder: [
            pictures.Pictures(
                folder, lambda game: pairs(config, game, shown), config.show_steps
            )
        ],
        report=lambda folder: simgan_report.write(folder, config, real, synthetic),
        checkpoint_minutes=config.checkpoint_minutes,
    )
    return training.carry_out(config, plan)


def build(config: Simgan, strategy: tf.distribute.Strategy) -> ganzoo.SimGAN:
    """Builds the players and the game, on the devices asked for."""
    distribute.per_replica_batch(config.batch_size, strategy.num_replicas_in_sync)
    rates = (config.generator_learning_rate, config.discriminator_learning_rate)
    name, arguments = refiner(config)
    with common.precision(config.precision), strategy.scope():
        game = ganzoo.SimGAN(
            getattr(networks, name)(**arguments),
            networks.simgan_discriminator(SHAPE, width=config.discriminator_width),
            regularisation_weight=config.regularisation_weight,
            refiner_steps=config.refiner_steps,
            discriminator_steps=config.discriminator_steps,
            refiner_warm_up=config.refiner_warm_up,
            discriminator_warm_up=config.discriminator_warm_up,
            history_capacity=config.history_capacity,
            ema_half_life=config.ema_half_life,
            seed=config.seed,
        )
        game.compile(
            *(keras.optimizers.Adam(rate, config.beta_1) for rate in rates),
            loss=config.loss,
        )
    return game


def refiner(config: Simgan) -> tuple[str, dict]:
    """Returns the refiner's builder, by name, and its arguments."""
    return "simgan_refiner", {"width": config.width, "blocks": config.blocks}


def batches(
    config: Simgan, real: data.ImageSet, synthetic: data.ImageSet, step: int = 0
) -> tf.data.Dataset:
    """Returns the training batches from a step on."""
    judged = config.discriminator_steps
    return data.unpaired_batches(
        synthetic,
        real,
        config.batch_size,
        seed=config.seed,
        start_step=step,
        batches=(config.refiner_steps + judged, judged),
    )


def steps_per_epoch(config: Simgan, real: images.Real) -> int:
    """Returns the train steps of a pass over the real images."""
    return data.steps_per_epoch(
        len(real.train), config.batch_size, config.discriminator_steps
    )


def pairs(config: Simgan, game: ganzoo.SimGAN, shown: data.ImageSet) -> np.ndarray:
    """Returns a picture of drawn images, each beside what it is refined to."""
    return plots.pairs(shown.images, refined(config, game, shown).images, columns=4)


def refined(config: Simgan, game: ganzoo.SimGAN, drawn: data.ImageSet) -> data.ImageSet:
    """Refines images, which keep their labels."""
    average = config.ema_half_life is not None
    parts = []
    for start in range(0, len(drawn), _PART):
        part = data.to_float(drawn.images[start : start + _PART])
        parts.append(data.to_uint8(game.refine(part, average=average)))
    return dataclasses.replace(
        drawn,
        images=np.concatenate(parts),
        name=f"{drawn.name}, refined",
        split="generated",
    )


def finished(config: Simgan, real: images.Real) -> bool:
    """Whether there is nothing left to train and to report; see `gans.finished`."""
    steps = steps_per_epoch(config, real) * config.epochs
    return gans.finished(config, real.train, steps)


def sampled(config: Simgan, synthetic: data.ImageSet, real: str) -> data.ImageSet:
    """Refines house numbers by the trained refiner.

    Args:
        config: The settings.
        synthetic: The house numbers.
        real: Name of what it was trained on.
    """
    folder = Path(config.output)
    game = build(config, distribute.strategy(config.strategy))
    checkpoints.load(game, gans.newest(folder))
    epochs = read_rows(folder / "history.csv")[-1]["epoch"]
    made = refined(config, game, synthetic)
    return dataclasses.replace(
        made, name=f"{made.name} to look like {real} (epoch {epochs})"
    )


def step(config: Simgan) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = build(config, tf.distribute.get_strategy())
    parts = [
        tf.TensorSpec([config.batch_size * number, *SHAPE], tf.float32)
        for number in game.batches_per_step
    ]
    return training.Step(
        game, tuple(parts), config.batch_size * config.discriminator_steps
    )
