"""LayoutGAN: generates labeled objects in given boxes."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import KerasTensor, ops
from numpy.typing import ArrayLike

from ganzoo import boxes as bounding
from ganzoo.gans import sampling
from ganzoo.gans.batches import Batch
from ganzoo.gans.checks_data import Images, Parts
from ganzoo.gans.checks_labels import Layout
from ganzoo.gans.checks_models import check_layout_networks
from ganzoo.gans.gan import GAN
from ganzoo.random import StepRandom


class Layouts(NamedTuple):
    """The labels and boxes of a step; each `[n, objects, 5]`, see `pack`."""

    real: KerasTensor
    fake: KerasTensor
    wrong: KerasTensor | None


@keras.saving.register_keras_serializable("ganzoo")
class LayoutGAN(GAN):
    """A GAN whose generator draws objects of given labels into given boxes.

    The generator maps noise `[n, 1 + objects, latent_dim]`, labels `[n, objects]` and
    boxes `[n, objects, 4]` (see `ganzoo.boxes`) to images; the discriminator maps
    images, labels and boxes to logits `[n, 1]`, or `[n, 1 + objects]`: of the image as
    a whole, then of each object. It may return the logits of each object's class, too,
    `[n, objects, num_classes]`. `fit()` takes batches (images, (labels, boxes)), as
    `training_batches(MultiDigits(...), with_labels=True)` makes them.

    By default the model is the source's, which fails for orders of labels that were not
    in the training data, because labels have too little influence, as the source says.
    A label is a single one among a hundred random numbers of that size, 1 % of the
    local path's input. And its only feedback is one joint decision, which accepts
    digits in one of the three known orders whatever their labels. If the generator also
    received labels in other orders (`draw_labels`), that discriminator, which sees
    several objects in the image and in the join, would reject even good images. (The
    generator does not see the order: it draws each object from its own noise and label
    only, unless convolutions follow the merge.)

    To generate every order correctly, labels must be sampled independently of the
    images, and then no part of the discriminator may see two objects. The global path
    sees the background only, with the boxes blanked, and the local path each crop
    separately, which must look real and match its label. The recommended model is

        generator = networks.layout_generator(label_scale=10.0)
        discriminator = networks.layout_discriminator(
            None, joint=False, blank=True, conditioning="classifier"
        )
        gan = LayoutGAN(generator, discriminator, draw_labels=True)
        adam = keras.optimizers.Adam
        gan.compile(adam(2e-4, beta_1=0.5), adam(2e-4, beta_1=0.5))

    The source trains with batches of 32 for about 25,000 steps, at learning rates of
    1e-6 to 1e-5 for the generator and of 1e-5 to 1e-4 for the discriminator.

    Objects with the same box count as one object, and only the last is visible: layouts
    with fewer objects than a batch has room for repeat some of theirs.

    Examples:
        >>> batches = data.training_batches(
        ...     data.MultiDigits(digits), 32, seed=0, with_labels=True
        ... )
        >>> gan.fit(batches, epochs=25, steps_per_epoch=1000)
        >>> images = gan.generate(16, [1, 9, 8, 6])
    """

    num_classes: int  # never None here

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        num_classes: int = 10,
        max_objects: int = 16,
        draw_labels: bool = False,
        classification_weight: float = 1.0,
        mismatch_weight: float = 0.0,
        **kwargs: Any,
    ):
        """Checks that the networks fit together.

        Args:
            generator: Maps noise, labels and boxes to images.
            discriminator: Maps images, labels and boxes to logits.
            num_classes: Number of classes; labels are in [0, num_classes).
            max_objects: Largest number of objects per image.
            draw_labels: Whether to sample the generator's labels uniformly and
                independently instead of using those of the real images. The boxes are
                always those of the real images.
            classification_weight: Weight of the classes' cross-entropy, if the
                discriminator returns class logits: of real objects in its own loss, of
                generated ones in the generator's.
            mismatch_weight: Fraction, in [0, 1), of the discriminator's loss in which
                real images with wrong labels replace generated ones (Reed et al. 2016,
                "Generative adversarial text to image synthesis", algorithm 1, uses
                1/2).
            **kwargs: As in `ganzoo.GAN`.

        Raises:
            ValueError: The networks do not fit together, or an argument is out of
                range.
        """
        super().__init__(generator, discriminator, num_classes=num_classes, **kwargs)
        if not isinstance(max_objects, int) or max_objects < 1:
            raise ValueError(
                f"max_objects={max_objects!r} must be a whole number of at least 1."
            )
        if not classification_weight >= 0:
            raise ValueError(
                f"classification_weight={classification_weight} must be at least 0."
            )
        if not 0 <= mismatch_weight < 1:
            raise ValueError(f"mismatch_weight={mismatch_weight} must be in [0, 1).")
        if mismatch_weight and self.classifies:
            raise ValueError(
                f"mismatch_weight={mismatch_weight}: a discriminator that returns "
                "class logits does not use its labels, so that wrong ones make no "
                "difference; leave the weight at 0."
            )
        self.max_objects = max_objects
        self.draw_labels = bool(draw_labels)
        self.classification_weight = classification_weight
        self.mismatch_weight = mismatch_weight

    @property
    def classifies(self) -> bool:
        """Whether the discriminator also returns class logits."""
        return len(self.discriminator.outputs) == 2

    def check_networks(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int | None,
        num_classes: int | None,
    ) -> int:
        """Checks that the networks fit together; returns the size of a row of noise."""
        return check_layout_networks(generator, discriminator, latent_dim, num_classes)

    def log_names(self) -> list[str]:
        """Returns the names of the terms that a step reports."""
        names = super().log_names()
        if self.classifies:
            names += ["real_classification", "fake_classification"]
        return names + (["mismatch_loss"] if self.mismatch_weight else [])

    # ------------------------------------------------------------------- the algorithm

    def batch_parts(self) -> Parts:
        """Describes a batch: real images and their layouts."""
        images = Images.like("real images", self.generator, "generator")
        return images, Layout(self.num_classes, self.max_objects)

    def unpack(self, data: Any) -> tuple:
        """Returns the images and their layouts, `[n, objects, 5]`; see `pack`."""
        images, layout, _ = keras.utils.unpack_x_y_sample_weight(data)
        if not isinstance(layout, tuple | list) or len(layout) != 2:
            raise ValueError(
                "LayoutGAN takes batches (images, (labels, boxes)); ganzoo.data."
                "training_batches(MultiDigits(...), with_labels=True) makes such."
            )
        return images, pack(*layout)

    def sample_condition(self, batch: Batch, random: StepRandom) -> tuple:
        """Returns the images of a step, and the layouts of them and of the fakes."""
        real, layout = batch
        labels, boxes = unpack(layout)
        shape = [ops.shape(labels)[0], labels.shape[1]]
        fake, wrong = layout, None
        if self.draw_labels:
            drawn = random.integers(shape, self.num_classes)
            fake = pack(of_one_box(drawn, boxes), boxes)
        if self.mismatch_weight:
            further = 1 + random.integers(shape, self.num_classes - 1)
            wrong = pack((labels + further) % self.num_classes, boxes)
        return real, Layouts(layout, fake, wrong)

    def generator_inputs(
        self,
        count: int | KerasTensor,
        random: StepRandom,
        condition: Layouts | KerasTensor | None = None,
    ) -> list:
        """Returns noise, labels and boxes of `Layouts`, or of one packed layout."""
        layout = condition.fake if isinstance(condition, Layouts) else condition
        labels, boxes = unpack(layout)
        objects = labels.shape[1]
        return [random.normal([count, 1 + objects, self.latent_dim]), labels, boxes]

    @property
    def sampling_generator(self) -> keras.Model:
        """The generator, of noise, labels and boxes."""
        return self.generator

    def real_outputs(
        self, real: KerasTensor, condition: Layouts, training: bool = True
    ) -> dict:
        """Returns the logits of real images, with true and with wrong labels."""
        terms = self._outputs("real", real, condition.real, training)
        if condition.wrong is not None:
            # Reed et al. 2016, algorithm 1: real images with wrong labels.
            wrong = self._outputs("wrong", real, condition.wrong, training)
            pair = [
                objects_of(v) for v in (terms["real_logits"], wrong["wrong_logits"])
            ]
            terms["mismatch_loss"] = self.adversarial_loss.discriminator(*pair)
        return terms

    def fake_outputs(
        self, fake: KerasTensor, condition: Layouts, training: bool = True
    ) -> dict:
        """Returns the logits of generated images."""
        return self._outputs("fake", fake, condition.fake, training)

    def discriminate(
        self, images: KerasTensor, condition: Layouts, training: bool = True
    ) -> KerasTensor:
        """Returns the discriminator's logits for images with the real layouts."""
        return self._outputs("real", images, condition.real, training)["real_logits"]

    def _outputs(
        self, kind: str, images: KerasTensor, layout: KerasTensor, training: bool
    ) -> dict:
        labels, boxes = unpack(layout)
        outputs = self.discriminator([images, labels, boxes], training=training)
        if not self.classifies:
            return {f"{kind}_logits": ops.cast(outputs, "float32")}
        logits, classes = (ops.cast(output, "float32") for output in outputs)
        errors = ops.sparse_categorical_crossentropy(labels, classes, from_logits=True)
        return {
            f"{kind}_logits": logits,
            f"{kind}_classification": ops.mean(errors, axis=1),
        }

    def discriminator_objective(self, terms: dict) -> KerasTensor:
        """Returns the discriminator's loss, with mismatches and classification."""
        fraction = self.mismatch_weight
        if fraction:
            loss = (1 - fraction) * terms["discriminator_loss"]
            loss += fraction * terms["mismatch_loss"]
            terms = terms | {"discriminator_loss": loss}
        objective = super().discriminator_objective(terms)
        return objective + self._classification("real", terms)

    def generator_objective(self, terms: dict) -> KerasTensor:
        """Returns the generator's loss, with the classification of its objects."""
        objective = super().generator_objective(terms)
        return objective + self._classification("fake", terms)

    def _classification(self, kind: str, terms: dict) -> KerasTensor | float:
        if not self.classifies:
            return 0.0
        return self.classification_weight * terms[f"{kind}_classification"]

    # --------------------------------------------------------------- evaluation and use

    def generate(
        self,
        count: int,
        labels: ArrayLike | None = None,
        boxes: ArrayLike | None = None,
        *,
        seed: int = 0,
        average: bool = False,
        batch_size: int = 64,
    ) -> np.ndarray:
        """Generates images in inference mode.

        Image i is a function of (seed, i), its labels and its boxes alone.

        Args:
            count: Number of images.
            labels: Labels of the objects, `[objects]` for all images or `[count,
                objects]`; by default sampled uniformly.
            boxes: Boxes of the objects, `[objects, 4]` or `[count, objects, 4]`; by
                default a square grid, `ganzoo.boxes.grid`, with one box per label, or
                as many as the networks were built for, or 4.
            seed: Seed of the noise and of sampled labels.
            average: Whether to use the moving average of the weights.
            batch_size: Number of images generated at a time on each replica.

        Returns:
            float32 `[count, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: A size is below 1, labels or boxes are out of range, or the
                model keeps no average.
        """
        layout = self.layouts(count, labels, boxes, seed=seed)
        sampling.check_sizes(batch_size=batch_size)
        return self._draw(count, layout, seed, average, batch_size)

    def layouts(
        self,
        count: int,
        labels: ArrayLike | None = None,
        boxes: ArrayLike | None = None,
        *,
        seed: int = 0,
    ) -> np.ndarray:
        """Returns the layouts that `generate` uses, float32 `[count, objects, 5]`."""
        if count < 1:
            raise ValueError(f"count={count} must be at least 1.")
        if boxes is None:
            shape = () if labels is None else np.shape(labels)
            boxes = bounding.grid(shape[-1] if shape else self._objects())
        boxes = np.asarray(boxes, np.float32)
        if labels is None:
            objects = boxes.shape[-2] if boxes.ndim > 1 else 0
            random = sampling.stream(self, seed)
            drawn = random.integers([count, objects], self.num_classes)
            labels = ops.convert_to_numpy(drawn)
        labels = np.asarray(labels)
        for name, given, ranks in (("labels", labels, 1), ("boxes", boxes, 2)):
            if given.ndim > ranks and len(given) != count:
                raise ValueError(f"{name} of {len(given)} images, but count={count}.")
        if labels.ndim == 1:
            labels = np.tile(labels, (count, 1))
        if boxes.ndim == 2:
            boxes = np.tile(boxes, (count, 1, 1))
        bounding.check(labels, boxes, self.num_classes, self.max_objects)
        return ops.convert_to_numpy(
            pack(ops.convert_to_tensor(labels), ops.convert_to_tensor(boxes))
        )

    def _objects(self) -> int:
        """Returns the number of objects that a network was built for, by default 4."""
        networks = self.generator, self.discriminator
        known = [network.inputs[1].shape[1] for network in networks]
        return next((number for number in known if number), min(4, self.max_objects))


