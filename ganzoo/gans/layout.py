"""LayoutGAN: labelled objects drawn into given boxes."""

from typing import NamedTuple

import keras
import tensorflow as tf

from ganzoo.distribute import StepRandom
from ganzoo.gans.batches import count as count_of
from ganzoo.gans.checks_data import Images
from ganzoo.gans.checks_layout import Layout
from ganzoo.gans.gan import GAN
from ganzoo.gans.layout_players import check_layout_players
from ganzoo.gans.layout_sampling import LayoutSampling, pack, unpack


class Layouts(NamedTuple):
    """What is where in the images of a step; `[n, objects, 5]`, see `pack`.

    Attributes:
        real: In the real images.
        fake: What the generator is to draw, in the same boxes.
        wrong: The real images' boxes with labels none of which is true.
    """

    real: tf.Tensor
    fake: tf.Tensor
    wrong: tf.Tensor | None


@keras.saving.register_keras_serializable("ganzoo")
class LayoutGAN(LayoutSampling, GAN):
    """A GAN whose generator draws objects of given labels into given boxes.

    The generator maps noise `[n, 1 + objects, latent_dim]`, labels `[n, objects]` and
    boxes `[n, objects, 4]` (see `ganzoo.boxes`) to images; the discriminator maps
    images, labels and boxes to logits `[n, 1]`, or `[n, 1 + objects]`: of the image as
    a whole, then of each object. It may return the logits of each object's class, too,
    `[n, objects, num_classes]`. `fit()` takes batches (images, (labels, boxes)), as
    `training_batches(MultiDigits(...), with_labels=True)` makes them.

    By default the game is the source's, which fails for orders of labels that training
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
    which must be real, and of the class of its label. The recommended game is

        generator = networks.layout_generator(label_scale=10.0)
        discriminator = networks.layout_discriminator(
            None, joint=False, blank=True, conditioning="classifier"
        )
        game = LayoutGAN(generator, discriminator, draw_labels=True)
        adam = keras.optimizers.Adam
        game.compile(adam(2e-4, beta_1=0.5), adam(2e-4, beta_1=0.5))

    The source trains with batches of 32 for about 25,000 steps, at learning rates of
    1e-6 to 1e-5 for the generator and of 1e-5 to 1e-4 for the discriminator.

    Objects of one box are one object, to be seen once (the last one): so layouts of
    fewer objects than a batch has room for repeat some of theirs.

    Example:
        >>> batches = data.training_batches(
        ...     data.MultiDigits(digits), 32, seed=0, with_labels=True
        ... )
        >>> game.fit(batches, epochs=25, steps_per_epoch=1000)
        >>> images = game.generate(16, [1, 9, 8, 6])
    """

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
        **kwargs,
    ):
        """Checks that the players fit together.

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

    def _introduce(self, generator, discriminator, latent_dim, num_classes) -> int:
        return check_layout_players(generator, discriminator, latent_dim, num_classes)

    def _log_names(self) -> list[str]:
        names = super()._log_names()
        if self.classifies:
            names += ["real_classification", "fake_classification"]
        return names + (["mismatch_loss"] if self.mismatch_weight else [])

    # ------------------------------------------------------------------- the algorithm

    def batch_parts(self):
        """Returns that a batch holds real images and their layouts."""
        images = Images.like("real images", self.generator, "generator")
        return images, Layout(self.num_classes, self.max_objects)

    def unpack(self, data) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the images and their layouts, `[n, objects, 5]`; see `pack`."""
        images, layout, _ = keras.utils.unpack_x_y_sample_weight(data)
        if not isinstance(layout, tuple | list) or len(layout) != 2:
            raise ValueError(
                "LayoutGAN takes batches (images, (labels, boxes)); ganzoo.data."
                "training_batches(MultiDigits(...), with_labels=True) makes such."
            )
        return images, pack(*layout)

    def condition(self, real, random: StepRandom) -> tuple[tf.Tensor, Layouts]:
        """Returns the images of a step, and what is where in them and in the fakes."""
        images, layout = real
        labels, boxes = unpack(layout)
        shape = [count_of(labels), labels.shape[1]]
        fake, wrong = layout, None
        if self.draw_labels:
            drawn = random.integers(shape, self.num_classes)
            fake = pack(of_one_box(drawn, boxes), boxes)
        if self.mismatch_weight:
            further = 1 + random.integers(shape, self.num_classes - 1)
            wrong = pack((labels + further) % self.num_classes, boxes)
        return images, Layouts(layout, fake, wrong)

    def generate_batch(self, real, labels: Layouts, random, training: bool = True):
        """Returns as many generated images as there are real ones, in float32."""
        return super().generate_batch(real, labels.fake, random, training=training)

    def judge_real(self, real, labels: Layouts, training: bool = True) -> dict:
        """Returns the logits of real images, with right labels and wrong ones."""
        values = self._judged("real", real, labels.real, training)
        if labels.wrong is not None:
            judged = self._judged("wrong", real, labels.wrong, training)
            pair = [
                objects_of(v) for v in (values["real_logits"], judged["wrong_logits"])
            ]
            values["mismatch_loss"] = self.adversarial_loss.discriminator(*pair)
        return values

    def judge(self, fake, labels: Layouts, training: bool = True) -> dict:
        """Returns the logits of generated images."""
        return self._judged("fake", fake, labels.fake, training)

    def discriminate(self, images, labels: Layouts, training: bool = True) -> tf.Tensor:
        """Returns the discriminator's logits for images of the real layouts."""
        return self._judged("real", images, labels.real, training)["real_logits"]

    def _judged(self, kind: str, images, layout, training: bool) -> dict:
        labels, boxes = unpack(layout)
        outputs = self.discriminator([images, labels, boxes], training=training)
        if not self.classifies:
            return {f"{kind}_logits": tf.cast(outputs, tf.float32)}
        logits, classes = (tf.cast(output, tf.float32) for output in outputs)
        errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, classes)
        return {
            f"{kind}_logits": logits,
            f"{kind}_classification": tf.reduce_mean(errors, axis=1),
        }

    def _objective(self, values: dict[str, tf.Tensor]) -> tf.Tensor:
        share = self.mismatch_weight
        if share:
            loss = (1 - share) * values["discriminator_loss"]
            loss += share * values["mismatch_loss"]
            values = values | {"discriminator_loss": loss}
        return super()._objective(values) + self._classification("real", values)

    def _generator_objective(self, values: dict[str, tf.Tensor]) -> tf.Tensor:
        objective = super()._generator_objective(values)
        return objective + self._classification("fake", values)

    def _classification(self, kind: str, values: dict[str, tf.Tensor]):
        if not self.classifies:
            return 0.0
        return self.classification_weight * values[f"{kind}_classification"]


def of_one_box(labels: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Gives objects of the same box the label of the last of them, `[n, objects]`."""
    same = tf.reduce_all(tf.equal(boxes[:, :, None], boxes[:, None]), axis=-1)
    number = tf.range(labels.shape[1])
    last = tf.reduce_max(tf.where(same, number, -1), axis=-1)
    return tf.gather(labels, last, batch_dims=1)


def objects_of(logits: tf.Tensor) -> tf.Tensor:
    """Leaves out the decision on the image as a whole, if others are beside it."""
    return logits[:, 1:] if logits.shape[1] > 1 else logits
