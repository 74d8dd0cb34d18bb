"""dcgan: the DCGAN of one digit, trained on the real images of that digit."""

import dataclasses

import ganzoo
from experiments import common
from experiments.svhn_training_images import gan_report, gans, images, pictures
from experiments.svhn_training_images.settings import CLASSES, FOLDER, SMOKE, Gan
from ganzoo import data, distribute, runs


@dataclasses.dataclass(frozen=True)
class Dcgan(Gan):
    """The DCGAN of one digit, by default with the source's losses."""

    output: str = f"{FOLDER}/dcgan"
    loss: str = "absolute_error"
    """Pair of losses: the source's, which saturates, or one of ganzoo.losses."""
    digit: int = 5
    """Whose images are trained on."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        if self.digit not in range(len(CLASSES)):
            raise ValueError(f"digit={self.digit} must be 0 to {len(CLASSES) - 1}.")


def run(config: Dcgan) -> runs.Run:
    """Trains, resuming what the run folder holds, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: Settings, data or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.begin(config, SMOKE)
    train = images.of_digit(images.load(config).train, config.digit)
    game = gans.build(config, distribute.strategy(config.strategy))
    return carry_out(
        config,
        game,
        train,
        lambda folder: gan_report.write(
            folder, config, f"A DCGAN of one digit: {train.name}", "Images"
        ),
    )


def carry_out(config: Dcgan, game: ganzoo.GAN, train: data.ImageSet, report):
    """Trains a game that is as yet untrained; see `gans.carry_out`."""
    average = config.ema_half_life is not None

    def draw(game: ganzoo.GAN):
        return pictures.grid(game, config.sample_count, average=average)

    return gans.carry_out(config, game, train, draw, report)
