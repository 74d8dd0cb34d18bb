"""Inception-v3 as an extractor, from a weights file given by its path."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import h5py
import keras
import numpy as np

from ganzoo.float16_weights import WeightsError
from ganzoo.keras_files import weights
from ganzoo.metrics.features import Extractor

SIDE = 299  # pixels of the images that the network takes
METHODS = ("bilinear", "bicubic", "nearest")
# Number of weights, including the dense layer of 1,000 classes.
_NUMBERS = 23_851_784


class InceptionExtractor(Extractor):
    """Inception-v3 behind a layer that resizes the images."""

    def __init__(
        self,
        network: keras.Model,
        file: str,
        sha256: str,
        resizing: keras.layers.Resizing,
        shape: tuple[int, ...],
    ) -> None:
        """Sets network, file and SHA-256 as `Extractor` does.

        Args:
            network: Images of 299x299 pixels to features and probabilities.
            file: Name of the weights file.
            sha256: Its SHA-256.
            resizing: The layer that resizes.
            shape: (height, width, 3) of the images.
        """
        self._resizing, self._shape = resizing, shape
        super().__init__("inception_v3", network, file, sha256)

    def _outputs(self, classifier: keras.Model) -> keras.Model:
        images = keras.Input(self._shape)
        return keras.Model(images, classifier(self._resizing(images)))

    @property
    def card(self) -> dict[str, str]:
        """Name, weights file, its SHA-256, and the interpolation."""
        return super().card | {"resize": self._resizing.interpolation}


def load_inception(
    path: str | os.PathLike,
    image_shape: Sequence[int] = (32, 32, 3),
    *,
    resize: str = "bilinear",
) -> InceptionExtractor:
    """Loads Inception-v3 (Szegedy et al. 2016), pool features and 1,000 classes.

    The network is that of `keras.applications`, and nothing is downloaded: the file,
    of the whole network with its dense layer, is brought by whoever wants it. Keras's
    own, trained on ImageNet, is not the TensorFlow graph of 2015 that the published
    Fréchet Inception distances and Inception scores look through, and images are
    resized otherwise: the numbers compare with each other, not with published ones.

    Features are the 2,048 means before the dense layer. Images are scaled to [-1, 1]
    and resized to 299x299 pixels as `keras.layers.Resizing` does, without
    antialiasing, in float32.

    Args:
        path: The weights, .weights.h5 or the older .h5 of Keras.
        image_shape: (height, width, 3) of the images.
        resize: Interpolation: "bilinear", "bicubic" or "nearest".

    Returns:
        The extractor.

    Raises:
        ValueError: Another way to resize, or images without 3 channels.
        WeightsError: The file is absent, or not of this network.
    """
    if resize not in METHODS:
        raise ValueError(f"resize={resize!r} must be one of {', '.join(METHODS)}")
    if len(image_shape) != 3 or image_shape[-1] != 3:
        raise ValueError(
            f"image_shape={tuple(image_shape)} must be (height, width, 3): Inception "
            "looks at colors"
        )
    path = Path(path)
    _check_file(path)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # metrics must not depend on the policy
    try:
        network = _network(path)
        resizing = keras.layers.Resizing(SIDE, SIDE, interpolation=resize)
    finally:
        keras.config.set_dtype_policy(policy)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return InceptionExtractor(network, path.name, sha256, resizing, tuple(image_shape))


def _check_file(path: Path) -> None:
    """Refuses what cannot be the weights, before the network is built."""
    if not path.is_file():
        raise WeightsError(
            f"no weights file {path} of Inception-v3; none is downloaded: bring one, "
            "such as that of keras.applications.InceptionV3, with its top"
        )
    numbers = 0

    def count(name: str, node: h5py.Group | h5py.Dataset) -> None:
        nonlocal numbers
        if isinstance(node, h5py.Dataset) and node.dtype.kind == "f":
            numbers += int(np.prod(node.shape))

    try:
        with h5py.File(path) as file:
            file.visititems(count)
    except OSError as error:
        raise WeightsError(f"{path} is not a readable HDF5 file: {error}") from error
    if numbers != _NUMBERS:
        raise WeightsError(
            f"{path} holds the weights of another network: {numbers:,} numbers, and "
            f"Inception-v3 with its dense layer of 1,000 classes has {_NUMBERS:,}"
        )
    try:
        weights.check(path)
    except ValueError as error:
        raise WeightsError(f"{path} cannot be read: {error}") from error


def _network(path: Path) -> keras.Model:
    try:
        network = keras.applications.InceptionV3(weights=str(path))
    except Exception as error:  # whatever HDF5 and Keras make of a strange file
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{path} holds the weights of another network than Inception-v3: {reason}"
        ) from error
    features = network.get_layer("avg_pool").output
    return keras.Model(network.inputs[0], (features, network.outputs[0]))
