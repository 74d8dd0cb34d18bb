import dataclasses
import types

import numpy as np
import pytest

from ganzoo import data, metrics
from ganzoo.callbacks import SampleMetrics
from ganzoo.callbacks.sample_metrics import scalars
from ganzoo.files import read_json


class Eye:
    """An extractor of two features and two classes: is an image bright?"""

    name, sha256 = "eye", "0" * 64
    card = {"extractor": "eye", "sha256": "0" * 64}

    def extract(self, images, batch_size=500):
        left, right = (
            images[:, :, half].mean((1, 2, 3)) for half in (slice(0, 2), slice(2, 4))
        )
        bright = (left + right > 255).astype(float)
        return metrics.Features(
            np.stack([left, right], 1).astype("float32"),
            np.stack([1 - bright, bright], 1).astype("float32"),
        )


@pytest.fixture
def measure(run, image_set):
    def make(model=None, **settings):
        reference = metrics.Reference.build(Eye(), image_set)
        settings = {"count": 8, "images_per_epoch": 24, "epochs": 10} | settings
        callback = SampleMetrics(run, Eye(), reference, **settings)
        callback.set_model(model)
        return callback

    return make


@pytest.fixture
def model(image_set):
    """A GAN that generates real images, and notes what it is asked for."""
    asked = []

    def generate(count, **how):
        asked.append({"count": count} | how)
        return image_set.images[:count] / np.float32(127.5) - 1

    return types.SimpleNamespace(
        step=7, generate=generate, asked=asked, stop_training=False
    )


def measured_epochs(callback) -> list[int]:
    found = []
    for epoch in range(callback.epochs):
        values = {}
        callback.on_epoch_end(epoch, values)
        if values:
            found.append(epoch + 1)
    return found


def test_shares_of_a_thousand_classes_are_left_out():
    measured = metrics.MetricReport(1.0, 2.0, 0.5, 0.9, (0.001,) * 1000, 0.25, 8, {})
    assert "class_0" not in scalars(measured)
    few = dataclasses.replace(measured, class_fractions=(0.25, 0.75))
    assert scalars(few)["class_1"] == 0.75


def test_an_extractor_without_classes_logs_none():
    measured = metrics.MetricReport(1.0, 1.0, 1.0, 0.9, (1.0,), 0.0, 8, {})
    assert scalars(measured) == {"frechet_distance": 1.0, "contrast": 0.9}


def test_the_epoch_that_ends_the_training_is_measured(measure, model):
    callback = measure(model, every_images=100)
    assert measured_epochs(callback) == [1, 5, 9, 10]
    logs = {}
    model.stop_training = True
    callback.on_epoch_end(2, logs)
    assert "frechet_distance" in logs


def test_samples_have_the_given_labels(measure, model):
    labels = np.arange(8) % 2
    measure(model, labels=labels, average=True).on_epoch_end(0, {})
    assert all(asked["labels"] is labels for asked in model.asked)


def test_the_middle_gray_is_the_gans(measure, model, image_set):
    distances = {}
    for pixel_offset in (data.PIXEL_OFFSET, 128.0):
        model.generate = lambda count, m=pixel_offset, **how: data.to_float(
            image_set.images[:count], m
        )
        logs = {}
        callback = measure(model, count=24, pixel_offset=128.0)
        callback.on_epoch_end(0, logs)
        distances[pixel_offset] = logs["frechet_distance"]
    assert distances[128.0] == pytest.approx(0, abs=1e-9)
    assert distances[data.PIXEL_OFFSET] > 0.1


@pytest.mark.parametrize(
    ("every_images", "expected"),
    [
        (1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (24, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (3 * 24, [1, 4, 7, 10]),
        (4 * 24, [1, 5, 9, 10]),
        (1000 * 24, [1, 10]),
    ],
)
def test_the_first_and_the_last_epoch_and_every_so_many_images_are_measured(
    measure, model, every_images, expected
):
    assert measured_epochs(measure(model, every_images=every_images)) == expected


def test_a_resumed_epoch_is_not_taken_for_the_last(measure, model):
    callback = measure(model, every_images=4 * 24)
    callback.set_params({"epochs": 3})  # of the fit() that finishes it
    values = {}
    callback.on_epoch_end(2, values)
    assert values == {}


def test_real_images_measure_as_they_should(measure, model, image_set, run):
    values = {}
    measure(model, count=len(image_set)).on_epoch_end(0, values)
    assert values["frechet_distance"] == pytest.approx(0, abs=1e-6)
    assert values["confident_share"] == 1
    assert values["class_0"] + values["class_1"] == 1
    assert all(isinstance(value, float) for value in values.values())
    written = read_json(run.path / "measures.json")
    assert written["frechet_distance"] == values["frechet_distance"]
    assert written["card"] == {
        "extractor": "eye",
        "sha256": "0" * 64,
        "reference": "noise train",
        "reference_count": 24,
        "reference_fingerprint": image_set.fingerprint,
        "count": 24,
        "samples": "generator, raw weights, noise seed 0, after step 7",
    }


def test_the_card_says_which_weights_were_measured(measure, model, run):
    values = {}
    measure(model, average=True, seed=3).on_epoch_end(0, values)
    assert [asked["average"] for asked in model.asked] == [True, False]
    assert {asked["seed"] for asked in model.asked} == {3}
    assert "raw_frechet_distance" in values
    card = read_json(run.path / "measures.json")["card"]
    assert card["samples"] == "generator, averaged weights, noise seed 3, after step 7"


def test_further_measures_are_logged_and_written(measure, model, image_set, run):
    callback = measure(model, average=True, also=[metrics.prdc])
    callback.reference = metrics.Reference.build(Eye(), image_set, features=24)
    values = {}
    callback.on_epoch_end(0, values)
    written = read_json(run.path / "measures.json")["also"]
    for name in ("precision", "recall", "density", "coverage"):
        assert values[name] == written[0][name]
        assert f"raw_{name}" not in values
    assert written[0]["card"]["neighbours"] == 5
    assert "raw_frechet_distance" in values


def test_one_sample_is_too_few(measure):
    with pytest.raises(ValueError, match="count=1 samples must be at least 2"):
        measure(count=1)
