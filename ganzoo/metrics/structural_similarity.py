"""Structural similarity of every image of one set with every image of another."""

import concurrent.futures
import dataclasses
import itertools
import os

import numpy as np
import tensorflow as tf

# Images and references compared at a time: what a window of theirs needs stays in the
# cache of a core.
_IMAGES, _REFERENCES = 128, 512
_TRUNCATE = 3.5  # standard deviations after which scikit-image cuts the Gaussian off


def structural_similarity(
    images: np.ndarray,
    references: np.ndarray,
    *,
    win_size: int | None = None,
    data_range: float | None = None,
    channel_axis: int | None = -1,
    gaussian_weights: bool = False,
    sigma: float = 1.5,
    use_sample_covariance: bool = True,
    K1: float = 0.01,
    K2: float = 0.03,
) -> np.ndarray:
    r"""Computes the mean structural similarity of all pairs of images.

    .. math:: \frac{(2 m_x m_y + C_1)(2 s_{xy} + C_2)}
                   {(m_x^2 + m_y^2 + C_1)(s_x^2 + s_y^2 + C_2)}

    with the means, variances and covariance of a window, averaged over all windows that
    lie inside of the image and over the channels (Wang et al. 2004, "Image quality
    assessment: from error visibility to structural similarity", section III).
    The arguments are those of `skimage.metrics.structural_similarity`, and so are the
    values, to 1e-6.

    Of the four moments only the covariance belongs to a pair. Where the pixels of a
    window, less their mean and times the roots of their weights, are written as a
    vector, it is the product of two vectors: for all pairs at once a product of
    matrices, window by window. Nothing is subtracted that is large beside its
    difference, as it is in the mean of the products less the product of the means, so
    float32 is enough. XLA makes one loop of the rest.

    Args:
        images: `[n, height, width, channels]`, uint8 or another dtype, n at least 1.
        references: `[m, height, width, channels]`, m at least 1.
        win_size: Side of the window, odd; by default 7, or what holds the Gaussian.
            As in scikit-image, another one beside a Gaussian changes only the border
            that is left out, and the number of pixels of the sample covariance.
        data_range: Largest less smallest possible value; by default 255 for uint8.
        channel_axis: Which axis of one image counts channels, and None for gray images
            `[n, height, width]`.
        gaussian_weights: Weigh the pixels of a window by a Gaussian, cut off after 3.5
            standard deviations.
        sigma: Its standard deviation, in pixels.
        use_sample_covariance: Divide by the number of pixels in a window less one.
        K1: Of the constant C1 = (K1 data_range)^2.
        K2: Of the constant C2 = (K2 data_range)^2.

    Returns:
        float32 `[n, m]`, -1 to 1; 1 for equal images.

    Raises:
        ValueError: Images of different shapes, or an argument that they do not allow.
    """
    if K1 < 0 or K2 < 0:
        raise ValueError(f"K1={K1} and K2={K2} must not be below 0.")
    images, references = (
        _with_channels(array, channel_axis) for array in (images, references)
    )
    if images.shape[1:] != references.shape[1:]:
        raise ValueError(
            f"the images are of shape {images.shape[1:]} and the references of "
            f"{references.shape[1:]}; similarity is defined for one size"
        )
    data_range = _data_range(data_range, images, references)
    window = _Window.of(win_size, gaussian_weights, sigma, use_sample_covariance)
    window.check(images.shape[1:3])

    def prepared(array: np.ndarray, start: int, size: int) -> np.ndarray:
        part = array[start : start + size].astype(np.float32) / np.float32(data_range)
        missing = size - len(part)  # filled up: one shape, so one compilation
        part = np.pad(window.framed(part), ((0, missing), (0, 0), (0, 0), (0, 0)))
        return part.transpose(3, 1, 2, 0)

    rows, columns = min(_IMAGES, len(images)), min(_REFERENCES, len(references))
    means = tf.function(_means_over_windows, jit_compile=True, autograph=False)
    result = np.full((len(images), len(references)), np.nan, np.float32)

    def fill(place: tuple[int, int]) -> None:
        row, column = place
        block = means(
            prepared(images, row, rows),
            prepared(references, column, columns),
            weights=window.weights,
            correction=window.correction,
            constants=(K1**2, K2**2),
        ).numpy()
        part = result[row : row + rows, column : column + columns]
        part[:] = block[: part.shape[0], : part.shape[1]]

    places = itertools.product(
        range(0, len(images), rows), range(0, len(references), columns)
    )
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, places))
    return result


