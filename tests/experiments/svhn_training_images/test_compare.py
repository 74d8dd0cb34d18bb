"""The comparison as a whole, on a handful of images."""

import collections
import contextlib
import dataclasses
import functools
import json
import os
import re
import signal
from pathlib import Path

import h5py
import numpy as np
import pytest

from experiments import svhn_training_images
from experiments.harness import publish
from experiments.harness import run as running
from experiments.svhn_training_images import (
    classifiers,
    pictures,
    train,
    training_sets,
)
from experiments.svhn_training_images import zoo as stored
from experiments.svhn_training_images.compare_config import Compare
from ganzoo import data, metrics, networks, zoo
from ganzoo.callbacks import Interrupted
from ganzoo.files import read_json
from ganzoo.runs import RunError
from ganzoo.zoo import catalog

TINY = {
    "dataset": "svhn_cropped",
    "per_class": 6,
    "gan_epochs": 1,
    "gan_batch_size": 6,
    "gan_width": 2,
    "gan_latent_dim": 4,
    "gan_sample_count": 4,
    "gan_show_steps": (1, 99),
    "simgan_epochs": 1,
    "simgan_batch_size": 10,
    "simgan_width": 2,
    "simgan_blocks": 1,
    "simgan_discriminator_width": 2,
    "simgan_refiner_warm_up": 2,
    "simgan_discriminator_warm_up": 1,
    "simgan_show_steps": (1,),
    "judge_epochs": 1,
    "judge_batch_size": 20,
    "judge_width": 2,
    "judge_seeds": 1,
    # For good, and for the whole process, if it were on.
    "deterministic": False,
}
NAMES = ("real", "source", "dcgans", "conditional", "simgan")


@pytest.fixture
def cropped(tmp_path) -> str:
    """A folder with a prepared "svhn_cropped": 13 and 3 digits of each class.

    They are real ones where the subset of SVHN is at hand, and drawn ones elsewhere.
    """
    import tensorflow_datasets as tfds

    beside = Path(__file__).parents[4] / "shared" / "data" / "tfds"
    try:
        found = data.load(
            "svhn_subset", "train", os.environ.get("TFDS_DATA_DIR", beside)
        )
    except data.DataError:
        found = data.draw_house_numbers(160, seed=3)
    splits = {"train": slice(0, 13), "test": slice(13, 16)}
    rows = {
        split: np.concatenate(
            [np.flatnonzero(found.labels == digit)[part] for digit in range(10)]
        )
        for split, part in splits.items()
    }
    folder = tmp_path / "tfds"
    folder.mkdir()
    tfds.dataset_builders.store_as_tfds_dataset(
        name="svhn_cropped",
        version="3.0.0",
        features=tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(32, 32, 3)),
                "label": tfds.features.ClassLabel(num_classes=10),
            }
        ),
        split_datasets={
            split: [
                (int(n), {"image": found.images[n], "label": int(found.labels[n])})
                for n in numbers
            ]
            for split, numbers in rows.items()
        },
        data_dir=str(folder),
        disable_shuffling=True,
    )
    return str(folder)


class Plug:
    """Pulls the plug before some trainings and within one, and counts them."""

    def __init__(self, patch: pytest.MonkeyPatch, before: set[str], within: str):
        self.trained = collections.Counter()
        self.pulled = 0
        self.left, self.within = set(before), within
        fit, classify = running.runs.fit, classifiers.train_classifier
        save = pictures.SaveGrids._save

        def watched_fit(model, *rest, **others):
            self.start(others["callbacks"][-1].run.path.name)  # a Checkpoint's
            return fit(model, *rest, **others)

        def watched_train(build, images, recipe):
            self.start(f"judge of {images.name}")
            return classify(build, images, recipe)

        def watched_save(callback, name):
            save(callback, name)
            if name == "step_00000001" and callback.run.path.name == self.within:
                self.within = None
                self.pulled += 1
                os.kill(os.getpid(), signal.SIGTERM)

        patch.setattr(running.runs, "fit", watched_fit)
        patch.setattr(classifiers, "train_classifier", watched_train)
        patch.setattr(pictures.SaveGrids, "_save", watched_save)

    def start(self, name: str) -> None:
        if name in self.left:
            self.left.remove(name)
            self.pulled += 1
            raise KeyboardInterrupt
        self.trained[name] += 1


