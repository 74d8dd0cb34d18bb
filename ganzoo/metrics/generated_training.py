"""Evaluates labeled generated images by training or testing classifiers on them.

The accuracy on real images after training on generated ones (GAN-train) shows how
realistic and how diverse the generated images are. The accuracy on generated images
after training on real ones (GAN-test) shows how realistic they are, whatever they leave
out (Shmelkov et al. 2018, "How good is my GAN?"). Accuracies with the same classifier,
recipe and test set are comparable, whatever the source of the training images.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol

import keras
import numpy as np
from keras import KerasTensor

from ganzoo import data
from ganzoo.data.augmentation import (
    Step,
    augmented_batches,
    distort,
    distortion_draws,
    invert,
    shift,
    shift_offsets,
)
from ganzoo.metrics.classifier_results import ClassifierResults, Recipe, Trial


class Build(Protocol):
    """A function from a seed to an untrained classifier; see `train_and_test`."""

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
    for conditional generative models"). It does not exceed the accuracy after training
    on real images, unless the generator adds to them; wrong images, or images that are
    all alike, lower it.

    Args:
        build: Builds a classifier; see `train_and_test`.
        generated: Labeled images of any source.
        real_test: Real images that the generator was not trained on.
        recipe: Hyperparameters of the training.
        seeds: Number of trainings.
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

    Compare it with the accuracy on real test images. If it is much lower, generated
    images often do not show the class of their label; if it is much higher, they are
    all easy to classify. It does not show what the generator leaves out.

    Args:
        build: Builds a classifier; see `train_and_test`.
        real: Real training images.
        generated: Labeled images of any source.
        recipe: Hyperparameters of the training.
        seeds: Number of trainings.
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
    """Trains a classifier for each of several seeds; returns results for each test set.

    Args:
        build: Function that, called as `build(seed=...)`, returns a new classifier with
            logits, such as `networks.svhn_classifier`.
        train: Training images, including some of each class.
        tests: Sets of test images; a class may be absent there.
        recipe: Hyperparameters of the training; its seed is the first of `seeds`.
        seeds: Number of trainings.
        verbose: Verbosity of `fit()`.

    Raises:
        ValueError: No seed or test set, a class without training images, sets that
            differ in classes or image shapes, or a classifier that does not fit them.
    """
    if seeds < 1 or not tests:
        raise ValueError(
            f"seeds={seeds} with {len(tests)} test sets; both must be at least 1"
        )
    _check_sets(train, tests)
    found: list[list[Trial]] = [[] for _ in tests]
    for seed in range(recipe.seed, recipe.seed + seeds):
        used = dataclasses.replace(recipe, seed=seed)
        model = train_classifier(build, train, used, verbose=verbose)
        for test, trials in zip(tests, found, strict=True):
            trials.append(Trial(seed, confusion_matrix(model, test)))
    classifier = {"name": model.name, "weights": model.count_params()}
    settings = dataclasses.asdict(recipe)
    del settings["seed"]
    return [
        ClassifierResults(
            tuple(trials),
            {"judge": classifier, "recipe": settings} | _cards(train=train, test=test),
        )
        for test, trials in zip(tests, found, strict=True)
    ]


def train_classifier(
    build: Build, train: data.ImageSet, recipe: Recipe, *, verbose: int = 0
) -> keras.Model:
    """Trains a new classifier, which depends on the images and the recipe only.

    The arguments are those of `train_and_test`.
    """
    _check_sets(train, ())
    model = build(seed=recipe.seed)
    _check_classifier(model, train)
    steps = data.steps_per_epoch(len(train), recipe.batch_size)

    def augment(
        step: Step, images: KerasTensor, labels: KerasTensor
    ) -> tuple[KerasTensor, KerasTensor]:
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


def _augmented(images: KerasTensor, recipe: Recipe, step: Step) -> KerasTensor:
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
        int64 [c, c]; rows are true classes, columns predicted ones.

    Raises:
        ValueError: The classifier does not fit the images.
    """
    _check_classifier(model, test)
    classes = len(test.class_names)
    logits = model.predict(data.evaluation_batches(test, 500), verbose=0)
    predicted = logits.argmax(axis=1).astype(np.int64)
    pairs = test.labels.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def labeled_images(
    draw: Callable[[int, int], np.ndarray],
    class_names: Sequence[str],
    per_class: int,
    *,
    name: str,
    split: str = "generated",
) -> data.ImageSet:
    """Generates the same number of images of every class, by one or more generators.

    Args:
        draw: Function that, called as `draw(label, count)`, returns `count` images of
            that class, floats in [-1, 1] or uint8 [count, h, w, c]. For a conditional
            model: `lambda label, n: model.generate(n, [label] * n, seed=label)`.
        class_names: One name per class.
        per_class: Number of images per class.
        name: Name for reports.
        split: Name of the split.

    Raises:
        ValueError: `per_class` is below 1, or `draw` returns a different number.
    """
    if per_class < 1:
        raise ValueError(f"per_class={per_class} must be at least 1")
    generated = []
    for label, class_name in enumerate(class_names):
        images = np.asarray(draw(label, per_class))
        if len(images) != per_class:
            raise ValueError(
                f"draw() returned {len(images)} images of class {label} "
                f"({class_name!r}), but {per_class} are needed"
            )
        generated.append(images if images.dtype == np.uint8 else data.to_uint8(images))
    images = np.concatenate(generated)
    labels = np.repeat(np.arange(len(class_names), dtype=np.int32), per_class)
    return data.ImageSet(images, labels, tuple(class_names), name, split)


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
            f"{train.name} ({train.split}) has no images of {', '.join(empty)}; "
            "training needs images of every class"
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
            f"the classifier {model.name} takes images {shape} of {classes} classes; "
            f"{image_set.name} ({image_set.split}) has images {image_set.shape} of "
            f"{len(image_set.class_names)} classes"
        )
