"""The command judge: trains classifiers on the training images of a data set."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments import harness
from experiments.harness import run as running
from experiments.harness.data import image_set
from experiments.harness.results import Result, settings
from experiments.svhn_training_images import data as images
from experiments.svhn_training_images.classifiers import Classifiers, LabeledSet
from experiments.svhn_training_images.config import SHAPE, ClassifierConfig
from experiments.svhn_training_images.reference_values import REFERENCE_VALUES
from ganzoo import data, plots, runs
from ganzoo.files import read_json
from ganzoo.metrics import ClassifierResults
from ganzoo.runs.reports import Report

if TYPE_CHECKING:
    from experiments.svhn_training_images.compare_config import Compare

SMOKE = {"epochs": 1, "batch_size": 32, "train_images": 640, "width": 4, "seeds": 2}
MOVABLE = ("output", "data_dir", "strategy", "test_dataset", "also_test", "seeds")


def run(config: ClassifierConfig) -> runs.Run:
    """Trains, tests and reports the classifiers, as far as not yet done."""
    config = running.prepare(config, SMOKE)
    train = images.checked(image_set(config, "train", SHAPE), every=True)
    folder = running.open_folder(config, train.fingerprint, MOVABLE)
    with folder.lock():
        started(folder)
        classifiers = Classifiers(folder.path, config)
        own = dataclasses.replace(config, dataset=config.test_dataset or config.dataset)
        test = images.checked(image_set(own, "test", SHAPE))
        sets = tests(own, test)
        found = classifiers.test(LabeledSet.of("train", train), sets)
        folder.record_command()
        _report(folder, config, found)
    return folder


def tests(config: "ClassifierConfig | Compare", own: data.ImageSet) -> list[LabeledSet]:
    """Returns the test sets: given images of `dataset`, and the sets in `also_test`."""
    others = [
        LabeledSet.of(f"all of {name}", images.whole(name, config.data_dir))
        for name in config.also_test
    ]
    return [LabeledSet.of(f"{own.split} of {config.dataset}", own), *others]


def started(folder: runs.Run) -> None:
    """Records the start in the manifest, if it is the first one."""
    if not read_json(folder.path / "manifest.json")["starts"]:
        folder.record_start(0)


def percent(found: ClassifierResults) -> str:
    """Returns the accuracy as text, with its spread if there are several seeds."""
    text = f"{found.accuracy:.1%}"
    return text if len(found.trials) < 2 else f"{text} ± {found.spread:.1%}"


def _report(
    folder: runs.Run, config: ClassifierConfig, found: list[ClassifierResults]
) -> None:
    trained = found[0].card["train"]
    report = Report(folder.path, f"Classifiers of {trained['name']}")
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
    path = report.figure("confusions", "Confusion matrices")
    plots.confusions(
        path,
        {one.card["test"]["name"]: one.confusion for one in found},
        "0123456789",
    )
    report.provenance(folder)
    print(f"report: {report.write()}")


def read_results(folder: Path) -> list[Result]:
    """Returns the accuracy of a folder's classifiers on the first test set."""
    paths = sorted(folder.glob("train/seed_*.json"))
    if not paths:
        return []
    first = [next(iter(read_json(p)["tests"].values()))["confusion"] for p in paths]
    accuracy = float(np.mean([np.trace(c) / np.sum(c) for c in first]))
    return [Result("", settings(folder), 1, {"accuracy": accuracy})]


# The accuracy of this command, and all accuracies of a comparison.
TOLERANCES = {
    "accuracy": harness.Tolerance(1, 0.0, 0.02),
    "accuracy/": harness.Tolerance(1, 0.0, 0.02),
}
CLASSIFY = harness.Command(
    config=ClassifierConfig,
    function=run,
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    tolerances=TOLERANCES,
    ignored_fields=("also_test", "seeds"),
    results=read_results,
)
