"""conditional: one DCGAN of all digits, which is told which of them to draw."""

import dataclasses
from pathlib import Path
from typing import ClassVar

import ganzoo
from experiments import common
from experiments.svhn_training_images import gan_report, gans, images, pictures
from experiments.svhn_training_images.settings import CLASSES, FOLDER, SMOKE, Gan
from ganzoo import data, distribute, metrics, runs
from ganzoo.files import read_rows
from ganzoo.runs import checkpoints


@dataclasses.dataclass(frozen=True)
class Conditional(Gan):
    """One class-conditional DCGAN, at the cost of ten that are not."""

    num_classes: ClassVar[int | None] = len(CLASSES)

    output: str = f"{FOLDER}/conditional"


def run(config: Conditional) -> runs.Run:
    """Trains, resuming what the run folder holds, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: Settings, data or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.prepared(config, SMOKE)
    return train(config, images.load(config))


def train(config: Conditional, real: images.Real) -> runs.Run:
    """Does as `run`, on images that are loaded already."""
    common.start(config)
    average = config.ema_half_life is not None

    def draw(game: ganzoo.GAN):
        labels = gans.all_digits(pictures.COLUMNS)
        return pictures.grid(
            game,
            len(labels),
            average=average,
            labels=labels,
            columns=pictures.COLUMNS,
        )

    title = f"A class-conditional DCGAN: {real.train.name}"
    return gans.carry_out(
        config,
        gans.build(config, distribute.strategy(config.strategy)),
        real.train,
        draw,
        lambda folder: gan_report.write(folder, config, title, "A digit a row"),
    )


def finished(config: Conditional, real: images.Real) -> bool:
    """Whether there is nothing left to train and to report; see `gans.finished`."""
    steps = config.steps_per_epoch(len(real.train)) * config.epochs
    return gans.finished(config, real.train, steps)


def sampled(config: Conditional, per_class: int, real: str) -> data.ImageSet:
    """Draws equally many images of each digit from the trained generator.

    Args:
        config: The settings.
        per_class: Images of each digit.
        real: Name of what it was trained on.
    """
    folder = Path(config.output)
    game = gans.build(config, distribute.strategy(config.strategy))
    checkpoints.load(game, gans.newest(folder))
    average = config.ema_half_life is not None
    epochs = read_rows(folder / "history.csv")[-1]["epoch"]
    return metrics.labelled_images(
        lambda digit, count: game.generate(
            count, [digit] * count, seed=digit, average=average
        ),
        CLASSES,
        per_class,
        name=f"conditional DCGAN of {real} ({config.loss}, epoch {epochs})",
    )