@pytest.mark.slow
def test_a_comparison_killed_again_and_again_is_as_if_left_alone(
    cropped, tmp_path, monkeypatch
):
    """One run serves all: it is the most expensive thing here."""
    output = tmp_path / "run"
    config = Compare(output=str(output), data_dir=cropped, sets=NAMES, **TINY)
    with monkeypatch.context() as patch:
        before = {"judge of house numbers (source, seed 0)", "conditional", "simgan"}
        plug = Plug(patch, before, within="digit_7")
        while not (output / "report.md").exists():
            with contextlib.suppress(KeyboardInterrupt, Interrupted):
                svhn_training_images.run(config)
    nothing_was_trained_twice(plug, output)
    every_set_is_named_with_what_its_judges_were_tested_on(output)
    the_stages_are_those_asked_for(output)
    what_was_killed_ends_in_the_bits_of_what_was_left_alone(config, tmp_path / "alone")
    run_again_it_only_writes_its_report_again(config, monkeypatch)
    for kind in PUBLISHED:
        trained_networks_find_their_way_into_the_zoo(
            kind, output, tmp_path, monkeypatch
        )
    more_judges_and_test_sets_leave_the_old_ones_be(config, monkeypatch)


def figures_of(folder: Path, text: str) -> set[str]:
    """The figures of a report, each of which is there."""
    names = re.findall(r"!\[[^\]]+\]\(figures/(\w+)\.png\)", text)
    assert {path.stem for path in (folder / "figures").iterdir()} == set(names)
    return set(names)


def every_set_is_named_with_what_its_judges_were_tested_on(folder: Path) -> None:
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert figures_of(folder, report) == {
        "sets", "iterations_dcgans", "confusions_0", *(f"set_{n}" for n in NAMES),
    }  # fmt: skip
    assert not re.search(r"\bnan\b|\binf\b|None", report, re.IGNORECASE)
    found = read_json(folder / "results.json")
    assert tuple(found) == NAMES
    for name, kind in ((name, training_sets.SETS[name]) for name in NAMES):
        (tested,) = found[name]["tested"]
        count = 130 if name == "real" else 60
        assert tested["card"]["train"]["count"] == count
        row = rf"\| {kind.title} \| {count} \| svhn_cropped 3.0.0 test \| 30 \| "
        assert re.search(
            rf"{row}{tested['accuracy']:.1%} \| {kind.published} \|", report
        )
        confusion = np.array(tested["trials"][0]["confusion"])
        np.testing.assert_array_equal(confusion.sum(axis=1), 3)
        by_real = found[name]["by_real"]
        assert (by_real is None) == (name == "real")
        if by_real is not None:  # the judges of real images, on this set
            trained = found["real"]["tested"][0]["card"]["train"]
            assert by_real["card"]["train"] == trained
            assert by_real["card"]["test"]["count"] == 60
    names = {found[name]["tested"][0]["card"]["train"]["name"] for name in found}
    assert len(names) == len(NAMES)
    assert (
        "ten DCGANs of svhn_cropped 3.0.0 (absolute_error, epoch 1) generated" in names
    )


def the_stages_are_those_asked_for(folder: Path) -> None:
    for name, loss in (("dcgans", "absolute_error"), ("conditional", "non_saturating")):
        (config,) = {
            (read_json(path)["loss"], read_json(path)["batch_size"])
            for path in (folder / name).rglob("config.json")
        }
        assert config == (loss, 6)
    for digit in range(10):
        run = folder / "dcgans" / f"digit_{digit}"
        assert read_json(run / "config.json")["digit"] == digit
        drawn = {path.name for path in (run / "samples").iterdir()}
        assert drawn == {"step_00000001.png", "epoch_0001.png"}


def nothing_was_trained_twice(plug: Plug, folder: Path) -> None:
    assert plug.pulled == 4
    assert not plug.left
    models = {f"digit_{digit}" for digit in range(10)} | {"conditional", "simgan"}
    # The model that was stopped within goes on from its step; all else begins once.
    twice = {name for name, count in plug.trained.items() if count > 1}
    assert twice == {"digit_7"}
    assert plug.trained["digit_7"] == 2
    manifest = read_json(folder / "dcgans" / "digit_7" / "manifest.json")
    assert [start["step"] for start in manifest["starts"]] == [0, 1]
    assert {name for name in plug.trained if "judge" not in name} == models
    assert len(plug.trained) == len(models) + len(NAMES)


def weights_in(path: Path) -> dict[str, np.ndarray]:
    found = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(keep)
    return found


