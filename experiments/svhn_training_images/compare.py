"""compare: training images of every source, judged by what they teach.

    python -m experiments.svhn_training_images compare --dataset mnist_m
    python -m experiments.svhn_training_images compare --sets real rich

The sets are real, source and rich (drawn), dcgans (ten, with the source's losses),
dcgans_non_saturating, conditional and simgan. The same command goes on where it was;
what other sets are asked for changes nothing about one.
"""

import dataclasses
from pathlib import Path

from experiments import common, training
from experiments.svhn_training_images import comparison_report, images, judge, sets
from experiments.svhn_training_images.comparison import Compare, Row
from experiments.svhn_training_images.judging import Judges, Labelled
from ganzoo import runs

SMOKE = {
    "train_images": 640,
    "per_class": 40,
    "gan_epochs": 2,
    "gan_batch_size": 16,
    "gan_width": 4,
    "gan_sample_count": 16,
    "gan_show_steps": (1, 3),
    "simgan_epochs": 1,
    "simgan_batch_size": 16,
    "simgan_width": 4,
    "simgan_discriminator_width": 4,
    "simgan_refiner_warm_up": 8,
    "simgan_discriminator_warm_up": 4,
    "simgan_show_steps": (1, 9),
    "judge_epochs": 1,
    "judge_batch_size": 32,
    "judge_width": 4,
    "judge_seeds": 1,
}
# How long the games are trained may change, and what is asked of the judges: what is
# no longer true is found out, and done again.
MOVABLE = (*training.MOVABLE, "sets", "also_test", "judge_seeds")
MOVABLE += ("gan_epochs", "gan_show_steps", "simgan_epochs", "simgan_show_steps")
TESTED = 1000  # made images of each class that the judges of real images are asked


def run(config: Compare) -> Path:
    """Makes every set, judges it and writes one report, resuming what is there.

    Returns:
        The folder.

    Raises:
        ValueError: Settings, data, fonts or a folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.prepared(config, SMOKE)
    names = sets.asked(config)
    common.start(config)
    real = images.load(config)
    tests = judge.tests(config)
    sets.check(config, real, names)
    folder = runs.Run(
        Path(config.output) / "judges",
        dataclasses.asdict(config),
        fingerprint=real.train.fingerprint,
        movable=MOVABLE,
    )
    with folder.alone():
        judge.started(folder)
        rows = {name: row(config, real, tests, name, names) for name in names}
        folder.asked()
        comparison_report.write(config, rows)
    return Path(config.output)


def row(config: Compare, real, tests: list[Labelled], name: str, names) -> Row:
    """Makes one set and has it judged.

    Args:
        config: The settings.
        real: The real images.
        tests: What judges are tested on.
        name: Of the set.
        names: Of all sets asked for; with "real" among them, the judges of real images
            are asked about the set, too.
    """
    print(f"{config.output}: {name}")
    judges = Judges(Path(config.output) / "judges", config.stages["judges"])
    made = sets.SETS[name].make(config, real)
    sets.show(Path(config.output), made)
    found = judges.judge(made, tests)
    if name == "real" or "real" not in names:
        return Row(made.name, tuple(found))
    part = Labelled(
        f"made by {name}",
        made.identity | {"of each class": TESTED},
        lambda: images.first_of_each(made.images, TESTED),
    )
    (by_real,) = judges.judge(Labelled.of("real", real.train), [part])
    return Row(made.name, tuple(found), by_real)
