"""The training sets to compare: how they are made, and published accuracies."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from experiments import harness
from experiments.harness import run as running
from experiments.svhn_training_images import classifiers, pictures, simgan, train
from experiments.svhn_training_images.classifiers import LabeledSet
from experiments.svhn_training_images.compare_config import Compare
from ganzoo import data, plots
from ganzoo.files import kept_json, sha256, write_json
from ganzoo.runs import checkpoints

Make = Callable[[Compare, harness.Data], LabeledSet]


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of training images.

    Attributes:
        title: Title in tables and figures.
        make: (configuration, real images) -> the set; trains the GANs that it needs.
        published: The source's accuracy on SVHN with such images.
    """

    title: str
    make: Make
    published: str = ""


def _drawn(style: str) -> Make:
    def make(config: Compare, real: harness.Data) -> LabeledSet:
        asked = {
            "count": 10 * config.per_class,
            "seed": config.seed,
            "style": style,
            "fonts": config.fonts,
        }
        return LabeledSet(style, asked, lambda: data.draw_house_numbers(**asked))

    return make


def _generated(name: str) -> Make:
    """Returns the function that makes images with ten DCGANs or the conditional one."""

    def make(config: Compare, real: harness.Data) -> LabeledSet:
        stage = config.stages[name]
        if name == "conditional":
            _train(train.CONDITIONAL, stage, train.chosen(stage, real.train))
        else:
            train.train_ten(stage, real.train)
        return _made(
            name,
            config,
            train.run_folders(stage),
            lambda: train.sampled(stage, config.per_class, real.train.name),
        )

    return make


def _simgan(config: Compare, real: harness.Data) -> LabeledSet:
    stage = config.stages["simgan"]
    loaded = simgan.unpaired(stage, real)
    _train(simgan.EXPERIMENT, stage, loaded)
    return _made(
        "simgan",
        config,
        [Path(stage.output)],
        lambda: simgan.sampled(stage, loaded.synthetic, real.train.name),
    )


def _train(experiment: harness.Experiment, stage, loaded: harness.Data) -> None:
    """Trains and reports a stage, unless it is finished."""
    if not running.finished(stage, loaded):
        running.seed_everything(stage)
        model = experiment.build_model(stage, data=loaded)
        running.train(experiment, stage, loaded, model)


def _made(
    name: str, config: Compare, folders: list[Path], make: Callable
) -> LabeledSet:
    """Returns a set made by trained networks, identified by their train steps."""
    # The comparison's folder does not change, so all other fields are the same.
    steps = [checkpoints.step(checkpoints.of(folder)[-1]) for folder in folders]
    identity = {"stage": name, "steps": steps, "per_class": config.per_class}
    return LabeledSet(name, identity, make)


SETS = {
    "real": Kind("real", lambda config, real: LabeledSet.of("real", real.train), "86%"),
    "source": Kind("drawn, as in the source", _drawn("source"), "63%"),
    "rich": Kind("drawn, rich", _drawn("rich")),
    "dcgans": Kind("ten DCGANs, the source's losses", _generated("dcgans"), "77%"),
    "dcgans_non_saturating": Kind(
        "ten DCGANs, non-saturating", _generated("dcgans_non_saturating")
    ),
    "conditional": Kind("one conditional DCGAN", _generated("conditional")),
    "simgan": Kind("drawn, refined by SimGAN", _simgan, "not reached"),
}


def asked(config: Compare) -> tuple[str, ...]:
    """Returns the names of the sets to compare.

    Raises:
        ValueError: A configured set does not exist.
    """
    if unknown := [name for name in config.sets if name not in SETS]:
        raise ValueError(
            f"sets: there is no {unknown[0]!r}; use {', '.join(map(repr, SETS))}."
        )
    return config.sets or tuple(SETS)


def check(config: Compare, real: harness.Data, names: Sequence[str]) -> None:
    """Checks the inputs of all stages before anything is trained.

    Raises:
        ganzoo.data.DataError: The fonts cannot be used, or a batch is larger than its
            set of images.
    """
    stages = config.stages
    if {"source", "rich", "simgan"} & set(names):
        data.draw_house_numbers(1, seed=0, style="source", fonts=config.fonts)
    if {"dcgans", "dcgans_non_saturating"} & set(names):
        train.check_sizes(stages["dcgans"], real.train)
    if "conditional" in names:
        stages["conditional"].steps_per_epoch(len(real.train))
    if "simgan" in names:
        stage = stages["simgan"]
        stage.steps_per_epoch(len(real.train))
        each = stage.refiner_steps + stage.discriminator_steps
        data.steps_per_epoch(stage.drawn_images, stage.batch_size, each)
    fewest = min(len(real.train), 10 * config.per_class)
    data.steps_per_epoch(fewest, config.judge_batch_size)


def show(folder: Path, made: LabeledSet) -> None:
    """Saves a grid of a set and its description, unless they exist."""
    path = folder / "sets" / f"{made.name}.json"
    picture, known = path.with_suffix(".png"), kept_json(path)
    whole = picture.exists() and known.get("picture") in (None, sha256(picture))
    if whole and known.get("identity") == made.identity:
        return
    plots.save_image(picture, pictures.by_class(made.images))
    said = {"identity": made.identity, "picture": sha256(picture)}
    said |= classifiers.card(made.images)
    write_json(path, said, sealed=True)
