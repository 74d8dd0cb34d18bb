"""Feature extraction by a trained network, identified by its weights' SHA-256."""

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import KerasTensor

from ganzoo import backend, data, float16_weights
from ganzoo.commands import meant
from ganzoo.networks import classifiers

FOLDER = Path(__file__).parent / "weights"
# name -> (weights file in the package, builder of the network)
_SHIPPED: dict[str, tuple[str, Callable[[], keras.Model]]] = {
    "cifar10": ("cifar10_classifier", classifiers.cifar10_classifier),
    "mnist": ("mnist_classifier", classifiers.mnist_classifier),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Features:
    """Features and class probabilities of n images.

    Attributes:
        features: float32 [n, d], the output of the penultimate layer.
        probabilities: float32 [n, c], p(y|x); each row sums to 1.
    """

    features: np.ndarray
    probabilities: np.ndarray

    def __len__(self) -> int:
        """Number of images."""
        return len(self.features)


class Extractor:
    """A fixed classifier that turns uint8 images into features and probabilities.

    Args:
        name: Name for reports.
        classifier: Built model, images in [-1, 1] -> logits, with a layer called
            "features".
        file: Name of the weights file.
        sha256: SHA-256 of that file, in hexadecimal.
    """

    def __init__(self, name: str, classifier: keras.Model, file: str, sha256: str):
        self.name, self.file, self.sha256 = name, file, sha256
        self._model = self._outputs(classifier)
        self._predict = backend.inference(self._model, self._forward)

    def _outputs(self, classifier: keras.Model) -> keras.Model:
        """Returns the model images -> (features, probabilities)."""
        return classifiers.feature_extractor(classifier)

    def _forward(self, images: KerasTensor) -> list[KerasTensor]:
        return self._model(data.to_float(images), training=False)

    @property
    def card(self) -> dict[str, str]:
        """Name, weights file and its SHA-256."""
        return {"extractor": self.name, "file": self.file, "sha256": self.sha256}

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the input images."""
        return tuple(self._model.input_shape[1:])

    def extract(self, images: np.ndarray, batch_size: int = 500) -> Features:
        """Extracts features and class probabilities, in the order of the images.

        Args:
            images: uint8 [n, h, w, c], n at least 1, of `image_shape`.
            batch_size: Number of images per batch; it only affects rounding.

        Raises:
            ValueError: Another dtype or shape, no images, or a batch size below 1.
        """
        images = images if data.is_mapped(images) else np.asarray(images)
        self._check(images)
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        outputs = []
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            missing = batch_size - len(batch)  # padded: one shape needs one trace
            batch = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0)))
            prepared = self._prepared(batch)
            outputs.append([np.asarray(output) for output in self._predict(prepared)])
        features, probabilities = (
            np.concatenate(parts)[: len(images)] for parts in zip(*outputs, strict=True)
        )
        return Features(features, probabilities)

    def _prepared(self, batch: np.ndarray) -> np.ndarray:
        """Returns a batch as the network takes it."""
        return batch

    def _check(self, images: np.ndarray) -> None:
        if images.dtype != np.uint8:
            raise ValueError(
                f"the {self.name} extractor takes uint8 images, got {images.dtype}; "
                f"convert images in [-1, 1] with ganzoo.data.to_uint8"
            )
        if images.ndim != 4 or images.shape[1:] != self.image_shape:
            size = ", ".join(str(length) for length in self.image_shape)
            raise ValueError(
                f"the {self.name} extractor takes images of shape (n, {size}), got "
                f"{images.shape}"
            )
        if len(images) == 0:
            raise ValueError(f"the {self.name} extractor got no images")


def load_classifier(name: str, folder: str | os.PathLike | None = None) -> Extractor:
    """Loads a trained classifier as an extractor, and verifies its weights' SHA-256.

    Args:
        name: "mnist" or "cifar10".
        folder: Folder of the weights file and its card; None for the package's.

    Raises:
        ValueError: The name is not available.
        WeightsError: The file or its card is absent, or the file's SHA-256 differs
            from the card's.
    """
    if name not in _SHIPPED:
        raise ValueError(
            f"no classifier called {name!r}; available: {', '.join(sorted(_SHIPPED))}."
            f"{meant(name, _SHIPPED)}"
        )
    stem, build = _SHIPPED[name]
    folder = Path(folder) if folder is not None else FOLDER
    path = folder / f"{stem}.json"
    if not path.is_file():
        raise float16_weights.WeightsError(
            f"no card {path} for the {name} classifier; reinstall the package, or "
            f"train it: python -m experiments.{stem} --install"
        )
    expected = json.loads(path.read_text(encoding="utf-8"))["sha256"]
    classifier = build()
    file = f"{stem}.npz"
    float16_weights.load(classifier, folder / file, sha256=expected)
    return Extractor(name, classifier, file, expected)
