"""LayoutGAN: labeled objects drawn into given boxes."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from ganzoo import boxes as bounding
from ganzoo.gans import sampling
from ganzoo.gans.batches import Batch
from ganzoo.gans.checks_data import Images, Parts
from ganzoo.gans.checks_layout import Layout
from ganzoo.gans.checks_layout_networks import check_layout_networks
from ganzoo.gans.gan import GAN
from ganzoo.random import StepRandom


class Layouts(NamedTuple):
    """What is where in the images of a step; `[n, objects, 5]`, see `pack`.

    Attributes:
        real: In the real images.
        fake: What the generator is to draw, in the same boxes.
        wrong: The real images' boxes with labels none of which is true.
    """

    real: keras.KerasTensor
    fake: keras.KerasTensor
    wrong: keras.KerasTensor | None


@keras.saving.register_keras_serializable("ganzoo")
class LayoutGAN(GAN):
    """A GAN whose generator draws objects of given labels into given boxes.

    The generator maps noise `[n, 1 + objects, latent_dim]`, labels `[n, objects]` and
    boxes `[n, objects, 4]` (see `ganzoo.boxes`) to images; the discriminator maps
    images, labels and boxes to logits `[n, 1]`, or `[n, 1 + objects]`: of the image as
    a whole, then of each object. It may return the logits of each object's class, too,
    `[n, objects, num_classes]`. `fit()` takes batches (images, (labels, boxes)), as
    `training_batches(MultiDigits(...), with_labels=True)` makes them.

    By default the model is the source's, which fails for orders of labels that training
    did not have; labels weigh too little, as it says itself. A label is a single one
    among a hundred random numbers of that size, 1 % of what the local path is fed. And
    nothing judges it but one decision on everything at once, for which digits in one of
    the three known orders are real, whatever the label of any of them; were the
    generator fed labels in other orders, too (`draw_labels`), that judge, who sees
    several objects in the image and in the join, would turn them down however good.
    (The generator sees no order: each object is drawn from its own noise and label
    alone, unless convolutions follow the merge.)

    For every order to come out right, labels have to be drawn apart from the images;
    then no part of the discriminator may see two objects. The global path judges the
    background alone, with the boxes blanked, and the local path each crop by itself,
    which must be real, and of the class of its label. The recommended model is

        generator = networks.layout_generator(label_scale=10.0)
        discriminator = networks.layout_discriminator(
            None, joint=False, blank=True, conditioning="classifier"
        )
        gan = LayoutGAN(generator, discriminator, draw_labels=True)
        adam = keras.optimizers.Adam
        gan.compile(adam(2e-4, beta_1=0.5), adam(2e-4, beta_1=0.5))

    The source trains with batches of 32 for about 25,000 steps, at learning rates of
    1e-6 to 1e-5 for the generator and of 1e-5 to 1e-4 for the discriminator.

    Objects of one box are one object, to be seen once (the last one): so layouts of
    fewer objects than a batch has room for repeat some of theirs.

    Example:
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
            generator: Noise, labels and boxes to images.
            discriminator: Images, labels and boxes to logits.
            num_classes: Labels are 0 to this, which is left out.
            max_objects: The most objects of an image.
            draw_labels: Draw the labels that the generator is fed, each by itself and
                every class as likely, in place of those of the real images. The boxes
                are those of the real images.
            classification_weight: Of the cross-entropy of the classes, where the
                discriminator returns their logits: of real objects in its own loss, of
                drawn ones in the generator's.
            mismatch_weight: Share, in [0, 1), of the discriminator's loss in which real
                images with wrong labels take the place of generated ones (Reed et al.
                2016, "Generative adversarial text to image synthesis", algorithm 1,
                where it is 1/2).
            **kwargs: As in `ganzoo.GAN`.

        Raises:
            ValueError: Players that do not fit, or an argument out of range.
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
                f"mismatch_weight={mismatch_weight}: a discriminator that returns the "
                "logits of classes does not ask for labels, so that wrong ones make no "
                "difference to it; leave the weight at 0."
            )
        self.max_objects = max_objects
        self.draw_labels = bool(draw_labels)
        self.classification_weight = classification_weight
        self.mismatch_weight = mismatch_weight

    @property
    def classifies(self) -> bool:
        """Whether the discriminator returns the logits of classes, too."""
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
        """Returns that a batch holds real images and their layouts."""
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
        count: int | keras.KerasTensor,
        random: StepRandom,
        condition: Layouts | keras.KerasTensor | None = None,
    ) -> list:
        """Returns noise, labels and boxes.

        Args:
            count: Number of examples, on this replica.
            random: Where the noise comes from.
            condition: `Layouts` of a step, or one packed layout.
        """
        layout = condition.fake if isinstance(condition, Layouts) else condition
        labels, boxes = unpack(layout)
        objects = labels.shape[1]
        return [random.normal([count, 1 + objects, self.latent_dim]), labels, boxes]

    def real_outputs(
        self, real: keras.KerasTensor, condition: Layouts, training: bool = True
    ) -> dict:
        """Returns the logits of real images, with right labels and wrong ones."""
        terms = self._outputs("real", real, condition.real, training)
        if condition.wrong is not None:
            # Reed et al. 2016, algorithm 1: real images with labels that are not true.
            wrong = self._outputs("wrong", real, condition.wrong, training)
            pair = [
                objects_of(v) for v in (terms["real_logits"], wrong["wrong_logits"])
            ]
            terms["mismatch_loss"] = self.adversarial_loss.discriminator(*pair)
        return terms

    def fake_outputs(
        self, fake: keras.KerasTensor, condition: Layouts, training: bool = True
    ) -> dict:
        """Returns the logits of generated images."""
        return self._outputs("fake", fake, condition.fake, training)

    def discriminate(
        self, images: keras.KerasTensor, condition: Layouts, training: bool = True
    ) -> keras.KerasTensor:
        """Returns the discriminator's logits for images of the real layouts."""
        return self._outputs("real", images, condition.real, training)["real_logits"]

    def _outputs(
        self,
        kind: str,
        images: keras.KerasTensor,
        layout: keras.KerasTensor,
        training: bool,
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

    def discriminator_objective(self, terms: dict) -> keras.KerasTensor:
        """Returns the discriminator's loss, with mismatches and classification."""
        fraction = self.mismatch_weight
        if fraction:
            loss = (1 - fraction) * terms["discriminator_loss"]
            loss += fraction * terms["mismatch_loss"]
            terms = terms | {"discriminator_loss": loss}
        objective = super().discriminator_objective(terms)
        return objective + self._classification("real", terms)

    def generator_objective(self, terms: dict) -> keras.KerasTensor:
        """Returns the generator's loss, with the classification of what it drew."""
        objective = super().generator_objective(terms)
        return objective + self._classification("fake", terms)

    def _classification(self, kind: str, terms: dict) -> keras.KerasTensor | float:
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
        """Draws images from the generator, in inference mode.

        Image i is a function of (seed, i), its labels and its boxes alone.

        Args:
            count: Number of images.
            labels: Of the objects, `[objects]` for all images or `[count, objects]`; by
                default drawn uniformly.
            boxes: Of the objects, `[objects, 4]` or `[count, objects, 4]`; by default
                those of a square grid, `ganzoo.boxes.grid`, for as many as there are
                labels, or as the networks were built for, or for 4.
            seed: Seed of the noise, and of labels that are drawn.
            average: Use the moving average of the weights in place of the weights.
            batch_size: Images generated at a time, on each replica.

        Returns:
            float32 `[count, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: A size below 1, labels or boxes that cannot be drawn, or an
                average that was not kept.
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
        """Returns what `generate` draws where, float32 `[count, objects, 5]`.

        Raises:
            ValueError: As `generate`.
        """
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
        """The number of objects that a network was built for; 4 if none was."""
        networks = self.generator, self.discriminator
        known = [network.inputs[1].shape[1] for network in networks]
        return next((number for number in known if number), min(4, self.max_objects))


def pack(labels: keras.KerasTensor, boxes: keras.KerasTensor) -> keras.KerasTensor:
    """Makes one tensor of labels and boxes: float32 `[n, objects, 5]`, labels first.

    Raises:
        ValueError: Shapes other than `[n, objects]` and `[n, objects, 4]`.
    """
    if len(labels.shape) != 2 or tuple(boxes.shape) != (*labels.shape, 4):
        raise ValueError(
            f"labels of shape {tuple(labels.shape)} and boxes of shape "
            f"{tuple(boxes.shape)}; a batch has labels (n, objects) and boxes "
            "(n, objects, 4)."
        )
    named = ops.cast(labels, "float32")[..., None]
    return ops.concatenate([named, ops.cast(boxes, "float32")], axis=-1)


def unpack(layout: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Returns int32 labels `[n, objects]` and boxes `[n, objects, 4]`; see `pack`."""
    return ops.cast(layout[..., 0], "int32"), layout[..., 1:]


def of_one_box(
    labels: keras.KerasTensor, boxes: keras.KerasTensor
) -> keras.KerasTensor:
    """Gives objects of the same box the label of the last of them, `[n, objects]`."""
    same = ops.all(ops.equal(boxes[:, :, None], boxes[:, None]), axis=-1)
    number = ops.arange(labels.shape[1])
    last = ops.max(ops.where(same, number, -1), axis=-1)
    return ops.take_along_axis(labels, last, axis=1)


def objects_of(logits: keras.KerasTensor) -> keras.KerasTensor:
    """Leaves out the decision on the image as a whole, if others are beside it."""
    return logits[:, 1:] if logits.shape[1] > 1 else logits
