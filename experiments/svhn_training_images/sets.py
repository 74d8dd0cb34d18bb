"""The training sets that are compared: how each is made, and what was published."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from experiments.svhn_training_images import (
    conditional,
    dcgans,
    gans,
    images,
    judging,
    pictures,
    simgan,
)
from experiments.svhn_training_images.comparison import Compare
from experiments.svhn_training_images.judging import Labelled
from ganzoo import data, plots
from ganzoo.files import kept_json, sha256, write_json


@dataclasses.dataclass(frozen=True)
class Kind:
    """A sort of training images.

    Attributes:
        title: What it is called in tables and figures.
        make: From the settings and the real images to the set; trains what has to be.
        published: The source's accuracy with such images, on SVHN.
    """

    title: str
    make: Callable[[Compare, images.Real], Labelled]
    published: str = ""


def _real(config: Compare, real: images.Real) -> Labelled:
    return Labelled.of("real", real.train)


def _drawn(style: str) -> Callable[[Compare, images.Real], Labelled]:
    def make(config: Compare, real: images.Real) -> Labelled:
        asked = {
            "count": 10 * config.per_class,
            "seed": config.seed,
            "style": style,
            "fonts": config.fonts,
        }
        return Labelled(style, asked, lambda: data.draw_house_numbers(**asked))

    return make


def _dcgans(name: str) -> Callable[[Compare, images.Real], Labelled]:
    def make(config: Compare, real: images.Real) -> Labelled:
        stage = config.stages[name]
        dcgans.train(stage, real)
        steps = dcgans.steps_done(stage)
        return _made(
            name,
            config,
            steps,
            lambda: dcgans.sampled(stage, config.per_class, real.train.name),
        )

    return make


def _conditional(config: Compare, real: images.Real) -> Labelled:
    stage = config.stages["conditional"]
    if not conditional.finished(stage, real):
        conditional.train(stage, real)
    return _made(
        "conditional",
        config,
        [gans.steps_done(Path(stage.output))],
        lambda: conditional.sampled(stage, config.per_class, real.train.name),
    )


def _simgan(config: Compare, real: images.Real) -> Labelled:
    stage = config.stages["simgan"]
    if not simgan.finished(stage, real):
        simgan.train(stage, real, simgan.drawn(stage))
    return _made(
        "simgan",
        config,
        [gans.steps_done(Path(stage.output))],
        lambda: simgan.sampled(stage, simgan.drawn(stage), real.train.name),
    )


def _made(name: str, config: Compare, steps: list, make: Callable) -> Labelled:
    """Returns a set that trained networks make; their folder has all other settings."""
    identity = {"stage": name, "steps": steps, "per_class": config.per_class}
    return Labelled(name, identity, make)


SETS = {
    "real": Kind("real", _real, "86%"),
    "source": Kind("drawn, as in the source", _drawn("source"), "63%"),
    "rich": Kind("drawn, rich", _drawn("rich")),
    "dcgans": Kind("ten DCGANs, the source's losses", _dcgans("dcgans"), "77%"),
    "dcgans_non_saturating": Kind(
        "ten DCGANs, non-saturating", _dcgans("dcgans_non_saturating")
    ),
    "conditional": Kind("one conditional DCGAN", _conditional),
    "simgan": Kind("drawn, refined by SimGAN", _simgan, "not reached"),
}


def asked(config: Compare) -> tuple[str, ...]:
    """Returns the names of the sets asked for.

    Raises:
        ValueError: There is no such set.
    """
    if unknown := [name for name in config.sets if name not in SETS]:
        raise ValueError(
            f"sets: there is no {unknown[0]!r}, but {', '.join(map(repr, SETS))}."
        )
    return config.sets or tuple(SETS)


def check(config: Compare, real: images.Real, names: Sequence[str]) -> None:
    """Refuses, before anything is trained, what a later stage could not use.

    Raises:
        ganzoo.data.DataError: Fonts that cannot be used, or a batch that is larger than
            the images it is to be taken from.
    """
    stages = config.stages
    if {"source", "rich", "simgan"} & set(names):
        data.draw_house_numbers(1, seed=0, style="source", fonts=config.fonts)
    if {"dcgans", "dcgans_non_saturating"} & set(names):
        dcgans.check_sizes(stages["dcgans"], real)
    if "conditional" in names:
        stages["conditional"].steps_per_epoch(len(real.train))
    if "simgan" in names:
        stage = stages["simgan"]
        simgan.steps_per_epoch(stage, real)
        each = stage.refiner_steps + stage.discriminator_steps
        data.steps_per_epoch(stage.drawn_images, stage.batch_size, each)
    fewest = min(len(real.train), 10 * config.per_class)
    data.steps_per_epoch(fewest, config.judge_batch_size)


def show(folder: Path, made: Labelled) -> None:
    """Keeps a set's picture, and says what it is, in a comparison's folder.

    Args:
        folder: Of the comparison.
        made: The set; it is made only if there is no picture of it yet.
    """
    path = folder / "sets" / f"{made.name}.json"
    picture, known = path.with_suffix(".png"), kept_json(path)
    whole = picture.exists() and known.get("picture") in (None, sha256(picture))
    if whole and known.get("identity") == made.identity:
        return
    plots.save_image(picture, pictures.by_class(made.images))
    said = {"identity": made.identity, "picture": sha256(picture)}
    said |= judging.card(made.images)
    write_json(path, said, sealed=True)
