"""dcgans: ten DCGANs, one a digit, each trained on the real images of its digit."""

import dataclasses
import tempfile
from pathlib import Path

from experiments import common
from experiments.svhn_training_images import dcgan, gan_report, gans, images
from experiments.svhn_training_images.dcgan import Dcgan
from experiments.svhn_training_images.settings import CLASSES, FOLDER, SMOKE, Gan
from ganzoo import data, distribute, metrics
from ganzoo.files import read_rows
from ganzoo.runs import checkpoints


@dataclasses.dataclass(frozen=True)
class Dcgans(Gan):
    """Ten DCGANs, one after the other, each in a run folder of its own."""

    output: str = f"{FOLDER}/dcgans"
    loss: str = "absolute_error"
    """Pair of losses: the source's, which saturates, or one of ganzoo.losses."""


def run(config: Dcgans) -> Path:
    """Trains all ten, resuming what there is, and writes a report of them together.

    Returns:
        The folder of the ten run folders.

    Raises:
        ValueError: Settings, data or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.prepared(config, SMOKE)
    return train(config, images.load(config))


def train(config: Dcgans, real: images.Real) -> Path:
    """Does as `run`, on images that are loaded already."""
    check_sizes(config, real)
    common.start(config)
    left = [digit for digit in range(len(CLASSES)) if not _done(config, real, digit)]
    if left:
        _train(config, real, left)
    folder = Path(config.output)
    if left or not (folder / "report.md").exists():
        gan_report.write_ten(folder, config, real.train)
    return folder


def check_sizes(config: Dcgans, real: images.Real) -> None:
    """Refuses a batch that is larger than the images of some digit.

    Raises:
        ganzoo.data.DataError: Naming both numbers.
    """
    for digit in range(len(CLASSES)):
        config.steps_per_epoch(len(images.of_digit(real.train, digit)))


def _done(config: Dcgans, real: images.Real, digit: int) -> bool:
    own = images.of_digit(real.train, digit)
    steps = config.steps_per_epoch(len(own)) * config.epochs
    return gans.finished(of_digit(config, digit), own, steps)


def _train(config: Dcgans, real: images.Real, digits: list[int]) -> None:
    """Trains one game for each digit, from the same first weights.

    It is one game for all, so that its step is compiled once.
    """
    game = gans.build(config, distribute.strategy(config.strategy))
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.weights.h5"
        checkpoints.save(game, fresh)
        for digit in digits:
            own = of_digit(config, digit)
            print(f"{config.loss}, digit {digit}: {own.output}")
            checkpoints.load(game, fresh)
            dcgan.carry_out(
                own,
                game,
                images.of_digit(real.train, digit),
                lambda folder, own=own: gan_report.write_digit(folder, own),
            )


def of_digit(config: Dcgans, digit: int) -> Dcgan:
    """Returns the settings of one digit's DCGAN."""
    settings = dataclasses.asdict(config)
    settings["output"] = str(Path(config.output) / f"digit_{digit}")
    return Dcgan(**settings, digit=digit)


def steps_done(config: Dcgans) -> list[int | None]:
    """Returns the steps that the ten have been trained for."""
    return [
        gans.steps_done(Path(of_digit(config, digit).output))
        for digit in range(len(CLASSES))
    ]


def sampled(config: Dcgans, per_class: int, real: str) -> data.ImageSet:
    """Draws equally many images from each of the ten, trained.

    Args:
        config: Their settings.
        per_class: Images of each digit.
        real: Name of what they were trained on.
    """
    game = gans.build(config, distribute.strategy(config.strategy))
    average = config.ema_half_life is not None

    def draw(digit: int, count: int):
        newest = gans.newest(Path(of_digit(config, digit).output))
        checkpoints.load(game, newest)
        return game.generate(count, seed=digit, average=average)

    folder = Path(of_digit(config, 0).output)
    epochs = read_rows(folder / "history.csv")[-1]["epoch"]
    name = f"ten DCGANs of {real} ({config.loss}, epoch {epochs})"
    return metrics.labelled_images(draw, CLASSES, per_class, name=name)
