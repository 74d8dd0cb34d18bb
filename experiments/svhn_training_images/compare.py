"""compare: trains classifiers on each kind of training images, and compares them.

    python -m experiments.svhn_training_images compare --dataset mnist_m
    python -m experiments.svhn_training_images compare --sets real rich

The sets are real, source and rich (drawn), dcgans (ten, with the source's losses),
dcgans_non_saturating, conditional and simgan. Running the same command again resumes. A
set's results do not depend on which other sets are compared.
"""

from pathlib import Path

from experiments import harness
from experiments.harness import run as running
from experiments.harness.results import Result, settings
from experiments.svhn_training_images import (
    classify,
    compare_report,
    data,
    training_sets,
)
from experiments.svhn_training_images.classifiers import Classifiers, LabeledSet
from experiments.svhn_training_images.compare_config import Compare
from experiments.svhn_training_images.compare_report import Row
from experiments.svhn_training_images.reference_values import REFERENCE_VALUES
from ganzoo.files import read_json

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
# The length of the GANs' training and the test sets may change; results that depend on
# them are then computed again.
MOVABLE = (*running.MOVABLE, "sets", "also_test", "judge_seeds")
MOVABLE += ("gan_epochs", "gan_show_steps", "simgan_epochs", "simgan_show_steps")
# Images per class on which classifiers of real images are tested (GAN-test).
TESTED = 1000


def run(config: Compare) -> Path:
    """Makes every set, trains classifiers on it, and writes one report; or resumes.

    Raises:
        ValueError: The configuration, the data, the fonts or the folder cannot be used.
        ganzoo.callbacks.Interrupted: The run was stopped; everything is saved.
        ganzoo.callbacks.DivergedError: A loss became NaN or infinite.
    """
    config = running.validated(config, SMOKE)
    names = training_sets.asked(config)
    running.seed_everything(config)
    real = data.load(config)
    tests = classify.tests(config, real.test)
    training_sets.check(config, real, names)
    # The classifiers' folder stores the configuration of the whole comparison.
    path = Path(config.output) / "judges"
    folder = running.open_folder(config, real.fingerprint, MOVABLE, path)
    with folder.lock():
        classify.started(folder)
        rows = {name: row(config, real, tests, name, names) for name in names}
        folder.record_command()
        compare_report.write(config, rows)
    return Path(config.output)


def row(
    config: Compare,
    real: harness.Data,
    tests: list[LabeledSet],
    name: str,
    names: tuple[str, ...],
) -> Row:
    """Makes one set, and trains and tests classifiers on it."""
    print(f"{config.output}: {name}")
    output = Path(config.output)
    classifiers = Classifiers(output / "judges", config.stages["judges"])
    made = training_sets.SETS[name].make(config, real)
    training_sets.show(output, made)
    found = classifiers.test(made, tests)
    if name == "real" or "real" not in names:
        return Row(found)
    part = LabeledSet(
        f"made by {name}",
        made.identity | {"of each class": TESTED},
        lambda: data.first_of_each(made.images, TESTED),
    )
    (by_real,) = classifiers.test(LabeledSet.of("real", real.train), [part])
    return Row(found, by_real)


def read_results(folder: Path) -> list[Result]:
    """Returns the accuracies of a comparison: accuracy/SET and accuracy/SET/TEST.

    Those on held-out training images begin with validation/, so that they are not
    compared with accuracies on test images.
    """
    if not (folder / compare_report.RESULTS).exists():
        return []
    config, found = settings(folder / "judges"), {}
    what = "validation" if config.get("validation") else "accuracy"
    for name, result in read_json(folder / compare_report.RESULTS).items():
        found[f"{what}/{name}"] = result["tested"][0]["accuracy"]
        for one in result["tested"][1:]:
            test = one["card"]["test"]["name"]
            found[f"{what}/{name}/{test}"] = one["accuracy"]
    return [Result("", config, 1, found)]


COMPARE = harness.Command(
    config=Compare,
    function=run,
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    tolerances=classify.TOLERANCES,
    ignored_fields=("sets", "also_test", "judge_seeds")
    + ("gan_show_steps", "gan_sample_count", "simgan_show_steps"),
    results=read_results,
    readme=harness.Row(
        "svhn_training_images compare",
        "training images for house numbers (paper)",
        "the paper, on SVHN: real 86%, drawn 63%, by ten DCGANs 77%",
        "on MNIST-M in its place, {training_images_mnist_m|judge_seeds|d} classifiers "
        "each: real {training_images_mnist_m|accuracy/real|.1%}, "
        "drawn {training_images_mnist_m|accuracy/source|.1%}, by ten DCGANs "
        "{training_images_mnist_m|accuracy/dcgans|.1%} (its losses collapsed without "
        "R1, averaged weights and other learning rates; the classifiers' distortions "
        "were chosen on this number), refined "
        "{training_images_mnist_m|accuracy/simgan|.1%}; the SVHN subset (all "
        "real), drawn richly: "
        "{training_images_mnist_m|accuracy/rich/svhn_subset 1.0.0 train+test|.1%}",
        ("mnist_m_conditional", "mnist_m_dcgan_5", "mnist_m_refiner"),
    ),
)