@dataclasses.dataclass(frozen=True)
class _Window:
    """The part of an image that a value of the similarity looks at.

    Attributes:
        weights: Of the pixels along one axis, summing to 1; those of the window are the
            products.
        side: Of the window as scikit-image counts it, which cuts `side // 2` pixels off
            each edge.
        correction: From the mean square to the variance.
    """

    weights: tuple[float, ...]
    side: int
    correction: float

    @classmethod
    def of(
        cls, side: int | None, gaussian: bool, sigma: float, sample_covariance: bool
    ) -> "_Window":
        """The window that the arguments of scikit-image describe."""
        if gaussian and not sigma > 0:
            raise ValueError(f"sigma={sigma} pixels must be above 0.")
        radius = int(_TRUNCATE * sigma + 0.5) if gaussian else 3
        side = 2 * radius + 1 if side is None else side
        if side < 1 or side % 2 == 0 or (sample_covariance and side == 1):
            raise ValueError(
                f"win_size={side} must be odd, and at least 3 (or 1 with "
                "use_sample_covariance=False)."
            )
        weights = np.ones(side)
        if gaussian:
            weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
        pixels = side**2
        correction = pixels / (pixels - 1) if sample_covariance else 1.0
        return cls(tuple((weights / weights.sum()).tolist()), side, correction)

    def check(self, size: tuple[int, int]) -> None:
        """Raises a ValueError if an image is smaller than the window."""
        if min(size) < self.side:
            raise ValueError(
                f"images of {size[0]}x{size[1]} pixels are smaller than the window, "
                f"win_size={self.side}; choose an odd win_size up to {min(size)} (or a "
                "smaller sigma)"
            )

    def framed(self, images: np.ndarray) -> np.ndarray:
        """`[n, h, w, c]`, of which every window inside is one that counts."""
        trim = self.side // 2 - len(self.weights) // 2
        if trim > 0:
            return images[:, trim:-trim, trim:-trim]
        border = (-trim, -trim)
        return np.pad(images, ((0, 0), border, border, (0, 0)), mode="symmetric")


def _means_over_windows(
    images: tf.Tensor,
    references: tf.Tensor,
    *,
    weights: tuple[float, ...],
    correction: float,
    constants: tuple[float, float],
) -> tf.Tensor:
    """Mean similarity `[n, m]` of `[channels, height, width, n]` and `[..., m]`."""
    channels, height, width, _ = images.shape
    rows, columns = height - len(weights) + 1, width - len(weights) + 1
    window = np.outer(weights, weights).reshape(-1, 1)
    # So that a product of two vectors is twice the covariance.
    roots = tf.constant(np.sqrt(2 * correction * window), tf.float32)
    window = tf.constant(window, tf.float32)
    c1, c2 = constants

    def moments(stack: tf.Tensor, corner: list) -> tuple[tf.Tensor, ...]:
        size = [1, len(weights), len(weights), stack.shape[-1]]
        pixels = tf.reshape(tf.slice(stack, [*corner, 0], size), [-1, size[-1]])
        mean = tf.reduce_sum(window * pixels, axis=0)
        vectors = roots * (pixels - mean)
        return mean, 0.5 * tf.reduce_sum(vectors**2, axis=0), vectors

    def similarity(corner: list) -> tf.Tensor:
        mean_x, variance_x, vectors_x = moments(images, corner)
        mean_y, variance_y, vectors_y = moments(references, corner)
        covariances = tf.matmul(vectors_x, vectors_y, transpose_a=True)  # twice
        mean_x, variance_x = mean_x[:, None], variance_x[:, None]
        return ((2 * mean_x * mean_y + c1) * (covariances + c2)) / (
            (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
        )

    def row_sum(row: tf.Tensor) -> tf.Tensor:
        corner = [row // rows, row % rows]
        return tf.while_loop(
            lambda column, _: column < columns,
            lambda column, total: (column + 1, total + similarity([*corner, column])),
            [0, tf.zeros([images.shape[-1], references.shape[-1]])],
        )[1]

    # Row by row, and their sum in float64: in one float32 sum of thousands of equal
    # values, as flat images have, each would be rounded the same way.
    total = tf.while_loop(
        lambda row, _: row < channels * rows,
        lambda row, total: (row + 1, total + tf.cast(row_sum(row), tf.float64)),
        [0, tf.zeros([images.shape[-1], references.shape[-1]], tf.float64)],
    )[1]
    return total / (channels * rows * columns)


def _with_channels(images: np.ndarray, channel_axis: int | None) -> np.ndarray:
    """The images as `[n, height, width, channels]`."""
    images = np.asarray(images)
    if channel_axis is None and images.ndim == 3:
        images = images[..., None]
    elif channel_axis is None or images.ndim != 4 or not -3 <= channel_axis <= 2:
        raise ValueError(
            f"images of shape {images.shape} with channel_axis={channel_axis}; they "
            "must be [n, height, width, channels] with an axis of -3 to 2 in one "
            "image, or [n, height, width] with channel_axis=None"
        )
    else:
        images = np.moveaxis(images, channel_axis % 3 + 1, -1)
    if 0 in images.shape:
        raise ValueError(f"there are no images to compare: shape {images.shape}")
    return images


def _data_range(data_range: float | None, *arrays: np.ndarray) -> float:
    if data_range is None:
        if any(array.dtype != np.uint8 for array in arrays):
            raise ValueError(
                f"images of {' and '.join(str(a.dtype) for a in arrays)} need a "
                "data_range, the largest less the smallest possible value; only uint8 "
                "has a default (255)"
            )
        return 255.0
    if not data_range > 0:
        raise ValueError(f"data_range={data_range} must be above 0.")
    return float(data_range)