def what_was_killed_ends_in_the_bits_of_what_was_left_alone(
    config: Compare, other: Path
) -> None:
    folder = Path(config.output)
    alone = train.of_digit(config.stages["dcgans"], 7)
    run = svhn_training_images.run(dataclasses.replace(alone, output=str(other)))
    (found,) = (folder / "dcgans" / "digit_7" / "checkpoints").glob("*2.weights.h5")
    expected = weights_in(run.path / "checkpoints" / found.name)
    assert len(expected) > 40
    for name, value in weights_in(found).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)

    # And the judges find what the library's do.
    drawn = data.draw_house_numbers(60, seed=0, style="source")
    test = data.load(config.dataset, "test", config.data_dir)
    judge = functools.partial(networks.svhn_classifier, 2)
    distorted = {"rotation": 15.0, "shear": 0.2, "zoom": 0.15, "invert": True}
    recipe = metrics.Recipe(epochs=1, batch_size=20, **distorted)
    judged = metrics.gan_train(judge, drawn, test, recipe)
    found = read_json(folder / "results.json")["source"]["tested"][0]
    assert found["trials"][0]["confusion"] == judged.confusion.tolist()
    for key in ("recipe", "train", "test"):
        assert found["card"][key] == judged.card[key]


def refuse(*arguments, **others):
    raise AssertionError("trained or made again")


def run_again_it_only_writes_its_report_again(config: Compare, monkeypatch) -> None:
    folder = Path(config.output)
    report = (folder / "report.md").read_text(encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(running.runs, "fit", refuse)
        patched.setattr(classifiers, "train_classifier", refuse)
        patched.setattr(train, "sampled", refuse)
        (folder / "report.md").unlink()
        svhn_training_images.run(config)
        assert (folder / "report.md").read_text(encoding="utf-8") == report
        # What is changed in a stage, or in the recipe, is refused before anything else.
        for changes in ({"gan_width": 3}, {"judge_epochs": 2}, {"per_class": 7}):
            with pytest.raises(RunError, match=f"{next(iter(changes))}: "):
                svhn_training_images.run(dataclasses.replace(config, **changes))


def more_judges_and_test_sets_leave_the_old_ones_be(
    config: Compare, monkeypatch
) -> None:
    path = Path(config.output) / "judges" / "source" / "seed_0.json"
    before = read_json(path)
    trained = []
    fit = classifiers.train_classifier
    monkeypatch.setattr(
        classifiers, "train_classifier", lambda *a: trained.append(a[2].seed) or fit(*a)
    )
    more = {"sets": ("source",), "judge_seeds": 2, "also_test": ("svhn_cropped",)}
    svhn_training_images.run(dataclasses.replace(config, **more))
    assert trained == [1]
    after = read_json(path)
    assert after["seconds"] == before["seconds"]
    test, besides = after["tests"].values()
    assert besides["test"]["name"] == "svhn_cropped 3.0.0 train+test"
    assert np.sum(besides["confusion"]) == 160
    assert np.sum(test["confusion"]) == 30
    report = (Path(config.output) / "report.md").read_text(encoding="utf-8")
    row = r"svhn_cropped 3.0.0 train\+test \| 160 \| "
    assert re.search(row + r"[\d.]+% ± [\d.]+%", report)
    assert "GAN-test" not in report  # without judges of real images


PUBLISHED = {
    "svhn_dcgan": (
        "dcgans/digit_5",
        "DCGAN of one digit of svhn_cropped 3.0.0, digit 5",
    ),
    "svhn_conditional": ("conditional", "Class-conditional DCGAN of svhn_cropped"),
    "svhn_refiner": ("simgan", "SimGAN, a refiner of drawn digits to the likeness of"),
}


def trained_networks_find_their_way_into_the_zoo(
    kind: str, folder: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalog, "FOLDER", tmp_path / "zoo")
    monkeypatch.setattr(stored, "COUNT", 40)
    (tmp_path / "README.md").write_text("<!-- results: c -->\n<!-- end -->\n")
    where, title = PUBLISHED[kind]
    run = str(folder / where)
    publish.publish(publish.Config(run=run, name="c", kind=kind, zoo="mine"))
    card = json.loads((tmp_path / "zoo" / "mine.json").read_text())
    assert card["title"].startswith(title)
    measures = card["measures"]
    assert measures["count"] == measures["card"]["test"]["count"] == 40
    assert measures["card"]["train"]["name"] == "svhn_cropped 3.0.0 train"
    assert ("unrefined" in measures) == (kind == "svhn_refiner")
    images = zoo.sample(zoo.load("mine"), 3, conditioning=zoo.conditioning("mine"))
    assert images.shape == (3, 32, 32, 3)
    assert "| minutes |" in (tmp_path / "README.md").read_text()


def test_without_judges_a_network_is_not_measured(tmp_path):
    settings = svhn_training_images.Dcgan(output=str(tmp_path / "run"))
    with pytest.raises(ValueError, match="run compare with 'real' among its sets"):
        stored.measure("none", settings)
