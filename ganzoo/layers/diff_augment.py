"""Differentiable augmentation of the discriminator's images."""

from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo.layers.dropout import RandomNumbers, current_random


@keras.saving.register_keras_serializable("ganzoo")
class DiffAugment(keras.layers.Layer):
    """Changes color, place and completeness of each image at random (Zhao et al. 2020).

    The first layer of a discriminator that learns from few images: it then sees each of
    them in another way in every step, real and generated ones alike, and cannot learn
    them by heart. Everything is differentiable, so that the generator learns through
    it, and moves toward real images, not toward augmented ones. The transformations are
    those of the paper (section 4; the authors' code), in this order:

    - color: brightness changes by up to half a unit, saturation by a factor of 0 to 2,
      contrast by a factor of 0.5 to 1.5;
    - translation by whole pixels, up to a fraction of height and width either way;
    - cutout of a rectangle of a fraction of height and width, its center anywhere.

    What moves in from outside and what is cut out is 0, mid-gray. An alpha channel, the
    last of two or four, moves and is cut, but keeps its values.

    The random numbers are those of the train step, as in `Dropout`: a function of
    (seed, step, place in the global batch). Each call draws its own, from the same
    distribution: for real and generated images, and for those of a penalty. A gradient
    penalty takes the gradient by the images *before* the augmentation, hence of the
    discriminator together with the augmentation, as StyleGAN2-ADA (Karras et al. 2020)
    and R3GAN do. With `training=False` images pass unchanged.

    Input: float `[n, height, width, channels]` in [-1, 1]. Output: the same shape, in
    the layer's compute dtype; computed in float32.
    """

    def __init__(
        self,
        *,
        color: bool = True,
        translation: float = 0.125,
        cutout: float = 0.5,
        **kwargs: Any,
    ):
        """Sets the policy; the default is the paper's.

        Args:
            color: Whether to change brightness, saturation and contrast.
            translation: Largest shift, as a fraction of height and width; 0 for none.
            cutout: Height and width of the rectangle, as fractions of those of the
                image; 0 for none.
            **kwargs: As in `keras.layers.Layer`.

        Raises:
            ValueError: A fraction is not in [0, 1].
        """
        # Not cast: color would be too coarse in bfloat16.
        super().__init__(autocast=False, **kwargs)
        for name, value in (("translation", translation), ("cutout", cutout)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name}={value} must be a fraction in [0, 1].")
        self.color, self.translation, self.cutout = bool(color), translation, cutout

    def call(self, images: KerasTensor, training: bool = False) -> KerasTensor:
        """Returns the images, in training each augmented in its own way.

        Raises:
            RuntimeError: In training, outside of a train step.
        """
        if not training:
            return ops.cast(images, self.compute_dtype)
        random = current_random()
        if random is None:
            raise RuntimeError(
                f"{self.name} takes its random numbers from the train step; call it in "
                "ganzoo.layers.random_scope(...), or with training=False."
            )
        changed = ops.cast(images, "float32")
        if self.color:
            changed = recolored(changed, random)
        if self.translation:
            changed = translated(changed, self.translation, random)
        if self.cutout:
            changed = changed * cutout_mask(changed, self.cutout, random)
        return ops.cast(changed, self.compute_dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the images, unchanged."""
        return input_shape

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        return super().get_config() | {
            "color": self.color,
            "translation": self.translation,
            "cutout": self.cutout,
        }


def recolored(images: KerasTensor, random: RandomNumbers) -> KerasTensor:
    """Changes brightness, saturation and contrast, in this order, each image its own.

    Args:
        images: float32 `[n, height, width, channels]`.
        random: Random numbers of the step.
    """
    draws = random.uniform([ops.shape(images)[0], 3])[:, :, None, None, None]
    brightness, saturation, contrast = draws[:, 0], draws[:, 1], draws[:, 2]
    colors = images.shape[-1] - (images.shape[-1] in (2, 4))  # without alpha
    changed = images[..., :colors] + (brightness - 0.5)
    gray = ops.mean(changed, axis=3, keepdims=True)
    changed = gray + 2.0 * saturation * (changed - gray)
    mean = ops.mean(changed, axis=(1, 2, 3), keepdims=True)
    changed = mean + (contrast + 0.5) * (changed - mean)
    if colors == images.shape[-1]:
        return changed
    return ops.concatenate([changed, images[..., colors:]], axis=3)


def translated(
    images: KerasTensor, fraction: float, random: RandomNumbers
) -> KerasTensor:
    """Shifts each image by its own number of whole pixels, and fills with 0.

    Args:
        images: float32 `[n, height, width, channels]`.
        fraction: Largest shift either way, of height and width.
        random: Random numbers of the step.
    """
    count = ops.shape(images)[0]
    height, width = images.shape[1:3]
    draws = random.uniform([count, 2])
    rows = _selection(draws[:, 0], height, fraction)
    columns = _selection(draws[:, 1], width, fraction)
    # Products with matrices of zeros and ones: static shapes, and derivatives of any
    # order at the speed of matrix products, where gathers would scatter gradients.
    lines = ops.reshape(images, [count, height, -1])
    moved = ops.reshape(ops.matmul(rows, lines), ops.shape(images))
    return ops.matmul(columns[:, None], moved)


def cutout_mask(
    images: KerasTensor, fraction: float, random: RandomNumbers
) -> KerasTensor:
    """Returns 0 in each image's own rectangle and 1 elsewhere, `[n, height, width, 1]`.

    Args:
        images: `[n, height, width, channels]`, of which only the shape matters.
        fraction: Height and width of the rectangle, of those of the image.
        random: Random numbers of the step.
    """
    height, width = images.shape[1:3]
    draws = random.uniform([ops.shape(images)[0], 2])
    rows = _cut(draws[:, 0], height, fraction)[:, :, None]
    columns = _cut(draws[:, 1], width, fraction)[:, None, :]
    return 1.0 - (rows * columns)[..., None]


def _selection(draws: KerasTensor, size: int, fraction: float) -> KerasTensor:
    """Returns matrices `[n, size, size]` that shift a line by a whole number."""
    most = int(size * fraction + 0.5)
    shifts = ops.floor(draws * (2 * most + 1)) - most
    place = ops.arange(size, dtype="float32")
    source = place[None, :, None] - shifts[:, None, None]
    return ops.cast(ops.equal(source, place), "float32")


def _cut(draws: KerasTensor, size: int, fraction: float) -> KerasTensor:
    """Returns lines `[n, size]` of zeros with ones where they are cut out."""
    length = int(size * fraction + 0.5)
    # The center is anywhere, so that a part may lie outside (the authors' code).
    center = ops.floor(draws * (size + 1 - length % 2))
    first = (center - length // 2)[:, None]
    place = ops.arange(size, dtype="float32")
    inside = ops.logical_and(place >= first, place < first + length)
    return ops.cast(inside, "float32")
