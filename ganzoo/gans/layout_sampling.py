"""Images of chosen objects in chosen boxes, and what there may be."""

import numpy as np
import tensorflow as tf

from ganzoo import boxes as bounding
from ganzoo.distribute import StepRandom, checked_seed
from ganzoo.gans.game import GENERATION
from ganzoo.gans.sampling import Sampling


def pack(labels: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Makes one tensor of labels and boxes: float32 `[n, objects, 5]`, labels first.

    Raises:
        ValueError: Shapes other than `[n, objects]` and `[n, objects, 4]`.
    """
    if len(labels.shape) != 2 or not boxes.shape.is_compatible_with([*labels.shape, 4]):
        raise ValueError(
            f"labels of shape {tuple(labels.shape)} and boxes of shape "
            f"{tuple(boxes.shape)}; a batch has labels (n, objects) and boxes "
            "(n, objects, 4)."
        )
    named = tf.cast(labels, tf.float32)[..., None]
    return tf.concat([named, tf.cast(boxes, tf.float32)], axis=-1)


def unpack(layout: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns int32 labels `[n, objects]` and boxes `[n, objects, 4]`; see `pack`."""
    return tf.cast(layout[..., 0], tf.int32), layout[..., 1:]


class LayoutSampling(Sampling):
    """Mixin of the games whose generator is fed noise, labels and boxes."""

    def generate(
        self,
        count: int,
        labels=None,
        boxes=None,
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
                labels, or as the players were built for, or for 4.
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
        return super().generate(
            count, layout, seed=seed, average=average, batch_size=batch_size
        )

    def layouts(self, count: int, labels=None, boxes=None, *, seed: int = 0):
        """Returns what `generate` draws where, float32 `[count, objects, 5]`.

        Raises:
            ValueError: As `generate`.
        """
        if count < 1:
            raise ValueError(f"count={count} must be at least 1.")
        if boxes is None:
            given = labels is not None and np.ndim(labels)
            boxes = bounding.grid(np.shape(labels)[-1] if given else self._objects())
        boxes = np.asarray(boxes, np.float32)
        if labels is None:
            root = StepRandom.root(self.seed).fold(GENERATION)
            root = root.fold(checked_seed(seed))
            shape = [count, boxes.shape[-2] if boxes.ndim > 1 else 0]
            labels = root.integers(shape, self.num_classes).numpy()
        labels = np.asarray(labels)
        for name, given, ranks in (("labels", labels, 1), ("boxes", boxes, 2)):
            if given.ndim > ranks and len(given) != count:
                raise ValueError(f"{name} of {len(given)} images, but count={count}.")
        if labels.ndim == 1:
            labels = np.tile(labels, (count, 1))
        if boxes.ndim == 2:
            boxes = np.tile(boxes, (count, 1, 1))
        self._check_layout(labels, boxes)
        return pack(tf.constant(labels), tf.constant(boxes)).numpy()

    def generator_inputs(self, count, random: StepRandom, labels=None) -> list:
        """Returns noise, labels and boxes; `labels` is a packed layout."""
        labels, boxes = unpack(labels)
        objects = labels.shape[1]
        return [random.normal([count, 1 + objects, self.latent_dim]), labels, boxes]

    def _objects(self) -> int:
        """The number of objects that a player was built for; 4 if none was."""
        players = self.generator, self.discriminator
        known = [player.inputs[1].shape[1] for player in players]
        return next((number for number in known if number), min(4, self.max_objects))

    def _check_labels(self, labels, count: int) -> np.ndarray:
        return labels  # checked by layouts()

    def _check_layout(self, labels, boxes) -> None:
        bounding.check(labels, boxes, self.num_classes, self.max_objects)
