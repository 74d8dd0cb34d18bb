"""Evaluates labeled images by classifiers trained on some and tested on others.

Trained on generated images and tested on real ones, a classifier shows how true and how
varied the generated ones are; trained on real images and tested on generated ones, how
true they are, whatever they leave out (GAN-train and GAN-test; Shmelkov et al. 2018,
"How good is my GAN?"). Accuracies of the same classifier, recipe and test set can be
compared, whatever made the training images.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

from ganzoo import data
from ganzoo.data.augmentation import (
    augmented_batches,
    distort,
    distortion_draws,
    invert,
    shift,
    shift_offsets,
)
from ganzoo.metrics.classifier_results import ClassifierResults, Recipe, Trial


class Build(Protocol):
    """A function from a seed to an untrained classifier, see `train_and_test`."""

    def __call__(self, *, seed: int) -> keras.Model:
        """Builds a classifier whose initial weights and dropout depend on the seed."""
        ...


def gan_train(
    build: Build,
    generated: data.ImageSet,
    real_test: data.ImageSet,
    recipe: Recipe,
    *,
    seeds: int = 1,
) -> ClassifierResults:
    """Measures accuracy on real images after training on generated ones.

    With as many generated images as there are real training images it is also the
    classification accuracy score (Ravuri & Vinyals 2019, "Classification accuracy score
    for conditional generative models"). Not above what training on real images gives,
    unless the generator adds to them; images that are false, or all alike, lower it.

    Args:
        build: Builds a classifier; see `train_and_test`.
        generated: Labeled images of any source.
        real_test: Real images that the generator was not trained on.
        recipe: Hyperparameters of the training.
        seeds: Number of trainings.

    Returns:
        The results.

    Raises:
        ValueError: As in `train_and_test`.
    """
    return train_and_test(build, generated, [real_test], recipe, seeds=seeds)[0]


def gan_test(
    build: Build,
    real: data.ImageSet,
    generated: data.ImageSet,
    recipe: Recipe,
    *,
    seeds: int = 1,
) -> ClassifierResults:
    """Measures accuracy on generated images after training on real ones.

    Read it beside the accuracy on real test images: well below, the generated images
    are often not of the class that they are said to be; well above, they are all of the
    easiest kind. It says nothing of what the generator leaves out.

    Args:
        build: Builds a classifier; see `train_and_test`.
        real: Real training images.
        generated: Labeled images of any source.
        recipe: Hyperparameters of the training.
        seeds: Number of trainings.

    Returns:
        The results.

    Raises:
        ValueError: As in `train_and_test`.
    """
    return train_and_test(build, real, [generated], recipe, seeds=seeds)[0]


def train_and_test(
    build: Build,
    train: data.ImageSet,
    tests: Sequence[data.ImageSet],
    recipe: Recipe,
    *,
    seeds: int = 1,
    verbose: int = 0,
) -> list[ClassifierResults]:
    """Trains a classifier for each of several seeds, and tests it on several sets.

    Args:
        build: Called as `build(seed=...)`, returns a new classifier with logits, such
            as `networks.svhn_classifier`.
        train: The training images; each class has some.
        tests: Sets of test images; a class may be absent there.
        recipe: Hyperparameters of the training; its seed is the first of `seeds`.
        seeds: Number of trainings.
        verbose: Verbosity of `fit()`.

    Returns:
        Results for each set of test images.

    Raises:
        ValueError: No seed or test set, a class without training images, sets of other
            classes or image shapes, or a classifier that does not fit them.
    """
    if seeds < 1 or not tests:
        raise ValueError(f"seeds={seeds} and {len(tests)} test sets must be at least 1")
    _check_sets(train, tests)
    found: list[list[Trial]] = [[] for _ in tests]
    for seed in range(recipe.seed, recipe.seed + seeds):
        used = dataclasses.replace(recipe, seed=seed)
        model = train_classifier(build, train, used, verbose=verbose)
        for test, trials in zip(tests, found, strict=True):
            trials.append(Trial(seed, confusion_matrix(model, test)))
    classifier = {"name": model.name, "weights": model.count_params()}
    steps = dataclasses.asdict(recipe)
    del steps["seed"]
    return [
        ClassifierResults(
            tuple(trials),
            {"judge": classifier, "recipe": steps} | _cards(train=train, test=test),
        )
        for test, trials in zip(tests, found, strict=True)
    ]


def train_classifier(
    build: Build, train: data.ImageSet, recipe: Recipe, *, verbose: int = 0
) -> keras.Model:
    """Trains a new classifier: a function of the images and the recipe.

    Args:
        build: Builds a classifier, as in `train_and_test`.
        train: The training images; each class has some.
        recipe: Hyperparameters of the training.
        verbose: Verbosity of `fit()`.

    Returns:
        The classifier, images in [-1, 1] -> logits.

    Raises:
        ValueError: As in `train_and_test`.
    """
    _check_sets(train, ())
    model = build(seed=recipe.seed)
    _check_classifier(model, train)
    steps = data.steps_per_epoch(len(train), recipe.batch_size)

    def augment(
        step: tf.Tensor, images: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        return _augmented(images, recipe, step), labels

    model.compile(
        optimizer=recipe.build_optimizer(steps * recipe.epochs),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(
        augmented_batches(train, recipe.batch_size, augment, seed=recipe.seed),
        steps_per_epoch=steps,
        epochs=recipe.epochs,
        shuffle=False,  # the batches are shuffled already
        verbose=verbose,
    )
    return model


def _augmented(images: tf.Tensor, recipe: Recipe, step: tf.Tensor) -> tf.Tensor:
    """Applies the recipe's random augmentation to the images of a step."""
    if recipe.shift:
        offsets = shift_offsets(recipe.seed, step, recipe.batch_size, recipe.shift)
        images = shift(images, offsets, recipe.shift, reflect=True)
    ranges = {name: getattr(recipe, name) for name in ("rotation", "shear", "zoom")}
    if any(ranges.values()):
        draws = distortion_draws(recipe.seed, step, recipe.batch_size)
        images = distort(images, draws, **ranges)
    return invert(images, recipe.seed, step) if recipe.invert else images


def confusion_matrix(model: keras.Model, test: data.ImageSet) -> np.ndarray:
    """Counts the test images of each true and predicted class.

    Args:
        model: Images in [-1, 1] -> logits [n, c].
        test: The test images.

    Returns:
        int64 [c, c]; rows are true classes.

    Raises:
        ValueError: A classifier that does not fit the images.
    """
    _check_classifier(model, test)
    classes = len(test.class_names)
    logits = model.predict(data.evaluation_batches(test, 500), verbose=0)
    taken_for = logits.argmax(axis=1).astype(np.int64)
    pairs = test.labels.astype(np.int64) * classes + taken_for
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def labeled_images(
    draw: Callable[[int, int], np.ndarray],
    class_names: Sequence[str],
    per_class: int,
    *,
    name: str,
    split: str = "generated",
) -> data.ImageSet:
    """Generates equally many images of every class, by one or several generators.

    Args:
        draw: Called as `draw(label, count)`, returns `count` images of that class,
            floats in [-1, 1] or uint8 [count, h, w, c]: for a conditional model
            `lambda label, count: model.generate(count, [label] * count, seed=label)`.
        class_names: One name per class.
        per_class: Number of images per class.
        name: Name for reports.
        split: Name of the split.

    Returns:
        The images, class by class.

    Raises:
        ValueError: `per_class` is below 1, or `draw` returns another number.
    """
    if per_class < 1:
        raise ValueError(f"per_class={per_class} must be at least 1")
    drawn = []
    for label, called in enumerate(class_names):
        images = np.asarray(draw(label, per_class))
        if len(images) != per_class:
            raise ValueError(
                f"{len(images)} images were drawn of class {label} ({called!r}), but "
                f"{per_class} are needed"
            )
        drawn.append(images if images.dtype == np.uint8 else data.to_uint8(images))
    labels = np.repeat(np.arange(len(class_names), dtype=np.int32), per_class)
    return data.ImageSet(np.concatenate(drawn), labels, tuple(class_names), name, split)


def _cards(**sets: data.ImageSet) -> dict:
    return {
        role: {
            "name": f"{image_set.name} {image_set.split}",
            "count": len(image_set),
            "fingerprint": image_set.fingerprint,
        }
        for role, image_set in sets.items()
    }


def _check_sets(train: data.ImageSet, tests: Sequence[data.ImageSet]) -> None:
    counts = np.bincount(train.labels, minlength=len(train.class_names))
    empty = [train.class_names[label] for label in np.flatnonzero(counts == 0)]
    if empty:
        raise ValueError(
            f"{train.name} ({train.split}) has no images of {', '.join(empty)}; a "
            "classifier is trained on images of every class"
        )
    for test in tests:
        if test.shape != train.shape or test.class_names != train.class_names:
            raise ValueError(
                f"{test.name} ({test.split}) has images {test.shape} of the classes "
                f"{', '.join(test.class_names)}, but {train.name} ({train.split}) has "
                f"images {train.shape} of {', '.join(train.class_names)}; training and "
                "test images must agree in both"
            )


def _check_classifier(model: keras.Model, image_set: data.ImageSet) -> None:
    shape, classes = tuple(model.input_shape[1:]), model.output_shape[-1]
    if shape != image_set.shape or classes != len(image_set.class_names):
        raise ValueError(
            f"the classifier {model.name} tells {classes} classes of images {shape} "
            f"apart; {image_set.name} ({image_set.split}) has "
            f"{len(image_set.class_names)} classes and images {image_set.shape}"
        )
