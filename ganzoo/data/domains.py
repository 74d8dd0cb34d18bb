"""Two unpaired domains of digits with a known relation, so that it can be scored.

Domain A holds upright gray digits, as RGB images. Domain B holds digits rotated by 90
degrees to the left, each in one saturated color on black; the hue is random and
independent of the digit. From B to A the relation is a function: rotate back, take the
largest channel. From A to B it is a function except for the hue, which A does not
determine: any single hue is right, as long as the hues of the mapped images are
distributed as in domain B and independent of the digit.
"""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.data.images import DataError, ImageSet
from ganzoo.data.pipeline import form, training_batches

if TYPE_CHECKING:
    import tensorflow as tf

    from ganzoo.data.numpy_batches import Batches

# The independent streams of one seed.
_HALVES, _TRAINING_HUES, _HELD_OUT_HUES, _ORDER_B = range(4)


@dataclasses.dataclass(frozen=True, eq=False)
class Pairs:
    """Images of domain A with their true counterparts in domain B.

    Attributes:
        a: Upright and gray, RGB.
        b: The same images, turned and colored; the same labels.
        hues: Hue of each image of `b` in degrees, float64 [N], in [0, 360).
    """

    a: ImageSet
    b: ImageSet
    hues: np.ndarray

    def __len__(self) -> int:
        return len(self.hues)


def unpaired_domains(image_set: ImageSet, *, seed: int) -> tuple[ImageSet, ImageSet]:
    """Makes the RGB training images of both domains from disjoint halves of a set.

    Returns the pair (A, B): upright and gray, and rotated and colored. No image of one
    domain has its counterpart in the other, so there are no pairs to find. The halves
    and all hues are functions of the seed.

    Args:
        image_set: Gray, square images, such as those of MNIST.
        seed: At least 0.

    Raises:
        DataError: Images that are not gray and square, fewer than two, or a negative
            seed.
    """
    _check(image_set, seed)
    half = len(image_set) // 2
    if half == 0:
        raise DataError(
            f"{image_set.name} ({image_set.split}) has {len(image_set)} image; two "
            "domains need at least 2."
        )
    order = np.random.default_rng([_HALVES, seed]).permutation(len(image_set))
    rows_a, rows_b = np.sort(order[:half]), np.sort(order[half : 2 * half])
    hues = _hues(half, _TRAINING_HUES, seed)
    return (
        _domain(image_set, rows_a, rgb(image_set.images[rows_a]), "A"),
        _domain(image_set, rows_b, colored(image_set.images[rows_b], hues), "B"),
    )


def held_out_pairs(image_set: ImageSet, *, seed: int) -> Pairs:
    """Makes each image of a set into an image of domain A and its counterpart in B.

    Args:
        image_set: Gray, square images that are in neither domain, as a test split.
        seed: At least 0; hue i is a function of (seed, i).

    Raises:
        DataError: Images that are not gray and square, or a negative seed.
    """
    _check(image_set, seed)
    rows = np.arange(len(image_set))
    hues = _hues(len(image_set), _HELD_OUT_HUES, seed)
    return Pairs(
        _domain(image_set, rows, rgb(image_set.images), "A"),
        _domain(image_set, rows, colored(image_set.images, hues), "B"),
        hues,
    )


def unpaired_batches(
    domain_a: ImageSet,
    domain_b: ImageSet,
    batch_size: int,
    *,
    seed: int,
    start_step: int = 0,
    batches: tuple[int, int] = (1, 1),
) -> "tf.data.Dataset | Batches":
    """Returns endless batches (a, b), each domain shuffled independently.

    The batch of step n is a function of (seed, n), as in `training_batches`.

    Args:
        domain_a: Images of one domain.
        domain_b: Images of the other; number and shape may differ.
        batch_size: Number of images of each domain, over all replicas.
        seed: Seed of both orders; any 64-bit integer.
        start_step: Number of train steps already done.
        batches: Number of batches of each domain that one train step takes, such as
            `SimGAN.batches_per_step`.

    Returns:
        Pairs of float32 [batch_size * batches, H, W, C] in [-1, 1].

    Raises:
        DataError: As `training_batches`.
    """
    # Domain B gets another seed: otherwise two domains of the same size would be
    # shuffled in step.
    words = np.random.SeedSequence([_ORDER_B, int(seed) % 2**64]).generate_state(2)
    other = int(words.view(np.int64)[0])
    parts = [
        training_batches(
            domain,
            batch_size,
            seed=own,
            start_step=start_step,
            discriminator_steps=number,
        )
        for domain, own, number in zip(
            (domain_a, domain_b), (seed, other), batches, strict=True
        )
    ]
    return form().zipped(parts)


def rgb(images: np.ndarray) -> np.ndarray:
    """Converts gray images to RGB, uint8 [n, h, w, 1] to [n, h, w, 3]."""
    return np.repeat(images, 3, axis=-1)


def colored(images: np.ndarray, hues: np.ndarray) -> np.ndarray:
    """Turns gray images left by 90 degrees and colors them, uint8 [n, w, h, 3].

    `hues` are in degrees: 0 is red, 120 green, 240 blue. A pixel is the saturated color
    of its image's hue, times the gray value.
    """
    turned = np.rot90(images, axes=(1, 2)).astype(np.float64)
    colors = color(hues)[:, None, None, :]
    return np.rint(turned * colors).astype(np.uint8)


def restored(images: np.ndarray, turns: int = 1) -> np.ndarray:
    """Undoes `colored`: rotates to the right and takes the largest channel.

    `turns` is the number of quarter turns; 0 keeps the orientation, for domain A.
    """
    turned = np.rot90(images, k=-turns, axes=(1, 2))
    return turned.max(axis=-1, keepdims=True)


def color(hues: np.ndarray) -> np.ndarray:
    """Returns the saturated, bright color of each hue (HSV; A. R. Smith 1978).

    Hues are in degrees, [n]; red, green and blue in [0, 1], [n, 3]: one channel is 1
    and one is 0.
    """
    sextants = np.asarray(hues, np.float64)[:, None] / 60.0
    distances = np.abs((sextants - np.array([0.0, 2.0, 4.0]) + 3.0) % 6.0 - 3.0)
    return np.clip(2.0 - distances, 0.0, 1.0)


def _hues(count: int, stream: int, seed: int) -> np.ndarray:
    """Draws hues in degrees; hue i is a function of (stream, seed, i)."""
    return 360.0 * np.random.default_rng([stream, seed]).random(count)


def _domain(
    image_set: ImageSet, rows: np.ndarray, images: np.ndarray, name: str
) -> ImageSet:
    kind = {"A": "upright, grey", "B": "turned, coloured"}[name]
    return dataclasses.replace(
        image_set,
        images=images,
        labels=image_set.labels[rows],
        name=f"{image_set.name}, domain {name} ({kind})",
    )


def _check(image_set: ImageSet, seed: int) -> None:
    height, width, channels = image_set.shape
    if channels != 1 or height != width:
        raise DataError(
            f"{image_set.name} has images of shape {image_set.shape}; domains need "
            "gray, square images (H, H, 1), which keep their shape when rotated."
        )
    if seed < 0:
        raise DataError(f"seed={seed} must be at least 0.")