def pack(labels: KerasTensor, boxes: KerasTensor) -> KerasTensor:
    """Packs labels and boxes, float32 `[n, objects, 5]`, labels first."""
    if len(labels.shape) != 2 or tuple(boxes.shape) != (*labels.shape, 4):
        raise ValueError(
            f"labels of shape {tuple(labels.shape)} and boxes of shape "
            f"{tuple(boxes.shape)}; a batch has labels (n, objects) and boxes "
            "(n, objects, 4)."
        )
    named = ops.cast(labels, "float32")[..., None]
    return ops.concatenate([named, ops.cast(boxes, "float32")], axis=-1)


def unpack(layout: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Returns int32 labels `[n, objects]` and boxes `[n, objects, 4]`; see `pack`."""
    return ops.cast(layout[..., 0], "int32"), layout[..., 1:]


def of_one_box(labels: KerasTensor, boxes: KerasTensor) -> KerasTensor:
    """Gives objects with equal boxes the label of the last one, `[n, objects]`."""
    same = ops.all(ops.equal(boxes[:, :, None], boxes[:, None]), axis=-1)
    number = ops.arange(labels.shape[1])
    last = ops.max(ops.where(same, number, -1), axis=-1)
    return ops.take_along_axis(labels, last, axis=1)


def objects_of(logits: KerasTensor) -> KerasTensor:
    """Drops the logit of the whole image, if there are logits of objects."""
    return logits[:, 1:] if logits.shape[1] > 1 else logits
