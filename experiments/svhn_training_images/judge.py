"""judge: the judges of a data set's training images, by themselves."""

import dataclasses

from experiments import common
from experiments.svhn_training_images import images
from experiments.svhn_training_images.judging import Judge, Judges, Labelled
from experiments.svhn_training_images.settings import SHAPE
from ganzoo import plots, runs
from ganzoo.files import read_json
from ganzoo.metrics import Judgement
from ganzoo.reports import Report

SMOKE = {"epochs": 1, "batch_size": 32, "train_images": 640, "width": 4, "seeds": 2}
MOVABLE = ("output", "data_dir", "strategy", "test_dataset", "also_test", "seeds")


def run(config: Judge) -> runs.Run:
    """Trains and tests what is left to be, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: Settings, data or a run folder that cannot be used.
    """
    config = common.begin(config, SMOKE)
    train = images.checked(common.image_set(config, "train", SHAPE), every=True)
    folder = runs.Run(
        config.output,
        dataclasses.asdict(config),
        fingerprint=train.fingerprint,
        movable=MOVABLE,
    )
    with folder.alone():
        started(folder)
        judges = Judges(folder.path, config)
        found = judges.judge(Labelled.of("train", train), tests(config))
        folder.asked()
        _report(folder, config, found)
    return folder


def tests(config) -> list[Labelled]:
    """Loads the sets that judges are tested on: real test images, and those besides."""
    own = getattr(config, "test_dataset", None) or config.dataset
    one = dataclasses.replace(config, dataset=own)
    test = images.checked(common.image_set(one, "test", SHAPE))
    besides = [
        Labelled.of(f"all of {name}", images.whole(name, config.data_dir))
        for name in config.also_test
    ]
    return [Labelled.of(f"test of {own}", test), *besides]


def started(folder: runs.Run) -> None:
    """Notes in the manifest what the judges run on, the first time."""
    if not read_json(folder.path / "manifest.json")["starts"]:
        folder.started(0)


def percent(found: Judgement) -> str:
    """Returns a judgement's accuracy, and its spread, in words."""
    text = f"{found.accuracy:.1%}"
    return text if len(found.trials) < 2 else f"{text} ± {found.spread:.1%}"


def _report(folder: runs.Run, config: Judge, found: list[Judgement]) -> None:
    trained = found[0].card["train"]
    report = Report(folder.path, f"Judges of {trained['name']}")
    report.table(
        [
            {
                "trained on": f"{trained['name']} ({trained['count']:,} images)",
                "tested on": f"{one.card['test']['name']} "
                f"({one.card['test']['count']:,} images)",
                "accuracy": percent(one),
            }
            for one in found
        ]
    )
    report.text(f"Mean and standard deviation over {config.seeds} seeds.")
    path = report.figure("confusions", "Digits, and what they were taken for")
    plots.confusions(
        path,
        {one.card["test"]["name"]: one.confusion for one in found},
        "0123456789",
    )
    report.provenance(folder)
    print(f"report: {report.write()}")
