from pathlib import Path

import numpy as np
import pytest

from experiments import multi_digit_mnist
from experiments.harness import results
from experiments.multi_digit_mnist import evaluator, report, scenes
from experiments.multi_digit_mnist.config import labels_of
from ganzoo import boxes, data, distribute, metrics

pytestmark = pytest.mark.usefixtures("without_graphs")


def test_every_situation_is_what_its_name_says(tiny, noise_digits):
    config = tiny(size=64, digit_size=24, max_objects=16)
    found = scenes.situations(config, scenes.load(config).test)
    seen = set(map(labels_of, config.orders))
    drawn = {name: source.sample(40)[1] for name, source in found.items()}
    assert {tuple(row) for row in drawn["seen"][0]} == seen == set(data.SEEN_ORDERS)
    assert not {tuple(row) for row in drawn["unseen"][0]} & seen
    for name in ("seen", "unseen"):
        np.testing.assert_allclose(drawn[name][1], [boxes.grid(4, 0.75)] * 40)
    sizes = (drawn["moved"][1][..., 2] - drawn["moved"][1][..., 0]) * 64
    assert sizes.min() >= 18
    assert sizes.max() <= 30
    assert sizes.std() > 2
    assert len(np.unique(drawn["moved"][1][..., 0])) > 10
    for number in range(1, 7):
        labels, own = drawn[f"digits_{number}"]
        assert labels.shape == (40, number)
        np.testing.assert_allclose((own[..., 3] - own[..., 1]) * 64, 21, atol=1e-4)


def test_without_orders_there_is_nothing_held_out(tiny):
    config = tiny(orders=(), objects=3, fewest=1)
    digits = scenes.load(config)
    assert scenes.training(config, digits.train).orders is None
    own = evaluator.DigitEvaluator(config, digits)
    assert own.main == "any"
    assert own.by_epoch == ["any", "moved"]
    row, card = own.measure(None, own.by_epoch, 10)
    assert {"any_accuracy", "moved_accuracy", "spread"} <= row.keys()
    assert card["count"] == 30


def test_real_digits_are_read_right_alike_and_as_diverse_as_themselves(tiny):
    config = tiny(dataset="digits", train_images=None, size=64, digit_size=24)
    own = evaluator.DigitEvaluator(config, scenes.load(config))
    real, _ = own.measure(None, ["unseen"], 60)
    assert real["unseen_accuracy"] > 0.9
    assert real["unseen_ink_outside"] == 0
    assert 0.5 < real["spread"] < 1.5
    assert real["duplicate_share"] < 0.05
    labels_right = [real[f"label_{k}_accuracy"] for k in range(10)]
    assert np.mean(labels_right) == pytest.approx(real["unseen_accuracy"], abs=0.05)

    def one_digit(labels, own):
        """Draws one and the same digit for a label, and one between the boxes."""
        digits = scenes.load(config).test
        first = [np.flatnonzero(digits.labels == k)[0] for k in range(10)]
        between = np.full((len(own), 1, 4), (28 / 64, 0, 36 / 64, 1))
        own = np.concatenate([own, between], axis=1)
        labels = np.concatenate([labels, labels[:, :1]], axis=1)
        objects = digits.images[np.array(first)[labels]].astype(np.float32)
        canvas = np.zeros((len(labels), 64, 64, 1), np.float32)
        pasted = boxes.paste(objects, own.astype(np.float32), canvas)
        return np.rint(pasted).astype(np.uint8)

    found, _ = own.measure(one_digit, ["unseen"], 60)
    assert found["spread"] < 0.3
    assert found["duplicate_share"] > 0.05
    assert found["frechet_distance"] > 2 * real["frechet_distance"]
    assert found["unseen_ink_outside"] > 0


def test_the_background_is_what_lies_under_the_digits(tiny):
    config = tiny(ema_half_life=None)
    model = multi_digit_mnist.EXPERIMENT.build_model(config, distribute.strategy("cpu"))
    own = evaluator.DigitEvaluator(config, scenes.load(config))
    images, none = evaluator.generate_backgrounds(config, model, own, 3)
    assert images.shape == (3, 16, 16, 1)
    assert none.shape == (3, 0, 4)
    model.generator.get_layer("global_pixels").bias.assign([5.0])
    assert evaluator.generate_backgrounds(config, model, own, 3)[0].min() > 250
    assert scenes.backgrounds(config, 2).max() == 128


def test_the_reference_counts_ink_as_the_measures_do(tiny):
    config = tiny(dataset="digits", train_images=None, size=64, digit_size=24)
    digits = scenes.load(config)
    reference = evaluator.DigitEvaluator(config, digits).reference
    share = metrics.ink(digits.train.images).mean()
    assert reference.mean_ink == pytest.approx(share, rel=0.4)
    assert 0 < reference.least_ink < reference.mean_ink


def test_with_the_same_mix_of_labels_easy_labels_make_no_gap():
    # Zero is easy, and half of the labels in training; elsewhere one of four is.
    row = {"label_0_accuracy": 1.0, "label_1_accuracy": 0.9, "label_2_accuracy": 0.8}
    row |= {"label_3_accuracy": 0.7, "unseen_accuracy": 0.85}
    (value,) = evaluator.same_mix(row, ("001", "203")).values()
    assert value == pytest.approx((3 * 1.0 + 0.9 + 0.8 + 0.7) / 6)
    assert evaluator.same_mix(row, ("0123",)) == {
        "unseen_same_mix_accuracy": pytest.approx(row["unseen_accuracy"])
    }
    assert evaluator.same_mix(row, ("0124",)) == {}  # no four was measured


@pytest.mark.parametrize(
    ("name", "gap", "same"),
    [("multi_digit_source", 0.0060, 0.0021), ("multi_digit", 0.0033, 0.0010)],
)
def test_the_published_gaps_are_mostly_the_mix_of_labels(name, gap, same):
    (found,) = results.published(Path(__file__).parents[3] / "reports")[name]
    final = {
        key.removeprefix("final/"): value
        for key, value in found.numbers.items()
        if key.startswith("final/")
    }
    mixed = evaluator.same_mix(final, found.config["orders"])
    key = "unseen_same_mix_accuracy"
    assert final[key] == pytest.approx(mixed[key], abs=1e-12)
    seen = final["seen_accuracy"]
    assert seen - final["unseen_accuracy"] == pytest.approx(gap, abs=1e-4)
    assert seen - final[key] == pytest.approx(same, abs=1e-4)


def test_the_report_has_a_row_for_each_situation_measured_and_for_the_same_mix():
    row = {"seen_accuracy": 0.9, "seen_ink_outside": 0.1, "unseen_accuracy": 0.5}
    row |= {"seen_digits_outside": 0.25, "unseen_same_mix_accuracy": 0.75}
    first, second, third = report.accuracy_rows(row, row)
    assert [*first.values()][1:] == ["90.0%", "90.0%", "25.0%", "0.100"]
    assert second["generated"] == "50.0%"
    assert third == {
        "": "new label orders, labels as often as in training",
        "generated": "75.0%",
        "real test digits": "75.0%",
        "digits outside boxes": "",
        "ink outside boxes": "",
    }
