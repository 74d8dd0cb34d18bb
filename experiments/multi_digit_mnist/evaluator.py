"""Evaluates generated digits: are they the requested ones, and how diverse?"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from experiments.harness.results import cached
from experiments.multi_digit_mnist import scenes
from experiments.multi_digit_mnist.config import CLASSES, Config
from experiments.multi_digit_mnist.scenes import (
    ANY,
    MOVED,
    SAME_MIX,
    SEEN,
    UNSEEN,
    Digits,
)
from ganzoo import data, metrics, runs, zoo
from ganzoo.files import write_json
from ganzoo.zoo.layouts import Layout

# (labels [n, objects], boxes [n, objects, 4]) -> images, uint8 [n, size, size, 1].
Generate = Callable[[np.ndarray, np.ndarray], np.ndarray]
SEED = 3  # seed of the noise
BATCH = 50  # images generated at a time
NORMAL = 1.96  # standard errors of a 95% interval


class DigitEvaluator:
    """Evaluates generated digits with a classifier, and real ones for comparison.

    Attributes:
        config: The configuration.
        extractor: The classifier of digits.
        situations: Name of a situation -> real images of it.
        main: Name of the situation in which the diversity is measured: new label
            orders, if there are any.
    """

    def __init__(self, config: Config, digits: Digits):
        """Prepares the situations; composes no images yet."""
        self.config = config
        self.extractor = metrics.load_classifier("mnist")
        self.situations = scenes.situations(config, digits.test)
        self.main = UNSEEN if UNSEEN in self.situations else ANY
        self._train = scenes.situations(config, digits.train)[self.main]
        self._names = digits.test.class_names

    @property
    def by_epoch(self) -> list[str]:
        """Names of the situations that are measured during training."""
        return [name for name in (SEEN, self.main, MOVED) if name in self.situations]

    @functools.cached_property
    def reference(self) -> "Reference":
        """Statistics of real training digits in the main situation."""
        source, count = self._train, self.config.final_images
        images, (labels, boxes) = source.sample(count, seed=1)
        crops = metrics.cut_out(images, boxes, self.extractor.image_shape[0])
        name = f"{source.name}, cut out of their boxes"
        cut = data.image_set(crops, labels.ravel(), self._names, name=name)
        return Reference(self.extractor, cut)

    def real(self, name: str, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns real images of a situation with their labels and boxes."""
        images, (labels, boxes) = self.situations[name].sample(count)
        return images, labels, boxes

    def measure(
        self,
        generate: Generate | None,
        names: Sequence[str],
        count: int,
        samples: str = "",
    ) -> tuple[dict[str, float], dict]:
        """Measures generated images, or real ones in the same way.

        Args:
            generate: Generates images from labels and boxes. None uses real images.
            names: Names of situations.
            count: Number of images per situation.
            samples: Description of the images, for the card.

        Returns:
            The metrics by name, and the card of the diversity. For each situation there
            are the accuracy, the half-width of its 95% interval over images, the ink
            outside the boxes (in digits per image) and the fraction of images with a
            digit outside; for the main situation also the diversity.
        """
        row, card = {}, {}
        for name in names:
            images, labels, boxes = self.real(name, count)
            if generate is not None:
                images = generate(labels, boxes)
            crops = metrics.cut_out(images, boxes, self.extractor.image_shape[0])
            seen = self.extractor.extract(crops)
            right = seen.probabilities.argmax(axis=1) == labels.ravel()
            row[f"{name}_accuracy"] = float(right.mean())
            # Of images, as the digits of one image share its background.
            error = right.reshape(labels.shape).mean(axis=1).std(ddof=1) / count**0.5
            row[f"{name}_half_width"] = float(NORMAL * error)
            row |= self._outside(name, images, boxes)
            if name == self.main:
                diversity, card = self.reference.compare(crops, labels, seen, samples)
                row |= diversity | by_label(right, labels)
        return row, card

    def _outside(self, name: str, images: np.ndarray, boxes: np.ndarray) -> dict:
        size = self.config.size
        side = min(self.config.digit_size, size // 3)
        least = self.reference.least_ink
        looked = metrics.look_outside(
            images, boxes, self.extractor, side=side / size, least_ink=least
        )
        digit = max(self.reference.mean_ink * self.config.digit_size**2, 1.0)
        row = {f"{name}_ink_outside": looked.ink / digit}
        if looked.digits is not None:
            row[f"{name}_digits_outside"] = looked.digits
        return row

    def epoch(self, model: keras.Model) -> dict[str, float]:
        """Returns the metrics of a model after an epoch."""
        count = self.config.measure_images
        return self.measure(sampler(self.config, model), self.by_epoch, count)[0]

    def final(self, folder: runs.Run, model: keras.Model) -> dict:
        """Measures a trained model in all situations, and real images; caches it.

        Returns:
            The metrics `generated` and `real`, their `card`, and `floor`, the metrics
            of as many real images as are measured after an epoch.
        """
        config, names = self.config, list(self.situations)
        step = int(model.step)

        def find() -> dict:
            samples = f"generator, {config.weights} weights, noise seed {SEED}, after "
            row, card = self.measure(
                sampler(config, model),
                names,
                config.final_images,
                f"{samples}step {step}",
            )
            backgrounds = generate_backgrounds(config, model, self, config.final_images)
            row |= self._outside("no_digits", *backgrounds)
            real, _ = self.measure(None, names, config.final_images)
            if self.main == UNSEEN:
                row |= same_mix(row, config.orders)
                real |= same_mix(real, config.orders)
            floor, _ = self.measure(None, self.by_epoch, config.measure_images)
            return {"generated": row, "real": real, "floor": floor, "card": card}

        asked = {"step": step, "sha256": self.extractor.sha256}
        final = cached(folder.path / "final.json", asked, find)
        write_json(folder.path / "floor.json", final["floor"])
        return final


class Reference:
    """Statistics of real digits, cropped to their boxes.

    Attributes:
        extractor: The classifier of digits.
        reference: Statistics of the features.
        threshold: Similarity from which two digits are near-duplicates.
        spread: Mean variance of the features within a label.
        mean_ink: Mean fraction of a crop's pixels that is ink.
        least_ink: Fraction that 99% of the digits exceed.
    """

    def __init__(self, extractor: metrics.Extractor, cut: data.ImageSet):
        """Computes the statistics of the digits."""
        self.extractor = extractor
        self.reference = metrics.Reference.build(extractor, cut)
        pairs = len(cut) * (len(cut) - 1) // 2
        fraction = max(1e-4, 1 / pairs)
        self.threshold = metrics.DuplicateThreshold.build(
            cut, fraction=fraction, count=4000
        )
        features = extractor.extract(cut.images).features
        self.spread = metrics.spread_within(features, cut.labels)
        ink = metrics.ink(cut.images)
        self.mean_ink = float(ink.mean())
        self.least_ink = float(np.quantile(ink, 0.01))

    def compare(
        self,
        crops: np.ndarray,
        labels: np.ndarray,
        seen: metrics.Features,
        samples: str,
    ) -> tuple[dict[str, float], dict]:
        """Compares the diversity of generated and real digits.

        Args:
            crops: Generated digits, uint8 [n, height, width, 1].
            labels: Requested labels, [images, objects].
            seen: Features of the crops.
            samples: Description of the digits, for the card.
        """
        gaussian = metrics.statistics(seen.features)
        alike = metrics.near_duplicates(crops, self.threshold, samples=samples)
        spread = metrics.spread_within(seen.features, labels.ravel())
        distance = metrics.frechet_distance(gaussian, self.reference.gaussian)
        row = {
            "frechet_distance": distance,
            "duplicate_share": alike.fraction,
            "spread": spread / self.spread,
        }
        return row, self.reference.card | alike.card


def by_label(right: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Returns the accuracy for each requested label.

    Args:
        right: Whether each digit was classified as its label, [n].
        labels: Requested labels, [images, objects].
    """
    return {
        f"label_{k}_accuracy": float(right[labels.ravel() == k].mean())
        for k in range(CLASSES)
        if (labels == k).any()
    }


def same_mix(row: Mapping[str, float], orders: Sequence[str]) -> dict[str, float]:
    """Returns the accuracy in new orders, with labels as often as in training.

    Orders from training may have easy labels, such as 0 and 1, more often than others.
    Then a lower accuracy in new orders may be due to their labels alone.

    Args:
        row: The accuracies by label in new orders, as from `by_label`.
        orders: The label orders from training, such as ("0123", "8901").

    Returns:
        `unseen_same_mix_accuracy`; nothing if a label was not measured.
    """
    keys = [f"label_{k}_accuracy" for k in "".join(orders)]
    if not row.keys() >= set(keys):
        return {}
    return {f"{SAME_MIX}_accuracy": float(np.mean([row[key] for key in keys]))}


def sampler(config: Config, model: keras.Model) -> Generate:
    """Returns a function that generates images from labels and boxes."""

    def generate(labels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        # All batches have the same size, so each number of digits is traced only once.
        count = -(-len(labels) // BATCH) * BATCH
        images = model.generate(
            count,
            *(np.resize(rows, (count, *rows.shape[1:])) for rows in (labels, boxes)),
            seed=SEED,
            average=config.average,
            batch_size=BATCH,
        )
        return data.to_uint8(images[: len(labels)])

    return generate


def generate_backgrounds(
    config: Config, model: keras.Model, evaluator: DigitEvaluator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Generates backgrounds, the outputs of the generator's global path."""
    generator = model.generator
    path = keras.Model(generator.inputs, generator.get_layer("global_tanh").output)
    _, labels, boxes = evaluator.real(evaluator.main, count)
    layout = Layout(labels, boxes, max_objects=config.max_objects)
    fed = layout.inputs(model.latent_dim, count, SEED)
    with model.averaged_weights() if config.average else contextlib.nullcontext():
        images = [
            path([rows[start : start + BATCH] for rows in fed], training=False)
            for start in range(0, count, BATCH)
        ]
    return data.to_uint8(np.concatenate(images)), np.zeros((count, 0, 4), np.float32)


def measure_stored(name: str, config: Config) -> dict:
    """Measures a stored generator of the zoo."""
    evaluator = DigitEvaluator(config, scenes.load(config))
    samples = f"zoo generator {name}, float16 weights, noise seed {SEED}"
    names = list(evaluator.situations)
    row, card = evaluator.measure(stored(name), names, config.final_images, samples)
    return row | {"images": config.final_images, "card": card}


def stored(name: str) -> Generate:
    """Returns a function that generates images by a stored generator of the zoo.

    Raises:
        ValueError: There is no such generator, or it takes no boxes.
    """
    generator, layout = zoo.load(name), zoo.conditioning(name)
    if not isinstance(layout, Layout):
        raise ValueError(f"generator={name} takes no boxes; multi_digit_mnist does.")

    def generate(labels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        asked = dataclasses.replace(layout, labels=labels, boxes=boxes)
        return zoo.sample(
            generator, len(labels), conditioning=asked, seed=SEED, batch_size=BATCH
        )

    return generate
