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
_NUM_WEIGHTS = 23_851_784  # including the dense layer of 1,000 classes


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
            network: Model from images of 299x299 pixels to features and probabilities.
            file: Name of the weights file.
            sha256: SHA-256 of that file.
            resizing: Layer that resizes the images.
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
    """Loads Inception-v3 (Szegedy et al. 2016) with pool features and 1,000 classes.

    The network is that of `keras.applications`. Nothing is downloaded: you provide the
    weights file, of the whole network with its dense layer. Keras's own weights,
    trained on ImageNet, differ from the TensorFlow graph of 2015 behind published
    Fréchet Inception distances and Inception scores, and images are resized in another
    way: the results are comparable with each other, but not with published ones.

    The features are the 2,048 means before the dense layer. Images are scaled to
    [-1, 1] and resized to 299x299 pixels by `keras.layers.Resizing`, without
    antialiasing, in float32.

    Args:
        path: Path of the weights, .weights.h5 or Keras's older .h5.
        image_shape: (height, width, 3) of the images.
        resize: Interpolation: "bilinear", "bicubic" or "nearest".

    Raises:
        ValueError: The interpolation is unknown, or the images do not have 3 channels.
        WeightsError: The file is absent, or does not belong to this network.
    """
    if resize not in METHODS:
        raise ValueError(f"resize={resize!r} must be one of {', '.join(METHODS)}")
    if len(image_shape) != 3 or image_shape[-1] != 3:
        raise ValueError(
            f"image_shape={tuple(image_shape)} must be (height, width, 3): Inception "
            "takes color images"
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
    """Refuses files that cannot be the weights, before the network is built."""
    if not path.is_file():
        raise WeightsError(
            f"no weights file {path} for Inception-v3; none is downloaded: provide "
            "one, such as that of keras.applications.InceptionV3(include_top=True)"
        )
    weights_found = 0

    def count(name: str, node: h5py.Group | h5py.Dataset) -> None:
        nonlocal weights_found
        if isinstance(node, h5py.Dataset) and node.dtype.kind == "f":
            weights_found += int(np.prod(node.shape))

    try:
        with h5py.File(path) as file:
            file.visititems(count)
    except OSError as error:
        raise WeightsError(f"{path} is not a readable HDF5 file: {error}") from error
    if weights_found != _NUM_WEIGHTS:
        raise WeightsError(
            f"{path} belongs to another network: it has {weights_found:,} weights, but "
            f"Inception-v3 with its dense layer of 1,000 classes has {_NUM_WEIGHTS:,}"
        )
    try:
        weights.check(path)
    except ValueError as error:
        raise WeightsError(f"{path} cannot be read: {error}") from error


def _network(path: Path) -> keras.Model:
    try:
        network = keras.applications.InceptionV3(weights=str(path))
    except Exception as error:  # HDF5 and Keras raise nearly anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{path} does not hold the weights of Inception-v3: {reason}"
        ) from error
    features = network.get_layer("avg_pool").output
    return keras.Model(network.inputs[0], (features, network.outputs[0]))
