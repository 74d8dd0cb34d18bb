import dataclasses
import functools

import keras
import numpy as np
import pytest

from ganzoo import data
from ganzoo.metrics import Recipe, gan_test, gan_train, labeled_images, train_and_test
from ganzoo.metrics.generated_training import confusion_matrix, train_classifier

RECIPE = Recipe(epochs=12, batch_size=16, learning_rate=0.02, shift=1)
LEVELS = (20, 130, 240)  # of gray, one a class


def build(seed, classes=3, side=6):
    """A classifier by the mean gray level, hidden under random weights."""
    seeds = [keras.initializers.HeNormal(seed=seed + n) for n in range(2)]
    return keras.Sequential(
        [
            keras.Input((side, side, 1)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(12, activation="relu", kernel_initializer=seeds[0]),
            keras.layers.Dense(classes, kernel_initializer=seeds[1]),
        ],
        name="levels",
    )


def levels(count, seed, *, levels=LEVELS, side=6, name="levels", split="train"):
    """Noisy images of one gray level each, which is their class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(levels)
    noise = rng.integers(-15, 16, (count, side, side, 1))
    images = np.array(levels)[labels][:, None, None, None] + noise
    names = tuple("abc"[: len(levels)])
    return data.image_set(
        images.astype(np.uint8), labels, names, name=name, split=split
    )


def test_a_classifier_learns_the_classes_of_its_training_images():
    (found,) = train_and_test(build, levels(96, 0), [levels(30, 1)], RECIPE, seeds=2)
    assert found.accuracy > 0.95
    assert [trial.seed for trial in found.trials] == [0, 1]
    assert found.confusion.sum() == 60


def test_generated_images_of_wrong_classes_are_found_out_from_both_sides():
    true, test = levels(96, 0), levels(30, 1, split="test")
    swapped = levels(96, 2, levels=(130, 20, 240), name="generated")
    for found in (
        gan_train(build, swapped, test, RECIPE),
        gan_test(build, true, swapped, RECIPE),
    ):
        fractions = found.confusion / found.confusion.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(
            fractions, [[0, 1, 0], [1, 0, 0], [0, 0, 1]], atol=0.2
        )
        assert found.class_accuracies[2] > 0.8 > 0.2 > found.class_accuracies[0]
    assert found.card["train"]["name"] == "levels train"
    assert found.card["test"]["name"] == "generated train"


def test_images_without_variety_train_badly_but_are_recognised():
    """What GAN-train sees and GAN-test does not."""
    middles = (50, 128, 206)
    plain = levels(240, 0, levels=middles)
    drift = np.random.default_rng(5).integers(-34, 35, (240, 1, 1, 1))
    images = (plain.images + drift).clip(0, 255).astype(np.uint8)
    varied = data.image_set(images, plain.labels, plain.class_names, name="varied")
    narrow = levels(240, 1, levels=[level - 22 for level in middles])
    assert gan_test(build, varied, narrow, RECIPE).accuracy > 0.9
    real = gan_train(build, varied, varied, RECIPE).accuracy
    assert gan_train(build, narrow, varied, RECIPE).accuracy < real - 0.08


def test_the_same_recipe_and_seed_give_the_same_bits_whatever_the_global_seed():
    def trained(seed, everything):
        keras.utils.set_random_seed(everything)
        recipe = Recipe(epochs=1, batch_size=8, seed=seed)
        return train_classifier(dropping, levels(24, 0), recipe).get_weights()

    def dropping(seed):
        """A network whose training is random, too, and of few layers."""
        network = build(seed)
        dropout = keras.layers.Dropout(0.5, seed=seed)
        features, last = network.layers[:-1], network.layers[-1]
        return keras.Sequential([network.inputs[0], *features, dropout, last])

    first, again, other = trained(3, 1), trained(3, 2), trained(4, 1)
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(first[0], other[0])


def test_inverted_training_images_teach_negatives():
    train = levels(240, 0, levels=(20, 75, 128))
    negatives = data.image_set(
        255 - train.images, train.labels, train.class_names, name="negatives"
    )

    def accuracy(recipe):
        return gan_train(build, train, negatives, recipe).accuracy

    assert accuracy(RECIPE) < 0.5
    assert accuracy(dataclasses.replace(RECIPE, epochs=40, invert=True)) > 0.85


def test_turned_training_images_teach_turns():
    """Stripes of a direction are a class; turned by 40 degrees they still are.

    Some classifiers know that without such images, by their first weights.
    """

    def stripes(degrees):
        rows, columns = 1.6 * (np.mgrid[:16, :16] - 7.5)
        phase = np.random.default_rng(0).uniform(0, 6.3, (120, 1, 1))
        angles = np.deg2rad(np.arange(120) % 2 * 90 + degrees)[:, None, None]
        waves = np.sin(rows * np.cos(angles) + columns * np.sin(angles) + phase)
        images = (127 + 120 * waves).astype(np.uint8)[..., None]
        return data.image_set(images, np.arange(120) % 2, ("a", "b"), name="stripes")

    def classifier(seed):
        start = keras.initializers.HeNormal(seed=seed)
        return keras.Sequential(
            [
                keras.Input((16, 16, 1)),
                keras.layers.Conv2D(8, 5, activation="relu", kernel_initializer=start),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(2, kernel_initializer=start),
            ]
        )

    def accuracy(rotation):
        recipe = dataclasses.replace(RECIPE, rotation=rotation)
        found = gan_train(classifier, stripes(0), stripes(40), recipe, seeds=3)
        return found.accuracy

    assert accuracy(40.0) > 0.95
    assert accuracy(0.0) < 0.9


def test_the_confusion_matrix_has_true_classes_in_its_rows():
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    model.layers[-1].set_weights([np.zeros((36, 3)), np.array([0.0, 5.0, 0.0])])
    counts = confusion_matrix(model, levels(7, 0))
    assert counts.tolist() == [[0, 3, 0], [0, 2, 0], [0, 2, 0]]


def test_several_test_sets_are_seen_by_the_same_classifier():
    recipe = Recipe(epochs=1, batch_size=16)
    train, test, other = levels(48, 0), levels(9, 1), levels(12, 2)
    both = train_and_test(build, train, [test, other], recipe)
    assert [found.confusion.sum() for found in both] == [9, 12]
    (alone,) = train_and_test(build, train, [other], recipe)
    np.testing.assert_array_equal(both[1].confusion, alone.confusion)


def test_the_card_names_judge_recipe_and_images():
    train, test = levels(48, 0), levels(9, 1, split="test")
    (found,) = train_and_test(build, train, [test], Recipe(epochs=1, batch_size=16))
    assert found.card["judge"] == {"name": "levels", "weights": 63}
    assert found.card["recipe"]["epochs"] == 1
    assert "seed" not in found.card["recipe"]
    assert found.card["train"] == {
        "name": "levels train",
        "count": 48,
        "fingerprint": train.fingerprint,
    }
    assert found.card["test"]["name"] == "levels test"


# ------------------------------------------------------------------------ any generator


def test_equally_many_images_are_drawn_of_every_class():
    def draw(label, count):
        return np.full((count, 2, 2, 1), label - 1, "float32")

    drawn = labeled_images(draw, ("a", "b", "c"), 4, name="drawn")
    assert drawn.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert drawn.images[::4, 0, 0, 0].tolist() == [0, 128, 255]
    assert (drawn.name, drawn.split, drawn.class_names) == (
        "drawn",
        "generated",
        ("a", "b", "c"),
    )
    same = labeled_images(
        lambda label, count: np.full((count, 2, 2, 1), label, np.uint8),
        ("a", "b"),
        1,
        name="bytes",
    )
    assert same.images.ravel().tolist() == [0] * 4 + [1] * 4


@pytest.mark.parametrize("given", [0, 3])
def test_a_generator_that_draws_another_number_is_named(given):
    def draw(label, count):
        return np.zeros((given if label == 1 else count, 2, 2, 1), np.uint8)

    message = rf"{given} images of class 1 \('b'\), but 2"
    with pytest.raises(ValueError, match=message):
        labeled_images(draw, ("a", "b"), 2, name="x")
    with pytest.raises(ValueError, match="per_class=0"):
        labeled_images(draw, ("a", "b"), 0, name="x")


# ------------------------------------------------------------------------------- errors


def test_a_class_may_lack_test_images_but_no_training_images():
    train = levels(48, 0)
    lacking = data.image_set(
        train.images, train.labels % 2, train.class_names, name="half"
    )
    with pytest.raises(ValueError, match=r"half \(train\) has no images of c;"):
        train_and_test(build, lacking, [train], RECIPE)
    (found,) = train_and_test(build, train, [lacking], Recipe(epochs=1, batch_size=16))
    assert np.isnan(found.class_accuracies[2])


def test_sets_and_classifiers_that_do_not_agree_are_refused():
    train = levels(48, 0)
    for other in (levels(48, 0, side=8), levels(48, 0, levels=LEVELS[:2])):
        with pytest.raises(ValueError, match="must agree in both"):
            train_and_test(build, train, [other], RECIPE)
    for wrong in ({"classes": 4}, {"side": 8}):
        with pytest.raises(ValueError, match="the classifier levels takes"):
            train_and_test(functools.partial(build, **wrong), train, [train], RECIPE)
    with pytest.raises(ValueError, match="seeds=0"):
        train_and_test(build, train, [train], RECIPE, seeds=0)
    with pytest.raises(ValueError, match="0 test sets"):
        train_and_test(build, train, [], RECIPE)
    with pytest.raises(data.DataError, match="only 48 images"):
        train_and_test(build, train, [train], Recipe(batch_size=64))
